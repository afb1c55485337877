"""Turns small images of handwriting into pen strokes, for any pen to write."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["smooth_stroke", "trace_strokes"]

Gray = npt.NDArray[np.uint8]
Stroke = npt.NDArray[np.float64]

_HEIGHT = 44  # pixels in which the ink is thinned
_SPUR = 5  # pixels; shorter branches come from the edge's roughness
_STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1), (-1, -1), (-1, 1), (1, 1), (1, -1))


def trace_strokes(image: Gray) -> list[Stroke]:
    """Trace the middle lines of written ink.

    Args:
        image: (H, W) uint8, 255 = ink.

    Returns:
        (N, 2) arrays, one a stroke: x and y downwards, the height of the ink is 1 (its
        width, if that is much larger). None if there is no ink.
    """
    left, top, width, height = cv2.boundingRect((image > 80).astype(np.uint8))
    if width == 0:
        return []
    crop = image[top : top + height, left : left + width]
    scale = _HEIGHT / max(height, 0.5 * width)
    size = (max(3, round(width * scale)), max(3, round(height * scale)))
    large = cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC)
    large = cv2.copyMakeBorder(large, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=0)
    soft = cv2.GaussianBlur(large, (0, 0), 0.35 * scale)
    skeleton = _thin((soft > 110).astype(np.uint8))
    strokes = [smooth_stroke(line) / _HEIGHT for line in _follow(skeleton)]
    if not strokes:
        return []
    origin = np.vstack(strokes).min(axis=0)
    return [stroke - origin for stroke in strokes]


def smooth_stroke(stroke: Stroke, sigma: float = 2.0) -> Stroke:
    """Smooth (N, 2) points along the stroke; its ends stay in place."""
    if len(stroke) < 4:
        return stroke
    reach = min(len(stroke) - 1, int(2 * sigma) + 1)
    head = 2 * stroke[0] - stroke[reach:0:-1]
    tail = 2 * stroke[-1] - stroke[-2 : -2 - reach : -1]
    padded = np.vstack([head, stroke, tail])[:, None, :]
    smooth = cv2.GaussianBlur(padded, (1, 2 * reach + 1), sigma)
    return np.asarray(smooth[reach : reach + len(stroke), 0], dtype=np.float64)


def _thin(ink: Gray) -> Gray:
    """Thin ink to lines of one pixel (Zhang and Suen, 1984)."""
    weights = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)
    for _ in range(_HEIGHT):
        count = np.count_nonzero(ink)
        for table in _TABLES:
            code = cv2.filter2D(
                ink, cv2.CV_32F, weights, borderType=cv2.BORDER_CONSTANT
            )
            ink[table[code.astype(np.uint8)] & (ink > 0)] = 0
        if np.count_nonzero(ink) == count:
            break
    return ink


def _make_tables() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """List for both half steps which neighbourhoods let a pixel go."""
    tables = np.zeros((2, 256), np.bool_)
    for code in range(256):
        ring = [code >> bit & 1 for bit in range(8)]
        changes = sum(ring[i] == 0 and ring[(i + 1) % 8] == 1 for i in range(8))
        if not (2 <= sum(ring) <= 6 and changes == 1):
            continue
        north, east, south, west = ring[0], ring[2], ring[4], ring[6]
        tables[0, code] = not (north and east and south) and not (
            east and south and west
        )
        tables[1, code] = not (north and east and west) and not (
            north and south and west
        )
    return tables[0], tables[1]


_TABLES = _make_tables()
_RING = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.float32)


def _follow(skeleton: Gray) -> list[Stroke]:
    """Walk along the lines of a skeleton, straight on at crossings."""
    rows, columns = np.nonzero(skeleton)
    left = set(zip(rows.tolist(), columns.tolist(), strict=True))
    degree = cv2.filter2D(skeleton, -1, _RING, borderType=cv2.BORDER_CONSTANT)
    order = np.argsort(np.where(degree == 1, 0, 1)[rows, columns], kind="stable")
    lines: list[Stroke] = []
    for place in order.tolist():
        start = (int(rows[place]), int(columns[place]))
        if start not in left:
            continue
        line = [start]
        left.discard(start)
        while (step := _next(line, left)) is not None:
            line.append(step)
            left.discard(step)
        if len(line) >= _SPUR or not lines:
            lines.append(np.array([(x, y) for y, x in line], dtype=np.float64))
    return [line for line in lines if len(line) > 1]


def _next(
    line: list[tuple[int, int]], left: set[tuple[int, int]]
) -> tuple[int, int] | None:
    """Choose the neighbour that lies straightest ahead."""
    y, x = line[-1]
    near = [(y + dy, x + dx) for dy, dx in _STEPS if (y + dy, x + dx) in left]
    if len(near) < 2:
        return near[0] if near else None
    before = line[max(0, len(line) - 5)]
    down, across = y - before[0], x - before[1]
    return max(near, key=lambda p: (p[0] - y) * down + (p[1] - x) * across)
