"""Join groups of boxes that are one number: 3-2-4, or DD/MM/YYYY."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from formreader.forms.authoring.candidates import Candidate
from formreader.forms.templates.entries import MOST_CELLS
from formreader.geometry import Box

__all__ = ["find_skipped", "join_groups"]

_ALIKE = 0.12  # of the height or pitch, by which those of two groups may differ
_LEVEL = 0.15  # of the height, by which one group may lie lower
_WIDEST = 1  # place for a mark between groups
_UNEVEN = 0.35  # of the pitch, by which the space between may differ from whole places
_WALL = 0.7  # of the height: a line as long parts groups
_RIM = 0.12  # of the pitch, in which the sides of boxes lie
_SEEN = 0.5  # of the places of a comb in which boxes are seen: the others hold marks


def join_groups(
    candidates: Sequence[Candidate], ink: npt.NDArray[np.uint8]
) -> list[Candidate]:
    """Join rows of boxes of one pitch between which there is room for a mark.

    Args:
        candidates: What was seen on a page.
        ink: (H, W) uint8, 255 = ink of that page.

    Returns:
        The candidates; those that were joined have `skip`.
    """
    joined = [one for one in candidates if one.cells is None or one.reason]
    rows = [one for one in candidates if one.cells is not None and not one.reason]
    rows.sort(key=lambda one: one.box.left)
    while rows:
        first = rows.pop(0)
        while (place := _find_next(first, rows, ink)) is not None:
            first = _join(first, rows.pop(place))
        joined.append(first)
    return joined


def _find_next(
    first: Candidate, rows: Sequence[Candidate], ink: npt.NDArray[np.uint8]
) -> int | None:
    """Find the group that goes on to the right."""
    for place, other in enumerate(rows):
        if _goes_on(first, other) and not _is_walled(first.box, other.box, ink):
            return place
    return None


def _goes_on(one: Candidate, other: Candidate) -> bool:
    height, pitch = one.box.height, _pitch_of(one)
    if abs(other.box.height - height) > _ALIKE * height:
        return False
    if abs(other.box.top - one.box.top) > _LEVEL * height:
        return False
    if abs(_pitch_of(other) - pitch) > _ALIKE * pitch:
        return False
    places = (other.box.left - one.box.right) / pitch
    is_whole = abs(places - round(places)) <= _UNEVEN
    most = (one.cells or 1) + (other.cells or 1) + round(places)
    return is_whole and 1 <= round(places) <= _WIDEST and most <= MOST_CELLS


def _pitch_of(candidate: Candidate) -> float:
    return candidate.box.width / (candidate.cells or 1)


def _is_walled(one: Box, other: Box, ink: npt.NDArray[np.uint8]) -> bool:
    """Tell whether a line stands between two groups, as between cells of a table."""
    inset = max(1, round(_RIM * one.height))
    between = ink[one.top : one.bottom, one.right + inset : other.left - inset] > 0
    return bool(between.size and between.mean(axis=0).max() >= _WALL)


def _join(one: Candidate, other: Candidate) -> Candidate:
    pitch = _pitch_of(one)
    first, second = one.cells or 1, other.cells or 1
    marks = round((other.box.left - one.box.right) / pitch)
    between = range(first + 1, first + marks + 1)
    shifted = (first + marks + place for place in other.skip)
    return replace(
        one,
        box=one.box.union(other.box),
        cells=first + marks + second,
        skip=(*one.skip, *between, *shifted),
    )


def find_skipped(box: Box, cells: int, seen: Sequence[Candidate]) -> tuple[int, ...]:
    """Find the places of a comb in which no box for a digit is printed.

    Args:
        box: The comb.
        cells: How many places it has.
        seen: What is seen on the page.

    Returns:
        Their numbers from 1; none unless boxes are seen in the other places.
    """
    pitch = box.width / cells
    middle = box.centre[1]
    rows = [one for one in seen if one.box.top <= middle < one.box.bottom]
    skipped = []
    for place in range(1, cells + 1):
        x = box.left + (place - 0.5) * pitch
        if not any(_has_cell(one, x, pitch) for one in rows):
            skipped.append(place)
    return tuple(skipped) if 0 < len(skipped) < _SEEN * cells else ()


def _has_cell(candidate: Candidate, x: float, pitch: float) -> bool:
    """Tell whether a cell as wide as a place of a comb lies at a point."""
    own = _pitch_of(candidate)
    if not candidate.box.left <= x < candidate.box.right:
        return False
    place = int((x - candidate.box.left) / own) + 1
    return abs(own - pitch) <= _UNEVEN * pitch and place not in candidate.skip
