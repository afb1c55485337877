"""Draws numbers with their marks, each component with the truth about it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.components import Component
from formreader.digits.marks import CLASSES
from formreader.geometry import Box
from formreader.training.ink.pages.hands import Hand
from formreader.training.ink.pages.sheet import Sheet
from formreader.training.ink.pages.strokes import PenLayer, draw_pen, wavy
from formreader.training.ink.pages.writing import WritingStock

__all__ = ["choose_hand", "count_owners", "draw_number", "draw_text", "write"]

Mask = npt.NDArray[np.uint8]
Stroke = npt.NDArray[np.float64]
Rng = np.random.Generator

_ALL = "0123456789"
_DIGIT, _DIRT = CLASSES.index("digit"), CLASSES.index("dirt")


def draw_number(
    stock: WritingStock, rng: Rng
) -> tuple[list[Component], npt.NDArray[np.int_]]:
    """Draw a number as people write it and part it into components.

    Args:
        stock: Handwriting.
        rng: Source of all draws.

    Returns:
        Components from left to right, and what each is, as a place in `CLASSES`.
    """
    text = draw_text(rng)
    height = float(np.exp(rng.uniform(np.log(13), np.log(60))))
    sheet = Sheet(height * (len(text) * 1.5 + 4), 2.6 * height)
    pen = draw_pen(rng, height)
    hand = choose_hand(stock, PenLayer(sheet, pen), height, rng)
    spaced = float(rng.uniform(0.3, 1.2)) if rng.random() < 0.2 else 0.0
    drift = rng.normal(0, 0.04)
    covers, x = [], 1.0
    for character in text:
        layer = PenLayer(sheet, pen)
        hand.layer = layer
        y = 0.7 + drift * x + rng.normal(0, 0.04)
        width = write(hand, character, x * height, y * height, height, rng)
        x += width + hand.gap * rng.uniform(0.4, 1.6)
        x += spaced * rng.uniform(0.7, 1.3) if character.isdigit() else spaced * 0.3
        covers.append(cv2.resize(layer.ink, sheet.shape[::-1], interpolation=3))
    names = [character if character in CLASSES else "digit" for character in text]
    return part_ink(covers, names, height, rng)


def draw_text(rng: Rng) -> str:
    """Make up a number with its marks."""
    kind = rng.random()
    digits = str(rng.integers(10 ** int(rng.integers(1, 7))))
    if kind < 0.3:
        return digits
    if kind < 0.5:
        places = int(rng.integers(1, 4))
        whole = digits if rng.random() < 0.9 else ""
        point = rng.choice([".", ","])
        return f"{whole}{point}{rng.integers(10**places):0{places}d}"
    if kind < 0.6:
        return f"-{digits}" if rng.random() < 0.8 else f"{digits}-"
    if kind < 0.82:
        sign = str(rng.choice(["/", "/", "/", "-", "."]))
        parts = [rng.integers(1, 32), rng.integers(1, 13), rng.integers(0, 2030)]
        return sign.join(str(part) for part in parts[: int(rng.integers(2, 4))])
    if kind < 0.88:
        return f"{rng.integers(24)}:{rng.integers(60):02d}"
    if kind < 0.94:
        mark = str(rng.choice([".", ","]))
        return f"{rng.integers(1, 999)}{mark}{rng.integers(1000):03d}"
    return f"{rng.integers(100, 999)}-{rng.integers(1000, 9999)}"


def choose_hand(stock: WritingStock, layer: PenLayer, height: float, rng: Rng) -> Hand:
    """Choose a writer of whom there are all digits; others would write dashes."""
    while True:
        hand = Hand(stock, layer, height, rng)
        if all(hand.pile.pick(digit, hand.writer, rng, hand.images) for digit in _ALL):
            return hand


def write(
    hand: Hand, character: str, left: float, top: float, height: float, rng: Rng
) -> float:
    """Write a character; gives its width in heights."""
    if character.isdigit():
        line = hand.digit(character)
        hand.put(line, left, top, height * float(rng.normal(1, 0.05)))
        return line.width
    strokes = _draw_mark(character, rng)
    width = max(float(stroke[:, 0].max()) for stroke in strokes)
    for stroke in strokes:
        hand.layer.stroke(stroke * height + (left, top), rng)
    return max(0.1, width)


def _draw_mark(character: str, rng: Rng) -> list[Stroke]:
    """Draw a mark, digits of height 1 between y = 0 and the base line y = 1."""
    jitter = float(rng.normal(0, 0.06))
    if character == ".":
        return [_dot(0.96 + jitter, rng)]
    if character == ":":
        return [_dot(float(rng.uniform(0.2, 0.45)), rng), _dot(0.85 + jitter, rng)]
    if character == ",":
        length, back = rng.uniform(0.16, 0.45), rng.uniform(0.0, 0.22)
        y = rng.uniform(0.82, 1.0)
        ends = [(back, y), (0.8 * back, y + 0.5 * length), (0.0, y + length)]
    elif character == "/":
        reach = rng.uniform(0.08, 0.75)
        top, bottom = rng.uniform(-0.35, 0.1), rng.uniform(0.95, 1.4)
        bend = rng.normal(0, 0.03)
        ends = [(reach, top), (reach / 2 + bend, (top + bottom) / 2), (0.0, bottom)]
    else:
        length, y = rng.uniform(0.16, 0.75), rng.uniform(0.35, 0.68)
        slope = rng.normal(0, 0.06)
        ends = [(0.0, y), (length / 2, y + slope / 2), (length, y + slope)]
    return [wavy(ends, rng, 0.02)]


def _dot(y: float, rng: Rng) -> Stroke:
    """Draw a point, or the short stroke that stands for one."""
    if rng.random() < 0.5:
        return np.array([(0.08, y)])
    dx, dy = rng.normal(0, 0.05, 2)
    return np.array([(0.08, y), (0.08 + dx, y + abs(dy))])


def part_ink(
    covers: Sequence[cv2.typing.MatLike], names: Sequence[str], height: float, rng: Rng
) -> tuple[list[Component], npt.NDArray[np.int_]]:
    """Part the ink of several characters into components.

    Args:
        covers: (H, W) uint8 coverage of each character.
        names: What each is, of `CLASSES`.
        height: Of the digits, in pixels.
        rng: Source of the dirt and of what is lost.
    """
    components, counts = count_owners(covers, height, rng)
    truth = []
    for component, own in zip(components, counts, strict=True):
        if 2 * own.sum() < component.area:
            truth.append(_DIRT)
            continue
        kinds = {names[i] for i in np.flatnonzero(own > 0.15 * component.area).tolist()}
        best = names[int(own.argmax())]
        truth.append(_DIGIT if "digit" in kinds else CLASSES.index(best))
    return components, np.array(truth, np.int_)


def count_owners(
    covers: Sequence[cv2.typing.MatLike], height: float, rng: Rng
) -> tuple[list[Component], npt.NDArray[np.int_]]:
    """Part the ink of several characters into components, and say whose each is.

    Args:
        covers: (H, W) uint8 coverage of each character.
        height: Of the digits, in pixels.
        rng: Source of the dirt and of what is lost.

    Returns:
        Components from left to right, and (N, characters) their pixels of each
        character; the others are dirt.
    """
    stack = np.stack(covers)
    level = rng.uniform(70, 150)
    ink = (stack.max(axis=0) > level).astype(np.uint8)
    if rng.random() < 0.25:  # a line was erased, or the pen was dry
        row = int(rng.uniform(0.2, 0.8) * ink.shape[0])
        ink[row : row + max(1, round(0.04 * height))] = 0
    dirt = np.zeros_like(ink)
    for _ in range(int(rng.integers(0, 4)) if rng.random() < 0.4 else 0):
        size = max(1, round(height * rng.uniform(0.02, 0.12)))
        y, x = (int(rng.integers(0, side)) for side in ink.shape)
        dirt[y : y + size, x : x + max(1, round(size * rng.uniform(0.5, 4)))] = 1
    owner = stack.argmax(axis=0)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        np.asarray(cv2.max(ink, dirt), np.uint8)
    )
    components, counts = [], []
    for label in range(1, count):
        left, top, width, tall, area = (int(value) for value in stats[label])
        if max(width, tall) < max(2.0, 0.03 * height):
            continue
        box = Box(left, top, left + width, top + tall)
        mask = labels[box.slices] == label
        components.append(Component(mask, box, area))
        own = mask & (ink[box.slices] > 0)
        counts.append(np.bincount(owner[box.slices][own], minlength=len(covers)))
    order = sorted(range(len(components)), key=lambda i: components[i].box.centre[0])
    every = np.array(counts, np.int_).reshape(-1, len(covers))
    return [components[i] for i in order], every[order]
