"""Draws what pens leave in a box: crosses, ticks, and what is no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.ticks.model import TickClass

__all__ = ["Pen", "Strokes", "draw_mark", "draw_stroke"]

Canvas = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]
Rng = np.random.Generator
Strokes = Sequence[Points]
Glyphs = Sequence[Strokes]

_SHARES = {
    TickClass.BLANK: 0.38,
    TickClass.MARKED: 0.4,
    TickClass.STRUCK: 0.08,
    TickClass.DOUBTFUL: 0.14,
}


@dataclass(frozen=True)
class Pen:
    """What is written with.

    Attributes:
        width: Of its stroke, in sides of the box.
        tone: How dark it is, in [0, 1].
    """

    width: float
    tone: float

    @classmethod
    def draw(cls, rng: Rng) -> Pen:
        """Draw one: mostly ball pens, some markers and pencils."""
        width = float(np.exp(rng.normal(np.log(0.11), 0.4)))
        tone = float(np.clip(rng.normal(0.85, 0.2), 0.45, 1))
        return cls(float(np.clip(width, 0.05, 0.35)), tone)


def draw_mark(
    side: int, box: int, is_round: bool, pen: Pen, letters: Glyphs, rng: Rng
) -> tuple[Canvas, TickClass]:
    """Draw what a pen left in a box that stands in the middle of a canvas.

    Args:
        side: Of the canvas in pixels.
        box: Of the box in pixels.
        is_round: Whether the box is a bubble, which may be filled.
        pen: What was written with.
        letters: Crosses and ticks of real writers, as strokes of height 1.
        rng: Source of the random draws.

    Returns:
        (side, side) float32 in [0, 1], 1 = ink, and what it says.
    """
    canvas = np.zeros((side, side), np.float32)
    label = TickClass(int(rng.choice(len(_SHARES), p=list(_SHARES.values()))))
    if label is TickClass.BLANK:
        _leave_blank(canvas, box, pen, rng)
    elif label is TickClass.MARKED:
        _mark(canvas, box, is_round, pen, letters, rng)
    elif label is TickClass.STRUCK:
        _strike(canvas, box, is_round, pen, letters, rng)
    else:
        _leave_doubt(canvas, box, pen, letters, rng)
    return canvas, label


def draw_stroke(canvas: Canvas, points: Points, box: int, pen: Pen) -> None:
    """Draw a stroke through points in half sides of the box, from its middle."""
    middle = len(canvas) / 2
    path = _smooth(np.asarray(points, np.float64)) * box / 2 + middle
    line = np.zeros(canvas.shape, np.uint8)
    width = max(1, round(pen.width * box))
    shifted = np.round(path * 16).astype(np.int32)
    cv2.polylines(line, [shifted], False, 255, width, cv2.LINE_AA, shift=4)
    np.maximum(canvas, line.astype(np.float32) / 255 * pen.tone, out=canvas)


def _smooth(points: Points) -> Points:
    """Round the corners of a path, as a hand does."""
    if len(points) < 3:
        return points
    for _ in range(2):
        inner = np.stack(
            [
                0.8 * points[:-1] + 0.2 * points[1:],
                0.2 * points[:-1] + 0.8 * points[1:],
            ],
            axis=1,
        ).reshape(-1, 2)
        points = np.concatenate([points[:1], inner, points[-1:]])
    return points


def _leave_blank(canvas: Canvas, box: int, pen: Pen, rng: Rng) -> None:
    """Leave a box blank, now and then with dirt or a stroke that just reaches it."""
    draw = rng.random()
    if draw < 0.12:
        for _ in range(int(rng.integers(1, 4))):
            speck = replace(pen, width=float(rng.uniform(0.02, 0.07)))
            place = rng.uniform(-1.2, 1.2, (1, 2))
            draw_stroke(canvas, np.repeat(place, 2, axis=0), box, speck)
    elif draw < 0.27:  # from outside, up to the line
        _reach_in(canvas, box, pen, float(rng.uniform(-0.3, 0.1)), rng)


def _reach_in(canvas: Canvas, box: int, pen: Pen, depth: float, rng: Rng) -> None:
    """Draw a stroke from outside that ends so deep in the box, in half sides."""
    end = np.array([1 - depth, rng.uniform(-0.9, 0.9)])
    start = np.array([rng.uniform(1.5, 3.0), end[1] + rng.normal(0, 0.9)])
    bend = (start + end) / 2 + rng.normal(0, 0.15, 2)
    points = _turn(np.array([start, bend, end]), rng)
    draw_stroke(canvas, points, box, pen)


def _turn(points: Points, rng: Rng) -> Points:
    """Turn points by quarters, and mirror them."""
    angle = rng.integers(4) * np.pi / 2
    cos, sin = np.cos(angle), np.sin(angle)
    mirrored = points * [1, rng.choice([-1, 1])]
    return np.asarray(mirrored @ np.array([[cos, -sin], [sin, cos]]))


def _mark(
    canvas: Canvas, box: int, is_round: bool, pen: Pen, letters: Glyphs, rng: Rng
) -> None:
    """Answer: a cross, a tick, a stroke, or a box filled."""
    draw = rng.random() - (0.35 if is_round else 0.0)
    if draw < 0.08:
        _fill(canvas, box, is_round, pen, rng)
    elif draw < 0.2:
        _hatch(canvas, box, pen, float(rng.uniform(0.6, 0.95)), rng)
    elif letters and draw < 0.4:
        _write(canvas, box, pen, letters, rng)
    elif draw < 0.67:
        _cross(canvas, box, pen, rng)
    elif draw < 0.92:
        _tick(canvas, box, pen, rng)
    else:
        _slash(canvas, box, pen, rng)


def _cross(canvas: Canvas, box: int, pen: Pen, rng: Rng) -> None:
    size = float(np.exp(rng.normal(np.log(0.9), 0.3)))
    middle = rng.normal(0, 0.15, 2)
    for slope in (1.0, -1.0):
        reach = size * np.exp(rng.normal(0, 0.15, 2))
        end = np.array([1.0, slope]) * reach + rng.normal(0, 0.1, 2)
        bend = rng.normal(0, 0.08, 2)
        draw_stroke(canvas, np.array([-end, bend, end]) + middle, box, pen)


def _tick(canvas: Canvas, box: int, pen: Pen, rng: Rng) -> None:
    foot = np.array([rng.normal(-0.1, 0.25), rng.uniform(0.1, 0.95)])
    start = foot - np.array([rng.uniform(0.25, 0.9), rng.uniform(0.2, 0.8)])
    reach = float(np.exp(rng.normal(0.3, 0.35)))
    end = foot + np.array([rng.uniform(0.5, 1.1), -rng.uniform(0.8, 1.4)]) * reach
    bend = (foot + end) / 2 + rng.normal(0, 0.1, 2)
    points = np.array([start, foot, bend, end])
    draw_stroke(canvas, points if rng.random() < 0.9 else points * [-1, 1], box, pen)


def _slash(canvas: Canvas, box: int, pen: Pen, rng: Rng) -> None:
    """Draw one stroke from one corner to the other, or from side to side."""
    reach = float(rng.uniform(0.7, 1.4))
    angle = float(rng.choice([0.25, 0.75, 0.25, 0.75, 0.0, 0.5]) * np.pi)
    way = np.array([np.cos(angle), np.sin(angle)]) * reach
    way += rng.normal(0, 0.12, 2)
    points = np.array([-way, rng.normal(0, 0.08, 2), way]) + rng.normal(0, 0.12, 2)
    draw_stroke(canvas, points, box, pen)


def _write(canvas: Canvas, box: int, pen: Pen, letters: Glyphs, rng: Rng) -> None:
    """Write a cross or tick as a real writer did."""
    strokes = letters[int(rng.integers(len(letters)))]
    everything = np.concatenate(list(strokes))
    middle = (everything.min(axis=0) + everything.max(axis=0)) / 2
    size = 2 * float(np.exp(rng.normal(np.log(0.9), 0.25)))
    place = rng.normal(0, 0.2, 2)
    for stroke in strokes:
        draw_stroke(canvas, (stroke - middle) * size + place, box, pen)


def _fill(canvas: Canvas, box: int, is_round: bool, pen: Pen, rng: Rng) -> None:
    """Fill a bubble or a box, more or less to its line."""
    size = float(rng.uniform(0.6, 1.12))
    blob = np.zeros(canvas.shape, np.uint8)
    count = 14
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radii = size * (1 + rng.normal(0, 0.07, count))
    if not is_round:  # to the corners
        radii = radii / np.maximum(np.abs(np.cos(angles)), np.abs(np.sin(angles)))
    outline = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]
    outline += rng.normal(0, 0.08, 2)
    points = np.round(outline * box / 2 + len(canvas) / 2).astype(np.int32)
    cv2.fillPoly(blob, [points], 255, cv2.LINE_AA)
    grain = 1.0
    if rng.random() < 0.5:  # a pencil leaves paper free
        noise = cv2.GaussianBlur(rng.random(canvas.shape), (0, 0), 2)
        grain = np.clip(0.75 + (noise - 0.5) * 3, 0.3, 1).astype(np.float32)
    np.maximum(canvas, blob.astype(np.float32) / 255 * pen.tone * grain, out=canvas)


def _hatch(canvas: Canvas, box: int, pen: Pen, reach: float, rng: Rng) -> None:
    """Scribble to and fro within a reach, in half sides."""
    turns = int(rng.integers(4, 14))
    along = np.linspace(-reach, reach, turns) + rng.normal(0, 0.05, turns)
    across = (
        reach * np.where(np.arange(turns) % 2, 1, -1) * rng.uniform(0.7, 1.1, turns)
    )
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = np.stack([along, across], axis=1) @ turn + rng.normal(0, 0.08, 2)
    draw_stroke(canvas, points, box, pen)


def _strike(
    canvas: Canvas, box: int, is_round: bool, pen: Pen, letters: Glyphs, rng: Rng
) -> None:
    """Mark a box, and take it back."""
    _mark(canvas, box, is_round, pen, letters, rng)
    draw = rng.random()
    if draw < 0.55:  # scribbled over, far beyond the box
        for _ in range(int(rng.integers(1, 3))):
            _hatch(canvas, box, pen, float(rng.uniform(1.25, 1.9)), rng)
    elif draw < 0.75:  # filled beyond it
        broad = replace(pen, width=max(pen.width, 0.2))
        _fill(canvas, box, is_round, pen, rng)
        _hatch(canvas, box, broad, float(rng.uniform(1.2, 1.5)), rng)
    else:  # lines through it, from far left to far right
        for _ in range(int(rng.integers(2, 5))):
            y, tilt = rng.normal(0, 0.35), rng.normal(0, 0.25)
            reach = rng.uniform(1.6, 3.0, 2)
            ends = np.array([[-reach[0], y - tilt], [0, y], [reach[1], y + tilt]])
            draw_stroke(canvas, ends, box, pen)


def _leave_doubt(canvas: Canvas, box: int, pen: Pen, letters: Glyphs, rng: Rng) -> None:
    """Leave something of which nobody can say whether it is an answer."""
    draw = rng.random()
    if draw < 0.2:  # a dot
        dot = replace(pen, width=float(rng.uniform(0.12, 0.3)))
        place = rng.uniform(-0.7, 0.7, (1, 2))
        end = place + rng.normal(0, 0.04, (1, 2))
        draw_stroke(canvas, np.concatenate([place, end]), box, dot)
    elif draw < 0.45:
        _reach_in(canvas, box, pen, float(rng.uniform(0.3, 0.9)), rng)
    elif draw < 0.75:  # erased, or hardly written
        faint = replace(pen, tone=float(rng.uniform(0.1, 0.33)))
        _mark(canvas, box, False, faint, letters, rng)
    elif draw < 0.88:  # a stroke that passes through, from elsewhere to elsewhere
        y = rng.uniform(-0.7, 0.7)
        ends = np.array([[-3.2, y + rng.normal(0, 0.3)], [0, y], [3.2, y]])
        draw_stroke(canvas, _turn(ends, rng), box, pen)
    else:  # a ring around it
        angles = np.linspace(0, 2 * np.pi * rng.uniform(0.85, 1.1), 16)
        radii = rng.uniform(1.2, 1.7) * (1 + rng.normal(0, 0.05, 16))
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]
        draw_stroke(canvas, ring, box, pen)
