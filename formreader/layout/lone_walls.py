"""Doubts cells whose wall stands in one row of a table alone.

The upright stroke of a 1 or a 4 that reaches a line of the form may be taken for a
wall, and what is left of the number looks whole. Walls of tables go on above or below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from formreader.layout.cells import Row, list_boxes

__all__ = ["doubt_lone_walls"]

_NEAR = 0.5  # of a cell's height, to the cells above and below it
_ASIDE = 0.5  # of the same, from a wall to those of the cells above and below
_SLIVER = 1.5  # of the same, that a piece cut off by a stroke is wide at most

Floats = npt.NDArray[np.float64]


def doubt_lone_walls(rows: Sequence[Row]) -> list[Row]:
    """Doubt cells with a wall that neither the row above nor that below has.

    Args:
        rows: The cells of all fields of a page.

    Returns:
        The same; rows of boxes for a digit each as they are.
    """
    boxes = list_boxes(list(rows)).astype(np.float64)
    return [
        Row((replace(row[0], in_doubt=True),))
        if len(row) == 1 and _has_lone_wall(row, boxes)
        else row
        for row in rows
    ]


def _has_lone_wall(row: Row, boxes: Floats) -> bool:
    """Tell whether cells above and below one go on where it has a wall.

    At the edge of a table one of the two is enough if the wall cuts off a piece that is
    hardly wider than a digit: that is what stands before a 1.

    Args:
        row: The cell.
        boxes: (N, 4) left, top, right and bottom of all cells.
    """
    [(left, top, right, bottom)] = list_boxes([row]).tolist()
    height = bottom - top
    above = boxes[np.abs(boxes[:, 3] - top) <= _NEAR * height]
    below = boxes[np.abs(boxes[:, 1] - bottom) <= _NEAR * height]
    level = boxes[np.abs(boxes[:, 1] - top) <= _NEAR * height]
    aside = _ASIDE * height
    for x in (left, right):
        at_wall = [_find_across(near, x, aside) for near in (above, below)]
        if all(at_wall):
            return True
        is_edge = any(not _touches(near, x, aside) for near in (above, below))
        if any(at_wall) and is_edge and _has_sliver(level, x, height):
            return True
    return False


def _find_across(boxes: Floats, x: float, aside: float) -> bool:
    """Tell whether a box goes on well to both sides of a column of pixels."""
    return bool(((boxes[:, 0] < x - aside) & (x + aside < boxes[:, 2])).any())


def _touches(boxes: Floats, x: float, aside: float) -> bool:
    """Tell whether a box reaches a column of pixels, or nearly so."""
    return bool(((boxes[:, 0] < x + aside) & (x - aside < boxes[:, 2])).any())


def _has_sliver(level: Floats, x: float, height: float) -> bool:
    """Tell whether a narrow box of the same row ends or begins at a wall."""
    ends = (
        np.minimum(np.abs(level[:, 0] - x), np.abs(level[:, 2] - x)) < _ASIDE * height
    )
    narrow = level[:, 2] - level[:, 0] <= _SLIVER * height
    return bool((ends & narrow).any())
