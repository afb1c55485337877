"""Draws what a form prints around a number: boxes, combs, lines, captions."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from formreader.training.strings.words import print_words

__all__ = ["choose_surroundings", "draw_surroundings", "space_out"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator
Surroundings = Literal["none", "box", "cells", "comb", "line"]

_KINDS: tuple[Surroundings, ...] = ("none", "box", "cells", "comb", "line")
_SHARES = (0.2, 0.25, 0.25, 0.1, 0.2)
_CAPTIONED = 0.15  # have a caption at the edge


def choose_surroundings(rng: Rng) -> Surroundings:
    """Choose what stands around a number."""
    return _KINDS[int(rng.choice(len(_KINDS), p=_SHARES))]


def space_out(ink: Gray, size_px: float, rng: Rng) -> Gray:
    """Move the digits of a number apart, as boxes for a digit each make people write.

    Args:
        ink: (H, W) uint8, 255 = ink.
        size_px: Height of the digits.
        rng: Source of the random draws.

    Returns:
        (H, W') uint8; digits that touch stay together.
    """
    pitch = rng.uniform(0.05, 0.8) * size_px
    parts = np.split(ink, find_gaps(ink), axis=1)
    apart = [parts[0]]
    for part in parts[1:]:
        room = max(1, round(pitch * rng.uniform(0.7, 1.3)))
        apart += [np.zeros((ink.shape[0], room), np.uint8), part]
    return np.hstack(apart)


def find_gaps(ink: Gray) -> list[int]:
    """Find the columns at the middle of each gap of a line of writing."""
    empty = np.r_[False, ink.max(axis=0) < 60, False]
    edges = np.flatnonzero(np.diff(empty.astype(np.int8)))
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(a + b) // 2 for a, b in runs if a > 0 and b < ink.shape[1]]


def draw_surroundings(
    pixels: Gray, ink: Gray, size_px: float, kind: Surroundings, rng: Rng
) -> Gray:
    """Draw lines and captions of a form over a number on paper.

    Args:
        pixels: (H, W) uint8, 0 = black.
        ink: (H, W) uint8, 255 = the number's ink.
        size_px: Height of the digits.
        kind: What is drawn.
        rng: Source of the random draws.

    Returns:
        (H, W) uint8.
    """
    height, width = pixels.shape
    printed = np.zeros((height, width), np.uint8)
    pen_px = max(1, round(size_px * rng.uniform(0.01, 0.09)))
    if kind != "none":
        _draw_level(printed, pen_px, kind, rng)
    if kind == "box":
        for x in _sides(width, size_px, rng):
            _draw_upright(printed, x, 0.0, pen_px, rng)
    if kind in ("cells", "comb"):
        top = rng.uniform(0.4, 0.85) if kind == "comb" else 0.0
        gaps = [x for x in find_gaps(ink) if rng.random() < 0.93]
        for x in [*gaps, *_sides(width, size_px, rng)]:
            _draw_upright(printed, x, top, pen_px, rng)
    if rng.random() < _CAPTIONED:
        _draw_caption(printed, size_px, rng)
    shade = rng.uniform(0.25, 0.9)
    dark = pixels.astype(np.float32) * (1 - shade * printed.astype(np.float32) / 255)
    return np.minimum(pixels, dark.astype(np.uint8))


def _sides(width: int, size_px: float, rng: Rng) -> list[float]:
    """Choose where walls stand at the ends, if they are seen."""
    inset = rng.uniform(-0.1, 0.2, 2) * size_px
    ends = (inset[0], width - 1 - inset[1])
    return [x for x in ends if rng.random() < 0.7 and 0 <= x < width]


def _draw_level(printed: Gray, pen_px: int, kind: Surroundings, rng: Rng) -> None:
    """Draw the line below, and that above where there is one, in place."""
    height, width = printed.shape
    depth = rng.uniform(-0.02, 0.16, 2) * height
    levels = [height - 1 - depth[0]]
    if kind in ("box", "cells") or rng.random() < 0.2:
        levels.append(depth[1])
    style = rng.random() if kind in ("line", "comb") else 0.0
    for y in levels:
        fall = rng.normal(0, 0.012) * width
        if style < 0.6:
            start, end = (0, round(y)), (width, round(y + fall))
            cv2.line(printed, start, end, 255, pen_px, cv2.LINE_AA)
            continue
        step = max(3, round(rng.uniform(1.5, 5) * pen_px + 2))
        dash = pen_px if style < 0.85 else step * 2 // 3
        for x in range(0, width, step):
            here = round(y + fall * x / width)
            cv2.line(printed, (x, here), (x + dash - 1, here), 255, pen_px)


def _draw_upright(printed: Gray, x: float, top: float, pen_px: int, rng: Rng) -> None:
    """Draw a wall, or a tooth of a comb, in place."""
    height = printed.shape[0]
    lean = rng.normal(0, 0.01) * height
    start, end = (round(x), round(top * height)), (round(x + lean), height)
    cv2.line(printed, start, end, 255, pen_px, cv2.LINE_AA)


def _draw_caption(printed: Gray, size_px: float, rng: Rng) -> None:
    """Print a small word that reaches in from the top or a side, in place."""
    height, width = printed.shape
    word = print_words(size_px * rng.uniform(0.3, 0.6), 1, rng)
    left = round(rng.uniform(-0.5 * word.shape[1], 0.6 * width))
    top = round(rng.uniform(-0.7, 0.1) * word.shape[0])
    place = np.array([[1, 0, left], [0, 1, top]], dtype=np.float64)
    shown = cv2.warpAffine(word, place, (width, height))
    np.maximum(printed, shown.astype(np.uint8), out=printed)
