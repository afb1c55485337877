"""What strings are composed of: real digits, penned and drawn ones, drawn marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.model import DIGITS
from formreader.training.digits.supplement import PennedDigits
from formreader.training.drawing.digit_shapes import parse_shape
from formreader.training.drawing.handwriting import (
    Writer,
    draw_digit,
    draw_strokes,
    draw_writer,
)
from formreader.training.drawing.letter_shapes import LETTERS
from formreader.training.drawing.pens import choose_nib, slash_zero, write_strokes
from formreader.training.sources import Source

__all__ = ["DigitStock"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

Picker = tuple[Callable[[int], Gray], bool, float | None]

_SIDE = 56  # of stored crops; large enough for the digits of a normalised strip
_MOST_OF_A_SOURCE = 8_000
_DRAWN_HEIGHT = 40
_DRAWN_SHARE = 0.2  # of the strings are written with the stroke models
_SLASHED = 0.05  # of the writers slash their zeros
_DOLLAR = "50,15 30,5 10,22 30,45 52,70 30,95 5,82 / 30,-8 30,50 29,108"


@dataclass(frozen=True)
class _Pile:
    """Crops of one origin, one writer after the other."""

    crops: Sequence[Gray]
    places: tuple[npt.NDArray[np.intp], ...]
    stretched: bool
    weight: float = 1.0

    def __len__(self) -> int:
        return len(self.crops)

    def picker(self, rng: Rng) -> Picker:
        """Choose one writer, by a share of the order."""
        around = rng.random()
        return (
            (
                lambda digit: self.crops[
                    _find_near(self.places[digit], around, self, rng)
                ]
            ),
            self.stretched,
            None,
        )


class _PennedPile:
    """Pen strokes of digits of one file, one writer after the other."""

    weight = 1.0

    def __init__(self, penned: PennedDigits) -> None:
        order = np.argsort(penned.writers, kind="stable")
        self.strokes = [penned.strokes[place] for place in order.tolist()]
        labels = penned.labels[order]
        self.places = [np.flatnonzero(labels == digit) for digit in range(len(DIGITS))]

    def __len__(self) -> int:
        return len(self.strokes)

    def picker(self, rng: Rng) -> Picker:
        """Choose one writer and one pen."""
        around, nib = rng.random(), choose_nib(rng)
        slashes = rng.random() < _SLASHED

        def pick(digit: int) -> Gray:
            strokes = self.strokes[_find_near(self.places[digit], around, self, rng)]
            if digit == 0 and slashes:
                strokes = slash_zero(strokes, rng)
            return _crop_to_ink(write_strokes(strokes, nib, rng, _SIDE))

        return pick, False, nib.width


def _find_near(
    places: npt.NDArray[np.intp], around: float, whole: Sized, rng: Rng
) -> int:
    """Choose one of some places, close to a share of the order of the whole."""
    first = int(np.searchsorted(places, around * len(whole)))
    return int(places[(first + int(rng.integers(3))) % len(places)])


class DigitStock:
    """All that strings are composed of: real digits, drawn digits, drawn marks.

    Args:
        sources: Labelled crops, one writer after the other; there may be none.
        penned: Digits as pen strokes, to be written with any pen.
        writers: How many hands are drawn from the stroke models.
        seed: Seed of what is drawn.
    """

    def __init__(
        self,
        sources: Sequence[Source] = (),
        penned: Sequence[PennedDigits] = (),
        *,
        writers: int = 200,
        seed: int = 0,
    ) -> None:
        """Crop the digits of the sources and draw the others."""
        rng = np.random.default_rng([seed, 11])
        hands = [draw_writer(rng) for _ in range(writers)]
        self.piles: list[_Pile | _PennedPile] = [
            *(_make_pile(source) for source in sources if len(source)),
            *(_PennedPile(found) for found in penned if len(found)),
        ]
        self.drawn = [_draw_hand(hand, rng) for hand in hands]
        self.marks = [
            draw_strokes(parse_shape(shape), hand, rng, _DRAWN_HEIGHT)
            for hand in hands[:40]
            for shape in (_DOLLAR, *LETTERS["hash"], *LETTERS["star"], *LETTERS["euro"])
        ]

    def picker(self, rng: Rng) -> Picker:
        """Choose one writer.

        Returns:
            A function that gives a crop of a digit, (H, W) uint8 with 255 for ink;
            whether crops are stretched to a square; and how wide the pen is, as a
            share of the height, if that is known.
        """
        if not self.piles or rng.random() < _DRAWN_SHARE:
            hand = self.drawn[int(rng.integers(len(self.drawn)))]
            return (
                (lambda digit: hand[digit][int(rng.integers(len(hand[digit])))]),
                False,
                None,
            )
        sizes = self._shares
        return self.piles[int(rng.choice(len(sizes), p=sizes))].picker(rng)

    @cached_property
    def _shares(self) -> npt.NDArray[np.float64]:
        """Say how often each pile is taken; large ones more, yet not in proportion."""
        sizes = np.array([pile.weight * np.sqrt(len(pile)) for pile in self.piles])
        return np.asarray(sizes / sizes.sum())


def _make_pile(source: Source) -> _Pile:
    """Crop the digits of a source; an even part of a large one."""
    share = min(1.0, _MOST_OF_A_SOURCE / len(source))
    part = source.part(0, share)
    crops = [_crop_to_ink(image) for image in part.enlarge(_SIDE)]
    places = tuple(
        np.flatnonzero((part.labels == digit) & [crop.size > 0 for crop in crops])
        for digit in range(len(DIGITS))
    )
    return _Pile(crops, places, source.is_stretched, source.weight)


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
