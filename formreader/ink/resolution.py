"""Choose the resolution at which a page is looked at."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import label_components

__all__ = ["choose_scale", "rescale"]

Gray = npt.NDArray[np.uint8]

_WORKING_DPI = 150.0  # handwriting of 3.5 to 5 mm is 20 to 30 pixels high
_PAGE_LENGTH = 1754  # pixels of the long side of A4 at that resolution
_SIDES_INCHES = 3.0, 18.0  # the long side of a page, from a card to A3
_TEXT_HEIGHT = 12.0  # pixels of a usual printed letter at the working resolution
_FEWEST_LETTERS = 60
_LETTER_HEIGHTS = 5, 90  # pixels; what is lower is dirt, what is higher no letter
_LONGEST_LETTER = 4  # widths to a height, of letters that touch
_TRUSTED = 0.6, 1.7  # how far the text may lead away from the page's size
_LARGEST_SCALE = 2.0
_MOST_PIXELS = 3.5e6  # what a page may cost


def choose_scale(pixels: Gray, dpi: float | None = None) -> float:
    """Choose the scale at which handwriting is about 20 to 30 pixels high.

    The stated resolution tells, if the page has a credible size by it. Otherwise the
    page is taken for a sheet of A4, larger or smaller if its text tells so.

    Args:
        pixels: (H, W) or (H, W, 3) uint8, 0 = black.
        dpi: What the file states, in pixels an inch.

    Returns:
        Pixels to work with to one of the page, at most 2.
    """
    height, width = pixels.shape[:2]
    longest = max(height, width)
    low, high = _SIDES_INCHES
    if dpi is not None and dpi > 0 and low <= longest / dpi <= high:
        scale = _WORKING_DPI / dpi
    else:
        scale = _PAGE_LENGTH / longest
        letters = _measure_text(pixels, min(scale, 1.0))
        if letters is not None:
            low, high = _TRUSTED
            scale = float(np.clip(_TEXT_HEIGHT / letters, low * scale, high * scale))
    most = float(np.sqrt(_MOST_PIXELS / (height * width)))
    return min(scale, _LARGEST_SCALE, most)


def rescale(pixels: Gray, scale: float) -> Gray:
    """Bring a page to another resolution, every pixel counted.

    Args:
        pixels: (H, W) or (H, W, 3) uint8.
        scale: Pixels of the result to one of the page.
    """
    height, width = pixels.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # Exact halves take a tenth of the time of any other factor.
    while pixels.shape[0] >= 2 * size[1] and pixels.shape[1] >= 2 * size[0]:
        half = pixels.shape[1] // 2, pixels.shape[0] // 2
        even = pixels[: 2 * half[1], : 2 * half[0]]
        pixels = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA))
    if size == (pixels.shape[1], pixels.shape[0]):
        return pixels
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=smooth), np.uint8)


def _measure_text(pixels: Gray, scale: float) -> float | None:
    """Estimate the height of printed letters, in pixels of the page.

    Args:
        pixels: The page.
        scale: At which to look; much larger than needed would cost time alone.

    Returns:
        The median height of what may be letters, or None if there are few.
    """
    if pixels.ndim == 3:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    small = rescale(pixels, scale)
    ink = cv2.adaptiveThreshold(
        small, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 20
    )
    _, boxes, _ = label_components(np.asarray(ink, np.uint8))
    wide, tall = boxes[1:, cv2.CC_STAT_WIDTH], boxes[1:, cv2.CC_STAT_HEIGHT]
    low, high = _LETTER_HEIGHTS
    letters = (tall >= low) & (tall <= high) & (wide <= _LONGEST_LETTER * tall)
    letters &= wide > 1
    if np.count_nonzero(letters) < _FEWEST_LETTERS:
        return None
    return float(np.median(tall[letters])) / scale
