"""Find fields that have no box: underlined blanks, and lines with comb teeth."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.proposals import Proposal
from formreader.layout.settings import SETTINGS

_BLANKS = SETTINGS.blanks


def find_blanks(ink: npt.NDArray[np.uint8], boxes: list[Box]) -> list[Proposal]:
    """Find lines that stand alone, with free paper above.

    Args:
        ink: (H, W) uint8, 255 = ink; an upright page.
        boxes: Fields found already; lines in and around them are theirs.

    Returns:
        A field above each line, or between the teeth of each comb, from top to bottom.
    """
    from skimage.measure import regionprops

    height, width = ink.shape
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    _, labels = cv2.connectedComponents(closed)
    found = []
    for component in regionprops(labels):
        top, left, bottom, right = component.bbox
        across, down = right - left, bottom - top
        if not _BLANKS.shortest * width <= across <= _BLANKS.labelled * width:
            continue
        if down > _BLANKS.most_room * height:
            continue
        box = Box(left, top, right, bottom)
        if across > _BLANKS.longest * width and not _is_labelled(ink, box):
            continue
        near = box.expanded(down, down)
        if any(near.intersection_area(other) for other in boxes):
            continue
        thickness = component.area / across
        is_thin = thickness <= max(3.0, _BLANKS.thickest * width)
        climb = thickness / _BLANKS.solid + 1 + _BLANKS.steepest * across
        if is_thin and down <= climb:
            found.append(_blank_above(ink, box))
        else:
            found.append(_comb_above(ink, box, component.image))
    return [proposal for proposal in found if proposal is not None]


def _is_labelled(ink: npt.NDArray[np.uint8], line: Box) -> bool:
    """Tell whether words end where a line begins, as a label before a blank does."""
    room = round(_BLANKS.most_room * len(ink) / 2)
    left = max(0, line.left - 2 * room)
    before = ink[max(0, line.top - room) : line.bottom + room // 4, left : line.left]
    return bool(before.size and (before > 0).mean() >= _BLANKS.least_label)


def _blank_above(ink: npt.NDArray[np.uint8], line: Box) -> Proposal | None:
    room = _measure_room(ink, line, line.top)
    if room < _BLANKS.least_room * len(ink):
        return None
    return Proposal(Box(line.left, line.top - room, line.right, line.top))


def _comb_above(
    ink: npt.NDArray[np.uint8], box: Box, component: npt.NDArray[np.bool_]
) -> Proposal | None:
    """Make a field of a line whose teeth point up at equal distances."""
    full = np.flatnonzero(component.mean(axis=1) >= 1 - _BLANKS.ends)
    if not full.size or full[-1] < len(component) - 2 or full[0] < 2:
        return None
    if full[-1] - full[0] + 1 > len(full):  # two lines: not a comb
        return None
    teeth = component[: full[0]].mean(axis=0) > 0.5
    edges = np.flatnonzero(np.diff(np.concatenate([[0], teeth.astype(int), [0]])))
    middles = edges.reshape(-1, 2).mean(axis=1)
    if len(middles) < _BLANKS.fewest_teeth:
        return None
    steps = np.diff(middles)
    pitch = float(np.median(steps))
    if np.abs(steps - pitch).max() > _BLANKS.uneven * pitch:
        return None
    if middles[0] > 0.5 * pitch or middles[-1] < box.width - 0.5 * pitch:
        return None
    room = int(full[0]) + _measure_room(ink, box, box.top)
    if room < _BLANKS.least_room * len(ink):
        return None
    bottom = box.top + int(full[0])
    reach = max(int(full[0]), min(room, round(1.5 * pitch)))
    left, right = (box.left + round(float(middles[end])) for end in (0, -1))
    return Proposal(Box(left, bottom - reach, right, bottom), len(middles) - 1)


def _measure_room(ink: npt.NDArray[np.uint8], line: Box, bottom: int) -> int:
    """Count the rows without ink above a line, up to what a field needs."""
    inset = round(_BLANKS.ends * line.width)
    most = round(_BLANKS.most_room * len(ink))
    top = max(0, bottom - most)
    above = ink[top : max(0, bottom - 1), line.left + inset : line.right - inset]
    inked = np.flatnonzero(above.any(axis=1))
    return len(above) - 1 - int(inked[-1]) if inked.size else len(above)
