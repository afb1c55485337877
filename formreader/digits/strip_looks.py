"""Shows a strip of writing in several ways: slanted, stretched, with more paper."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.settings import SETTINGS

__all__ = ["show_strip"]

Gray = npt.NDArray[np.uint8]

_LOOKS = SETTINGS.looks


def show_strip(ink: Gray) -> tuple[Gray, ...]:
    """Show a strip as it is, then slanted both ways, wider and narrower, and smaller.

    Args:
        ink: (H, W) uint8, 255 = ink, 0 = paper.

    Returns:
        Strips of other sizes; the first is `ink`.
    """
    height = ink.shape[0]
    margin = round(_LOOKS.margin * height)
    return (
        ink,
        *(_slant(ink, side * _LOOKS.slant) for side in (1, -1)),
        *(_stretch(ink, factor) for factor in (_LOOKS.wider, 1 / _LOOKS.wider)),
        np.pad(ink, margin),
    )


def _slant(ink: Gray, slant: float) -> Gray:
    """Move each row sideways, by a share of its distance from the middle."""
    height, width = ink.shape
    room = int(abs(slant) * height / 2) + 1
    shift = np.array([[1, slant, room - slant * height / 2], [0, 1, 0]], np.float64)
    return np.asarray(cv2.warpAffine(ink, shift, (width + 2 * room, height)), np.uint8)


def _stretch(ink: Gray, factor: float) -> Gray:
    """Make a strip wider or narrower."""
    height, width = ink.shape
    flag = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    size = (max(1, round(factor * width)), height)
    return np.asarray(cv2.resize(ink, size, interpolation=flag), np.uint8)
