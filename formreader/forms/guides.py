"""Shapes that a form prints in its boxes, to write along or over.

A guide is the same in all boxes of a field, which no handwriting is. So it can be known
from the reference, even if that was made of a page that is filled in.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.records import FieldImage

__all__ = ["erase_guide", "find_guide"]

_SIDE = 64  # of the picture in which boxes are compared
_RIM = 0.14  # of a box's side, where its lines may lie
_COMMON = 0.8  # of the boxes show the guide
_MOST = 0.75  # of what stands in a box on average
_SLACK_PX = 3  # of the picture, by which a guide may lie off
_LEAST = 0.01  # of a box; less is dirt

Ink = npt.NDArray[np.uint8]


def find_guide(ink: Ink, cells: npt.NDArray[np.float64]) -> Ink | None:
    """Find what is printed alike in all boxes of a field.

    Args:
        ink: (H, W) uint8, 255 = ink, of the reference.
        cells: (N, 4, 2) corners (x, y) of the boxes.

    Returns:
        (64, 64) uint8, 255 = where the guide may lie in a box, its sides stretched to
        those of the picture; None if there is no guide, or but one box.
    """
    if len(cells) < 2:
        return None
    square = np.array([[0, 0], [_SIDE, 0], [_SIDE, _SIDE], [0, _SIDE]], np.float32)
    slack = np.ones((_SLACK_PX, _SLACK_PX), np.uint8)
    shown = np.zeros((_SIDE, _SIDE))
    for corners in cells:
        matrix = cv2.getPerspectiveTransform(square, corners.astype(np.float32))
        warp = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpPerspective(ink, matrix, (_SIDE, _SIDE), flags=warp)
        shown += cv2.dilate(seen, slack) > 0
    rim = round(_RIM * _SIDE)
    guide = np.zeros((_SIDE, _SIDE), np.uint8)
    inner = slice(rim, _SIDE - rim)
    guide[inner, inner] = 255 * (shown[inner, inner] >= _COMMON * len(cells))
    area, inked = np.mean(guide > 0), np.mean(shown[inner, inner]) / len(cells)
    share = area * (_SIDE / (_SIDE - 2 * rim)) ** 2
    return guide if area >= _LEAST and share >= _MOST * inked else None


def erase_guide(field: FieldImage, guide: Ink) -> FieldImage:
    """Take a guide out of the boxes of a field; what lies on it goes as well.

    Args:
        field: The field.
        guide: (64, 64) uint8, as `find_guide` gives it.

    Returns:
        The field, without what it held in `restored`.
    """
    ink = field.ink.copy()
    slack = np.ones((_SLACK_PX, _SLACK_PX), np.uint8)
    for cell in field.cells:
        part = ink[cell.slices]
        if part.size:
            mask = cv2.resize(cv2.dilate(guide, slack), part.shape[::-1])
            part[mask > 127] = 0
    return replace(field, ink=ink, restored=None)
