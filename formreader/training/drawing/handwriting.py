"""Digits drawn from stroke models, the way a pen would write them.

A `Writer` is one person's hand: the same slant, pen and habits in every digit. From
digit to digit the points of the stroke, its turn, size and pressure vary a little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from formreader.training.drawing.digit_shapes import (
    VARIANTS,
    Points,
    digit_shape,
    parse_shape,
)

__all__ = [
    "VARIANTS",
    "Writer",
    "draw_cross",
    "draw_digit",
    "draw_number",
    "draw_scribble",
    "draw_strokes",
    "draw_writer",
]

Ink = npt.NDArray[np.uint8]

_SUPERSAMPLING = 4
_SAMPLE_SPACING = 0.02  # of the digit's height, along the curve
_HABIT = 0.018  # how far a writer's own shapes lie from the models, of the height
_PREFERENCE = 0.9  # how often a writer keeps to the preferred variant


@dataclass(frozen=True)
class Writer:
    """One person's hand; lengths are fractions of the height of the digits.

    Attributes:
        slant: Tangent of the lean; positive leans to the right.
        pen_width: Width of the stroke.
        size: Height of the digits relative to what is asked for.
        aspect: Width of the digits relative to the models.
        roundness: 0 keeps sharp corners; 1 rounds them well.
        jitter: Standard deviation of each point from digit to digit.
        darkness: 0 leaves no trace, 1 is black; for whoever lays the ink on paper.
        habit_seed: Seed of the ways in which this hand departs from the models.
        variants: The preferred variant of each digit, 0 to 9.
    """

    slant: float
    pen_width: float
    size: float
    aspect: float
    roundness: float
    jitter: float
    darkness: float
    habit_seed: int
    variants: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse preferences that name no shape.

        Raises:
            ValueError: If `variants` is not one known name for each digit.
        """
        if len(self.variants) != len(VARIANTS) or any(
            name not in VARIANTS[digit] for digit, name in enumerate(self.variants)
        ):
            raise ValueError(f"{self.variants} is not one variant for each digit")


def draw_writer(rng: np.random.Generator) -> Writer:
    """Draw a person's hand.

    Args:
        rng: Source of the random draws.

    Returns:
        A writer whose digits are legible without doubt.
    """
    return Writer(
        slant=float(np.clip(rng.normal(0.10, 0.10), -0.12, 0.32)),
        pen_width=float(rng.uniform(0.065, 0.11)),
        size=float(rng.uniform(0.88, 1.05)),
        aspect=float(rng.uniform(0.85, 1.12)),
        roundness=float(rng.uniform(0.1, 1.0)),
        jitter=float(rng.uniform(0.008, 0.018)),
        darkness=float(rng.uniform(0.75, 0.95)),
        habit_seed=int(rng.integers(2**31)),
        variants=tuple(str(rng.choice(names)) for names in VARIANTS.values()),
    )


def draw_digit(
    digit: int,
    writer: Writer,
    rng: np.random.Generator,
    height_px: float,
    *,
    variant: str | None = None,
) -> Ink:
    """Draw one digit.

    Args:
        digit: 0 to 9.
        writer: Whose hand it is.
        rng: Source of what differs from digit to digit.
        height_px: Height to aim at; the writer's size and chance change it somewhat.
        variant: A name of `VARIANTS[digit]`; without it the writer chooses.

    Returns:
        (h, w) uint8, cropped to the digit; 255 = ink.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> image = draw_digit(7, draw_writer(rng), rng, 40)
        >>> image.dtype, 30 < image.shape[0] < 50
        (dtype('uint8'), True)
    """
    if variant is None:
        own = rng.random() < _PREFERENCE
        variant = writer.variants[digit] if own else str(rng.choice(VARIANTS[digit]))
    habit = np.random.default_rng(
        [writer.habit_seed, digit, VARIANTS[digit].index(variant)]
    )
    strokes = _jittered(digit_shape(digit, variant), habit, _HABIT)
    return draw_strokes(strokes, writer, rng, height_px)


def draw_number(
    text: str,
    writer: Writer,
    rng: np.random.Generator,
    height_px: float,
    gap: float = 0.16,
) -> Ink:
    """Draw digits side by side.

    Args:
        text: Digits; a space leaves the room of one digit empty.
        writer: Whose hand it is.
        rng: Source of what differs from digit to digit.
        height_px: Height of the digits to aim at.
        gap: Clear space between digits as a fraction of the height, on average; above 0
            they never touch, below 0 they mostly do.

    Returns:
        (h, w) uint8, cropped to the ink; 255 = ink.

    Raises:
        ValueError: If `text` holds no digit, or anything but digits and spaces.
    """
    if not text.strip() or not text.replace(" ", "").isdecimal():
        raise ValueError(f"{text!r} is not made of digits")
    placed: list[tuple[int, int, Ink]] = []
    x = 0.0
    for character in text:
        if character == " ":
            x += 0.6 * height_px
            continue
        ink = draw_digit(int(character), writer, rng, height_px)
        middle = rng.normal(0, 0.03) * height_px
        placed.append((round(x), round(middle - ink.shape[0] / 2), ink))
        # At least a pixel: after rounding, neighbours may not share a column.
        space = gap * height_px * rng.uniform(0.7, 1.3)
        x += ink.shape[1] + (max(space, 2.0) if gap > 0 else space)
    return _paste_together(placed)


def draw_cross(writer: Writer, rng: np.random.Generator, height_px: float) -> Ink:
    """Draw the X that strikes out a cell.

    Args:
        writer: Whose hand it is.
        rng: Source of what differs from one X to the next.
        height_px: Height to aim at.

    Returns:
        (h, w) uint8, cropped to the X; 255 = ink.
    """
    shape = "3,3 40,45 78,98 / 77,2 42,52 2,97"
    wild = replace(writer, jitter=2 * writer.jitter)
    return draw_strokes(parse_shape(shape), wild, rng, height_px)


def draw_scribble(
    writer: Writer, rng: np.random.Generator, height_px: float, width_px: float
) -> Ink:
    """Draw a signature that spells nothing.

    Args:
        writer: Whose hand it is.
        rng: Source of the random draws.
        height_px: Height that the writer's digits would have; the first letter is
            taller.
        width_px: Width to aim at.

    Returns:
        (h, w) uint8, cropped to the ink; 255 = ink.
    """
    length = width_px / height_px
    turns = max(3, round(1.6 * length))
    phase = np.linspace(0.5, turns + 0.3, 5 * turns) * 2 * np.pi
    reach = np.interp(phase, phase[::5], rng.uniform(0.15, 0.5, turns))
    reach[:6] = 0.8  # a tall first letter
    x = length * phase / phase[-1] - 0.35 * np.sqrt(reach) * np.sin(phase)
    name = np.column_stack([x, 0.8 - reach * (1 + np.cos(phase)), np.zeros(len(x))])
    flourish = np.array([[0.1, 1.1, 0], [length / 2, 1.0, 0], [length, 0.9, 0]])
    rounded = replace(writer, roundness=1.0)
    return draw_strokes((name, flourish), rounded, rng, height_px)


def draw_strokes(
    strokes: Sequence[Points],
    writer: Writer,
    rng: np.random.Generator,
    height_px: float,
) -> Ink:
    """Draw strokes of any shape in a writer's hand.

    Args:
        strokes: (N, 3) arrays, N at least 2: x, y downwards, and 1 where the stroke
            turns a sharp corner, else 0; the height of a digit is 1.
        writer: Whose hand it is.
        rng: Source of what differs from one drawing to the next.
        height_px: Pixels that a height of 1 takes before the writer's size.

    Returns:
        (h, w) uint8, cropped to the ink; 255 = ink.
    """
    matrix = _hand_matrix(writer, rng) * height_px * _SUPERSAMPLING
    curves = [
        _rounded(_trace(stroke), writer.roundness) @ matrix.T
        for stroke in _jittered(strokes, rng, writer.jitter)
    ]
    pen_px = writer.pen_width * height_px * _SUPERSAMPLING
    return _render(curves, pen_px, rng)


def _jittered(
    strokes: Sequence[Points], rng: np.random.Generator, deviation: float
) -> list[Points]:
    """Move every point by chance and leave the corner marks alone."""
    return [
        stroke + rng.normal(0, deviation, stroke.shape) * (1, 1, 0)
        for stroke in strokes
    ]


def _hand_matrix(writer: Writer, rng: np.random.Generator) -> Points:
    """Combine aspect, slant, a slight turn and the size into one (2, 2) matrix."""
    angle = np.deg2rad(rng.normal(0, 2.0))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    lean = np.array([[writer.aspect * rng.normal(1, 0.03), -writer.slant], [0, 1]])
    return np.asarray(turn @ lean * writer.size * rng.normal(1, 0.025))


def _trace(stroke: Points) -> Points:
    """Sample the curve that a stroke's points describe, as (M, 2) points."""
    corners = np.flatnonzero(stroke[1:-1, 2]) + 1
    ends = [0, *corners.tolist(), len(stroke) - 1]
    return np.vstack([_spline(stroke[a : b + 1, :2]) for a, b in pairwise(ends)])


def _spline(points: Points) -> Points:
    """Sample the centripetal Catmull-Rom curve through (N, 2) points.

    The centripetal spacing of the knots keeps uneven points free of cusps and loops.
    """
    steps = np.diff(points, axis=0)
    lengths = np.maximum(np.linalg.norm(steps, axis=1), 1e-6)
    knots = np.sqrt(lengths)[:, None]
    slopes = steps / knots
    if len(points) == 2:
        tangents = np.vstack([slopes, slopes])
    else:
        inner = slopes[:-1] * knots[1:] + slopes[1:] * knots[:-1]
        inner = inner / (knots[:-1] + knots[1:])
        first = (3 * slopes[:1] - inner[:1]) / 2
        last = (3 * slopes[-1:] - inner[-1:]) / 2
        tangents = np.vstack([first, inner, last])
    pieces = []
    for index, length in enumerate(lengths):
        t = np.linspace(0, 1, int(np.ceil(length / _SAMPLE_SPACING)) + 1)[:, None]
        start, end = tangents[index : index + 2] * knots[index]
        bend = t * (1 - t) ** 2 * start - t**2 * (1 - t) * end
        pieces.append(points[index] + (3 - 2 * t) * t**2 * steps[index] + bend)
    return np.vstack(pieces)


def _rounded(curve: Points, roundness: float) -> Points:
    """Smooth sampled points along the curve, so that corners turn round."""
    sigma = roundness * 0.035 / _SAMPLE_SPACING
    reach = int(3 * sigma) + 1
    # Straight continuations keep the ends where they are.
    head = 2 * curve[0] - curve[reach:0:-1]
    tail = 2 * curve[-1] - curve[-2 : -2 - reach : -1]
    padded = np.vstack([head, curve, tail])[:, None, :]
    smooth = cv2.GaussianBlur(padded, (1, 2 * reach + 1), max(sigma, 0.01))
    return np.asarray(smooth[len(head) : len(head) + len(curve), 0], dtype=np.float64)


def _render(curves: list[Points], pen_px: float, rng: np.random.Generator) -> Ink:
    """Draw curves with a round pen whose pressure varies, then shrink and crop."""
    everything = np.vstack(curves)
    origin = everything.min(axis=0) - 2 * pen_px
    width, height = np.ptp(everything, axis=0) + 4 * pen_px
    rows, columns = (int(np.ceil(side / _SUPERSAMPLING)) for side in (height, width))
    canvas = np.zeros((rows * _SUPERSAMPLING, columns * _SUPERSAMPLING), np.uint8)
    for curve in curves:
        points = np.rint(curve - origin).astype(int)
        pressure = rng.uniform(0.85, 1.1, 4)
        pressure[-1] *= 0.85  # the pen leaves the paper
        widths = pen_px * np.interp(np.linspace(0, 3, len(points)), range(4), pressure)
        for index in range(len(points) - 1):
            start, end = points[index].tolist(), points[index + 1].tolist()
            cv2.line(canvas, start, end, 255, max(1, round(widths[index])))
    ink = cv2.resize(canvas, (columns, rows), interpolation=cv2.INTER_AREA)
    left, top, ink_width, ink_height = cv2.boundingRect(ink)
    return ink[top : top + ink_height, left : left + ink_width].astype(np.uint8)


def _paste_together(placed: list[tuple[int, int, Ink]]) -> Ink:
    """Lay drawings at (left, top) onto one canvas just large enough."""
    left = min(x for x, _, _ in placed)
    top = min(y for _, y, _ in placed)
    right = max(x + ink.shape[1] for x, _, ink in placed)
    bottom = max(y + ink.shape[0] for _, y, ink in placed)
    canvas = np.zeros((bottom - top, right - left), dtype=np.uint8)
    for x, y, ink in placed:
        rows = slice(y - top, y - top + ink.shape[0])
        columns = slice(x - left, x - left + ink.shape[1])
        np.maximum(canvas[rows, columns], ink, out=canvas[rows, columns])
    return canvas
