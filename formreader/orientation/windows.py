"""Cut out what stands around letters and digits, to tell which way up it is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import label_components
from formreader.ink.resolution import rescale
from formreader.layout.binarization import binarize

__all__ = ["SIDE", "cut_marks", "cut_windows"]

Gray = npt.NDArray[np.uint8]

SIDE = 40
"""Pixels of a window's side."""

_LONGEST_PX = 2200  # of the page as it is looked at; A4 at 190 dpi
_REACH = 2.8  # a window's side in sizes of the character at its centre
_SMALLEST_PX = 7
_LARGEST = 0.12  # of the page's longer side
_SQUARE = 2.5  # times as long as wide; what is longer may be a word that hangs together
_WORD = 1.3  # of such a word's width is the size of its characters
_LEAST_INK = 0.06  # of the rectangle around; the frame of a box has less
_MARK_PX = 14  # smaller marks cannot be told by their shape


def cut_windows(pixels: Gray, most: int) -> Gray:
    """Cut out windows around what has the size of a character, evenly over a page.

    Nothing in it prefers one side of the page.

    Args:
        pixels: (H, W) uint8, 0 = black, dark on light or light on dark.
        most: How many windows at most.

    Returns:
        (N, 40, 40) uint8, 255 = ink; the character is 14 pixels long.
    """
    ink = _find_ink(pixels)
    found = _find_characters(ink)
    chosen = _spread(len(found.sizes), most)
    windows = [
        _cut(ink, float(x), float(y), float(size))
        for (x, y), size in zip(found.centres[chosen], found.sizes[chosen], strict=True)
    ]
    return np.stack(windows) if windows else np.zeros((0, SIDE, SIDE), np.uint8)


def cut_marks(pixels: Gray, most: int) -> list[Gray]:
    """Cut out what may be a digit, each by itself, evenly over a page.

    Args:
        pixels: As for `cut_windows`.
        most: How many marks at most.

    Returns:
        (h, w) uint8 each, 255 = ink.
    """
    found = _find_characters(_find_ink(pixels))
    large = np.flatnonzero(found.sizes >= _MARK_PX)
    return [found.mask(n) for n in large[_spread(len(large), most)]]


@dataclass(frozen=True, eq=False)
class _Characters:
    """Components that may be characters.

    Attributes:
        labels: (H, W) int32, which component each pixel is part of.
        components: (N,) the labels of those that fit.
        boxes: (N, 4) left, top, width and height of each.
        sizes: (N,) the size of a character there, in pixels.
    """

    labels: npt.NDArray[np.int32]
    components: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.float64]

    @property
    def centres(self) -> npt.NDArray[np.float64]:
        """(N, 2) the middle (x, y) of each."""
        return np.asarray(self.boxes[:, :2] + self.boxes[:, 2:] / 2)

    def mask(self, number: int) -> Gray:
        """Give one alone, (h, w) uint8, 255 = ink."""
        left, top, width, height = self.boxes[number]
        cut = self.labels[top : top + height, left : left + width]
        own = cv2.compare(cut, np.array(float(self.components[number])), cv2.CMP_EQ)
        return np.asarray(own, np.uint8)


def _find_ink(pixels: Gray) -> Gray:
    """Find the ink of a page at a resolution that is quick to look through."""
    scale = min(1.0, _LONGEST_PX / max(pixels.shape))
    return binarize(rescale(pixels, scale) if scale < 1 else pixels)


def _find_characters(ink: Gray) -> _Characters:
    """Find components that may be characters."""
    labels, stats, _ = label_components(ink)
    boxes, area = stats[:, :4], stats[:, cv2.CC_STAT_AREA]
    longer, shorter = boxes[:, 2:].max(axis=1), boxes[:, 2:].min(axis=1)
    sizes = np.where(longer <= _SQUARE * shorter, longer, _WORD * shorter)
    fits = (sizes >= _SMALLEST_PX) & (sizes <= _LARGEST * max(ink.shape))
    fits &= area >= _LEAST_INK * boxes[:, 2] * boxes[:, 3]
    fits[0] = False  # the paper
    return _Characters(
        labels,
        np.flatnonzero(fits),
        np.asarray(boxes[fits], np.int32),
        np.asarray(sizes[fits], np.float64),
    )


def _spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """Choose at most so many positions, evenly."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(np.int64)


def _cut(ink: Gray, x: float, y: float, size: float) -> Gray:
    """Cut out a window and bring it to its size; beyond the page is paper."""
    half = max(1, round(_REACH * size / 2))
    left, top = round(x) - half, round(y) - half
    rows = slice(max(0, top), max(0, top + 2 * half))
    columns = slice(max(0, left), max(0, left + 2 * half))
    inner = ink[rows, columns]
    window = np.zeros((2 * half, 2 * half), np.uint8)
    at = max(0, -top), max(0, -left)
    window[at[0] : at[0] + inner.shape[0], at[1] : at[1] + inner.shape[1]] = inner
    smooth = cv2.INTER_AREA if 2 * half > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(window, (SIDE, SIDE), interpolation=smooth), np.uint8)
