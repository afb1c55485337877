"""Closes tables that are open at a side, where their lines end together.

Many a table has no wall at its left or right, or no line above its first row: its lines
just end. Where those of several rows end at one distance from the last wall, people see
a column there as well as if a wall were drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, measure_sides, side_lengths
from formreader.layout.cells import Cell, measure_shared
from formreader.layout.grids import Grid, Place
from formreader.layout.settings import SETTINGS

__all__ = ["close_table"]

_OPEN = SETTINGS.open_tables

Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Boxes = npt.NDArray[np.int_]


def close_table(grid: Grid, lines: Mask, others: Boxes) -> Grid:
    """Add the columns and rows that only the ends of a table's lines show.

    Args:
        grid: The cells that share walls.
        lines: (H, W) uint8, 255 = ink in which lines are looked for.
        others: (N, 4) left, top, right and bottom of all cells of the page.
    """
    for is_upright in (False, True, False, True):
        grid = _close_right(grid, lines, others, is_upright=is_upright)
        width = lines.shape[1]
        grid, others = _turn(grid, width), _turn_boxes(others, width)
        lines = np.rot90(lines)
    return grid


def _turn(grid: Grid, width: int) -> Grid:
    """Turn a grid on a page of some width to the left by 90 degrees."""
    columns = grid.shape[1]
    cells = [
        Cell(
            _turn_points(cell.corners[[1, 2, 3, 0]], width), cell.upright, cell.line_px
        )
        for cell in grid.cells
    ]
    places = (
        Place(columns - at.column - at.columns, at.row, at.columns, at.rows)
        for at in grid.places
    )
    return Grid(tuple(cells), tuple(places))


def _turn_points(points: Floats, width: int) -> Floats:
    """Turn points (N, 2) on a page of some width to the left by 90 degrees."""
    return np.stack([points[:, 1], width - points[:, 0]], axis=1)


def _turn_boxes(boxes: Boxes, width: int) -> Boxes:
    """Turn boxes (N, 4) on a page of some width to the left by 90 degrees."""
    left, top, right, bottom = boxes.T
    return np.stack([top, width - right, bottom, width - left], axis=1)


@dataclass(frozen=True, eq=False)
class _Ends:
    """The level lines of a grid beyond its last wall.

    Attributes:
        rows: (N,) the row that begins at each of them, ascending.
        starts: (N, 2) where each crosses the last wall, x and y.
        steps: (N, 2) from there to where it ends.
        line_px: Thickness of the lines.
    """

    rows: Boxes
    starts: Floats
    steps: Floats
    line_px: float

    def list_groups(self, least_px: float, slack_px: float) -> list[Boxes]:
        """Group lines that end at one distance from the wall, by place, ascending.

        One that ends elsewhere, since it is broken or goes on as another, parts no
        group.

        Args:
            least_px: The distance, at least.
            slack_px: By which distances differ.
        """
        lengths = self.steps[:, 0]
        long = np.flatnonzero(lengths >= least_px)
        typical = [np.median(lengths[long[abs(long - at) <= 2]]) for at in long]
        even = long[np.abs(lengths[long] - typical) <= slack_px]
        parted = np.flatnonzero(np.diff(even) > _OPEN.most_odd + 1) + 1
        groups = np.split(even, parted)
        return [group for group in groups if len(group) >= _OPEN.fewest_lines]

    def make_cells(
        self, group: Boxes, *, is_upright: bool
    ) -> list[tuple[Cell, int, int]]:
        """Make the cells between the lines of a group.

        Args:
            group: As `list_groups` gives it.
            is_upright: Whether the grid lies on its side.

        Returns:
            Each cell, its first row, and how many rows it covers.
        """
        within = np.arange(group[0], group[-1] + 1)
        steps = np.stack(
            [np.interp(within, group, self.steps[group, axis]) for axis in (0, 1)],
            axis=1,
        )
        half = np.array([0.0, self.line_px / 2])
        first = self.starts[within] + np.array([self.line_px, 0.0])
        last = self.starts[within] + steps
        made = []
        for upper, lower in pairwise(range(len(within))):
            outline = [first[upper] + half, last[upper] + half]
            outline += [last[lower] - half, first[lower] - half]
            corners = np.array(outline)
            row, below = self.rows[within[[upper, lower]]].tolist()
            width, height = side_lengths(corners)
            sizes = (height, width) if is_upright else (width, height)
            cell = Cell(corners, Box(0, 0, *sizes), self.line_px)
            made.append((cell, row, below - row))
        return made


def _close_right(grid: Grid, lines: Mask, others: Boxes, *, is_upright: bool) -> Grid:
    """Add a column at the right of a grid where its lines end together.

    Args:
        grid: The cells that share walls.
        lines: (H, W) uint8, 255 = ink in which lines are looked for.
        others: (N, 4) left, top, right and bottom of all cells of the page.
        is_upright: Whether the column is a row of the table: a number in it is alone.
    """
    ends = _find_ends(grid, lines)
    if len(ends.rows) < _OPEN.fewest_lines:
        return grid
    sizes = measure_sides(np.array([cell.corners for cell in grid.cells]))
    size = float(np.median(sizes, axis=0).min())
    cells, places = list(grid.cells), list(grid.places)
    column = grid.shape[1]
    for group in ends.list_groups(_OPEN.least * size, _OPEN.slack * size):
        for cell, row, rows in ends.make_cells(group, is_upright=is_upright):
            is_high = cell.box.width > _OPEN.highest * sizes[:, 0].max()
            if not (is_upright and is_high) and _is_free(cell, lines, others):
                cells.append(cell)
                places.append(Place(row, column, rows, 1))
    return Grid(tuple(cells), tuple(places))


def _is_free(cell: Cell, lines: Mask, others: Boxes) -> bool:
    """Tell whether a cell lies on the page, and where no other is."""
    box = cell.box
    if box.clipped(lines.shape) != box or not box.area:
        return False
    return not np.any(measure_shared(box, others) > _OPEN.most_shared * box.area)


def _find_ends(grid: Grid, lines: Mask) -> _Ends:
    """Find out how far the level lines of a grid go on beyond its last wall."""
    line_px = float(np.median([cell.line_px for cell in grid.cells]))
    reach = int(np.ceil(line_px)) + _OPEN.slack_px
    rows, starts, steps = [], [], []
    for row, (start, slope) in sorted(_list_starts(grid).items()):
        end = _follow(lines, start, slope, reach)
        if end is not None:
            rows.append(row)
            starts.append(start)
            steps.append(end - start)
    points = np.array([starts, steps], np.float64).reshape(2, -1, 2)
    return _Ends(np.array(rows, np.int_), points[0], points[1], line_px)


def _list_starts(grid: Grid) -> dict[int, tuple[Floats, float]]:
    """List where level lines cross the last wall of a grid, and how they climb.

    Returns:
        By the row that begins there, (x, y) and the rise for each pixel.
    """
    last = grid.shape[1]
    found: dict[int, list[tuple[Floats, float]]] = {}
    for cell, at in zip(grid.cells, grid.places, strict=True):
        if at.column + at.columns != last:
            continue
        half = np.array([0.0, cell.line_px / 2])
        left_top, right_top, right_foot, left_foot = cell.corners
        for row, end, start, side in (
            (at.row, right_top, left_top, -half),
            (at.row + at.rows, right_foot, left_foot, half),
        ):
            across, rise = end - start
            slope = float(rise / max(1.0, across))
            found.setdefault(row, []).append((end + side, slope))
    return {
        row: (
            np.mean([point for point, _ in known], axis=0),
            float(np.mean([slope for _, slope in known])),
        )
        for row, known in found.items()
    }


def _follow(lines: Mask, start: Floats, slope: float, reach: int) -> Floats | None:
    """Follow a level line to the right.

    Args:
        lines: (H, W) uint8, 255 = ink.
        start: (x, y) on it.
        slope: By which it sinks for each pixel, about.
        reach: Pixels by which it may lie above or below.

    Returns:
        Where it ends; None if it leaves the page.
    """
    height, width = lines.shape
    end = start
    x, y = start.tolist()
    ahead = _OPEN.stride_px / 2
    while True:
        left, top = round(x), round(y + slope * ahead) - reach
        bottom, right = top + 2 * reach + 1, left + _OPEN.stride_px
        if top < 0 or bottom > height or right > width:
            return None
        levels, columns = np.nonzero(lines[top:bottom, left:right])
        if len(columns):
            further = float(columns.max()) + 1
            end = np.array([left + further, y + slope * further])
        if len(np.unique(columns)) < _OPEN.seen * _OPEN.stride_px:
            return end
        middle = top + float(np.median(levels))
        slope += _OPEN.heed * ((middle - y) / ahead - slope)
        x, y = x + _OPEN.stride_px, middle + slope * ahead
