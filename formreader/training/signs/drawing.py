"""Draws numbers with signs of currency and percent, with the truth about their ends."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.components import Component
from formreader.digits.signs import SIGN_CLASSES, Group, propose_groups
from formreader.training.ink.pages.hands import Hand
from formreader.training.ink.pages.printing import draw_typeface
from formreader.training.ink.pages.sheet import Sheet
from formreader.training.ink.pages.strokes import PenLayer, draw_pen, wavy
from formreader.training.ink.pages.writing import WritingStock
from formreader.training.marks.drawing import (
    choose_hand,
    count_owners,
    draw_text,
    write,
)

__all__ = ["draw_signed_number"]

Stroke = npt.NDArray[np.float64]
Rng = np.random.Generator

_SIGNS = [name for name in SIGN_CLASSES if len(name) == 1]
_BEFORE = (0.6, 0.2, 0.2, 0.0)  # how often each of `$€£%` stands there
_AFTER = (0.15, 0.35, 0.05, 0.45)
_PRINTED, _TRACED = 0.25, 0.4  # of the signs; the others are drawn from shapes
_LETTERS = "ABCDEFGHIKLMNPRSTUXabcdefhkmnopqrstuvwxyz"
_WHOLE, _PART = 0.9, 0.5  # of a sign, and of the ink of a group


def draw_signed_number(
    stock: WritingStock, rng: Rng
) -> tuple[list[Component], list[Group], list[int]]:
    """Draw a number as people write it, one in two with a sign or a struck-out digit.

    Args:
        stock: Handwriting; signs among its letters are used.
        rng: Source of all draws.

    Returns:
        Components from left to right, the groups of them that may be a sign, and what
        each is, as a place in `SIGN_CLASSES`. Groups that hold much of a sign but not
        all, or more than it, are left out.
    """
    parts, names = _choose_parts(rng)
    height = float(np.exp(rng.uniform(np.log(13), np.log(60))))
    sheet = Sheet(height * (len(parts) * 1.7 + 8), 2.8 * height)
    pen = draw_pen(rng, height)
    hand = choose_hand(stock, PenLayer(sheet, pen), height, rng)
    drift, covers, x = rng.normal(0, 0.04), [], 1.0
    for place, (part, name) in enumerate(zip(parts, names, strict=True)):
        layer = PenLayer(sheet, pen)
        hand.layer = layer
        at = x * height, (0.8 + drift * x + rng.normal(0, 0.04)) * height
        if name == "struck":
            width = _strike_out(hand, part, *at, height, rng)
        else:
            width = _write(hand, part, *at, height, rng)
        aside = {"none"} != {name, names[min(place + 1, len(names) - 1)]}
        room = float(rng.choice([0.08, 0.15, 0.5, 1.0])) if aside else hand.gap
        x += width + room * rng.uniform(0.4, 1.6)
        covers.append(cv2.resize(layer.ink, sheet.shape[::-1], interpolation=3))
    components, counts = count_owners(covers, height, rng)
    return components, *_label_groups(components, counts, names)


def _choose_parts(rng: Rng) -> tuple[list[str], list[str]]:
    """Choose a number and what stands at its ends.

    Returns:
        What is written, part by part, and the name of each in `SIGN_CLASSES`.
    """
    short = rng.random() < 0.4
    text = str(rng.integers(10 ** int(rng.integers(1, 4)))) if short else draw_text(rng)
    parts, names = list(text), ["none"] * len(text)
    kind = rng.random()
    if kind < 0.42:
        return parts, names
    first = rng.random() < 0.5
    if kind < 0.49:
        part, name = str(rng.choice(list(_LETTERS))), "none"
    elif kind < 0.67:
        part = "".join(rng.choice(list("0123456789"), int(rng.integers(1, 3))))
        name, first = "struck", rng.random() < 0.75
    else:
        part = name = str(rng.choice(_SIGNS, p=_BEFORE if first else _AFTER))
    at = int(text.startswith("-") and name in _SIGNS) if first else len(parts)
    parts.insert(at, part)
    names.insert(at, name)
    return parts, names


def _strike_out(
    hand: Hand, text: str, left: float, top: float, height: float, rng: Rng
) -> float:
    """Write digits and strike them out; gives their width in heights."""
    line = hand.number(text)
    hand.put(line, left, top, height * float(rng.normal(1, 0.05)))
    width = max(0.4, line.width)
    size = width * height, height
    if rng.random() < 0.6:
        hand.cross(left, top, *size)
        return width
    for _ in range(2):  # one stroke alone may be the bar of a 7
        hand.strike(left, top, *size)
    return width


def _write(
    hand: Hand, character: str, left: float, top: float, height: float, rng: Rng
) -> float:
    """Write a character; gives its width in heights."""
    if character.isalpha():
        line = hand.word(character)
        hand.put(line, left, top, height)
        return line.width
    if character not in _SIGNS:
        return write(hand, character, left, top, height, rng)
    size = float(rng.uniform(0.75, 1.25))
    top += height * ((1 - size) * float(rng.uniform(0.2, 1.1)))
    if rng.random() < _PRINTED:
        return _print_sign(hand, character, left, top, height, rng)
    strokes = None
    if rng.random() < _TRACED:
        strokes = _trace_sign(hand, character, rng)
    if strokes is None:
        strokes = draw_sign(character, rng)
    slant = hand.slant + float(rng.normal(0, 0.08))
    moved = []
    for stroke in strokes:
        lean = slant * (1 - stroke[:, 1])
        x = stroke[:, 0] * hand.aspect + lean
        moved.append(np.column_stack([x, stroke[:, 1]]) * size)
    first = min(float(stroke[:, 0].min()) for stroke in moved)
    for stroke in moved:
        hand.layer.stroke((stroke - (first, 0)) * height + (left, top), rng)
    return max(float(stroke[:, 0].max()) for stroke in moved) - first


def _print_sign(
    hand: Hand, character: str, left: float, top: float, height: float, rng: Rng
) -> float:
    """Print a sign as forms have it; gives its width in heights."""
    size = float(rng.uniform(0.45, 1.1))
    image = draw_typeface(rng).draw(character, 80)
    if not image.size:
        return 0.1
    top += (1 - size) * height * float(rng.uniform(0.5, 1.1))
    hand.layer.stamp(image, left, top, size * height)
    return float(size * image.shape[1] / image.shape[0])


def _trace_sign(hand: Hand, character: str, rng: Rng) -> list[Stroke] | None:
    """Take a sign that somebody once wrote; None if there is none."""
    for pile in hand.stock.letters:
        places = pile.by_label.get(character)
        if places:
            glyph = pile.glyph(places[int(rng.integers(len(places)))])
            return [stroke.copy() for stroke in glyph.strokes] if glyph else None
    return None


def draw_sign(character: str, rng: Rng) -> list[Stroke]:
    """Draw a sign of height 1 between y = 0 and the base line y = 1."""
    draw = {"$": _dollar, "€": _euro, "£": _pound, "%": _percent}[character]
    return draw(rng)


def _bend(points: Sequence[tuple[float, float]], rng: Rng, by: float = 0.04) -> Stroke:
    """Draw a smooth line near points."""
    corners = np.array(points) + rng.normal(0, by, (len(points), 2))
    at = np.linspace(0, len(corners) - 1, 24)
    line = np.column_stack(
        [np.interp(at, range(len(corners)), corners[:, axis]) for axis in (0, 1)]
    )
    kernel = np.array([1, 2, 3, 2, 1]) / 9
    padded = np.pad(line, ((2, 2), (0, 0)), mode="edge")
    smooth = [np.convolve(padded[:, axis], kernel, "valid") for axis in (0, 1)]
    return np.column_stack(smooth)


def _dollar(rng: Rng) -> list[Stroke]:
    """Draw an S with one or two strokes through it, or at its ends alone."""
    wide = float(rng.uniform(0.4, 0.75))
    ess = [
        (1.0, 0.2), (0.75, 0.08), (0.35, 0.06), (0.05, 0.2), (0.1, 0.4), (0.5, 0.5),
        (0.9, 0.6), (1.0, 0.78), (0.7, 0.93), (0.3, 0.94), (0.0, 0.8),
    ]  # fmt: skip
    strokes = [_bend([(x * wide, y) for x, y in ess], rng, 0.03)]
    count = 1 if rng.random() < 0.75 else 2
    apart = float(rng.uniform(0.1, 0.22))
    over = float(rng.uniform(0.03, 0.25))
    for number in range(count):
        x = wide / 2 + apart * (number - (count - 1) / 2) + float(rng.normal(0, 0.04))
        lean = float(rng.normal(0.02, 0.04))
        ends = (x + lean, -over), (x - lean, 1 + over)
        if rng.random() < 0.8:
            strokes.append(wavy(ends, rng, 0.02))
            continue
        length = 0.1 + over
        strokes.append(wavy([ends[0], (x, length)], rng, 0.01))
        strokes.append(wavy([(x, 1 - length), ends[1]], rng, 0.01))
    return strokes


def _euro(rng: Rng) -> list[Stroke]:
    """Draw a C, round or angular, with two strokes, or one."""
    wide = float(rng.uniform(0.5, 0.9))
    arc = [
        (1.0, 0.18), (0.75, 0.03), (0.45, 0.05), (0.2, 0.25), (0.14, 0.5),
        (0.2, 0.75), (0.45, 0.95), (0.75, 0.97), (1.0, 0.85),
    ]  # fmt: skip
    strokes = [_bend([(x * wide, y) for x, y in arc], rng, 0.03)]
    middle, apart = 0.5 + float(rng.normal(0, 0.04)), float(rng.uniform(0.08, 0.2))
    start, end = float(rng.uniform(-0.2, 0.1)), float(rng.uniform(0.5, 0.95)) * wide
    count = 2 if rng.random() < 0.85 else 1
    for number in range(count):
        y = middle + apart * (number - (count - 1) / 2)
        by = rng.normal(0, 0.05, 3)
        ends = [(start + by[0], y + by[2]), (end + by[1], y - by[2])]
        strokes.append(wavy(ends, rng, 0.02))
    return strokes


def _pound(rng: Rng) -> list[Stroke]:
    """Draw an L with a hook, and one or two strokes."""
    wide = float(rng.uniform(0.5, 0.8))
    hook = [
        (0.95, 0.2), (0.8, 0.03), (0.5, 0.03), (0.35, 0.25), (0.38, 0.6), (0.25, 0.88),
        (0.05, 0.97), (0.4, 0.93), (0.75, 1.0), (1.0, 0.9),
    ]  # fmt: skip
    strokes = [_bend([(x * wide, y) for x, y in hook], rng, 0.03)]
    for number in range(1 if rng.random() < 0.7 else 2):
        y = 0.5 + 0.13 * number + float(rng.normal(0, 0.04))
        strokes.append(wavy([(0.08, y), (0.75 * wide, y)], rng, 0.02))
    return strokes


def _percent(rng: Rng) -> list[Stroke]:
    """Draw a slash between two rings, which may hang on it."""
    wide = float(rng.uniform(0.6, 1.15))
    size = float(rng.uniform(0.26, 0.5))
    bottom = float(rng.uniform(0.95, 1.15))
    foot, head = float(rng.uniform(0.0, 0.35)), float(rng.uniform(0.65, 1.0))
    slash = wavy([(head * wide, -0.05), (foot * wide, bottom)], rng, 0.03)
    upper = _ring(float(rng.uniform(0.0, 0.15)) * wide, 0.0, size, rng)
    lower = _ring(wide - size * float(rng.uniform(0.8, 1.0)), 1 - size, size, rng)
    return [upper, slash, lower]


def _ring(left: float, top: float, size: float, rng: Rng) -> Stroke:
    """Draw a small ring, closed or not quite."""
    turn = np.linspace(0, 2 * np.pi * rng.uniform(0.85, 1.15), 20) + rng.uniform(0, 6)
    tall = size * rng.uniform(0.8, 1.2)
    wide = size * rng.uniform(0.6, 1.05)
    x = left + wide * (1 + np.cos(turn)) / 2
    y = top + tall * (1 + np.sin(turn)) / 2 + rng.normal(0, 0.03)
    return np.column_stack([x, y])


def _label_groups(
    components: Sequence[Component],
    counts: npt.NDArray[np.int_],
    names: Sequence[str],
) -> tuple[list[Group], list[int]]:
    """Say of the groups at the ends of a number which are signs."""
    of_sign = np.array([name != "none" for name in names])
    signs = [SIGN_CLASSES.index(name) for name in names if name != "none"]
    every = int(counts[:, of_sign].sum())
    groups, labels = [], []
    for group in propose_groups(components):
        own = counts[list(group)]
        ink = sum(components[place].area for place in group)
        inside = int(own[:, of_sign].sum())
        if every and inside >= _WHOLE * every and inside >= _WHOLE * ink:
            label = signs[0]
        elif every and inside >= _PART * every and inside >= _PART * ink:
            continue
        else:
            label = 0
        groups.append(group)
        labels.append(label)
    return groups, labels
