"""Bring a strip of writing to the form that the string reader's network takes."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.settings import SETTINGS

__all__ = [
    "COLUMN_PX",
    "HEIGHT",
    "MOST_PIXELS",
    "MOST_WIDTH",
    "darkness",
    "normalize_strip",
    "pad_strip",
    "padded_width",
]

_STRIPS = SETTINGS.strips

Gray = npt.NDArray[np.uint8]

HEIGHT = 32
"""Rows of a normalised strip."""
COLUMN_PX = 2
"""Pixels of a normalised strip to a column of the network's answer."""
MOST_WIDTH = 512
"""Columns of a normalised strip at most; a wider one is squeezed."""
MOST_PIXELS = 16_000_000
"""A strip larger than this is a whole page, or a mistake."""

_LEAST_WIDTH = 8
_WIDTH_STEP = 32  # few different widths, so that strips share calls of the network
_LEAST_PADDED = 64  # room for ten digits that stand close


def darkness(pixels: Gray) -> Gray:
    """Measure how much darker than the paper around it each pixel of a strip is.

    The paper's brightness is what a morphological closing leaves; half of all pixels
    are taken as paper with its pattern, and the darkest hundredth as full ink.

    Args:
        pixels: (H, W) uint8, 0 = black; dark writing on lighter paper.

    Returns:
        (H, W) uint8, 255 = ink, 0 = paper; patterns and stains lie between.

    Raises:
        ValueError: If `pixels` is not as described, is empty, or holds more than
            `MOST_PIXELS`.

    Example:
        >>> page = np.full((40, 80), 200, dtype=np.uint8)
        >>> page[10:30, 20:24] = 120
        >>> ink = darkness(page)
        >>> int(ink[20, 22]), int(ink[20, 60])
        (255, 0)
    """
    _check_strip(pixels)
    side = round(_STRIPS.paper_window * min(pixels.shape)) | 1
    paper = cv2.morphologyEx(pixels, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    level = cv2.blur(paper.astype(np.float32), (side, side))
    dark = 1 - pixels.astype(np.float32) / np.maximum(level, 1)
    dark -= np.median(dark)
    peak = max(float(np.percentile(dark, 100 * _STRIPS.full_ink)), _STRIPS.least_peak)
    return np.clip(dark * (255 / peak), 0, 255).astype(np.uint8)


def normalize_strip(ink: Gray) -> Gray:
    """Scale a strip to the height that the network reads, aspect ratio kept.

    Args:
        ink: (H, W) uint8, 255 = ink, 0 = paper, grey allowed; cropped to about the
            bounding box of the writing, with a small margin.

    Returns:
        (32, W') uint8, W' from 8 to `MOST_WIDTH`; only a strip that would leave these
        bounds has its aspect ratio changed.

    Raises:
        ValueError: If `ink` is not (H, W) uint8, is empty, or holds more than
            `MOST_PIXELS`.

    Example:
        >>> normalize_strip(np.zeros((64, 300), dtype=np.uint8)).shape
        (32, 150)
    """
    _check_strip(ink)
    height, width = ink.shape
    wanted = int(np.clip(round(width * HEIGHT / height), _LEAST_WIDTH, MOST_WIDTH))
    shrinks = height > HEIGHT or width > wanted
    flag = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(ink, (wanted, HEIGHT), interpolation=flag).astype(np.uint8)


def padded_width(width: int) -> int:
    """Say how wide a strip is once it is padded for the network.

    Args:
        width: Columns of a normalised strip.

    Returns:
        The next multiple of 32 from 64 on.
    """
    return max(_LEAST_PADDED, -(-width // _WIDTH_STEP) * _WIDTH_STEP)


def pad_strip(strip: Gray, width: int) -> Gray:
    """Put paper to the right of a strip.

    Args:
        strip: (32, W) uint8.
        width: Columns wanted, W or more.

    Returns:
        (32, `width`) uint8.
    """
    return np.pad(strip, ((0, 0), (0, width - strip.shape[1])))


def _check_strip(strip: Gray) -> None:
    """Refuse what is no strip.

    Raises:
        ValueError: If shape, dtype or size are wrong.
    """
    if strip.ndim != 2 or strip.dtype != np.uint8:
        raise ValueError(f"a strip is {strip.dtype} {strip.shape}, not (H, W) uint8")
    if strip.size == 0:
        raise ValueError("a strip holds no pixels")
    if strip.size > MOST_PIXELS:
        raise ValueError(f"a strip of {strip.shape} has more than {MOST_PIXELS} pixels")
