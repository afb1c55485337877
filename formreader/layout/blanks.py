"""Find fields that have no box: underlined blanks, and lines with comb teeth."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.proposals import Proposal

_SHORTEST = 1 / 30  # of the page's width
_LONGEST = 0.5  # of the page's width; a longer line parts the page
_THICKEST = 1 / 400  # of the page's width
_SOLID = 0.8  # of the rectangle around a level line is ink
_STEEPEST = 0.03  # by which a line may climb on a page that lies askew
_LEAST_ROOM = 1 / 110  # of the page's height, free above a line: 2.7 mm on A4
_MOST_ROOM = 1 / 35  # of the same; more is not part of the field
_ENDS = 0.05  # of a line, beside which a label may stand
_UNEVEN = 0.2  # of the typical distance, by which teeth may differ
_FEWEST_TEETH = 3


def find_blanks(ink: npt.NDArray[np.uint8], boxes: list[Box]) -> list[Proposal]:
    """Find lines that stand alone, with free paper above.

    Args:
        ink: (H, W) uint8, 255 = ink; an upright page.
        boxes: Fields found already; lines in and around them are theirs.

    Returns:
        A field above each line, or between the teeth of each comb, from top to bottom.
    """
    height, width = ink.shape
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    found = []
    for number in range(1, len(stats)):
        left, top, across, down, area = stats[number].tolist()
        if not _SHORTEST * width <= across <= _LONGEST * width:
            continue
        if down > _MOST_ROOM * height:
            continue
        box = Box(left, top, left + across, top + down)
        near = box.expanded(down, down)
        if any(near.intersection_area(other) for other in boxes):
            continue
        thickness = area / across
        is_thin = thickness <= max(3.0, _THICKEST * width)
        if is_thin and down <= thickness / _SOLID + 1 + _STEEPEST * across:
            found.append(_blank_above(ink, box))
        else:
            component = labels[box.slices] == number
            found.append(_comb_above(ink, box, component))
    return [proposal for proposal in found if proposal is not None]


def _blank_above(ink: npt.NDArray[np.uint8], line: Box) -> Proposal | None:
    room = _measure_room(ink, line, line.top)
    if room < _LEAST_ROOM * len(ink):
        return None
    return Proposal(Box(line.left, line.top - room, line.right, line.top))


def _comb_above(
    ink: npt.NDArray[np.uint8], box: Box, component: npt.NDArray[np.bool_]
) -> Proposal | None:
    """Make a field of a line whose teeth point up at equal distances."""
    full = np.flatnonzero(component.mean(axis=1) >= 1 - _ENDS)
    if not full.size or full[-1] < len(component) - 2 or full[0] < 2:
        return None
    if full[-1] - full[0] + 1 > len(full):  # two lines: not a comb
        return None
    teeth = component[: full[0]].mean(axis=0) > 0.5
    edges = np.flatnonzero(np.diff(np.concatenate([[0], teeth.astype(int), [0]])))
    middles = edges.reshape(-1, 2).mean(axis=1)
    if len(middles) < _FEWEST_TEETH:
        return None
    steps = np.diff(middles)
    pitch = float(np.median(steps))
    if np.abs(steps - pitch).max() > _UNEVEN * pitch:
        return None
    if middles[0] > 0.5 * pitch or middles[-1] < box.width - 0.5 * pitch:
        return None
    room = int(full[0]) + _measure_room(ink, box, box.top)
    if room < _LEAST_ROOM * len(ink):
        return None
    bottom = box.top + int(full[0])
    reach = max(int(full[0]), min(room, round(1.5 * pitch)))
    left, right = (box.left + round(float(middles[end])) for end in (0, -1))
    return Proposal(Box(left, bottom - reach, right, bottom), len(middles) - 1)


def _measure_room(ink: npt.NDArray[np.uint8], line: Box, bottom: int) -> int:
    """Count the rows without ink above a line, up to what a field needs."""
    inset = round(_ENDS * line.width)
    most = round(_MOST_ROOM * len(ink))
    top = max(0, bottom - most)
    above = ink[top : max(0, bottom - 1), line.left + inset : line.right - inset]
    inked = np.flatnonzero(above.any(axis=1))
    return len(above) - 1 - int(inked[-1]) if inked.size else len(above)
