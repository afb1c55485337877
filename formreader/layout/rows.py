"""Join boxes of one size that stand side by side into rows of one digit each.

A cell that was not found, because a streak of the scanner or a thick stroke broke its
lines, would cut a number in two. Where the lines above and below go on beside a row,
the missing cell is put in from its neighbours' size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress

import numpy as np
import numpy.typing as npt

from formreader.geometry import bounding_box, measure_sides, side_lengths
from formreader.layout.cells import (
    Cell,
    Row,
    extrapolate,
    fill_between,
    list_boxes,
    measure_shared,
)
from formreader.layout.lines import follow_line
from formreader.layout.merged_cells import join_split, part_wide
from formreader.layout.settings import SETTINGS
from formreader.layout.trace import LayoutTrace, Reason, note_drop
from formreader.records import FieldKind

_ROWS = SETTINGS.rows

_BLOCK = 64  # cells that are compared with all others at once


def group_rows(
    cells: list[Cell],
    ink: npt.NDArray[np.uint8],
    trace: LayoutTrace | None = None,
    widest_gap: float = _ROWS.widest_gap,
    others: Sequence[Cell] = (),
    are_parted: Callable[[Cell, Cell], bool] | None = None,
) -> list[Row]:
    """Group cells into rows, each from left to right.

    Args:
        cells: All cells of the page that may hold a digit or a number.
        ink: (H, W) uint8, 255 = ink; the page, on which broken lines are looked for.
        trace: Where it is said what was dropped, if anybody asks.
        widest_gap: Between boxes of a row, in widths of one.
        others: Cells that are part of no row; no cell is put in where one of them is.
        are_parted: Whether something else stands between two boxes, left and right,
            that would follow each other.

    Returns:
        Rows of one digit a cell, and the cells that stand alone as rows of one.
    """
    waiting = sorted(cells, key=lambda cell: cell.box.left)
    following = _continues(waiting, waiting, widest_gap)
    taken = np.zeros(len(waiting), dtype=np.bool_)
    rows: list[Row] = []
    for first in range(len(waiting)):
        if taken[first]:
            continue
        indices = [first]
        taken[first] = True
        # Cells are sorted, so the first that follows is the nearest.
        while (following[indices[-1]] & ~taken).any():
            after = int(np.argmax(following[indices[-1]] & ~taken))
            if are_parted is not None and are_parted(
                waiting[indices[-1]], waiting[after]
            ):
                break
            indices.append(after)
            taken[after] = True
        rows.append(Row(waiting[index] for index in indices))
    joined = _join_broken(part_wide(join_split(rows), ink), ink, are_parted)
    singles = list_boxes([row for row in joined if row.kind is FieldKind.BOX])
    longer = [row for row in joined if row.kind is FieldKind.CELLS]
    taken_places = list_boxes([*longer, Row(others)])
    whole = [_extend(row, singles, taken_places, ink) for row in joined]
    return _drop_inside(whole, trace)


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
    left = np.array([cell.corners for cell in cells])
    right = np.array([cell.corners for cell in others])
    blocks = range(0, len(left), _BLOCK)
    return np.concatenate(
        [_compare(left[i : i + _BLOCK, None], right[None], widest_gap) for i in blocks]
    )


def _compare(
    left: npt.NDArray[np.float64], right: npt.NDArray[np.float64], widest_gap: float
) -> npt.NDArray[np.bool_]:
    """Do what `_continues` does, for corners (N, 1, 4, 2) and (1, M, 4, 2)."""
    size = measure_sides(left[:, 0])[:, None]
    width, height = size[..., 0], size[..., 1]
    aspect = width / height
    alike = np.abs(measure_sides(right[0]) - size) <= _ROWS.size_tolerance * size
    step = right[..., 0, 0] - left[..., 1, 0]
    near = (-0.1 * width <= step) & (step <= widest_gap * width)
    top_climb = np.abs(right[..., 0, 1] - left[..., 1, 1])
    bottom_climb = np.abs(right[..., 3, 1] - left[..., 2, 1])
    # A turned row climbs with every step.
    allowed = _ROWS.level_tolerance * np.maximum(height, step)
    level = np.maximum(top_climb, bottom_climb) < allowed
    narrow = (_ROWS.cell_aspect[0] <= aspect) & (aspect <= _ROWS.cell_aspect[1])
    return np.asarray(narrow & alike.all(axis=2) & near & level, dtype=np.bool_)


def _join_broken(
    rows: list[Row],
    ink: npt.NDArray[np.uint8],
    are_parted: Callable[[Cell, Cell], bool] | None,
) -> list[Row]:
    """Join rows between which cells are missing."""
    joined = sorted(rows, key=lambda row: row[0].box.left)
    while (found := _find_break(joined, ink, are_parted)) is not None:
        row, other = found
        whole = Row((*row, *_fill(row[-1], other[0]), *other))
        joined = [whole if r is row else r for r in joined if r is not other]
    return joined


def _find_break(
    rows: list[Row],
    ink: npt.NDArray[np.uint8],
    are_parted: Callable[[Cell, Cell], bool] | None,
) -> tuple[Row, Row] | None:
    """Find a row that was broken off, and the one with which it goes on."""
    ends, starts = [row[-1] for row in rows], [row[0] for row in rows]
    near = _continues(ends, starts, _ROWS.longest_break + 0.5)
    np.fill_diagonal(near, False)
    for index, other in np.argwhere(near).tolist():
        if are_parted is not None and are_parted(ends[index], starts[other]):
            continue
        if _breaks(rows[index], rows[other], ink):
            return rows[index], rows[other]
    return None


def _breaks(row: Row, other: Row, ink: npt.NDArray[np.uint8]) -> bool:
    """Tell whether lines join a row to one that continues it."""
    if len(row) + len(other) < _ROWS.shortest_row:
        return False
    left, right = row[-1], other[0]
    return _is_ruled(left.corners[1], right.corners[0], left, ink) and _is_ruled(
        left.corners[2], right.corners[3], left, ink
    )


def _fill(left: Cell, right: Cell) -> Row:
    """Put cells of equal width between two cells."""
    width, _ = side_lengths(left.corners)
    gap = float(right.corners[0][0] - left.corners[1][0])
    count = max(1, round(gap / width)) if gap > _ROWS.widest_gap * width else 0
    return fill_between(left, right, count)


def _extend(
    row: Row,
    singles: npt.NDArray[np.int_],
    longer: npt.NDArray[np.int_],
    ink: npt.NDArray[np.uint8],
) -> Row:
    """Put in cells that are missing at either end of a row.

    Args:
        row: The row.
        singles: (N, 4) left, top, right and bottom of the cells that stand alone.
        longer: (M, 4) the same of the cells of rows.
        ink: (H, W) uint8, 255 = ink; the page.
    """
    if len(row) < _ROWS.shortest_row:
        return row
    for _ in range(_ROWS.longest_break):
        before, after = extrapolate(row[1], row[0]), extrapolate(row[-2], row[-1])
        if _is_missing(before, singles, longer, ink):
            row = Row((before, *row))
        if _is_missing(after, singles, longer, ink):
            row = Row((*row, after))
    return row


def _drop_inside(rows: list[Row], trace: LayoutTrace | None) -> list[Row]:
    """Drop single cells in a cell of a row: what a stroke of a digit cut off."""
    singles = list_boxes([row for row in rows if row.kind is FieldKind.BOX])
    area = (singles[:, 2:] - singles[:, :2]).prod(axis=1)
    inside = np.zeros(len(singles), dtype=np.bool_)
    for row in rows:
        if row.kind is FieldKind.CELLS:
            around = bounding_box(np.concatenate([cell.corners for cell in row]))
            within = measure_shared(around, singles) >= _ROWS.inside * area
            near = np.flatnonzero(within)
            for cell in row if near.size else ():
                shared = measure_shared(cell.box, singles[near])
                inside[near] |= shared >= _ROWS.inside * area[near]
    alone = [row[0] for row in rows if row.kind is FieldKind.BOX]
    for cell in compress(alone, inside):
        note_drop(trace, cell.corners, Reason.CUT_OFF)
    dropped = iter(inside)
    return [row for row in rows if row.kind is FieldKind.CELLS or not next(dropped)]


def _is_missing(
    cell: Cell,
    singles: npt.NDArray[np.int_],
    longer: npt.NDArray[np.int_],
    ink: npt.NDArray[np.uint8],
) -> bool:
    """Tell whether there are lines above and below a place, and no cell in it.

    Single cells in the place count for nothing: a stroke of a digit cut them off.

    Args:
        cell: What would be in the place.
        singles: (N, 4) left, top, right and bottom of the cells that stand alone.
        longer: (M, 4) the same of the cells of rows.
        ink: (H, W) uint8, 255 = ink; the page.
    """
    corners = cell.corners
    height, width = ink.shape
    if corners.min() < 0 or corners[:, 0].max() >= width:
        return False
    if corners[:, 1].max() >= height:
        return False
    box = bounding_box(corners)
    most = _ROWS.most_shared * box.area
    shared = measure_shared(box, singles)
    is_inside = shared >= _ROWS.inside * (singles[:, 2:] - singles[:, :2]).prod(axis=1)
    if np.any((shared > most) & ~is_inside):
        return False
    if np.any(measure_shared(box, longer) > most) or _is_crossed(corners, ink):
        return False
    return _is_ruled(corners[0], corners[1], cell, ink) and _is_ruled(
        corners[3], corners[2], cell, ink
    )


def _is_crossed(corners: npt.NDArray[np.float64], ink: npt.NDArray[np.uint8]) -> bool:
    """Tell whether an upright line runs through a place from top to bottom.

    Then other boxes are there, or the lines around the whole row.
    """
    upper_left, upper_right, lower_right, lower_left = corners
    width, height = side_lengths(corners)
    across = np.linspace(*_ROWS.inner_share, max(2, width))[:, None, None]
    down = np.linspace(0, 1, max(2, height))[None, :, None]
    top = upper_left + across * (upper_right - upper_left)
    foot = lower_left + across * (lower_right - lower_left)
    points = np.round(top + down * (foot - top)).astype(np.intp)
    is_inked = ink[points[..., 1], points[..., 0]] > 0
    return bool((is_inked.mean(axis=1) >= _ROWS.crossed_share).any())


def _is_ruled(
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
    cell: Cell,
    ink: npt.NDArray[np.uint8],
) -> bool:
    """Tell whether a line runs along most of the way between two points (x, y)."""
    reach = int(np.ceil(cell.line_px)) + _ROWS.slack_px
    is_inked = follow_line(ink, start, end, reach)
    return float(is_inked.mean()) >= _ROWS.ruled_share
