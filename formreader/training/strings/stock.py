"""What strings are composed of: real digits, drawn digits, and drawn marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.model import DIGITS
from formreader.training.drawing.digit_shapes import parse_shape
from formreader.training.drawing.handwriting import (
    Writer,
    draw_digit,
    draw_strokes,
    draw_writer,
)
from formreader.training.drawing.letter_shapes import LETTERS
from formreader.training.sources import Source

__all__ = ["DigitStock"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_SIDE = 56  # of stored crops; large enough for the digits of a normalised strip
_MOST_OF_A_SOURCE = 20_000
_DRAWN_HEIGHT = 40
_DRAWN_SHARE = 0.3  # of the strings are written with the stroke models
_DOLLAR = "50,15 30,5 10,22 30,45 52,70 30,95 5,82 / 30,-8 30,50 29,108"


@dataclass(frozen=True)
class _Pile:
    """Crops of one origin, one writer after the other."""

    crops: Sequence[Gray]
    places: tuple[npt.NDArray[np.intp], ...]
    stretched: bool

    def pick(self, digit: int, around: float, rng: Rng) -> Gray:
        """Pick a digit close to a place, given as a share of the order."""
        places = self.places[digit]
        first = int(np.searchsorted(places, around * len(self.crops)))
        place = int(places[(first + int(rng.integers(3))) % len(places)])
        return self.crops[place]


class DigitStock:
    """All that strings are composed of: real digits, drawn digits, drawn marks.

    Args:
        sources: Labelled crops, one writer after the other; there may be none.
        writers: How many hands are drawn from the stroke models.
        seed: Seed of what is drawn.
    """

    def __init__(
        self, sources: Sequence[Source] = (), *, writers: int = 200, seed: int = 0
    ) -> None:
        """Crop the digits of the sources and draw the others."""
        rng = np.random.default_rng([seed, 11])
        hands = [draw_writer(rng) for _ in range(writers)]
        self.piles = [_make_pile(source) for source in sources if len(source)]
        self.drawn = [_draw_hand(hand, rng) for hand in hands]
        self.marks = [
            draw_strokes(parse_shape(shape), hand, rng, _DRAWN_HEIGHT)
            for hand in hands[:40]
            for shape in (_DOLLAR, *LETTERS["hash"], *LETTERS["star"], *LETTERS["euro"])
        ]

    def picker(self, rng: Rng) -> tuple[Callable[[int], Gray], bool]:
        """Choose one writer.

        Returns:
            A function that gives a crop of a digit, (H, W) uint8 with 255 for ink, and
            whether crops are stretched to a square.
        """
        if not self.piles or rng.random() < _DRAWN_SHARE:
            hand = self.drawn[int(rng.integers(len(self.drawn)))]
            return (lambda digit: hand[digit][int(rng.integers(len(hand[digit])))]), (
                False
            )
        # Large sources count for more, yet not in proportion.
        sizes = np.sqrt([len(pile.crops) for pile in self.piles])
        pile = self.piles[int(rng.choice(len(sizes), p=sizes / sizes.sum()))]
        around = rng.random()
        return (lambda digit: pile.pick(digit, around, rng)), pile.stretched


def _make_pile(source: Source) -> _Pile:
    """Crop the digits of a source; an even part of a large one."""
    share = min(1.0, _MOST_OF_A_SOURCE / len(source))
    part = source.part(0, share)
    crops = [_crop_to_ink(image) for image in part.enlarge(_SIDE)]
    places = tuple(
        np.flatnonzero((part.labels == digit) & [crop.size > 0 for crop in crops])
        for digit in range(len(DIGITS))
    )
    return _Pile(crops, places, source.is_stretched)


def _crop_to_ink(image: Gray) -> Gray:
    """Crop to the ink."""
    left, top, width, height = cv2.boundingRect(image)
    return image[top : top + height, left : left + width].copy()


def _draw_hand(hand: Writer, rng: Rng) -> list[list[Gray]]:
    """Draw each digit three times in one hand, some with a wilder one."""
    wild = replace(
        hand,
        pen_width=float(rng.uniform(0.045, 0.13)),
        jitter=hand.jitter * float(rng.uniform(1, 2.2)),
    )
    return [
        [draw_digit(digit, wild, rng, _DRAWN_HEIGHT) for _ in range(3)]
        for digit in range(len(DIGITS))
    ]
