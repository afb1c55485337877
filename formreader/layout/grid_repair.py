"""Mends a grid of cells by what repeats along its rows and down its columns.

A wall that stands in one row of a table alone is a stroke of the pen. A wall that is
missing in one row alone was broken, or the pen ran over it. And where a row and a
column cross without a cell, there is one if the lines around it say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from formreader.geometry import bounding_box, measure_sides
from formreader.layout.cells import Cell, join_cells, measure_shared, swap_cell
from formreader.layout.grids import Grid, Place
from formreader.layout.lines import follow_line
from formreader.layout.settings import SETTINGS

__all__ = ["mend_grid"]

_REPAIR = SETTINGS.grid_repair

# The four neighbours of a slot: rows down, columns to the right.
_ABOVE, _RIGHT, _BELOW, _LEFT = (-1, 0), (0, 1), (1, 0), (0, -1)

Mask = npt.NDArray[np.uint8]
Slots = npt.NDArray[np.int_]


def mend_grid(
    grid: Grid,
    is_printed: Callable[[Cell], bool],
    lines: Mask,
    others: npt.NDArray[np.int_],
) -> Grid:
    """Join what strokes have parted, part what ran together, put in what was lost.

    Args:
        grid: The cells that share walls.
        is_printed: Whether a cell holds print; such a cell is as it is meant.
        lines: (H, W) uint8, 255 = ink in which lines are looked for.
        others: (N, 4) left, top, right and bottom of all cells of the page.
    """
    for _ in range(2):  # down the columns, then along the rows
        grid = _part_merged(_join_split(grid, is_printed), is_printed)
        grid = _swap(grid)
    return _fill(grid, lines, others)


def _swap(grid: Grid) -> Grid:
    """Make columns of rows, with the x and y of all corners changing places."""
    places = (Place(at.column, at.row, at.columns, at.rows) for at in grid.places)
    return Grid(tuple(map(swap_cell, grid.cells)), tuple(places))


def _join_split(grid: Grid, is_printed: Callable[[Cell], bool]) -> Grid:
    """Join cells with a wall between them that hardly any other row has."""
    slots = grid.slots()
    for wall in range(slots.shape[1] - 1, 0, -1):
        left, right = slots[:, wall - 1], slots[:, wall]
        known = (left >= 0) & (right >= 0)
        parted = np.flatnonzero(known & (left != right))
        if not 0 < len(parted) <= _count_lone(grid, int(known.sum()), is_printed):
            continue
        pairs = dict(zip(left[parted].tolist(), right[parted].tolist(), strict=True))
        split = [*pairs, *pairs.values()]
        single = all(grid.places[index].is_single for index in split)
        if single and not any(is_printed(grid.cells[index]) for index in split):
            return _join_split(_without_wall(grid, wall, pairs), is_printed)
    return grid


def _count_lone(grid: Grid, known: int, is_printed: Callable[[Cell], bool]) -> int:
    """Count in how many of the rows on both sides of a wall strokes may have made it.

    A row of boxes that is struck out looks like two rows, but for some of its boxes.
    """
    most = max(1, int(_REPAIR.lone_share * known))
    if grid.shape[1] == 2 and not any(map(is_printed, grid.cells)):
        most = known
    return min(most, known - _REPAIR.fewest_rows)


def _without_wall(grid: Grid, wall: int, pairs: dict[int, int]) -> Grid:
    """Join the cells left and right of a wall, and its columns into one."""
    right = set(pairs.values())
    cells, places = [], []
    for index, (cell, at) in enumerate(zip(grid.cells, grid.places, strict=True)):
        if index in right:
            continue
        first = at.column - (at.column >= wall)
        last = at.column + at.columns - (at.column + at.columns > wall)
        if index in pairs:
            cell, last = join_cells(cell, grid.cells[pairs[index]]), wall
        cells.append(cell)
        places.append(replace(at, column=first, columns=last - first))
    return Grid(tuple(cells), tuple(places))


def _part_merged(grid: Grid, is_printed: Callable[[Cell], bool]) -> Grid:
    """Part the cells through which walls of the rows above and below go."""
    slots = grid.slots()
    cells, places = [], []
    for cell, at in zip(grid.cells, grid.places, strict=True):
        walls = []
        if at.columns > 1 and at.rows == 1 and not is_printed(cell):
            walls = _find_walls(grid, slots, at)
        edges = [at.column, *(wall for wall, _ in walls), at.column + at.columns]
        cells += _cut_at(cell, [points for _, points in walls])
        places += [
            replace(at, column=first, columns=last - first)
            for first, last in pairwise(edges)
        ]
    return Grid(tuple(cells), tuple(places))


def _find_walls(
    grid: Grid, slots: Slots, at: Place
) -> list[tuple[int, npt.NDArray[np.float64]]]:
    """Find the walls right above and right below a cell that miss in it.

    Returns:
        The column that begins at each wall, and (4, 2) where the wall meets the cell:
        on the left and right of it above, on the left and right of it below.
    """
    if at.row == 0 or at.row + 1 >= len(slots):
        return []
    above, below = slots[at.row - 1], slots[at.row + 1]
    found = []
    for wall in range(at.column + 1, at.column + at.columns):
        ends = [above[wall - 1], above[wall], below[wall - 1], below[wall]]
        if min(ends) < 0 or ends[0] == ends[1] or ends[2] == ends[3]:
            continue
        corners = [grid.cells[index].corners for index in ends]
        sides = [corners[0][2], corners[1][3], corners[2][1], corners[3][0]]
        found.append((wall, np.array(sides)))
    return found


def _cut_at(cell: Cell, walls: list[npt.NDArray[np.float64]]) -> list[Cell]:
    """Cut a cell at walls (4, 2), as `_find_walls` gives them, from left to right."""
    parts, rest = [], cell.corners
    for wall in walls:
        above, below = np.array(rest[[0, 3]], np.float64)
        own = rest[1], rest[2]
        top = [np.array([x, _level(above, own[0], x)]) for x in wall[:2, 0]]
        foot = [np.array([x, _level(below, own[1], x)]) for x in wall[2:, 0]]
        parts.append(np.array([above, top[0], foot[0], below]))
        rest = np.array([top[1], own[0], own[1], foot[1]])
    return [Cell(part, cell.upright, cell.line_px) for part in (*parts, rest)]


def _level(
    start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], x: float
) -> float:
    """Find the y of a level line through two points at an x."""
    return float(np.interp(x, [start[0], end[0]], [start[1], end[1]]))


def _fill(grid: Grid, lines: Mask, others: npt.NDArray[np.int_]) -> Grid:
    """Put in cells that were not found, one after another while there are any."""
    slots = grid.slots()
    cells, places = list(grid.cells), list(grid.places)
    waiting = [tuple(slot) for slot in np.argwhere(slots < 0).tolist()]
    found = True
    while found:
        found = False
        for slot in list(waiting):
            cell = _Slot(slot[0], slot[1], slots, cells, places).make_cell()
            if cell is None or not _is_cell(cell, slot, slots, lines, others):
                continue
            found = True
            waiting.remove(slot)
            slots[slot] = len(cells)
            cells.append(cell)
            places.append(Place(*slot))
    return Grid(tuple(cells), tuple(places))


@dataclass(frozen=True, eq=False)
class _Slot:
    """A row and a column that cross, and the cells of the grid around them."""

    row: int
    column: int
    slots: Slots
    cells: list[Cell]
    places: list[Place]

    def make_cell(self) -> Cell | None:
        """Make the cell that would lie here, between those beside it.

        Returns:
            None if too little is known of the row or of the column.
        """
        beside = [self._find(_LEFT), self._find(_RIGHT)]
        stacked = [self._find(_ABOVE), self._find(_BELOW)]
        if not any(beside) or not any(stacked):
            return None
        own = next(cell for cell in (*beside, *stacked) if cell is not None)
        x = _take(stacked, ((3, 0), (2, 1)), axis=0)
        y = _take(beside, ((1, 0), (2, 3)), axis=1)
        # x: left and right, above and below; y: top and foot, left and right.
        corners = [(x[0][0], y[0][0]), (x[1][0], y[0][1])]
        corners += [(x[1][1], y[1][1]), (x[0][1], y[1][0])]
        outline = np.array(corners)
        if (measure_sides(outline[None]) < 2).any():
            return None
        return Cell(outline, own.upright, own.line_px)

    def _find(self, step: tuple[int, int]) -> Cell | None:
        """Find the cell beside this slot, if it covers just this row or column."""
        row, column = self.row + step[0], self.column + step[1]
        height, width = self.slots.shape
        if not (0 <= row < height and 0 <= column < width):
            return None
        index = int(self.slots[row, column])
        if index < 0:
            return None
        at = self.places[index]
        spans = at.rows if step[0] == 0 else at.columns
        return self.cells[index] if spans == 1 else None


def _take(
    pair: list[Cell | None], corners: tuple[tuple[int, int], ...], axis: int
) -> list[tuple[float, float]]:
    """Take coordinates from the cells on both sides, or twice from one of them.

    Args:
        pair: The cells before and after.
        corners: For each coordinate, the corner of the cell before, and of that after.
        axis: 0 for x, 1 for y.
    """
    taken = []
    for before, after in corners:
        known = [
            float(cell.corners[corner][axis])
            for cell, corner in zip(pair, (before, after), strict=True)
            if cell is not None
        ]
        taken.append((known[0], known[-1]))
    return taken


def _is_cell(
    cell: Cell,
    slot: tuple[int, ...],
    slots: Slots,
    lines: Mask,
    others: npt.NDArray[np.int_],
) -> bool:
    """Tell whether a cell that would fit into a slot is there.

    Each of its walls is known from the cell beyond it, or to be seen, or the page ends
    there.
    """
    box = bounding_box(cell.corners)
    if not others.size or box.clipped(lines.shape) != box:
        return False
    if np.any(measure_shared(box, others) > _REPAIR.most_shared * box.area):
        return False
    upper_left, upper_right, lower_right, lower_left = cell.corners
    walls = (
        (_ABOVE, upper_left, upper_right),
        (_RIGHT, upper_right, lower_right),
        (_BELOW, lower_left, lower_right),
        (_LEFT, upper_left, lower_left),
    )
    reach = int(np.ceil(cell.line_px)) + _REPAIR.slack_px
    for step, start, end in walls:
        row, column = slot[0] + step[0], slot[1] + step[1]
        inside = 0 <= row < slots.shape[0] and 0 <= column < slots.shape[1]
        if inside and slots[row, column] >= 0:
            continue
        if _is_cut_off(start, end, reach, lines.shape):
            continue
        seen = follow_line(lines, start, end, reach, level=step[0] != 0)
        if float(seen.mean()) < _REPAIR.ruled_share:
            return False
    return True


def _is_cut_off(
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
    reach: int,
    shape: tuple[int, ...],
) -> bool:
    """Tell whether a wall from one point (x, y) to another lies on the page's edge."""
    size = np.array([shape[1], shape[0]])
    ends = np.array([start, end])
    near = (ends <= reach) | (ends >= size - 1 - reach)
    return bool(near.all(axis=0).any())
