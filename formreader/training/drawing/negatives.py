"""What lies in digit cells and is no digit: `crossed` and `other`.

Each function draws one image, (S, S) uint8 with 255 for ink, whose ink fills 20 / 28 of
it, for `degrade` to print and scan. Those that need handwriting take it from real
digits of the same kind: two of them merged, a half of one, one turned on its side, one
struck out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.normalization import INK_SIDE, SIDE
from formreader.training.drawing.digit_shapes import parse_shape, square_shape
from formreader.training.drawing.handwriting import (
    Writer,
    draw_cross,
    draw_digit,
    draw_scribble,
    draw_strokes,
    draw_writer,
)
from formreader.training.drawing.letter_shapes import LETTERS

__all__ = [
    "DIGIT_KINDS",
    "DRAWN_KINDS",
    "draw_drawn_digit",
    "draw_x",
    "frame_ink",
    "strike_out",
]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator
_ALONG_GUIDE = 0.4  # of the drawn digits
LARGE = 56
"""Side of drawn images: twice that of MNIST, so that thin strokes keep their edges."""


def frame_ink(ink: Gray, side: int = LARGE) -> Gray:
    """Scale ink to fit, and centre it.

    Args:
        ink: (H, W) uint8, 255 = ink.
        side: Side S of the result.

    Returns:
        (S, S) uint8 whose ink fits a square of S * 20 / 28; empty if `ink` is.
    """
    frame = np.zeros((side, side), np.uint8)
    left, top, width, height = cv2.boundingRect(ink)
    if width == 0:
        return frame
    scale = side * INK_SIDE / SIDE / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    flag = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(
        ink[top : top + height, left : left + width], size, interpolation=flag
    )
    x, y = (side - size[0]) // 2, (side - size[1]) // 2
    frame[y : y + size[1], x : x + size[0]] = small
    return frame


# Drawn from stroke models and chance alone.


def draw_drawn_digit(digit: int, rng: Rng) -> Gray:
    """Draw a digit from the stroke models, by anyone's pen, free or along a guide."""
    writer, height_px = _any_writer(rng), rng.uniform(36, 60)
    if rng.random() >= _ALONG_GUIDE:
        return frame_ink(draw_digit(digit, writer, rng, height_px))
    sharp = replace(
        writer,
        slant=float(np.clip(rng.normal(0.02, 0.06), -0.12, 0.15)),
        roundness=float(rng.uniform(0, 0.5)),
        aspect=float(rng.uniform(0.8, 1.3)),
    )
    return frame_ink(draw_strokes(square_shape(digit), sharp, rng, height_px))


def draw_x(rng: Rng) -> Gray:
    """Draw the X that strikes out a cell."""
    writer = _any_writer(rng)
    if rng.random() < 0.25:
        writer = replace(writer, slant=rng.uniform(-0.3, 0.4))
    return frame_ink(draw_cross(writer, rng, 50))


def draw_letter(rng: Rng) -> Gray:
    """Draw a letter or sign from the stroke models."""
    shapes = LETTERS[str(rng.choice(_LETTER_NAMES))]
    shape = shapes[int(rng.integers(len(shapes)))]
    writer = _any_writer(rng)
    writer = replace(
        writer,
        aspect=writer.aspect * rng.uniform(0.8, 1.3),
        jitter=rng.uniform(0.01, 0.05),
    )
    return frame_ink(draw_strokes(parse_shape(shape), writer, rng, 50))


def draw_printed_letter(rng: Rng) -> Gray:
    """Set a letter in one of OpenCV's fonts."""
    canvas = np.zeros((120, 120), np.uint8)
    letter = str(rng.choice(list(_PRINTED)))
    font = int(rng.choice(_FONTS)) | (16 if rng.random() < 0.3 else 0)
    cv2.putText(canvas, letter, (30, 85), font, 2.2, 255, int(rng.integers(1, 7)))
    return frame_ink(canvas)


def draw_signature(rng: Rng) -> Gray:
    """Draw a piece of unreadable writing."""
    writer = _any_writer(rng)
    return frame_ink(draw_scribble(writer, rng, 40, 40 * rng.uniform(0.8, 3)))


def draw_zigzag(rng: Rng) -> Gray:
    """Draw the scribble that blackens a cell."""
    count = int(rng.integers(5, 16))
    x = np.linspace(0, rng.uniform(0.5, 1.4), count) + rng.normal(0, 0.06, count)
    y = np.where(np.arange(count) % 2, 0.1, 0.9) + rng.normal(0, 0.12, count)
    points = np.column_stack([x, y, np.zeros(count)])
    if rng.random() < 0.5:
        points = points[:, [1, 0, 2]]
    return frame_ink(draw_strokes((points,), _any_writer(rng), rng, 50))


def draw_lines(rng: Rng) -> Gray:
    """Draw dashes, corners, crossings and parallels of ruled lines, never a lone 1."""
    canvas = np.zeros((100, 100), np.uint8)
    size = int(rng.integers(1, 12))
    kind = rng.random()
    if kind < 0.35:  # a dash, seldom steep
        angle = np.deg2rad(rng.normal(0, 9))
        reach = rng.uniform(15, 45)
        offsets = [0.0] if rng.random() < 0.7 else [-10.0, 10.0]
        for offset in offsets:
            _line(canvas, angle, reach, offset, size)
    elif kind < 0.8:  # a corner, a T or a crossing of box lines
        x, y = rng.uniform(15, 85, 2)
        for end in _corner_ends(rng, x, y):
            cv2.line(canvas, (int(x), int(y)), end, 255, size)
    else:  # two upright lines
        gap = rng.uniform(16, 34)
        for middle in (-gap, gap):
            _line(canvas, np.pi / 2 + rng.normal(0, 0.05), 40, middle, min(size, 8))
        if rng.random() < 0.5:
            _line(canvas, rng.normal(0, 0.05), gap, rng.uniform(-38, 38), min(size, 8))
    return frame_ink(canvas)


def draw_blob(rng: Rng) -> Gray:
    """Draw a dot, a comma or a stain."""
    canvas = np.zeros((100, 100), np.uint8)
    count = int(rng.integers(1, 4))
    for _ in range(count):
        middle = tuple(int(v) for v in rng.uniform(35, 65, 2))
        axes = (int(rng.integers(10, 26)), int(rng.integers(10, 26)))
        cv2.ellipse(canvas, middle, axes, rng.uniform(0, 180), 0, 360, 255, -1)
    if count == 1 and rng.random() < 0.4:  # the tail of a comma
        x, y = middle
        tail = np.array([[x + 5, y], [x + 12, y + 22], [x - 12, y + 40]])
        cv2.fillPoly(canvas, [tail], 255)
    rough = cv2.GaussianBlur(
        rng.standard_normal((100, 100), dtype=np.float32), (0, 0), 4
    )
    soft = cv2.GaussianBlur(canvas, (0, 0), 5).astype(np.float32)
    return frame_ink(np.where(soft + 300 * rough > 128, 255, 0).astype(np.uint8))


def draw_texture(rng: Rng) -> Gray:
    """Draw noise, dust, hatching or halftone without any writing; or nothing."""
    kind = rng.random()
    side = LARGE
    if kind < 0.06:
        return np.zeros((side, side), np.uint8)
    if kind < 0.4:
        sigma = rng.uniform(0.5, 6)
        noise = rng.standard_normal((side, side), dtype=np.float32)
        field = cv2.GaussianBlur(noise, (0, 0), sigma)
        level = np.quantile(field, rng.uniform(0.4, 0.97))
        canvas = np.where(field > level, 255, 0).astype(np.uint8)
    elif kind < 0.65:
        canvas = np.zeros((side, side), np.uint8)
        for x, y in rng.uniform(8, 48, (int(rng.integers(2, 14)), 2)):
            cv2.circle(canvas, (int(x), int(y)), int(rng.integers(1, 5)), 255, -1)
    else:
        rows, columns = np.indices((side, side), dtype=np.float32)
        canvas = np.zeros((side, side), np.uint8)
        for angle in rng.uniform(0, np.pi, int(rng.integers(1, 3))):
            wave = np.cos(angle) * columns + np.sin(angle) * rows
            period = rng.uniform(5, 16)
            canvas[(wave % period) < period * rng.uniform(0.15, 0.5)] = 255
    return frame_ink(canvas)


# Made from real digits.


def merge_pair(digits: Sequence[Gray], rng: Rng) -> Gray:
    """Put two digits, seldom three, into one crop; they touch or nearly touch."""
    inks = [_tight(image) for image in digits[: 3 if rng.random() < 0.15 else 2]]
    inks = [ink for ink in inks if ink.size]
    tall = max(ink.shape[0] for ink in inks)
    stacked = rng.random() < 0.08
    placed, x, y = [], 0, 0
    for ink in inks:
        shift = int(rng.normal(0, 0.08) * tall)
        placed.append((x, y, ink) if stacked else (x, y + shift + tall, ink))
        gap = rng.uniform(-0.12, 0.2) * tall
        x += 0 if stacked else max(1, round(ink.shape[1] + min(gap, 6)))
        y += round(ink.shape[0] + gap / 2) if stacked else 0
    return frame_ink(_paste(placed))


def take_half(image: Gray, label: int, rng: Rng) -> Gray | None:
    """Cut a digit apart; None where the half could pass for a digit."""
    sides = [side for side, labels in _HALVES.items() if label in labels]
    if not sides:
        return None
    side = str(rng.choice(sides))
    ink = _tight(image)
    share = rng.uniform(0.36, 0.5)
    rows, columns = round(ink.shape[0] * share), round(ink.shape[1] * share)
    half = {
        "top": ink[:rows],
        "bottom": ink[-rows:],
        "left": ink[:, :columns],
        "right": ink[:, -columns:],
    }[side]
    height, width = half.shape
    if min(half.shape) < 3 or height > 2.2 * width or np.count_nonzero(half) < 20:
        return None  # an upright sliver could be a 1
    return frame_ink(half)


def turn_digit(image: Gray, label: int, rng: Rng) -> Gray | None:
    """Turn or mirror a digit into something that is none."""
    ways = [way for way, labels in _TURNS.items() if label in labels]
    if not ways:
        return None
    way = str(rng.choice(ways))
    if way == "mirror":
        return image[:, ::-1].copy()
    if way == "flip":
        return image[::-1].copy()
    return np.rot90(image, 1 if way == "left" else 3).copy()


def strike_out(image: Gray, label: int, rng: Rng) -> Gray | None:
    """Strike a digit out: a line, two lines, a cross or a zigzag over it."""
    if image.shape[0] < LARGE:
        image = _resize(image, LARGE, cv2.INTER_CUBIC)
    canvas = np.pad(image, 14)
    middle = canvas.shape[0] / 2
    size = int(rng.integers(3, 8))
    kind = rng.random()
    angle = np.deg2rad(rng.normal(0, 14) if rng.random() < 0.5 else rng.normal(-42, 12))
    if kind < 0.3:
        if label in (0, 1, 4, 7):
            return None  # barred sevens and slashed zeros are digits
        _line(canvas, angle, 33, rng.normal(0, 4), size, middle)
    elif kind < 0.55:
        for offset in (-5, 5):
            _line(canvas, angle + rng.normal(0, 0.06), 32, offset, size, middle)
    elif kind < 0.75:
        for turn in (np.pi / 4, -np.pi / 4):
            _line(
                canvas, turn + rng.normal(0, 0.15), 36, rng.normal(0, 3), size, middle
            )
    else:
        count = int(rng.integers(5, 12))
        x = np.linspace(16, 66, count) + rng.normal(0, 3, count)
        y = np.where(np.arange(count) % 2, 24, 60) + rng.normal(0, 6, count)
        points = np.column_stack([x, y]).astype(int).tolist()
        for start, end in pairwise(points):
            cv2.line(canvas, start, end, 255, size)
    return frame_ink(canvas)


DRAWN_KINDS: dict[str, tuple[Callable[[Rng], Gray], float]] = {
    "letter": (draw_letter, 0.40),
    "printed letter": (draw_printed_letter, 0.20),
    "signature": (draw_signature, 0.05),
    "zigzag": (draw_zigzag, 0.05),
    "lines": (draw_lines, 0.14),
    "blob": (draw_blob, 0.07),
    "texture": (draw_texture, 0.09),
}
"""Drawn non-digits by name, with the share of each."""

DIGIT_KINDS = ("pair", "half", "turned")
"""Non-digits made from digits."""

_LETTER_NAMES = list(LETTERS)
_PRINTED = "ACEFHJKLMNPRTUVWYacdefhjkmnprtuvwyACEFHKMNRacdefhkmnrt&?#%*+=@"
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
_HALVES = {
    "top": (0, 5),
    "bottom": (0, 2, 5),
    "left": (2, 3, 4, 5),
    "right": (5,),
}
_TURNS = {
    "mirror": (3, 4, 6, 7, 9),
    "flip": (4, 7),
    "left": (1, 2, 3, 4, 5, 7),
    "right": (1, 3, 4, 5, 7),
}


def _any_writer(rng: Rng) -> Writer:
    """Draw a hand with a pen from hairline to marker and any slant."""
    writer = draw_writer(rng)
    return replace(
        writer,
        pen_width=float(np.exp(rng.uniform(np.log(0.025), np.log(0.17)))),
        slant=float(np.clip(rng.normal(0.1, 0.18), -0.35, 0.55)),
        jitter=float(rng.uniform(0.008, 0.028)),
        aspect=float(rng.uniform(0.75, 1.25)),
    )


def _line(
    canvas: Gray,
    angle: float,
    reach: float,
    offset: float,
    size: int,
    middle: float = 50,
) -> None:
    """Draw a line through a point beside the middle, in place."""
    along = np.array([np.cos(angle), np.sin(angle)])
    centre = middle + offset * np.array([-along[1], along[0]])
    start, end = centre - reach * along, centre + reach * along
    cv2.line(canvas, start.astype(int).tolist(), end.astype(int).tolist(), 255, size)


def _corner_ends(rng: Rng, x: float, y: float) -> list[tuple[int, int]]:
    """List the far ends of two to four box lines that meet at a point."""
    ends = [(99, int(y)), (0, int(y)), (int(x), 99), (int(x), 0)]
    pairs = ((0, 2), (0, 3), (1, 3), (0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))
    return [ends[index] for index in pairs[int(rng.integers(len(pairs)))]]


def _tight(image: Gray) -> Gray:
    """Crop to the ink, at the resolution of MNIST."""
    if image.shape[0] > SIDE:
        image = _resize(image, SIDE, cv2.INTER_AREA)
    left, top, width, height = cv2.boundingRect(image)
    ink = image[top : top + height, left : left + width]
    if not ink.size:
        return ink
    return np.asarray(ink * (255 / ink.max()), np.uint8)  # none is the paler


def _resize(image: Gray, side: int, flag: int) -> Gray:
    return cv2.resize(image, (side, side), interpolation=flag).astype(np.uint8)


def _paste(placed: Sequence[tuple[int, int, Gray]]) -> Gray:
    """Lay crops at (left, top) onto one canvas just large enough."""
    left = min(x for x, _, _ in placed)
    top = min(y for _, y, _ in placed)
    width = max(x + ink.shape[1] for x, _, ink in placed) - left
    height = max(y + ink.shape[0] for _, y, ink in placed) - top
    canvas = np.zeros((height, width), np.uint8)
    for x, y, ink in placed:
        part = canvas[
            y - top : y - top + ink.shape[0], x - left : x - left + ink.shape[1]
        ]
        np.maximum(part, ink, out=part)
    return canvas
