"""Blank pages that a template is made from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.forms.authoring.flattening import erase_writing, flatten_page
from formreader.pages.loading import count_pages, load_pages, load_printed_content
from formreader.pages.printed_content import PrintedContent

__all__ = ["BlankPage", "BlankPages"]

_MOST_PIXELS = 3508 * 4961  # A3 at 300 dpi
_SHEET_PIXELS = 2480 * 3508  # A4 at 300 dpi


@dataclass(frozen=True, eq=False)
class BlankPage:
    """A page as it becomes a reference.

    Attributes:
        pixels: (H, W) uint8, 0 = black.
        content: What the file says of it, in these pixels.
        loaded_size: Its width and height in pixels before it was made smaller.
        dpi: Its resolution, if the file states it.
    """

    pixels: npt.NDArray[np.uint8]
    content: PrintedContent
    loaded_size: tuple[int, int]
    dpi: float | None = None

    @property
    def is_reduced(self) -> bool:
        """Whether it was made smaller."""
        return self.loaded_size != self.pixels.shape[::-1]


@dataclass(frozen=True)
class BlankPages:
    """The pages of a file.

    Attributes:
        path: A scan, photo or PDF of a form.
        flatten: Its pages are photos, to be straightened.
        filled: They are filled in: what stands in their boxes is painted out.
    """

    path: Path
    flatten: bool = False
    filled: bool = False

    def count(self) -> int:
        """Count them.

        Raises:
            UnreadableFileError: If the file cannot be opened.
        """
        return count_pages(self.path)

    def load(self, number: int) -> BlankPage:
        """Load a page as it becomes a reference.

        One that is larger than any form needs is made as large as A4 at 300 dpi: each
        page that is read is aligned with it.

        Args:
            number: 1-based.

        Raises:
            UnreadableFileError: If there is no such page, or it cannot be loaded.
        """
        page = next(load_pages(self.path, pages=[number]))
        pixels = page.squared
        if self.flatten:
            pixels = flatten_page(pixels)
        loaded_size = pixels.shape[1], pixels.shape[0]
        pixels = _reduce(pixels)
        if self.filled:
            pixels = erase_writing(pixels)
        content = PrintedContent()
        if not self.flatten:
            size = pixels.shape[1], pixels.shape[0]
            content = load_printed_content(self.path, number - 1, size)
        dpi = None
        if page.dpi is not None and not self.flatten:
            dpi = round(page.dpi * pixels.shape[1] / page.pixels.shape[1], 2)
        return BlankPage(pixels, content, loaded_size, dpi)


def _reduce(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Make a page smaller that is larger than A3 at 300 dpi."""
    if pixels.size <= _MOST_PIXELS:
        return pixels
    scale = math.sqrt(_SHEET_PIXELS / pixels.size)
    smaller = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8)
