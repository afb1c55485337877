"""Loads what pages are drawn with, in the process that draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from formreader.training.ink.stream import DrawPage

if TYPE_CHECKING:
    from formreader.training.ink.pages.writing import WritingStock

__all__ = ["DrawnPages"]

Gray = npt.NDArray[np.uint8]

_ON_BLANKS = 0.25  # of the pages, if there are blank forms


@dataclass(frozen=True)
class DrawnPages:
    """What pages are drawn with.

    Attributes:
        digits: Files of digits; some are drawn from shapes beside them, as of letters.
        letters: Files of letters.
        strokes: Files of pen strokes.
        without: Writers to leave out, by the file's name up to its first dot.
        seed: Seed of what is drawn from shapes.
        held_out: Write with the hands that are kept for measuring.
        blanks: Blank forms, PDF or image, that some of the pages are made of.
    """

    digits: Sequence[Path] = ()
    letters: Sequence[Path] = ()
    strokes: Sequence[Path] = ()
    without: Mapping[str, Sequence[int]] = field(default_factory=dict)
    seed: int = 1
    held_out: bool = False
    blanks: Sequence[Path] = ()

    def __call__(self) -> DrawPage:
        """Load the handwriting and the blank forms.

        Raises:
            UnreadableFileError: If a file is not what it should be.
        """
        from formreader.training.ink.blanks import draw_on_blank, load_blanks
        from formreader.training.ink.pages.page import draw_ink_page

        stock = self.load_stock()
        blanks = load_blanks(self.blanks)

        def draw(rng: np.random.Generator, size: int) -> tuple[Gray, Gray]:
            if blanks and rng.random() < _ON_BLANKS:
                page = draw_on_blank(rng, stock, blanks, size)
            else:
                page = draw_ink_page(rng, stock, size)
            return page.pixels, page.classes

        return draw

    def load_stock(self) -> WritingStock:
        """Load the handwriting.

        Raises:
            UnreadableFileError: If a file is not what it should be.
        """
        from formreader.training.ink.pages.writing import WritingStock

        return WritingStock.load(
            self.digits,
            self.letters,
            self.strokes,
            held_out=self.held_out,
            without=self.without,
            seed=self.seed,
        )
