"""Cells of tables that are open on one side, where no line closes the outer row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from formreader.geometry import Box

__all__ = ["find_open_cells"]

Mask = npt.NDArray[np.uint8]

_WALL_PX = 7  # in which a line beside the inner edge of a box lies
_RIM = 0.12  # of a side, in which lines may lie
_EVEN = 0.1  # of the length, by which two lines may end apart
_HIGH = (0.6, 1.4)  # of the box below it, how high an open cell may be
_WIDE = (0.5, 2.0)  # of the box to its left, how wide
_FEWEST = 3  # boxes in a row or column, beside which cells may be open


def find_open_cells(ink: Mask, boxes: Sequence[Box]) -> list[Box]:
    """Find cells above the first row or right of the last column of a table.

    Two lines go on beyond a box, end together, and leave free paper between them.

    Args:
        ink: (H, W) uint8, 255 = ink; an upright page.
        boxes: The closed boxes of the page.

    Returns:
        The open cells, where there are as many beside each other as a table has.
    """
    turned = [Box(box.top, -box.right, box.bottom, -box.left) for box in boxes]
    above = _extend_up(ink, boxes, _HIGH)
    # Rotated a quarter to the left, what lies to the right lies above.
    width = ink.shape[1]
    shifted = [box.shifted(0, width) for box in turned]
    beside = _extend_up(np.rot90(ink), shifted, _WIDE)
    found = [Box(width - b.bottom, b.left, width - b.top, b.right) for b in beside]
    levels = [box.bottom for box in above]
    edges = [box.left for box in found]
    return [
        *(box for box in above if _count_near(box.bottom, levels) >= _FEWEST),
        *(box for box in found if _count_near(box.left, edges) >= _FEWEST),
    ]


def _extend_up(ink: Mask, boxes: Sequence[Box], span: tuple[float, float]) -> list[Box]:
    found = []
    for box in boxes:
        most = round(span[1] * box.height) + _WALL_PX
        walls = [_measure_wall(ink, x, box.top, most) for x in (box.left, box.right)]
        length = min(walls)
        if not span[0] * box.height <= length <= span[1] * box.height:
            continue
        if max(walls) - length > _EVEN * length:
            continue
        cell = Box(box.left, box.top - length, box.right, box.top - _WALL_PX)
        rim = round(_RIM * min(cell.width, cell.height))
        inner = ink[cell.expanded(-rim, -rim).clipped(ink.shape).slices]
        if not inner.any() and not any(cell.intersection_area(one) for one in boxes):
            found.append(cell)
    return found


def _measure_wall(ink: Mask, x: int, bottom: int, most: int) -> int:
    """Measure how far a line goes on upwards from the corner of a box."""
    strip = ink[max(0, bottom - most) : bottom, max(0, x - _WALL_PX) : x + _WALL_PX]
    gaps = np.flatnonzero(~strip.astype(np.bool_).any(axis=1))[::-1]
    return len(strip) - 1 - int(gaps[0]) if gaps.size else len(strip)


def _count_near(value: int, values: Sequence[int]) -> int:
    return sum(abs(value - other) <= _WALL_PX for other in values)
