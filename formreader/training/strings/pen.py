"""A pen that writes digits and marks one after the other, in one writer's style."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from formreader.records import MARKS
from formreader.training.strings.marks import (
    draw_dash,
    draw_ellipse,
    draw_mark,
    draw_slash,
)
from formreader.training.strings.stock import DigitStock

__all__ = ["Pen", "Style", "draw_style"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_TOUCHING = 0.25  # of the marks touch the digit before them


@dataclass(frozen=True)
class Style:
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


def draw_style(rng: Rng, stretched: bool, nib: float | None = None) -> Style:
    """Draw what stays the same across a string.

    Args:
        rng: Source of the random draws.
        stretched: Whether the digits were stretched to a square, and become narrower.
        nib: Width of the pen that writes the digits, as a share of their height, if it
            is known; the marks are written with the same.
    """
    touching = rng.random() < 0.4
    return Style(
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
        mark_pen=float(rng.uniform(0.05, 0.12)) if nib is None else nib,
        thousands=str(
            rng.choice(["", ".", ",", "-", "'"], p=(0.6, 0.25, 0.08, 0.04, 0.03))
        ),
    )


class Pen:
    """Lays one thing after the other on a line.

    Args:
        style: What the writer keeps across the string.
        rng: Source of the random draws.

    Attributes:
        style: As given.
        x: Where the pen is, in pixels from the beginning.
        placed: What was drawn: left and top in pixels, the base line being 0, and
            (h, w) uint8 ink, 255 = ink.
        text: The digits and marks that were written.
    """

    def __init__(self, style: Style, rng: Rng) -> None:
        """Begin at the left end of the line."""
        self.style = style
        self.x = self._edge = 0.0
        self.text = ""
        self.placed: list[tuple[int, int, Gray]] = []
        self._extra = rng.uniform(0, 0.25)  # room around separators

    def add_digit(self, crop: Gray, digit: int, rng: Rng) -> None:
        """Write a digit on the base line, smaller if it is a small zero.

        Args:
            crop: (H, W) uint8, 255 = ink, cropped to the ink.
            digit: Which digit it is.
            rng: Source of the random draws.
        """
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
        self._edge = self.x + size[0]
        self.text += str(digit)
        self.x += size[0] + style.size_px * rng.normal(style.gap, style.gap_jitter)

    def add_separator(self, kind: str, rng: Rng) -> None:
        """Write a mark between digits: one of `. , - / :`, or an apostrophe.

        An apostrophe is none of the marks of a number, and does not count as written.
        """
        size, style = self.style.size_px, self.style
        ink, low = draw_mark(kind, size, style.mark_pen, rng)
        if kind == "/":  # a slash leans under and over its neighbours
            self.x += size * self._extra * rng.uniform(0.3, 1) - 0.3 * ink.shape[1]
            self._place(ink, low)
            self.x += 0.7 * ink.shape[1]
        else:
            # What is small stands clear of digits that crowd, or nobody would see it.
            touches = rng.random() < _TOUCHING
            room = -rng.uniform(0, 0.05) if touches else self._extra * rng.random()
            self.x = max(self.x, self._edge) + size * room
            self._place(ink, low)
            self.x += ink.shape[1]
        self.x += size * (0.05 + self._extra * rng.uniform(0.2, 1))
        self.text += kind if kind in MARKS else ""

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
            else:
                self.text += "-"
            self.x += dash.shape[1]

    def add_mark(self, stock: DigitStock, rng: Rng) -> None:
        """Put a currency sign, an opening dash or a long slash first."""
        size = self.style.size_px
        kind = rng.random()
        if kind < 0.75:
            crop = stock.marks[int(rng.integers(len(stock.marks)))]
            scale = size * rng.uniform(0.8, 1.2) / crop.shape[0]
            ink = cv2.resize(crop, None, fx=scale, fy=scale).astype(np.uint8)
            self._place(ink, rng.normal(0, 0.06) * size)
            self.x += ink.shape[1]
        elif kind < 0.95:
            dash = self._dash(rng.uniform(0.2, 0.8), rng)
            self._place(dash, -rng.uniform(0.3, 0.6) * size)
            self.x += dash.shape[1]
            self.text += "-"
        else:
            self._place(draw_slash(size, self._pen_px(rng), rng), 0.3 * size)
            self.x += 0.6 * size
            self.text += "/"
        self.x += size * rng.uniform(0.05, 0.4)

    def add_specks(self, rng: Rng) -> None:
        """Leave some dirt on the paper around what was written."""
        if not self.placed:
            return
        size = self.style.size_px
        for _ in range(int(rng.integers(1, 4))):
            side = max(1, round(rng.uniform(0.02, 0.09) * size))
            left, low = rng.uniform(0, max(1.0, self.x)), -rng.uniform(0.1, 1.1) * size
            self.placed.append((round(left), round(low), draw_ellipse(side, side)))

    def paste(self) -> Gray:
        """Give all that was written as one drawing, (H, W) uint8, cropped to it."""
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
        size = self.style.size_px * self.style.mark_pen * rng.uniform(0.8, 1.4)
        return max(1, round(size))

    def _dash(self, length: float, rng: Rng) -> Gray:
        return draw_dash(length * self.style.size_px, self._pen_px(rng), rng)
