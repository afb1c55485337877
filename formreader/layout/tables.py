"""Tells rows of boxes for one digit each from the rows of a table.

Cells of one size that adjoin are a number with a digit in each box, or cells of a table
with a number in each. The columns of a table have headings, or are wider than a digit
needs; a number in boxes has a label before it or above all of them. And where cells of
a block hold several digits side by side, its cells are fields of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from formreader.geometry import measure_sides
from formreader.layout.cells import Cell, Row, list_boxes
from formreader.layout.grid_repair import mend_grid
from formreader.layout.grids import Grid, find_grids
from formreader.layout.open_tables import close_table
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.records import FieldKind

__all__ = ["SortedCells", "name_cells", "part_at_gaps", "part_tables", "sort_cells"]

_TABLES = SETTINGS.tables
_ROWS = SETTINGS.rows


@dataclass(frozen=True)
class SortedCells:
    """The cells of a page by what they are part of.

    Attributes:
        tables: The tables.
        labels: The cells outside of tables with print in them, wider than for a digit.
        boxes: All others, which may be for one digit of a number each.
    """

    tables: tuple[Grid, ...]
    labels: tuple[Cell, ...]
    boxes: tuple[Cell, ...]


def sort_cells(
    cells: list[Cell], inks: SeparatedInk, lines: npt.NDArray[np.uint8]
) -> SortedCells:
    """Tell the cells of tables from those of boxes.

    Args:
        cells: All cells of a page, none within another.
        inks: The ink of the page by whose it is.
        lines: (H, W) uint8, 255 = ink in which lines are looked for.
    """
    contents = _Contents(inks, inks.pen_boxes)
    every = list_boxes([Row((cell,)) for cell in cells])
    tables, free = [], {id(cell): cell for cell in cells}
    for grid in find_grids(cells):
        is_stack = grid.shape[1] == 1
        if not is_stack and not _has_crossing(grid.slots()):
            continue
        mended = mend_grid(grid, contents.is_printed, lines, every)
        mended = close_table(mended, lines, every)
        if is_stack and not _has_crossing(mended.slots()):
            continue
        for cell in grid.cells:
            del free[id(cell)]
        free |= {id(cell): cell for cell in mended.cells}
        table = _without_box_rows(mended, contents)
        if _has_crossing(table.slots()):
            tables.append(table)
            for cell in table.cells:
                del free[id(cell)]
    labels = {
        key
        for key, cell in free.items()
        if not _is_box_shaped(cell) and contents.is_printed(cell)
    }
    return SortedCells(
        tuple(tables),
        tuple(cell for key, cell in free.items() if key in labels),
        tuple(cell for key, cell in free.items() if key not in labels),
    )


def _is_box_shaped(cell: Cell) -> bool:
    """Tell whether a cell is no wider than a box for one digit."""
    width, height = measure_sides(cell.corners[None])[0]
    return bool(width <= _ROWS.cell_aspect[1] * height)


def name_cells(tables: list[Grid]) -> list[Cell]:
    """Name the cells of tables by table, row and column, each from 1.

    Args:
        tables: In reading order.
    """
    return [
        replace(cell, name=f"t{number}_r{at.row + 1:02d}_c{at.column + 1:02d}")
        for number, table in enumerate(tables, start=1)
        for cell, at in zip(table.cells, table.places, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class _Contents:
    """What stands in the cells of a page."""

    inks: SeparatedInk
    characters: npt.NDArray[np.int32]

    def is_printed(self, cell: Cell) -> bool:
        """Tell whether a cell holds print, and little of the pen beside it."""
        inside = cell.box.clipped(self.inks.pen.shape).slices
        printed = np.count_nonzero(self.inks.print_[inside])
        least = _TABLES.least_print * cell.box.height**2
        written = np.count_nonzero(self.inks.pen[inside])
        return bool(printed >= least and printed > _TABLES.print_to_pen * written)

    def have_numbers(self, rows: Iterable[Iterable[Cell]]) -> bool:
        """Tell whether cells of a block hold several digits each, side by side."""
        return _have_numbers(rows, self.characters)


def _has_crossing(slots: npt.NDArray[np.int_]) -> bool:
    """Tell whether four cells of a grid meet in a point."""
    four = [slots[:-1, :-1], slots[:-1, 1:], slots[1:, :-1], slots[1:, 1:]]
    known = np.minimum.reduce(four) >= 0
    above, below = four[0] != four[1], four[2] != four[3]
    before, after = four[0] != four[2], four[1] != four[3]
    return bool((known & above & below & before & after).any())


def _without_box_rows(grid: Grid, contents: _Contents) -> Grid:
    """Leave out of a grid the cells that take one digit of a number each.

    Beside other columns of a table they are its columns too, unless one heading stands
    above all of them.
    """
    slots = grid.slots()
    out: set[int] = set()
    for columns in _find_box_columns(grid):
        members = [
            [index for index in row if index >= 0 and grid.places[index].is_single]
            for row in slots[:, columns].tolist()
        ]
        rows = [[grid.cells[index] for index in row] for row in members if row]
        if _has_headings(rows, contents) or contents.have_numbers(rows):
            continue
        beside = np.delete(slots, columns, axis=1)
        if _has_crossing(beside) and not _have_one_heading(grid, columns, contents):
            continue
        out.update(index for row in members for index in row)
    kept = [index for index in range(len(grid.cells)) if index not in out]
    return Grid(
        tuple(grid.cells[index] for index in kept),
        tuple(grid.places[index] for index in kept),
    )


def _have_one_heading(grid: Grid, columns: list[int], contents: _Contents) -> bool:
    """Tell whether a printed cell reaches over just these columns."""
    return any(
        at.column == columns[0]
        and at.columns == len(columns)
        and contents.is_printed(cell)
        for cell, at in zip(grid.cells, grid.places, strict=True)
    )


def _find_box_columns(grid: Grid) -> list[list[int]]:
    """Find the columns side by side whose cells are shaped as boxes for a digit."""
    sizes = measure_sides(np.array([cell.corners for cell in grid.cells]))
    single = np.array([at.is_single for at in grid.places])
    column = np.array([at.column for at in grid.places])
    runs: list[list[int]] = [[]]
    widths: list[float] = []
    for index in range(grid.shape[1]):
        own = sizes[single & (column == index)]
        width, height = np.median(own, axis=0) if len(own) else (0.0, 1.0)
        low, high = _ROWS.cell_aspect
        if not low <= width / height <= high:
            runs.append([])
            widths = []
            continue
        typical = float(np.median(widths)) if widths else width
        if abs(width - typical) > _ROWS.size_tolerance * typical:
            runs.append([])
            widths = []
        runs[-1].append(index)
        widths.append(width)
    return [run for run in runs if len(run) > 1]


def _has_headings(rows: list[list[Cell]], contents: _Contents) -> bool:
    """Tell whether the cells of one row are printed, and those of another are not.

    Boxes with a guide printed into each of them are all printed.
    """
    shares = [np.mean([contents.is_printed(cell) for cell in row]) for row in rows]
    return bool(max(shares) >= _TABLES.headed and min(shares) <= _TABLES.unheaded)


def part_tables(rows: list[Row], characters: npt.NDArray[np.int32]) -> list[Row]:
    """Part rows of cells that hold a number each into fields of one cell.

    Args:
        rows: Rows of cells, in any order.
        characters: (N, 4) left, top, width and height of the pen's components.

    Returns:
        The rows in the same order, those of tables in pieces of one cell.
    """
    parted: set[int] = set()
    for block in _find_blocks(rows):
        if _have_numbers((rows[index] for index in block), characters):
            parted.update(block)
    return [
        part
        for index, row in enumerate(rows)
        for part in ([Row((cell,)) for cell in row] if index in parted else [row])
    ]


def part_at_gaps(rows: list[Row]) -> list[Row]:
    """Part rows of boxes where they stand further apart than within a number.

    Args:
        rows: Rows of cells, each from left to right.

    Returns:
        The rows in the same order, in pieces where a gap is wider than others.
    """
    return [part for row in rows for part in _part_row(row)]


def _part_row(row: Row) -> list[Row]:
    gaps = [
        float(np.hypot(*(right.corners[0] - left.corners[1])))
        for left, right in pairwise(row)
    ]
    width = float(np.median([cell.upright.width for cell in row]))
    if len(row) < _TABLES.shortest:  # too few gaps to tell which are wide
        limit = SETTINGS.rows.widest_gap * width
    else:
        # Between cells that were put in there is none.
        smallest = min((gap for gap in gaps if gap >= 1), default=0.0)
        limit = max(_TABLES.wider * smallest, _TABLES.least_gap * width)
    ends = [index + 1 for index, gap in enumerate(gaps) if gap > limit]
    places = pairwise([0, *ends, len(row)])
    return [Row(row[first:last]) for first, last in places]


def _find_blocks(rows: list[Row]) -> list[list[int]]:
    """Group rows of cells that stand right above one another, by place in the list."""
    joined = {
        index: [index] for index, row in enumerate(rows) if row.kind is FieldKind.CELLS
    }
    ordered = sorted(joined)
    for one in ordered:
        for other in ordered:
            if other > one and _are_stacked(rows[one], rows[other]):
                if joined[one] is joined[other]:
                    continue
                joined[one] += joined[other]
                for index in joined[other]:
                    joined[index] = joined[one]
    return list({id(block): block for block in joined.values()}.values())


def _are_stacked(one: Row, other: Row) -> bool:
    """Tell whether one row of cells stands right below another, cell below cell."""
    if one.outline[0, 1] > other.outline[0, 1]:
        one, other = other, one
    upper, lower = one.outline, other.outline
    height = max(1.0, float(upper[3, 1] - upper[0, 1]))
    width = float(upper[1, 0] - upper[0, 0]) / len(one)
    near = abs(lower[0, 1] - upper[3, 1]) < _TABLES.slack * height
    starts = (lower[0, 0] - upper[3, 0]) / max(1.0, width)
    aligned = abs(starts - round(starts)) < _TABLES.slack
    overlap = min(lower[1, 0], upper[1, 0]) - max(lower[0, 0], upper[0, 0])
    return bool(near and aligned and overlap > width / 2)


def _have_numbers(
    rows: Iterable[Iterable[Cell]], characters: npt.NDArray[np.int32]
) -> bool:
    """Tell whether cells of a block hold several digits each, side by side."""
    counts = [_count_side_by_side(cell, characters) for row in rows for cell in row]
    filled = [count for count in counts if count]
    several = [count for count in filled if count > 1]
    return len(several) >= max(_TABLES.fewest, _TABLES.share * len(filled))


def _count_side_by_side(cell: Cell, characters: npt.NDArray[np.int32]) -> int:
    """Count what stands side by side in a cell and is as high as a digit."""
    box = cell.box
    left, top, width, height = characters.T
    x, y = left + width / 2, top + height / 2
    inside = (box.left < x) & (x < box.right) & (box.top < y) & (y < box.bottom)
    inside &= height >= _TABLES.least_digit * box.height
    count, end = 0, -1
    for index in np.flatnonzero(inside)[np.argsort(left[inside])]:
        if left[index] > end:
            count += 1
        end = max(end, int(left[index] + width[index]))
    return count
