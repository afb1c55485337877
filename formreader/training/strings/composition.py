"""Composes strings of digits and marks in one style, with what stands around them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from formreader.training.strings.marks import draw_ellipse
from formreader.training.strings.pen import Pen, Style, draw_style
from formreader.training.strings.stock import DigitStock
from formreader.training.strings.texts import draw_text

__all__ = ["Composition", "compose", "compose_text", "has_points", "with_margins"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_DIRTY = 0.12  # of the strings have specks around them


@dataclass(frozen=True)
class Composition:
    """A string as it was written, before it lies on paper.

    Attributes:
        ink: (H, W) uint8, 255 = ink, with margins.
        text: Its digits and marks, as they are to be read.
        size_px: Height of its digits.
    """

    ink: Gray
    text: str
    size_px: float


def compose(stock: DigitStock, rng: Rng) -> Composition:
    """Write a string of random length; seldom one of marks alone, or nothing.

    Args:
        stock: Digits and marks to take.
        rng: Source of the random draws.
    """
    return compose_text(draw_text(rng), stock, rng)


def compose_text(text: str, stock: DigitStock, rng: Rng) -> Composition:
    """Write a given string in any style.

    Args:
        text: Digits and the marks `. , - / :` between them, or nothing.
        stock: Digits and marks to take.
        rng: Source of the random draws.

    Returns:
        What was written, which may have marks for thousands, or around it, as well.
    """
    pick, stretched, nib = stock.picker(rng)
    style = draw_style(rng, stretched, nib)
    pen = Pen(style, rng)
    if rng.random() < (0.12 if text else 0.4):
        pen.add_mark(stock, rng)
    thousands = style.thousands if text.isdigit() else ""
    for place, character in enumerate(text):
        if thousands and place and (len(text) - place) % 3 == 0:
            pen.add_separator(thousands, rng)
        if character.isdigit():
            pen.add_digit(pick(int(character)), int(character), rng)
        else:
            pen.add_separator(character, rng)
    if rng.random() < (0.25 if text else 0.6):
        pen.add_ending(rng)
    if rng.random() < _DIRTY:
        pen.add_specks(rng)
    ink = _lean(pen.paste(), style, rng)
    if style.pen > 0 or not has_points(pen.text):  # a thinner pen would leave no point
        ink = _change_pen(ink, style)
    ink = with_margins(ink, style.size_px, rng)
    return Composition(ink, pen.text, style.size_px)


def has_points(text: str) -> bool:
    """Tell whether a text has marks as small as dirt."""
    return any(mark in text for mark in ".,:")


def _lean(ink: Gray, style: Style, rng: Rng) -> Gray:
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


def _change_pen(ink: Gray, style: Style) -> Gray:
    """Write with a thicker or a thinner pen, if the digits are large enough."""
    if abs(style.pen) < 0.6 or (style.pen < 0 and style.size_px < 18):
        return ink
    size = max(2, round(0.045 * abs(style.pen) * style.size_px))
    if style.pen > 0:
        return cv2.dilate(ink, draw_ellipse(min(size, 6), min(size, 6))).astype(
            np.uint8
        )
    thin = cv2.erode(ink, draw_ellipse(2, 2))
    return cv2.addWeighted(thin, 0.7, ink, 0.3, 0).astype(np.uint8)


def with_margins(ink: Gray, size_px: float, rng: Rng) -> Gray:
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
