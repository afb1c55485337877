"""Cells within cells: a box in a table cell is the field, a printed guide is none."""

from __future__ import annotations

from itertools import compress

import numpy as np
import numpy.typing as npt

from formreader.layout.cells import Cell
from formreader.layout.frames import Frame

_INSIDE = 0.9  # of a cell's area: it lies in the other cell
_SAME_SIZE = 0.2
_GUIDED, _EIGHT = (0.5, 1.4), (0.3, 0.9)  # width / height of boxes and guides in them
_BLOCK = 64  # cells that are compared with all others at once


def keep_innermost(frames: list[Frame]) -> list[Cell]:
    """Drop cells that hold other cells: a box in a table cell is the field.

    The halves of a guide, printed in the shape of an 8 to write along, are no boxes:
    the box around them stays, and so do all of its size.
    """
    cells = [cell for frame in frames for cell in frame.cells]
    boxes = np.array(
        [(c.box.left, c.box.top, c.box.right, c.box.bottom) for c in cells]
    )
    boxes = boxes.reshape(-1, 4)
    sizes = boxes[:, 2:] - boxes[:, :2]
    holds = _find_nested(boxes)
    guided = np.array(
        [_holds_guide(boxes[row], sizes[i]) for i, row in enumerate(holds)]
    )
    if guided.any():
        like = np.abs(sizes[:, None] - sizes[guided]) <= _SAME_SIZE * sizes[guided]
        whole = like.all(axis=2).any(axis=1)
        dropped = holds[whole].any(axis=0)
        outer = (holds & ~dropped).any(axis=1)
        return list(compress(cells, ~(dropped | outer)))
    is_outer = np.asarray(holds.any(axis=1))
    return list(compress(cells, ~is_outer))


def _find_nested(boxes: npt.NDArray[np.int_]) -> npt.NDArray[np.bool_]:
    """Tell which boxes hold which others.

    Args:
        boxes: (N, 4) left, top, right and bottom.

    Returns:
        (N, N) bool: the first is the larger one and has most of the second in it.
    """
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    holds = np.zeros((len(boxes), len(boxes)), dtype=np.bool_)
    for start in range(0, len(boxes), _BLOCK):
        block = slice(start, start + _BLOCK)
        low = np.maximum(boxes[block, None, :2], boxes[None, :, :2])
        high = np.minimum(boxes[block, None, 2:], boxes[None, :, 2:])
        shared = np.clip(high - low, 0, None).prod(axis=2)
        larger = area[block, None] > area[None, :]
        holds[block] = (shared > _INSIDE * area[None, :]) & larger
    return holds


def _holds_guide(inner: npt.NDArray[np.int_], size: npt.NDArray[np.int_]) -> bool:
    """Tell whether a box holds just the two halves of an upright 8.

    Args:
        inner: (N, 4) left, top, right and bottom of the cells in it.
        size: Its width and height.
    """
    if len(inner) != 2 or not _GUIDED[0] < size[0] / size[1] < _GUIDED[1]:
        return False
    upper, lower = inner[np.argsort(inner[:, 1])]
    width, height = upper[2] - upper[0], lower[3] - upper[1]
    half = max(upper[3] - upper[1], lower[3] - lower[1])
    aligned = np.abs(upper[[0, 2]] - lower[[0, 2]]).max() <= _SAME_SIZE * width
    joined = 0 <= lower[1] - upper[3] <= _SAME_SIZE * height and half < 0.6 * height
    return bool(aligned and joined and _EIGHT[0] < width / height < _EIGHT[1])
