"""Draws the marks of a number with a pen: points, commas, dashes, slashes, colons."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["draw_dash", "draw_ellipse", "draw_mark", "draw_slash"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator


def draw_mark(kind: str, size_px: float, pen: float, rng: Rng) -> tuple[Gray, float]:
    """Draw a mark between digits.

    Args:
        kind: One of `. , - / :` or an apostrophe.
        size_px: Height of the digits in pixels.
        pen: Width of the pen, as a share of that height.
        rng: Source of the random draws.

    Returns:
        (h, w) uint8, 255 = ink, cropped to it, and how far its lower side lies below
        the base line, in pixels.
    """
    pen_px = _vary_pen(size_px, pen, rng)
    if kind == "-":
        low = -rng.uniform(0.25, 0.55) * size_px
        return draw_dash(rng.uniform(0.15, 0.6) * size_px, pen_px, rng), low
    if kind == ".":
        return _draw_dot(pen_px, rng), rng.normal(0, 0.05) * size_px
    if kind == ":":
        return _draw_colon(size_px, pen_px, rng), rng.normal(-0.1, 0.06) * size_px
    if kind == "/":
        return draw_slash(size_px, pen_px, rng), rng.uniform(-0.05, 0.4) * size_px
    height = 0 if kind == "," else -0.8 * size_px
    low = height + rng.uniform(0.05, 0.35) * size_px
    return _draw_comma(size_px, pen_px, rng), low


def draw_dash(length_px: float, pen_px: int, rng: Rng) -> Gray:
    """Draw a dash, a little uneven."""
    rise = rng.normal(0, 0.08) * length_px
    bow = rng.normal(0, 0.05) * length_px
    points = [(0, rise), (length_px / 2, rise / 2 + bow), (length_px, 0)]
    return _draw_stroke(points, pen_px)


def draw_slash(size_px: float, pen_px: int, rng: Rng) -> Gray:
    """Draw a slash, from nearly upright to flat, as high as the digits or more."""
    height = rng.uniform(0.9, 1.7) * size_px
    reach = rng.uniform(0.08, 0.75) * size_px
    bend = rng.normal(0, 0.03) * size_px
    points = [(reach, 0), (reach / 2 + bend, height / 2), (0, height)]
    return _draw_stroke(points, pen_px)


def draw_ellipse(width: int, height: int) -> Gray:
    """Draw a filled ellipse, (height, width) uint8 in pixels, 255 = ink."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, height))
    return (kernel * 255).astype(np.uint8)


def _vary_pen(size_px: float, pen: float, rng: Rng) -> int:
    return max(1, round(size_px * pen * rng.uniform(0.8, 1.4)))


def _draw_dot(pen_px: int, rng: Rng) -> Gray:
    size = max(2, round(pen_px * rng.uniform(1.0, 1.7)))
    return draw_ellipse(size, max(2, round(size * rng.uniform(0.8, 1.5))))


def _draw_comma(size_px: float, pen_px: int, rng: Rng) -> Gray:
    reach = size_px * rng.uniform(0.15, 0.42)
    back = rng.uniform(0.05, 0.5) * reach
    return _draw_stroke([(back, 0), (0.9 * back, 0.5 * reach), (0, reach)], pen_px)


def _draw_colon(size_px: float, pen_px: int, rng: Rng) -> Gray:
    """Draw two points, one above the other."""
    upper, lower = _draw_dot(pen_px, rng), _draw_dot(pen_px, rng)
    apart = max(2, round(size_px * rng.uniform(0.3, 0.55)))
    shift = round(rng.normal(0.04, 0.05) * size_px)
    left = max(0, shift), max(0, -shift)
    width = max(left[0] + upper.shape[1], left[1] + lower.shape[1])
    canvas = np.zeros((apart + upper.shape[0] + lower.shape[0], width), np.uint8)
    canvas[: upper.shape[0], left[0] : left[0] + upper.shape[1]] = upper
    canvas[-lower.shape[0] :, left[1] : left[1] + lower.shape[1]] = lower
    return canvas


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
