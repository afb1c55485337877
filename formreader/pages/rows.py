"""Join boxes of one size that stand side by side into rows of one digit each.

A cell that was not found, because a streak of the scanner or a thick stroke broke its
lines, would cut a number in two. Where the lines above and below go on beside a row,
the missing cell is put in from its neighbours' size.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from formreader.geometry import bounding_box
from formreader.pages.frames import Cell

Row = tuple[Cell, ...]

_CELL_ASPECT = (0.4, 1.6)  # width / height of a box for one digit
_SIZE_TOLERANCE = 0.2
_LEVEL_TOLERANCE = 0.2  # of the cell's height
_WIDEST_GAP = 0.5  # of the cell's width, between boxes that stand apart
_LONGEST_BREAK = 2  # cells missing in one place
_SHORTEST_ROW = 3  # cells; a shorter one says too little about what is missing
_RULED_SHARE = 0.75  # of the way beside a row, that both lines go on
_SLACK_PX = 3  # by which a line may lie off the straight way


def group_rows(cells: list[Cell], ink: npt.NDArray[np.uint8]) -> list[Row]:
    """Group cells into rows, each from left to right.

    Args:
        cells: All cells of the page that may hold a digit or a number.
        ink: (H, W) uint8, 255 = ink; the page, on which broken lines are looked for.

    Returns:
        Rows of one digit a cell, and the cells that stand alone as rows of one.
    """
    waiting = sorted(cells, key=lambda cell: cell.box.left)
    following = _continues(waiting, waiting, _WIDEST_GAP)
    taken = np.zeros(len(waiting), dtype=np.bool_)
    rows: list[Row] = []
    for first in range(len(waiting)):
        if taken[first]:
            continue
        indices = [first]
        taken[first] = True
        # Cells are sorted, so the first that follows is the nearest.
        while (following[indices[-1]] & ~taken).any():
            indices.append(int(np.argmax(following[indices[-1]] & ~taken)))
            taken[indices[-1]] = True
        rows.append(tuple(waiting[index] for index in indices))
    joined = _join_broken(rows, ink)
    return [_extend(row, joined, ink) for row in joined]


def side_lengths(corners: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Measure width and height of a four-sided outline in whole pixels."""
    width, height = _measure_sides(corners[None])[0]
    return int(width), int(height)


def _measure_sides(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Measure the sides of many outlines.

    Args:
        corners: (N, 4, 2) points (x, y).

    Returns:
        (N, 2) width and height in whole pixels, at least 1.
    """
    sides = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
    means = np.round((sides[:, :2] + sides[:, 2:]) / 2)
    return np.asarray(np.maximum(1, means), dtype=np.float64)


def _continues(
    cells: list[Cell], others: list[Cell], widest_gap: float
) -> npt.NDArray[np.bool_]:
    """Tell which boxes continue a row of boxes for one digit.

    Args:
        cells: N cells at the end of a row.
        others: M cells that may go on with it.
        widest_gap: Between the two, in widths of the first.

    Returns:
        (N, M) bool: the other has the same size and stands close to the right.
    """
    if not cells or not others:
        return np.zeros((len(cells), len(others)), dtype=np.bool_)
    left = np.array([cell.corners for cell in cells])[:, None]
    right = np.array([cell.corners for cell in others])[None]
    size = _measure_sides(left[:, 0])[:, None]
    width, height = size[..., 0], size[..., 1]
    aspect = width / height
    alike = np.abs(_measure_sides(right[0]) - size) <= _SIZE_TOLERANCE * size
    step = right[..., 0, 0] - left[..., 1, 0]
    near = (-0.1 * width <= step) & (step <= widest_gap * width)
    top_climb = np.abs(right[..., 0, 1] - left[..., 1, 1])
    bottom_climb = np.abs(right[..., 3, 1] - left[..., 2, 1])
    # A turned row climbs with every step.
    allowed = _LEVEL_TOLERANCE * np.maximum(height, step)
    level = np.maximum(top_climb, bottom_climb) < allowed
    narrow = (_CELL_ASPECT[0] <= aspect) & (aspect <= _CELL_ASPECT[1])
    return np.asarray(narrow & alike.all(axis=2) & near & level, dtype=np.bool_)


def _join_broken(rows: list[Row], ink: npt.NDArray[np.uint8]) -> list[Row]:
    """Join rows between which cells are missing."""
    joined = sorted(rows, key=lambda row: row[0].box.left)
    while (found := _find_break(joined, ink)) is not None:
        row, other = found
        whole = (*row, *_fill(row[-1], other[0]), *other)
        joined = [whole if r is row else r for r in joined if r is not other]
    return joined


def _find_break(rows: list[Row], ink: npt.NDArray[np.uint8]) -> tuple[Row, Row] | None:
    """Find a row that was broken off, and the one with which it goes on."""
    ends, starts = [row[-1] for row in rows], [row[0] for row in rows]
    near = _continues(ends, starts, _LONGEST_BREAK + 0.5)
    np.fill_diagonal(near, False)
    for index, other in np.argwhere(near).tolist():
        if _breaks(rows[index], rows[other], ink):
            return rows[index], rows[other]
    return None


def _breaks(row: Row, other: Row, ink: npt.NDArray[np.uint8]) -> bool:
    """Tell whether lines join a row to one that continues it."""
    if len(row) + len(other) < _SHORTEST_ROW:
        return False
    left, right = row[-1], other[0]
    return _is_ruled(left.corners[1], right.corners[0], left, ink) and _is_ruled(
        left.corners[2], right.corners[3], left, ink
    )


def _fill(left: Cell, right: Cell) -> list[Cell]:
    """Put cells of equal width between two cells."""
    width, _ = side_lengths(left.corners)
    gap = float(right.corners[0][0] - left.corners[1][0])
    count = max(1, round(gap / width)) if gap > _WIDEST_GAP * width else 0
    steps = np.linspace(0, 1, count + 1)
    tops = [left.corners[1] + s * (right.corners[0] - left.corners[1]) for s in steps]
    feet = [left.corners[2] + s * (right.corners[3] - left.corners[2]) for s in steps]
    return [
        Cell(np.array([*top, *foot[::-1]]), left.upright, left.line_px)
        for top, foot in zip(pairwise(tops), pairwise(feet), strict=True)
    ]


def _extend(row: Row, rows: list[Row], ink: npt.NDArray[np.uint8]) -> Row:
    """Put in cells that are missing at either end of a row."""
    if len(row) < _SHORTEST_ROW:
        return row
    others = [cell.box for other in rows if other is not row for cell in other]
    taken = np.array([(b.left, b.top, b.right, b.bottom) for b in others])
    taken = taken.reshape(-1, 4)
    for _ in range(_LONGEST_BREAK):
        before, after = _beyond(row[1], row[0]), _beyond(row[-2], row[-1])
        if _is_missing(before, taken, ink):
            row = (before, *row)
        if _is_missing(after, taken, ink):
            row = (*row, after)
    return row


def _beyond(inner: Cell, outer: Cell) -> Cell:
    """Make the cell that would follow two others at the same distance."""
    step = outer.corners - inner.corners
    return Cell(outer.corners + step, outer.upright, outer.line_px)


def _is_missing(
    cell: Cell, taken: npt.NDArray[np.int_], ink: npt.NDArray[np.uint8]
) -> bool:
    """Tell whether there are lines above and below a place, and no cell in it.

    Args:
        cell: What would be in the place.
        taken: (N, 4) left, top, right and bottom of the boxes around other cells.
        ink: (H, W) uint8, 255 = ink; the page.
    """
    corners = cell.corners
    height, width = ink.shape
    if corners.min() < 0 or corners[:, 0].max() >= width:
        return False
    if corners[:, 1].max() >= height:
        return False
    box = bounding_box(corners)
    low = np.maximum(taken[:, :2], (box.left, box.top))
    high = np.minimum(taken[:, 2:], (box.right, box.bottom))
    if np.any(np.clip(high - low, 0, None).prod(axis=1) > 0.1 * box.area):
        return False
    return _is_ruled(corners[0], corners[1], cell, ink) and _is_ruled(
        corners[3], corners[2], cell, ink
    )


def _is_ruled(
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
    cell: Cell,
    ink: npt.NDArray[np.uint8],
) -> bool:
    """Tell whether a line runs along most of the way between two points (x, y)."""
    count = max(2, round(float(np.linalg.norm(end - start))))
    way = np.round(np.linspace(start, end, count)).astype(np.intp)
    reach = int(np.ceil(cell.line_px)) + _SLACK_PX
    offsets = np.arange(-reach, reach + 1)
    y = np.clip(way[:, 1, None] + offsets, 0, ink.shape[0] - 1)
    x = np.clip(way[:, 0, None], 0, ink.shape[1] - 1)
    return float(ink[y, x].any(axis=1).mean()) >= _RULED_SHARE
