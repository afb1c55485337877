"""Tell ink from paper."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

SENSITIVITY = 0.2
"""The usual weight k of local contrast; smaller finds fainter ink and more noise."""

FAINT = 0.1
"""The weight that finds the pale lines of boxes as well."""

NOISE = 12.0
"""Grey levels by which paper without any ink may vary."""

_WINDOWS_A_SIDE = 40
_SMALLEST_WINDOW_PX = 15
_BLOCKS_A_WINDOW = 15  # at least; the means of larger windows come from larger blocks
_STRIP_PX = 128  # a multiple of every size of block
_MEAN_SCALE = 256  # keeps fractions of a grey level in 16 bits
_SAMPLING_PX = 4
_DARKEST_SHARE = 0.001


def binarize(
    pixels: npt.NDArray[np.uint8], sensitivity: float = SENSITIVITY
) -> npt.NDArray[np.uint8]:
    """Mark the ink of a page, dark on light or light on dark.

    A threshold for each pixel follows the mean and the deviation of its neighbourhood,
    related to the darkest ink and the strongest contrast of the page [1], so shadows
    and uneven light do not matter. The neighbourhood is many pixels wide, so its means
    are taken block by block, and so is the threshold.

    Args:
        pixels: (H, W) uint8, 0 = black.
        sensitivity: Weight k of the local contrast.

    Returns:
        (H, W) uint8, 255 = ink, 0 = paper.

    References:
        [1] Wolf, Jolion, "Extraction and recognition of artificial text in multimedia
        documents", Pattern Analysis and Applications 6(4), 2004.
        doi:10.1007/s10044-003-0197-7
    """
    if is_bilevel(pixels):
        _, dark = cv2.threshold(pixels, 127, 255, cv2.THRESH_BINARY_INV)
        ink = np.asarray(dark, dtype=np.uint8)
        return ~ink if np.mean(ink) > 127 else ink
    mean, deviation = _measure_windows(pixels)
    sampled = np.ascontiguousarray(pixels[::_SAMPLING_PX, ::_SAMPLING_PX])
    if is_negative(sampled, mean):
        pixels, sampled, mean = ~pixels, ~sampled, 255 - mean
    strongest = max(float(deviation.max()), 1.0)
    darkest = _quantile(sampled, _DARKEST_SHARE)
    drop = sensitivity * (1 - deviation / strongest) * (mean - darkest)
    limit = np.clip(np.ceil(mean - np.maximum(drop, NOISE)), 0, 255).astype(np.uint8)
    darker = cv2.compare(pixels, _enlarge(limit, pixels.shape), cv2.CMP_LT)
    return np.asarray(darker, dtype=np.uint8)


def is_bilevel(pixels: npt.NDArray[np.uint8]) -> bool:
    """Tell whether a page holds nothing but pure black and pure white."""
    greys = cv2.inRange(pixels, np.array(1), np.array(254))
    return cv2.countNonZero(greys) == 0


def is_negative(
    sampled: npt.NDArray[np.uint8], local_mean: npt.NDArray[np.float32]
) -> bool:
    """Tell whether the page is written light on dark.

    Ink covers little of a page, so the pixels that differ most from their
    neighbourhood are ink; the sign of the third moment says on which side they lie.
    This holds in a shadow and on a dark desk, where the mean brightness misleads.

    Args:
        sampled: (h, w) uint8, pixels from all over the page.
        local_mean: Mean grey level of the neighbourhood, at any resolution.
    """
    if _quantile(sampled, 0.5) >= 128:
        return False
    difference = sampled - _enlarge(local_mean, sampled.shape)
    return float(np.mean(difference * difference * difference)) > 0


def _quantile(pixels: npt.NDArray[np.uint8], share: float) -> int:
    """Find the grey level that so large a share of the pixels does not exceed."""
    counts = np.bincount(pixels.ravel(), minlength=256).cumsum()
    return int(np.searchsorted(counts, share * pixels.size))


def _measure_windows(
    pixels: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Measure mean and standard deviation of the window around each block.

    Returns:
        Two (h, w) float32 arrays in grey levels; h and w are those of the page divided
        by the size of the blocks.
    """
    window = max(_SMALLEST_WINDOW_PX, min(pixels.shape) // _WINDOWS_A_SIDE) | 1
    halvings = max(0, int(np.log2(window / _BLOCKS_A_WINDOW)))
    # In strips, whose squares need little memory.
    strips = [
        _average_blocks(pixels[top : top + _STRIP_PX], halvings)
        for top in range(0, len(pixels) - 2**halvings + 1, _STRIP_PX)
    ]
    means, squares = (np.concatenate(part) for part in zip(*strips, strict=True))
    side = window // 2**halvings | 1
    mean, square = cv2.blur(means, (side, side)), cv2.blur(squares, (side, side))
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    return mean.astype(np.float32), deviation.astype(np.float32)


def _average_blocks(
    strip: npt.NDArray[np.uint8], halvings: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Average the pixels and their squares over blocks of 2 ** halvings a side."""
    wide = strip.astype(np.uint16)
    scaled, squared = wide * np.uint16(_MEAN_SCALE), wide * wide
    for _ in range(halvings):
        scaled, squared = _halve(scaled), _halve(squared)
    mean = scaled.astype(np.float32) / np.float32(_MEAN_SCALE)
    return mean, squared.astype(np.float32)


def _halve(values: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    """Average (H, W) values over blocks of 2 x 2; an odd row or column is left out."""
    height, width = (side // 2 for side in values.shape)
    even = values[: 2 * height, : 2 * width]
    halved = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(halved, dtype=np.uint16)


def _enlarge(values: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Bring values that change slowly over the page to another resolution.

    Pixels left over beside the last block shift them by less than a block.
    """
    return cv2.resize(values, shape[::-1], interpolation=cv2.INTER_LINEAR)
