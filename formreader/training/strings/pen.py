"""A pen that writes digits and marks one after the other, in one writer's style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from formreader.training.strings.stock import DigitStock

__all__ = ["Pen", "Style", "draw_ellipse", "draw_style"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator


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


def draw_style(rng: Rng, stretched: bool) -> Style:
    """Draw what stays the same across a string.

    Args:
        rng: Source of the random draws.
        stretched: Whether the digits were stretched to a square, and become narrower.
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
        mark_pen=float(rng.uniform(0.05, 0.12)),
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
    """

    def __init__(self, style: Style, rng: Rng) -> None:
        """Begin at the left end of the line."""
        self.style = style
        self.x = 0.0
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
        return max(
            1, round(self.style.size_px * self.style.mark_pen * rng.uniform(0.8, 1.4))
        )

    def _dot(self, rng: Rng) -> Gray:
        size = max(2, round(1.5 * self._pen_px(rng)))
        return draw_ellipse(size, max(2, round(size * rng.uniform(0.8, 1.5))))

    def _comma(self, rng: Rng) -> Gray:
        reach = self.style.size_px * rng.uniform(0.15, 0.35)
        return _draw_stroke(
            [(0.45 * reach, 0), (0.4 * reach, 0.5 * reach), (0, reach)],
            self._pen_px(rng),
        )

    def _dash(self, length: float, rng: Rng) -> Gray:
        reach = length * self.style.size_px
        rise = rng.normal(0, 0.08) * reach
        bow = rng.normal(0, 0.05) * reach
        return _draw_stroke(
            [(0, rise), (reach / 2, rise / 2 + bow), (reach, 0)], self._pen_px(rng)
        )

    def _slash(self, rng: Rng) -> Gray:
        reach = 1.5 * self.style.size_px
        return _draw_stroke([(0.45 * reach, 0), (0, reach)], self._pen_px(rng))


def draw_ellipse(width: int, height: int) -> Gray:
    """Draw a filled ellipse, (height, width) uint8 in pixels, 255 = ink."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, height))
    return (kernel * 255).astype(np.uint8)


def _draw_stroke(points: Sequence[tuple[float, float]], pen_px: int) -> Gray:
    """Draw a stroke through points, cropped to it."""
    array = np.array(points)
    array -= array.min(axis=0) - pen_px
    width, height = (np.ceil(array.max(axis=0)) + pen_px + 1).astype(int)
    canvas = np.zeros((height, width), np.uint8)
    path = np.rint(array * 8).astype(np.int32)  # three bits after the point
    cv2.polylines(canvas, [path], False, 255, pen_px, cv2.LINE_AA, 3)
    left, top, wide, tall = cv2.boundingRect(canvas)
    return canvas[top : top + tall, left : left + wide]
