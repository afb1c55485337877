"""Words and signs that a form prints in its fields: a currency, a unit, ".00".

They are known from the reference. On a page they are the components that lie where the
reference has print, and cover it; what the pen wrote across them stays with them. Print
with room for digits on both sides is a mark between them, such as the slashes of a
date, and is read as if it were written.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import transform_points
from formreader.records import FieldImage

__all__ = ["cut_marks", "cut_print", "erase_print"]

Ink = npt.NDArray[np.uint8]

_RIM = 0.02  # of a field's height, where its lines may lie
_ROOM = 0.5  # of a field's height, that a digit needs
_SLACK = 0.1  # of a field's height, by which print may lie off
_INSIDE = 0.9  # of a component of the page, that lies where print is expected
_FREE = 0.5  # of a cell's width: there is room for a mark between two
_COVERED = 0.7  # of a component of print, that such components cover


def cut_print(ink: Ink, corners: npt.NDArray[np.float64]) -> Ink | None:
    """Cut out what is printed in a field.

    Args:
        ink: (H, W) uint8, 255 = ink, of the reference.
        corners: (4, 2) corners (x, y) of the field in the reference.

    Returns:
        (h, w) uint8, 255 = print, the field alone without its lines and marks; None if
        nothing else is printed in it.
    """
    seen, _ = _lay_upright(ink, corners)
    height, width = seen.shape
    rim = max(1, round(_RIM * height))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (seen > 127).astype(np.uint8)
    )
    border = np.ones(seen.shape, bool)
    border[rim:-rim, rim:-rim] = False
    is_print = np.ones(count, bool)
    is_print[np.unique(labels[border])] = False
    is_print[0] = False
    lefts = stats[:, cv2.CC_STAT_LEFT]
    spans = [
        (int(lefts[label]), int(lefts[label] + stats[label, cv2.CC_STAT_WIDTH]), label)
        for label in np.flatnonzero(is_print).tolist()
    ]
    at_end = _find_at_end(spans, _ROOM * height)
    mirrored = [(width - right, width - left, label) for left, right, label in spans]
    at_end |= _find_at_end(mirrored, _ROOM * height)
    printed = np.isin(labels, list(at_end))
    return (printed * 255).astype(np.uint8) if printed.any() else None


def cut_marks(ink: Ink, cells: npt.NDArray[np.float64]) -> Ink | None:
    """Cut out the marks that are printed between the cells of a field.

    Args:
        ink: (H, W) uint8, 255 = ink, of the reference.
        cells: (N, 4, 2) corners (x, y) of the cells in the reference, left to right.

    Returns:
        (h, w) uint8, 255 = marks, from the first cell to the last; None if there is no
        room between any, or nothing in it.
    """
    corners = np.stack([cells[0, 0], cells[-1, 1], cells[-1, 2], cells[0, 3]])
    seen, matrix = _lay_upright(ink, corners)
    placed = [transform_points(cell, matrix) for cell in cells]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (seen > 127).astype(np.uint8)
    )
    lefts, widths = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_WIDTH]
    heights = stats[:, cv2.CC_STAT_HEIGHT]
    is_mark = np.zeros(count, bool)
    for one, other in pairwise(placed):
        start, end = one[:, 0].max(), other[:, 0].min()
        if end - start >= _FREE * np.ptp(one[:, 0]):
            is_mark |= (lefts > start) & (lefts + widths < end)
    is_mark &= heights < len(seen) - 1  # and no wall
    is_mark[0] = False
    found = is_mark[labels]
    return (found * 255).astype(np.uint8) if found.any() else None


def _lay_upright(
    ink: Ink, corners: npt.NDArray[np.float64]
) -> tuple[Ink, npt.NDArray[np.float64]]:
    """Cut out what lies between four corners, and give the homography to it."""
    width = max(1, round(float(np.hypot(*(corners[1] - corners[0])))))
    height = max(1, round(float(np.hypot(*(corners[3] - corners[0])))))
    square = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), square)
    seen = cv2.warpPerspective(ink, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return np.asarray(seen, np.uint8), np.asarray(matrix, np.float64)


def _find_at_end(spans: list[tuple[int, int, int]], room: float) -> set[int]:
    """Find what stands at the left end of a field, with no room for a digit before.

    Args:
        spans: First column, column after the last, and label of components.
        room: What a digit needs, in pixels.

    Returns:
        Their labels.
    """
    reached, found = 0, set()
    for left, right, label in sorted(spans):
        if left - reached >= room:
            break
        reached = max(reached, right)
        found.add(label)
    return found


def erase_print(field: FieldImage, printed: Ink) -> FieldImage:
    """Take what is printed in a field out of its ink.

    Args:
        field: The field, as it was cut out of a page.
        printed: As `cut_print` gives it, or `cut_marks`.
    """
    frame, (height, width) = field.frame, printed.shape
    square = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(square, frame.corners.astype(np.float32))
    expected = cv2.warpPerspective(printed, matrix, field.ink.shape[::-1]) > 127
    slack = np.ones((2 * max(1, round(_SLACK * frame.height)) + 1,) * 2, np.uint8)
    near = cv2.dilate(expected.astype(np.uint8), slack) > 0
    count, labels = cv2.connectedComponents((field.ink > 0).astype(np.uint8))
    areas = np.bincount(labels.ravel(), minlength=count)
    shares = np.bincount(labels[near], minlength=count) / np.maximum(areas, 1)
    is_likely = shares >= _INSIDE
    is_likely[0] = False
    found = _find_covered(expected, is_likely[labels], slack)
    is_print = np.zeros(count, bool)
    is_print[np.unique(labels[cv2.dilate(found, slack) > 0])] = True
    erased = (is_print & is_likely)[labels]
    ink = np.where(erased, 0, field.ink).astype(np.uint8)
    restored = field.restored
    if restored is not None:
        restored = np.where(erased, 0, restored).astype(np.uint8)
    return replace(field, ink=ink, restored=restored)


def _find_covered(
    expected: npt.NDArray[np.bool_], ink: npt.NDArray[np.bool_], slack: Ink
) -> Ink:
    """Find the components of print that the ink of a page covers.

    Returns:
        (h, w) uint8, 1 = their ink.
    """
    count, labels = cv2.connectedComponents(expected.astype(np.uint8))
    reach = cv2.dilate(ink.astype(np.uint8), slack) > 0
    areas = np.bincount(labels.ravel(), minlength=count)
    shares = np.bincount(labels[reach], minlength=count) / np.maximum(areas, 1)
    is_covered = shares >= _COVERED
    is_covered[0] = False
    return np.asarray(is_covered[labels], np.uint8)
