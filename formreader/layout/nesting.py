"""Cells within cells: a box in a table cell is the field, a printed guide is none."""

from __future__ import annotations

from itertools import compress

import numpy as np
import numpy.typing as npt

from formreader.layout.cells import Cell
from formreader.layout.frames import Frame
from formreader.layout.settings import SETTINGS
from formreader.layout.trace import LayoutTrace, Reason, note_drop

_NESTING = SETTINGS.nesting

_BLOCK = 64  # cells that are compared with all others at once


def keep_innermost(frames: list[Frame], trace: LayoutTrace | None = None) -> list[Cell]:
    """Drop cells that hold other cells: a box in a table cell is the field.

    The halves of a guide, printed in the shape of an 8 to write along, are no boxes:
    the box around them stays, and so do all of its size.

    Args:
        frames: The frames of a page.
        trace: Where it is said what was dropped, if anybody asks.
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
        off = np.abs(sizes[:, None] - sizes[guided])
        like = off <= _NESTING.same_size * sizes[guided]
        whole = like.all(axis=2).any(axis=1)
        is_guide = holds[whole].any(axis=0)
    else:
        is_guide = np.zeros(len(cells), dtype=np.bool_)
    is_outer = (holds & ~is_guide).any(axis=1)
    for cell in compress(cells, is_guide):
        note_drop(trace, cell.corners, Reason.GUIDE)
    for cell in compress(cells, is_outer & ~is_guide):
        note_drop(trace, cell.corners, Reason.HOLDS_BOXES)
    return list(compress(cells, ~(is_guide | is_outer)))


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
        holds[block] = (shared > _NESTING.inside * area[None, :]) & larger
    return holds


def _holds_guide(inner: npt.NDArray[np.int_], size: npt.NDArray[np.int_]) -> bool:
    """Tell whether a box holds just the two halves of an upright 8.

    Args:
        inner: (N, 4) left, top, right and bottom of the cells in it.
        size: Its width and height.
    """
    slimmest, widest = _NESTING.guided
    if len(inner) != 2 or not slimmest < size[0] / size[1] < widest:
        return False
    upper, lower = inner[np.argsort(inner[:, 1])]
    width, height = upper[2] - upper[0], lower[3] - upper[1]
    half = max(upper[3] - upper[1], lower[3] - lower[1])
    off = np.abs(upper[[0, 2]] - lower[[0, 2]]).max()
    aligned = off <= _NESTING.same_size * width
    joined = 0 <= lower[1] - upper[3] <= _NESTING.same_size * height
    joined = joined and half < _NESTING.flattest_half * height
    slimmest, widest = _NESTING.eight
    return bool(aligned and joined and slimmest < width / height < widest)
