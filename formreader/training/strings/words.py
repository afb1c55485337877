"""Composes words and single letters: writing and print that is no number."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from formreader.training.ink.pages.printing import draw_typeface, words
from formreader.training.sources import Source
from formreader.training.strings.composition import Composition, with_margins
from formreader.training.strings.pen import Pen, draw_style

__all__ = ["LetterStock", "compose_word", "print_words"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_SIDE = 48
_NEAR = 60  # crops after the first of a word: mostly the same writer's
_PRINTED = 0.35  # of the words are printed
_LEAST = 3  # letters: a letter or two may as well be a digit


class LetterStock:
    """Letters that people wrote, one writer after the other.

    Args:
        sources: Crops of letters; one or more.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        """Join the crops of the sources, as they come."""
        crops = [crop for source in sources for crop in source.enlarge(_SIDE)]
        self._crops = [_crop_to_ink(crop) for crop in crops if crop.any()]

    def pick(self, count: int, rng: Rng) -> list[Gray]:
        """Take letters of about one writer, (h, w) uint8 each, 255 = ink."""
        first = int(rng.integers(max(1, len(self._crops) - _NEAR)))
        places = first + rng.integers(min(_NEAR, len(self._crops)), size=count)
        return [self._crops[place] for place in places.tolist()]


def compose_word(stock: LetterStock, rng: Rng) -> Composition:
    """Write or print a word; its text is empty, since it has no digit to be read.

    Args:
        stock: Letters to take.
        rng: Source of the random draws.
    """
    if rng.random() < _PRINTED:
        size_px = float(rng.uniform(12, 48))
        ink = print_words(size_px / 0.72, int(rng.integers(1, 3)), rng)
        return Composition(with_margins(ink, size_px, rng), "", size_px)
    style = draw_style(rng, stretched=False)
    pen = Pen(style, rng)
    for letter in stock.pick(int(rng.integers(_LEAST, 10)), rng):
        pen.add_digit(letter, 1, rng)
    return Composition(with_margins(pen.paste(), style.size_px, rng), "", style.size_px)


def print_words(height_px: float, count: int, rng: Rng) -> Gray:
    """Print words without digits.

    Args:
        height_px: Type size.
        count: How many words.
        rng: Source of the random draws.

    Returns:
        (h, w) uint8, 255 = ink, cropped to it.
    """
    while True:
        text = words(rng, count)
        is_word = not any(map(str.isdigit, text)) and len(text) >= _LEAST
        ink = draw_typeface(rng).draw(text, height_px) if is_word else np.zeros((0, 0))
        if ink.size and ink.any():
            return np.asarray(ink, np.uint8)


def _crop_to_ink(image: Gray) -> Gray:
    left, top, width, height = cv2.boundingRect(image)
    return image[top : top + height, left : left + width].copy()
