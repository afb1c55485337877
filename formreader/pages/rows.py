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
    rows: list[Row] = []
    while waiting:
        row = [waiting.pop(0)]
        while (following := _next_in_row(row[-1], waiting)) is not None:
            waiting.remove(following)
            row.append(following)
        rows.append(tuple(row))
    joined = _join_broken(rows, ink)
    return [_extend(row, joined, ink) for row in joined]


def side_lengths(corners: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Measure width and height of a four-sided outline in whole pixels."""
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    width, height = (sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2
    return max(1, round(float(width))), max(1, round(float(height)))


def _next_in_row(cell: Cell, candidates: list[Cell]) -> Cell | None:
    """Find the box that continues a row to the right, if there is one."""
    if not _has_digit_shape(cell):
        return None
    following = [other for other in candidates if _continues(cell, other, _WIDEST_GAP)]
    return min(following, key=lambda other: other.box.left, default=None)


def _has_digit_shape(cell: Cell) -> bool:
    width, height = side_lengths(cell.corners)
    return _CELL_ASPECT[0] <= width / height <= _CELL_ASPECT[1]


def _continues(cell: Cell, other: Cell, widest_gap: float) -> bool:
    """Tell whether the other box has the same size and stands close to the right."""
    width, height = side_lengths(cell.corners)
    other_width, other_height = side_lengths(other.corners)
    if abs(width - other_width) > _SIZE_TOLERANCE * width:
        return False
    if abs(height - other_height) > _SIZE_TOLERANCE * height:
        return False
    top_step = other.corners[0] - cell.corners[1]
    bottom_step = other.corners[3] - cell.corners[2]
    near = -0.1 * width <= top_step[0] <= widest_gap * width
    steps = abs(top_step[1]), abs(bottom_step[1])
    # A turned row climbs with every step.
    allowed = _LEVEL_TOLERANCE * max(height, float(top_step[0]))
    return bool(near and max(steps) < allowed)


def _join_broken(rows: list[Row], ink: npt.NDArray[np.uint8]) -> list[Row]:
    """Join rows between which cells are missing."""
    joined = sorted(rows, key=lambda row: row[0].box.left)
    index = 0
    while index < len(joined):
        row = joined[index]
        other = next((r for r in joined if r is not row and _breaks(row, r, ink)), None)
        if other is None:
            index += 1
            continue
        between = _fill(row[-1], other[0])
        joined[index] = (*row, *between, *other)
        joined = [r for r in joined if r is not other]
        index = 0
    return joined


def _breaks(row: Row, other: Row, ink: npt.NDArray[np.uint8]) -> bool:
    """Tell whether the other row goes on where this one was broken off."""
    if len(row) + len(other) < _SHORTEST_ROW:
        return False
    left, right = row[-1], other[0]
    if not (_has_digit_shape(left) and _continues(left, right, _LONGEST_BREAK + 0.5)):
        return False
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
    others = [cell for other in rows if other is not row for cell in other]
    for _ in range(_LONGEST_BREAK):
        before, after = _beyond(row[1], row[0]), _beyond(row[-2], row[-1])
        if _is_missing(before, others, ink):
            row = (before, *row)
        if _is_missing(after, others, ink):
            row = (*row, after)
    return row


def _beyond(inner: Cell, outer: Cell) -> Cell:
    """Make the cell that would follow two others at the same distance."""
    step = outer.corners - inner.corners
    return Cell(outer.corners + step, outer.upright, outer.line_px)


def _is_missing(cell: Cell, others: list[Cell], ink: npt.NDArray[np.uint8]) -> bool:
    """Tell whether there are lines above and below a place, and no cell in it."""
    corners = cell.corners
    height, width = ink.shape
    if corners.min() < 0 or corners[:, 0].max() >= width:
        return False
    if corners[:, 1].max() >= height:
        return False
    box = bounding_box(corners)
    if any(box.intersection_area(other.box) > 0.1 * box.area for other in others):
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
