"""Tell ink from paper."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from formreader.layout.settings import SETTINGS
from formreader.records import Paper

_INK = SETTINGS.binarization
FAINT = _INK.faint
"""The sensitivity that finds the faint lines of boxes as well."""


_STRIP_PX = 128  # a multiple of every size of block
_MEAN_SCALE = 256  # keeps fractions of a grey level in 16 bits
_SAMPLING_PX = 4
_ROWS_SAMPLED = 16


def binarize(
    pixels: npt.NDArray[np.uint8],
    sensitivity: float = _INK.sensitivity,
    paper: Paper | None = None,
) -> npt.NDArray[np.uint8]:
    """Mark the ink of a page, dark on light or light on dark.

    A threshold for each pixel follows the mean and the deviation of its neighbourhood,
    related to the darkest ink and the strongest contrast of the page [1], so shadows
    and uneven light do not matter. The neighbourhood is many pixels wide, so its means
    are taken block by block, and so is the threshold.

    Args:
        pixels: (H, W) uint8, 0 = black.
        sensitivity: Weight k of the local contrast.
        paper: What `measure_paper` says of the page, if that is known.

    Returns:
        (H, W) uint8, 255 = ink, 0 = paper.

    References:
        [1] Wolf, Jolion, "Extraction and recognition of artificial text in multimedia
        documents", Pattern Analysis and Applications 6(4), 2004.
        doi:10.1007/s10044-003-0197-7
    """
    paper = paper or measure_paper(pixels)
    if paper is None:
        _, dark = cv2.threshold(pixels, 127, 255, cv2.THRESH_BINARY_INV)
        ink = np.asarray(dark, dtype=np.uint8)
        return ~ink if np.mean(ink) > 127 else ink
    drop = sensitivity * paper.contrast * (paper.mean - paper.darkest)
    limit = np.ceil(paper.mean - np.maximum(drop, _INK.noise))
    limits = _enlarge(np.clip(limit, 0, 255).astype(np.uint8), pixels.shape)
    upright = ~pixels if paper.is_negative else pixels
    return np.asarray(cv2.compare(upright, limits, cv2.CMP_LT), dtype=np.uint8)


def measure_paper(pixels: npt.NDArray[np.uint8]) -> Paper | None:
    """Measure the paper of a page once, to find its ink with several sensitivities.

    Args:
        pixels: (H, W) uint8, 0 = black.

    Returns:
        The paper; None if there are no greys to measure.
    """
    if is_bilevel(pixels):
        return None
    mean, deviation = _measure_windows(pixels)
    sampled = np.ascontiguousarray(pixels[::_SAMPLING_PX, ::_SAMPLING_PX])
    negative = is_negative(sampled, mean)
    if negative:
        sampled, mean = ~sampled, 255 - mean
    contrast = 1 - deviation / max(float(deviation.max()), 1.0)
    return Paper(mean, contrast, _quantile(sampled, _INK.darkest_share), negative)


def is_bilevel(pixels: npt.NDArray[np.uint8]) -> bool:
    """Tell whether a page holds nothing but pure black and pure white."""
    # A few rows show the greys of almost every page that has any.
    few = np.ascontiguousarray(pixels[:: max(1, len(pixels) // _ROWS_SAMPLED)])
    return not _has_greys(few) and not _has_greys(pixels)


def _has_greys(pixels: npt.NDArray[np.uint8]) -> bool:
    greys = cv2.inRange(pixels, np.array(1), np.array(254))
    return cv2.countNonZero(greys) > 0


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
    counts = cv2.calcHist([pixels], [0], None, [256], [0, 256])
    below = counts.ravel().astype(np.int64).cumsum()
    return int(np.searchsorted(below, share * pixels.size))


def _measure_windows(
    pixels: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Measure mean and standard deviation of the window around each block.

    Returns:
        Two (h, w) float32 arrays in grey levels; h and w are those of the page divided
        by the size of the blocks.
    """
    window = max(_INK.smallest_window_px, min(pixels.shape) // _INK.windows_a_side) | 1
    halvings = max(0, int(np.log2(window / _INK.blocks_a_window)))
    shape = pixels.shape[0] >> halvings, pixels.shape[1] >> halvings
    means, squares = np.empty(shape, np.uint16), np.empty(shape, np.uint16)
    # In strips, whose squares need little memory.
    for top in range(0, shape[0] << halvings, _STRIP_PX):
        strip = pixels[top : top + _STRIP_PX].astype(np.uint16)
        rows = slice(top >> halvings, (top + _STRIP_PX) >> halvings)
        means[rows] = _average_blocks(strip * np.uint16(_MEAN_SCALE), halvings)
        squares[rows] = _average_blocks(strip * strip, halvings)
    side = window // 2**halvings | 1
    mean = _average_windows(means, side, 1 / _MEAN_SCALE)
    variance = _average_windows(squares, side) - mean * mean
    return mean, np.sqrt(np.maximum(variance, 0, out=variance), out=variance)


def _average_windows(
    values: npt.NDArray[np.uint16], side: int, scale: float = 1.0
) -> npt.NDArray[np.float32]:
    """Average over the window around each value, of `side` values, and scale.

    Whole numbers are added up quicker than floats, and exactly.
    """
    sums = cv2.boxFilter(values, cv2.CV_32S, (side, side), normalize=False)
    mean = np.empty(values.shape, np.float32)
    # In doubles, which are rounded to floats on the way, a few at a time.
    np.multiply(sums, scale / side**2, out=mean, dtype=np.float64, casting="same_kind")
    return mean


def _average_blocks(
    values: npt.NDArray[np.uint16], halvings: int
) -> npt.NDArray[np.uint16]:
    """Average over blocks of 2 ** halvings a side."""
    for _ in range(halvings):
        values = _halve(values)
    return values


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
