"""Tell ink from paper."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

SENSITIVITY = 0.2
"""Weight k of the local contrast; smaller finds fainter ink and more noise."""

NOISE = 12.0
"""Grey levels by which paper without any ink may vary."""

_WINDOWS_A_SIDE = 40
_SMALLEST_WINDOW_PX = 15
_DARKEST_SHARE = 0.001


def binarize(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Mark the ink of a page, dark on light or light on dark.

    A threshold for each pixel follows the mean and the deviation of its neighbourhood,
    related to the darkest ink and the strongest contrast of the page [1], so shadows
    and uneven light do not matter. Means come from box filters.

    Args:
        pixels: (H, W) uint8, 0 = black.

    Returns:
        (H, W) uint8, 255 = ink, 0 = paper.

    References:
        [1] Wolf, Jolion, "Extraction and recognition of artificial text in multimedia
        documents", Pattern Analysis and Applications 6(4), 2004.
        doi:10.1007/s10044-003-0197-7
    """
    if is_bilevel(pixels):
        ink = np.where(pixels < 128, 255, 0).astype(np.uint8)
        return np.bitwise_not(ink) if np.mean(ink) > 127 else ink
    grey = pixels.astype(np.float32)
    window = max(_SMALLEST_WINDOW_PX, min(grey.shape) // _WINDOWS_A_SIDE) | 1
    mean = np.asarray(cv2.blur(grey, (window, window)), dtype=np.float32)
    if is_negative(grey, mean):
        grey, mean = 255 - grey, 255 - mean
    square = cv2.blur(grey * grey, (window, window))
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    strongest = max(float(deviation.max()), 1.0)
    darkest = float(np.quantile(grey[::4, ::4], _DARKEST_SHARE))
    drop = SENSITIVITY * (1 - deviation / strongest) * (mean - darkest)
    return np.where(grey < mean - np.maximum(drop, NOISE), 255, 0).astype(np.uint8)


def is_bilevel(pixels: npt.NDArray[np.uint8]) -> bool:
    """Tell whether a page holds nothing but pure black and pure white."""
    return not np.any((pixels != 0) & (pixels != 255))


def is_negative(
    grey: npt.NDArray[np.float32], local_mean: npt.NDArray[np.float32]
) -> bool:
    """Tell whether the page is written light on dark.

    Ink covers little of a page, so the pixels that differ most from their
    neighbourhood are ink; the sign of the third moment says on which side they lie.
    This holds in a shadow and on a dark desk, where the mean brightness misleads.
    """
    difference = (grey - local_mean)[::2, ::2]
    third_moment = float(np.mean(difference**3))
    return third_moment > 0 and float(np.median(grey[::4, ::4])) < 128
