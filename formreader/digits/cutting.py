"""Where a component of ink may be cut between two digits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from formreader.digits.components import Component
from formreader.digits.settings import SETTINGS
from formreader.geometry import Box

__all__ = ["Part", "cut_component"]

_CUTS = SETTINGS.cuts


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a component, between two cuts.

    Attributes:
        component: Its ink.
        before: Ink crossed by the cut on its left, in pen widths; 0 without a cut.
        after: The same on its right.
    """

    component: Component
    before: float = 0.0
    after: float = 0.0


def cut_component(
    component: Component, digit_height: float, pen_px: float
) -> list[Part]:
    """Cut a component everywhere where one digit might end and the next begin.

    A cut is the path from the top to the bottom that crosses least ink, a column to the
    side at most in each row, so it follows the slant and slips between digits that
    share columns. It is found by dynamic programming, as seams are [1]; of paths close
    to each other the one at a waist of the outline is kept, or else the cheapest.

    Args:
        component: The component.
        digit_height: Height of the field's digits in pixels.
        pen_px: Width of the pen in pixels.

    Returns:
        The parts from left to right; the component alone if it cannot be two digits.

    References:
        [1] Avidan, Shamir, "Seam carving for content-aware image resizing", ACM
        Transactions on Graphics 26(3), 2007. doi:10.1145/1276377.1276390
    """
    if component.box.width < _CUTS.narrowest * digit_height:
        return [Part(component)]
    forward, came_from = _descend(component.mask)
    backward, goes_to = _descend(component.mask[::-1])
    middle = component.box.height // 2
    through = forward[middle] + backward[-middle - 1] - component.mask[middle]
    distance = max(2, round(_CUTS.distance * digit_height))
    waists = _pick_minima(
        _measure_waist(component.mask), _CUTS.waist * digit_height, distance
    )
    cost = through.copy()
    for column in waists:
        cost[max(0, column - distance) : column + distance + 1] = np.inf
    pen_px = max(pen_px, 1.0)
    columns = sorted(
        {*waists, *_pick_minima(cost, _CUTS.thickest_cut * pen_px, distance)}
    )
    seams = [
        (
            _trace(came_from, goes_to, middle, column),
            float(through[column]) / pen_px,
        )
        for column in columns
    ]
    return _split(component, seams, _CUTS.least_ink * pen_px**2)


def _measure_waist(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Measure how high the ink reaches in each column that is lower than both sides.

    Two round digits that lean on each other are one tall stroke where they touch, dear
    to cut, but the outline has a waist there.

    Returns:
        (w,) rows from the highest to the lowest ink; infinite where there is no waist.
    """
    height = len(mask)
    top, bottom = mask.argmax(axis=0), mask[::-1].argmax(axis=0)
    extent = np.where(mask.any(axis=0), height - top - bottom, 0).astype(np.float64)
    left = np.maximum.accumulate(extent)
    right = np.maximum.accumulate(extent[::-1])[::-1]
    return np.where(np.minimum(left, right) >= _CUTS.shoulder * extent, extent, np.inf)


def _descend(
    mask: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int8]]:
    """Find the cheapest way from the top to each pixel.

    Returns:
        (h, w) cost, and (h, w) the step sideways by which the row above was left.
    """
    height, width = mask.shape
    # A free column on either side, from which no way comes.
    cost = np.full((height, width + 2), np.inf)
    inner = cost[:, 1:-1]
    inner[:] = mask
    left, right = cost[:, :-2], cost[:, 2:]
    for row in range(1, height):
        sideways = np.minimum(left[row - 1], right[row - 1]) + _CUTS.sidestep
        inner[row] += np.minimum(inner[row - 1], sideways)
    steps = np.zeros(mask.shape, np.int8)
    from_left, from_right = left[:-1] + _CUTS.sidestep, right[:-1] + _CUTS.sidestep
    steps[1:][from_left < inner[:-1]] = -1
    steps[1:][from_right < np.minimum(inner[:-1], from_left)] = 1
    return inner, steps


def _pick_minima(
    through: npt.NDArray[np.float64], limit: float, distance: int
) -> list[int]:
    """Pick the columns with the cheapest paths, none near another, left to right."""
    left = through.copy()
    picked: list[int] = []
    while left.size and left.min() <= limit:
        # Of equally cheap columns the middle one keeps clear of the ink.
        cheapest = np.flatnonzero(left == left.min())
        end = int(np.argmax(np.diff(cheapest, append=cheapest[-1] + 2) > 1))
        column = int(cheapest[(end + 1) // 2])
        picked.append(column)
        left[max(0, column - distance) : column + distance + 1] = np.inf
    return sorted(picked)


def _trace(
    came_from: npt.NDArray[np.int8],
    goes_to: npt.NDArray[np.int8],
    middle: int,
    column: int,
) -> npt.NDArray[np.intp]:
    """Follow a path from the middle row up and down.

    Returns:
        (h,) column in each row.
    """
    height = len(came_from)
    path = np.empty(height, np.intp)
    path[middle] = column
    for row in range(middle, 0, -1):
        path[row - 1] = path[row] + came_from[row, path[row]]
    for row in range(middle, height - 1):
        path[row + 1] = path[row] + goes_to[height - 1 - row, path[row]]
    return path


def _split(
    component: Component,
    seams: list[tuple[npt.NDArray[np.intp], float]],
    least_ink: float,
) -> list[Part]:
    """Split a component along seams; a seam that leaves too little ink is dropped."""
    columns = np.arange(component.box.width)
    masks, cuts, rest = [], [0.0], component.mask
    for seam, crossed in seams:
        right = rest & (columns[None, :] > seam[:, None])
        left = rest & ~right
        if min(np.count_nonzero(left), np.count_nonzero(right)) < least_ink:
            continue
        masks.append(left)
        cuts.append(crossed)
        rest = right
    ends = pairwise([*cuts, 0.0])
    return [
        Part(_trim(mask, component.box), *sides)
        for mask, sides in zip([*masks, rest], ends, strict=True)
    ]


def _trim(mask: npt.NDArray[np.bool_], box: Box) -> Component:
    """Make a component of the ink in a mask, its box as tight as can be."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    tight = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    inner = mask[tight.slices]
    return Component(
        inner, tight.shifted(box.left, box.top), int(np.count_nonzero(inner))
    )
