"""Blank pages that a template is made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.forms.authoring.flattening import erase_writing, flatten_page
from formreader.pages.loading import count_pages, load_pages

__all__ = ["BlankPages"]


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

    def load(self, number: int) -> npt.NDArray[np.uint8]:
        """Load a page as it becomes a reference.

        Args:
            number: 1-based.

        Returns:
            (H, W) uint8, 0 = black.

        Raises:
            UnreadableFileError: If there is no such page, or it cannot be loaded.
        """
        pixels = next(load_pages(self.path, pages=[number])).squared
        if self.flatten:
            pixels = flatten_page(pixels)
        return erase_writing(pixels) if self.filled else pixels
