"""Draws boxes and bubbles as they are printed, ticked, and captured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from formreader.ticks.measures import (
    MARGIN_PX,
    PATCH_PX,
    REACH_PX,
    SIDE_PX,
    to_darkness,
)
from formreader.ticks.model import TickClass
from formreader.training.ticks.marks import Pen, Strokes, draw_mark, draw_stroke

__all__ = ["TickExample", "draw_tick"]

Canvas = npt.NDArray[np.float32]
Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

SCALE = 4
"""Pixels of a canvas for one of a patch."""
_VIEW = PATCH_PX + 2 * REACH_PX
_CANVAS = SCALE * (_VIEW + 8)
_BOX = SCALE * SIDE_PX
_SEEN, _SEEN_PX = 0.08, 6  # darkness, and pixels that are so dark
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
)


@dataclass(frozen=True, eq=False)
class TickExample:
    """A box, as it is measured.

    Attributes:
        box: (P, P) float32 in [0, 1], as `measure_marks` takes it.
        reference: (Q, Q) float32, the same on the blank page.
        label: What it is.
    """

    box: Canvas
    reference: Canvas
    label: TickClass


def draw_tick(rng: Rng, letters: Sequence[Strokes] = ()) -> TickExample:
    """Draw a box that is blank, ticked, struck out, or doubtful.

    Args:
        rng: Source of the random draws.
        letters: Pen strokes of crosses and ticks of real writers, (N, 2) points of
            each stroke, heights 1.
    """
    print_, is_round = _draw_print(rng)
    pen = Pen.draw(rng)
    written, label = draw_mark(_CANVAS, _BOX, is_round, pen, letters, rng)
    _draw_neighbours(written, pen, rng)
    state = rng.bit_generator.state
    page = _capture(_compose(print_, written), rng, misplaced=True)
    rng.bit_generator.state = state
    same = _capture(print_, rng, misplaced=True)
    if not _is_seen(page - same):
        label = TickClass.BLANK
    blank = _capture(print_, rng, misplaced=False)
    margin = REACH_PX
    return TickExample(page, blank[margin:-margin, margin:-margin], label)


def _is_seen(difference: Canvas) -> bool:
    """Tell whether anything is left in a box, after it was captured, of what was drawn.

    Args:
        difference: (P, P) float32, the box less the same without what was drawn.
    """
    edge = MARGIN_PX + REACH_PX
    inner = cv2.blur(difference, (3, 3))[edge:-edge, edge:-edge]
    return bool((inner > _SEEN).sum() >= _SEEN_PX)


def _compose(print_: Canvas, written: Canvas) -> Canvas:
    return np.asarray(1 - (1 - print_) * (1 - written), np.float32)


def _draw_print(rng: Rng) -> tuple[Canvas, bool]:
    """Draw what is printed: a box or a bubble, and what stands beside it."""
    canvas = np.zeros((_CANVAS, _CANVAS), np.float32)
    tone = float(rng.choice([1.0, rng.uniform(0.3, 1.0)]))
    line = max(1, round(_BOX * float(rng.uniform(0.02, 0.11))))
    is_round = bool(rng.random() < 0.35)
    if rng.random() > 0.04:  # else nothing is printed around it
        draw = _draw_bubble if is_round else _draw_square
        draw(canvas, line, tone, rng)
    if is_round and rng.random() < 0.5:  # its number or letter stands in it
        text = str(rng.choice(list("0123456789ABCDE")))
        inside = float(rng.uniform(0.2, 0.8) * tone)
        _write(canvas, text, rng.uniform(0.4, 0.7), (0.0, 0.0), inside, rng)
    _draw_surroundings(canvas, line, tone, is_round, rng)
    return canvas, is_round


def _draw_square(canvas: Canvas, line: int, tone: float, rng: Rng) -> None:
    middle, half = _CANVAS // 2, _BOX // 2
    top, end = middle - half - line // 2, middle + half + line // 2
    draw = rng.random()
    if draw < 0.06:  # brackets
        for side in (top, end):
            inwards = round(0.2 * _BOX) * (1 if side == top else -1)
            points = [[side + inwards, top], [side, top], [side, end]]
            points.append([side + inwards, end])
            path = [np.array(points, np.int32)]
            cv2.polylines(canvas, path, False, tone, line, cv2.LINE_AA)
        return
    if draw < 0.14:  # a shadow
        shift = 2 * line
        cv2.rectangle(
            canvas, (top + shift, top + shift), (end + shift, end + shift), tone, line
        )
        cv2.rectangle(canvas, (top, top), (end, end), 0.0, -1)
    cv2.rectangle(canvas, (top, top), (end, end), tone, line)


def _draw_bubble(canvas: Canvas, line: int, tone: float, rng: Rng) -> None:
    radius = _BOX // 2 + line // 2
    cv2.circle(canvas, (_CANVAS // 2,) * 2, radius, tone, line, cv2.LINE_AA)


def _draw_surroundings(
    canvas: Canvas, line: int, tone: float, is_round: bool, rng: Rng
) -> None:
    """Draw labels, rules and more boxes around one."""
    for side in (-1.0, 1.0):
        draw = rng.random()
        if draw < 0.35:
            text = "".join(rng.choice(list("abcdefghnorstuyzABEKNY"), 3))
            gap = side * float(rng.uniform(1.0, 1.8))
            _write(canvas, text, rng.uniform(0.5, 1.1), (gap, 0.0), tone, rng)
        elif draw < 0.6:
            shift = round(side * _BOX * float(rng.uniform(1.15, 1.7)))
            axis = int(rng.random() < 0.4)
            other = np.zeros_like(canvas)
            (_draw_bubble if is_round else _draw_square)(other, line, tone, rng)
            np.maximum(canvas, np.roll(other, shift, axis=axis), out=canvas)
    if rng.random() < 0.2:
        y = _CANVAS // 2 + round(
            float(rng.choice([-1, 1]) * rng.uniform(0.6, 1.0)) * _BOX
        )
        cv2.line(canvas, (0, y), (_CANVAS, y), tone, line)


def _write(
    canvas: Canvas,
    text: str,
    height: float,
    place: tuple[float, float],
    tone: float,
    rng: Rng,
) -> None:
    """Print a word whose middle lies at a place, in sides from that of the box."""
    font, size = int(rng.choice(_FONTS)), height * _BOX / 22
    thick = max(1, round(size * float(rng.uniform(1.0, 2.5))))
    (wide, high), _ = cv2.getTextSize(text, font, size, thick)
    x = _CANVAS / 2 + place[0] * _BOX - wide / 2
    if abs(place[0]) > 0.7:  # beside the box, not in it
        edge = _CANVAS / 2 + np.sign(place[0]) * 0.65 * _BOX
        x = edge if place[0] > 0 else edge - wide
    y = _CANVAS / 2 + place[1] * _BOX + high / 2
    letters = np.zeros(canvas.shape, np.uint8)
    start = round(x), round(y)
    cv2.putText(letters, text, start, font, size, 255, thick, cv2.LINE_AA)
    np.maximum(canvas, letters.astype(np.float32) / 255 * tone, out=canvas)


def _draw_neighbours(canvas: Canvas, pen: Pen, rng: Rng) -> None:
    """Draw what is written beside the box and does not concern it."""
    if rng.random() < 0.25:
        angle = rng.uniform(0, 2 * np.pi)
        away = np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(1.15, 1.6)
        for _ in range(int(rng.integers(1, 4))):
            ends = away + rng.normal(0, 0.25, (3, 2))
            if np.abs(ends).max(axis=1).min() > 0.7:  # outside, all of it
                draw_stroke(canvas, ends, _BOX, pen)


def _capture(canvas: Canvas, rng: Rng, *, misplaced: bool) -> Canvas:
    """Scan, copy or photograph a canvas, and cut it out as a page is."""
    side_px = float(np.exp(rng.uniform(np.log(10), np.log(44))))
    if misplaced:
        canvas = _misplace(canvas, rng)
    pixels = max(16, round(_CANVAS * side_px / _BOX))
    dark = cv2.resize(canvas, (pixels, pixels), interpolation=cv2.INTER_AREA)
    blur = float(rng.uniform(0, 0.9)) * (1.3 if misplaced else 0.6)
    if blur > 0.2:
        dark = cv2.GaussianBlur(dark, (0, 0), blur)
    grey, darkest = _expose(dark.astype(np.float32), rng, is_rough=misplaced)
    view = cv2.resize(
        to_darkness(grey, darkest),
        (_VIEW + 8,) * 2,
        interpolation=cv2.INTER_AREA if pixels > _VIEW else cv2.INTER_LINEAR,
    )
    return np.asarray(view[4:-4, 4:-4], np.float32)


def _misplace(canvas: Canvas, rng: Rng) -> Canvas:
    """Move a box a little from where it is expected."""
    turn = cv2.getRotationMatrix2D(
        (_CANVAS / 2, _CANVAS / 2), rng.normal(0, 1.2), rng.normal(1, 0.025)
    )
    # Where paper curls, boxes are farther off.
    spread = 1.1 if rng.random() < 0.85 else REACH_PX / 2
    reach = SCALE * (REACH_PX - 0.5)
    turn[:, 2] += np.clip(rng.normal(0, spread * SCALE, 2), -reach, reach)
    turn[0, 1] += rng.normal(0, 0.02)
    return np.asarray(cv2.warpAffine(canvas, turn, canvas.shape[::-1]), np.float32)


def _expose(dark: Canvas, rng: Rng, *, is_rough: bool) -> tuple[Gray, int]:
    """Make grey levels of darkness, with the noise of paper and sensor."""
    if rng.random() < (0.25 if is_rough else 0.15):  # black and white
        level = float(rng.uniform(0.18, 0.6))
        noisy = dark + rng.normal(0, 0.08, dark.shape)
        grey = np.where(noisy > level, 0, 255).astype(np.uint8)
        if is_rough and rng.random() < 0.4:
            kernel = np.ones((2, 2), np.uint8)
            change = cv2.erode if rng.random() < 0.7 else cv2.dilate
            grey = np.asarray(change(grey, kernel), np.uint8)
        if is_rough and rng.random() < 0.3:
            grey[rng.random(grey.shape) < rng.uniform(0, 0.01)] = 0
        return np.asarray(grey, np.uint8), 0
    paper = float(rng.uniform(170, 255))
    ink = float(rng.uniform(0, 0.45)) * paper
    slope = rng.normal(0, 0.05, 2) if is_rough else np.zeros(2)
    rows, columns = np.mgrid[-1 : 1 : len(dark) * 1j, -1 : 1 : len(dark) * 1j]
    light = 1 + slope[0] * rows + slope[1] * columns
    noise = rng.normal(0, rng.uniform(0.5, 9 if is_rough else 3), dark.shape)
    levels = (paper - (paper - ink) * dark) * light + noise
    grey = np.clip(levels, 0, 255).astype(np.uint8)
    if is_rough and rng.random() < 0.4:
        quality = int(rng.integers(25, 90))
        coded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        grey = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
    return grey, round(ink + float(rng.uniform(-0.1, 0.15)) * (paper - ink))
