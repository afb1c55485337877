"""Composes strings of digits in one writer's style, with what stands around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.model import DIGITS
from formreader.training.digit_shapes import parse_shape
from formreader.training.handwriting import (
    Writer,
    draw_digit,
    draw_strokes,
    draw_writer,
)
from formreader.training.letter_shapes import LETTERS
from formreader.training.sources import Source

__all__ = ["Composition", "DigitStock", "compose", "compose_text"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_SIDE = 56  # of stored crops; large enough for the digits of a normalised strip
_MOST_OF_A_SOURCE = 20_000
_DRAWN_HEIGHT = 40
_DRAWN_SHARE = 0.3  # of the strings are written with the stroke models
_DOLLAR = "50,15 30,5 10,22 30,45 52,70 30,95 5,82 / 30,-8 30,50 29,108"
_LENGTHS = (0.03, 0.06, 0.10, 0.14, 0.20, 0.19, 0.13, 0.07, 0.03, 0.03, 0.02)
"""Shares of the strings by their number of digits, from none to ten."""


@dataclass(frozen=True)
class Composition:
    """A string as it was written, before it lies on paper.

    Attributes:
        ink: (H, W) uint8, 255 = ink, with margins.
        text: Its digits, without separators and other marks.
        size_px: Height of its digits.
    """

    ink: Gray
    text: str
    size_px: float


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
        self.piles = [_pile(source) for source in sources if len(source)]
        self.drawn = [_draw_hand(hand, rng) for hand in hands]
        self.marks = [
            draw_strokes(parse_shape(shape), hand, rng, _DRAWN_HEIGHT)
            for hand in hands[:40]
            for shape in (_DOLLAR, *LETTERS["hash"], *LETTERS["star"], *LETTERS["euro"])
        ]

    def picker(self, rng: Rng) -> tuple[Callable[[int], Gray], bool]:
        """Choose one writer.

        Returns:
            A function that gives a crop of a digit, and whether crops are stretched to
            a square.
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


@dataclass(frozen=True)
class _Style:
    """What one writer's string keeps; lengths are shares of the digits' height."""

    size_px: float
    aspect: float
    gap: float
    gap_jitter: float
    size_jitter: float
    bounce: float
    drift: float
    slant: float
    zero_size: float
    pen: float
    mark_pen: float
    thousands: str


def compose(stock: DigitStock, rng: Rng) -> Composition:
    """Write a string of random length; seldom one of marks alone, or nothing.

    Args:
        stock: Digits and marks to take.
        rng: Source of the random draws.
    """
    return compose_text(draw_text(rng), stock, rng)


def draw_text(rng: Rng) -> str:
    """Draw digits as they stand on forms: zeros at the end are frequent."""
    length = int(rng.choice(len(_LENGTHS), p=_LENGTHS))
    digits = rng.integers(0, 10, length)
    draw = rng.random()
    if draw < 0.25 and length > 1:
        digits[-int(rng.integers(1, min(4, length) + 1)) :] = 0
    elif draw < 0.4:
        digits[:] = rng.choice(rng.integers(0, 10, 2), length)
    return "".join(str(digit) for digit in digits)


def compose_text(text: str, stock: DigitStock, rng: Rng) -> Composition:
    """Write a given string in any style.

    Args:
        text: Digits, or nothing.
        stock: Digits and marks to take.
        rng: Source of the random draws.
    """
    pick, stretched = stock.picker(rng)
    style = _draw_style(rng, stretched)
    pen = _Pen(style, rng)
    if rng.random() < (0.12 if text else 0.4):
        pen.add_mark(stock, rng)
    for place, digit in enumerate(text):
        left = len(text) - place
        if place and left % 3 == 0 and style.thousands:
            pen.add_separator(style.thousands, rng)
        pen.add_digit(pick(int(digit)), int(digit), rng)
    if rng.random() < (0.35 if text else 0.6):
        pen.add_ending(rng)
    ink = _change_pen(_lean(pen.paste(), style, rng), style)
    return Composition(_with_margins(ink, style.size_px, rng), text, style.size_px)


def _draw_style(rng: Rng, stretched: bool) -> _Style:
    """Draw what stays the same across a string."""
    touching = rng.random() < 0.4
    return _Style(
        size_px=float(np.exp(rng.uniform(np.log(12), np.log(46)))),
        aspect=float(np.exp(rng.normal(0, 0.17)) * (0.68 if stretched else 1)),
        gap=float(rng.uniform(-0.16, 0.04) if touching else rng.uniform(0, 0.5)),
        gap_jitter=float(rng.uniform(0.02, 0.12)),
        size_jitter=float(rng.uniform(0.02, 0.13)),
        bounce=float(rng.uniform(0.01, 0.08)),
        drift=float(rng.normal(0, 0.03)),
        slant=float(rng.normal(0.12, 0.2)),
        zero_size=float(rng.uniform(0.5, 0.85) if rng.random() < 0.25 else 1),
        pen=float(rng.normal(0, 1)),
        mark_pen=float(rng.uniform(0.05, 0.12)),
        thousands=str(
            rng.choice(["", ".", ",", "-", "'"], p=(0.6, 0.25, 0.08, 0.04, 0.03))
        ),
    )


class _Pen:
    """Lays one thing after the other on a line."""

    def __init__(self, style: _Style, rng: Rng) -> None:
        self.style = style
        self.x = 0.0
        self.placed: list[tuple[int, int, Gray]] = []
        self._extra = rng.uniform(0, 0.25)  # room around separators

    def add_digit(self, crop: Gray, digit: int, rng: Rng) -> None:
        """Write a digit on the base line, smaller if it is a small zero."""
        style = self.style
        height = style.size_px * np.exp(rng.normal(0, style.size_jitter))
        height *= style.zero_size if digit == 0 else 1
        height *= float(np.clip(crop.shape[0] / 40, 0.7, 1))  # flat crops stay flat
        scale = height / crop.shape[0]
        size = (
            max(1, round(crop.shape[1] * scale * style.aspect)),
            max(3, round(height)),
        )
        flag = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        ink = cv2.resize(crop, size, interpolation=flag).astype(np.uint8)
        bottom = rng.normal(0, style.bounce) * style.size_px
        self._place(ink, bottom)
        self.x += size[0] + style.size_px * rng.normal(style.gap, style.gap_jitter)

    def add_separator(self, kind: str, rng: Rng) -> None:
        """Write a point, a comma, a dash or an apostrophe."""
        size = self.style.size_px
        self.x += size * self._extra * rng.uniform(0.3, 1)
        if kind == "-":
            self._place(self._dash(rng.uniform(0.15, 0.4), rng), -0.4 * size)
        elif kind == ".":
            self._place(self._dot(rng), rng.normal(0, 0.05) * size)
        else:
            height = 0 if kind == "," else -0.8 * size
            self._place(self._comma(rng), height + rng.uniform(0.05, 0.25) * size)
        self.x += size * (0.08 + self._extra * rng.uniform(0.3, 1))

    def add_ending(self, rng: Rng) -> None:
        """Close the amount, so that nobody adds digits: `.-`, `=`, a long dash."""
        size = self.style.size_px
        self.x += size * rng.uniform(0, 0.3)
        kind = rng.random()
        if kind < 0.55:
            self.add_separator("." if rng.random() < 0.7 else ",", rng)
        if kind > 0.35:
            length = rng.uniform(0.25, 0.8) if rng.random() < 0.7 else rng.uniform(1, 3)
            dash = self._dash(length, rng)
            start, height = self.x, rng.uniform(0.1, 0.6) * size
            self._place(dash, -height)
            if kind > 0.7:  # two of them are an equals sign
                self.x = start + rng.normal(0, 0.04) * size
                self._place(dash, -height + size * rng.uniform(0.15, 0.3))
            self.x += dash.shape[1]

    def add_mark(self, stock: DigitStock, rng: Rng) -> None:
        """Put a currency sign, an opening dash or a long slash first."""
        size = self.style.size_px
        kind = rng.random()
        if kind < 0.65:
            crop = stock.marks[int(rng.integers(len(stock.marks)))]
            scale = size * rng.uniform(0.8, 1.2) / crop.shape[0]
            ink = cv2.resize(crop, None, fx=scale, fy=scale).astype(np.uint8)
            self._place(ink, rng.normal(0, 0.06) * size)
            self.x += ink.shape[1]
        elif kind < 0.9:
            dash = self._dash(rng.uniform(0.2, 0.8), rng)
            self._place(dash, -rng.uniform(0.3, 0.6) * size)
            self.x += dash.shape[1]
        else:
            self._place(self._slash(rng), 0.3 * size)
            self.x += 0.6 * size
        self.x += size * rng.uniform(0.05, 0.4)

    def paste(self) -> Gray:
        """Give all that was written as one drawing, cropped to it."""
        if not self.placed:
            size = max(4, round(self.style.size_px))
            return np.zeros((size, 3 * size), np.uint8)
        left = min(x for x, _, _ in self.placed)
        top = min(y for _, y, _ in self.placed)
        right = max(x + ink.shape[1] for x, _, ink in self.placed)
        bottom = max(y + ink.shape[0] for _, y, ink in self.placed)
        canvas = np.zeros((bottom - top, right - left), np.uint8)
        for x, y, ink in self.placed:
            rows = slice(y - top, y - top + ink.shape[0])
            columns = slice(x - left, x - left + ink.shape[1])
            np.maximum(canvas[rows, columns], ink, out=canvas[rows, columns])
        return canvas

    def _place(self, ink: Gray, bottom: float) -> None:
        """Put a drawing at the pen, its bottom this far below the base line."""
        bottom += self.style.drift * self.x
        self.placed.append((round(self.x), round(bottom) - ink.shape[0], ink))

    def _pen_px(self, rng: Rng) -> int:
        return max(
            1, round(self.style.size_px * self.style.mark_pen * rng.uniform(0.8, 1.4))
        )

    def _dot(self, rng: Rng) -> Gray:
        size = max(2, round(1.5 * self._pen_px(rng)))
        return _ellipse(size, max(2, round(size * rng.uniform(0.8, 1.5))))

    def _comma(self, rng: Rng) -> Gray:
        reach = self.style.size_px * rng.uniform(0.15, 0.35)
        return _stroke(
            [(0.45 * reach, 0), (0.4 * reach, 0.5 * reach), (0, reach)],
            self._pen_px(rng),
        )

    def _dash(self, length: float, rng: Rng) -> Gray:
        reach = length * self.style.size_px
        rise = rng.normal(0, 0.08) * reach
        bow = rng.normal(0, 0.05) * reach
        return _stroke(
            [(0, rise), (reach / 2, rise / 2 + bow), (reach, 0)], self._pen_px(rng)
        )

    def _slash(self, rng: Rng) -> Gray:
        reach = 1.5 * self.style.size_px
        return _stroke([(0.45 * reach, 0), (0, reach)], self._pen_px(rng))


def _ellipse(width: int, height: int) -> Gray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, height))
    return (kernel * 255).astype(np.uint8)


def _stroke(points: Sequence[tuple[float, float]], pen_px: int) -> Gray:
    """Draw a stroke through points, cropped to it."""
    array = np.array(points)
    array -= array.min(axis=0) - pen_px
    width, height = (np.ceil(array.max(axis=0)) + pen_px + 1).astype(int)
    canvas = np.zeros((height, width), np.uint8)
    path = np.rint(array * 8).astype(np.int32)  # three bits after the point
    cv2.polylines(canvas, [path], False, 255, pen_px, cv2.LINE_AA, 3)
    left, top, wide, tall = cv2.boundingRect(canvas)
    return canvas[top : top + tall, left : left + wide]


def _lean(ink: Gray, style: _Style, rng: Rng) -> Gray:
    """Slant a whole string and turn it a little."""
    height, width = ink.shape
    turn = float(np.clip(rng.normal(0, 0.02), -0.05, 0.05))
    extra_x, extra_y = abs(style.slant) * height, abs(turn) * width
    matrix = np.array(
        [
            [1, -style.slant, max(0.0, style.slant) * height],
            [turn, 1, max(0.0, -turn) * width],
        ]
    )
    size = (int(width + extra_x) + 1, int(height + extra_y) + 1)
    leant = cv2.warpAffine(ink, matrix, size, flags=cv2.INTER_LINEAR)
    left, top, wide, tall = cv2.boundingRect(leant)
    if wide == 0:
        return ink
    return leant[top : top + tall, left : left + wide].astype(np.uint8)


def _change_pen(ink: Gray, style: _Style) -> Gray:
    """Write with a thicker or a thinner pen, if the digits are large enough."""
    if abs(style.pen) < 0.6 or (style.pen < 0 and style.size_px < 18):
        return ink
    size = max(2, round(0.045 * abs(style.pen) * style.size_px))
    if style.pen > 0:
        return cv2.dilate(ink, _ellipse(min(size, 6), min(size, 6))).astype(np.uint8)
    thin = cv2.erode(ink, _ellipse(2, 2))
    return cv2.addWeighted(thin, 0.7, ink, 0.3, 0).astype(np.uint8)


def _with_margins(ink: Gray, size_px: float, rng: Rng) -> Gray:
    """Leave some paper around a string; seldom cut into it instead."""
    top, bottom = rng.uniform(0, 0.3, 2) * size_px * rng.uniform(0, 1)
    left, right = rng.uniform(0, 0.5, 2) * size_px * rng.uniform(0, 1)
    if rng.random() < 0.12:  # cropped carelessly
        top, bottom = rng.uniform(0, 0.9, 2) * size_px
    result = np.pad(ink, ((round(top), round(bottom)), (round(left), round(right))))
    if rng.random() < 0.12:
        cut = max(1, round(0.06 * size_px))
        result = result[cut:] if rng.random() < 0.5 else result[:-cut]
    return result


def _pile(source: Source) -> _Pile:
    """Crop the digits of a source; an even part of a large one."""
    share = min(1.0, _MOST_OF_A_SOURCE / len(source))
    part = source.part(0, share)
    crops = [_tight(image) for image in part.enlarge(_SIDE)]
    places = tuple(
        np.flatnonzero((part.labels == digit) & [crop.size > 0 for crop in crops])
        for digit in range(len(DIGITS))
    )
    return _Pile(crops, places, source.is_stretched)


def _tight(image: Gray) -> Gray:
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
