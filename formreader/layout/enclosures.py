"""Finds what the rules of a form enclose, whatever shape their corners have.

The layer of rules holds no strokes and no letters, so that each of its holes that is
about a rectangle is a cell: its lines may be dotted, thick, rounded or broken where the
pen crossed them.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.cells import Cell
from formreader.layout.frames import Frame
from formreader.layout.settings import SETTINGS

__all__ = ["add_enclosures", "find_enclosures"]

Mask = npt.NDArray[np.uint8]

_ENCLOSURES = SETTINGS.enclosures


def add_enclosures(frames: list[Frame], rule: Mask) -> list[Frame]:
    """Add to the frames of a page what only its layer of rules shows; drop gaps.

    Args:
        frames: Found by lines and corners.
        rule: (H, W) uint8, 255 = a line of the form.
    """
    known = np.zeros_like(rule)
    for frame in frames:
        for cell in frame.cells:
            cv2.fillConvexPoly(known, np.round(cell.corners).astype(np.int32), (255,))
    skew_deg = float(np.median([f.skew_deg for f in frames])) if frames else 0.0
    found = [cell for cell in find_enclosures(rule) if not _is_known(cell, known)]
    heights = [cell.upright.height for f in frames for cell in f.cells]
    heights += [cell.upright.height for cell in found]
    least = _ENCLOSURES.lowest * float(np.median(heights)) if heights else 0.0
    every = [*frames, Frame(tuple(found), skew_deg)]
    kept = [
        replace(frame, cells=tuple(c for c in frame.cells if not _is_gap(c, least)))
        for frame in every
    ]
    return [frame for frame in kept if frame.cells]


def find_enclosures(rule: Mask) -> list[Cell]:
    """Find the cells that rules enclose.

    Args:
        rule: (H, W) uint8, 255 = a line of the form.

    Returns:
        Cells in no particular order; nested ones too.
    """
    closed = _close_gaps(rule)
    contours, hierarchy = cv2.findContours(
        closed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE
    )
    if hierarchy is None:
        return []
    largest = _ENCLOSURES.largest * rule.size
    cells = []
    for contour, parent in zip(contours, hierarchy[0, :, 3].tolist(), strict=True):
        _, _, width, height = cv2.boundingRect(contour)
        if parent < 0 or min(width, height) < SETTINGS.frames.least_cell_px:
            continue
        area = cv2.contourArea(contour)
        around = cv2.minAreaRect(contour)
        if area > largest or area < _ENCLOSURES.least_fill * np.prod(around[1]):
            continue
        corners = _sort_corners(np.asarray(cv2.boxPoints(around), np.float64))
        cell = Cell(corners, _upright(corners), _ENCLOSURES.line_px)
        if _lies_level(corners):
            cells.append(cell)
    return cells


def _close_gaps(rule: Mask) -> Mask:
    """Close the gaps of dotted lines, and where the pen crossed a line."""
    length = max(3, min(rule.shape) // _ENCLOSURES.gaps_a_side) | 1
    level = np.ones((1, length), np.uint8)
    closed = cv2.max(
        cv2.morphologyEx(rule, cv2.MORPH_CLOSE, level),
        cv2.morphologyEx(rule, cv2.MORPH_CLOSE, level.T),
    )
    return np.asarray(closed, np.uint8)


def _sort_corners(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Order corners clockwise from the upper left."""
    total, difference = corners.sum(axis=1), corners[:, 1] - corners[:, 0]
    order = [total.argmin(), difference.argmin(), total.argmax(), difference.argmax()]
    return corners[order]


def _upright(corners: npt.NDArray[np.float64]) -> Box:
    width = float(np.hypot(*(corners[1] - corners[0])))
    height = float(np.hypot(*(corners[3] - corners[0])))
    left, top = corners[0]
    return Box(
        round(left), round(top), round(left + width) + 1, round(top + height) + 1
    )


def _lies_level(corners: npt.NDArray[np.float64]) -> bool:
    """Tell whether a cell lies level enough to be part of a page that is upright."""
    x, y = corners[1] - corners[0]
    return bool(abs(np.degrees(np.arctan2(y, x))) <= SETTINGS.skew.largest_deg)


def _is_gap(cell: Cell, least_px: float) -> bool:
    """Tell whether what is enclosed is rather the space between boxes that stand apart.

    Args:
        cell: What is enclosed.
        least_px: Height below which it is too low, beside the cells of its page.
    """
    width, height = cell.upright.width, cell.upright.height
    return width < _ENCLOSURES.narrowest * height or height < least_px


def _is_known(cell: Cell, known: Mask) -> bool:
    """Tell whether most of a cell lies in others that were found."""
    inside = known[cell.box.clipped(known.shape).slices]
    return bool(inside.size) and float(inside.mean()) > _ENCLOSURES.known * 255
