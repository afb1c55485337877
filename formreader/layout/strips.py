"""Images that are one field already, such as the amount on a cheque."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.binarization import is_bilevel, is_negative
from formreader.layout.ruling import remove_long_lines
from formreader.layout.settings import SETTINGS
from formreader.records import FieldImage, FieldKind, PageImage

__all__ = ["cut_strip", "measure_darkness"]

_STRIPS = SETTINGS.strips


def cut_strip(page: PageImage, name: str) -> FieldImage:
    """Make a field of a whole image.

    Args:
        page: The image.
        name: The field's name.
    """
    pixels = page.pixels
    paper = np.full((1, 1), np.median(pixels), np.float32)
    if is_negative(pixels, paper):
        pixels = np.bitwise_not(pixels)
    ink = remove_long_lines(_find_ink(pixels))
    frame = Box(0, 0, ink.shape[1], ink.shape[0])
    return FieldImage(name, ink, frame, FieldKind.STRIP, pixels=pixels)


def measure_darkness(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Measure how much darker than its paper each pixel is.

    The paper around a pixel is the median of its neighbourhood: writing covers less
    than half of any window as high as the strip, so shadow and tint go out and strokes
    stay.

    Args:
        pixels: (H, W) uint8, 0 = black.

    Returns:
        (H, W) uint8 grey levels; 0 = as light as the paper.
    """
    window = max(3, round(_STRIPS.window * min(pixels.shape)))
    scale = min(1.0, _STRIPS.largest_window_px / window)
    small = pixels
    if scale < 1:
        small = cv2.resize(
            pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
        ).astype(np.uint8)
    paper = cv2.medianBlur(small, round(window * scale) | 1)
    if scale < 1:
        paper = cv2.resize(paper, pixels.shape[::-1])
    return np.asarray(cv2.subtract(paper, pixels), dtype=np.uint8)


def _find_ink(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Tell ink from patterned paper: two classes of darkness, if there are two.

    Returns:
        (H, W) uint8, 255 = ink.
    """
    if is_bilevel(pixels):
        return np.where(pixels < 128, 255, 0).astype(np.uint8)
    darkness = cv2.GaussianBlur(measure_darkness(pixels), (0, 0), _STRIPS.smoothing_px)
    _, ink = cv2.threshold(darkness, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    written, paper = darkness[ink > 0], darkness[ink == 0]
    if not written.size:
        return np.zeros_like(pixels)
    contrast = float(written.mean() - paper.mean())
    noise = _STRIPS.least_distance * float(paper.std())
    if contrast < max(_STRIPS.least_contrast, noise):
        return np.zeros_like(pixels)
    return ink.astype(np.uint8)
