"""Lays the cells of the tables on a page out as they stand on it.

Written numbers are in their places; headings and other printed cells, which are not
read, stay blank. A cell that a person must look at ends with a question mark.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formreader.export.csv_files import neutralise
from formreader.readings import PageReading
from formreader.rows import PageRows, is_doubtful

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "TableGrid",
    "draw_csv",
    "draw_xlsx",
    "find_grids",
    "find_row_grids",
    "to_grid_frames",
]

DOUBT = "?"
"""What a cell ends with that a person must look at."""

_NAME = re.compile(r"t(\d+)_r(\d+)_c(\d+)")


@dataclass(frozen=True)
class TableGrid:
    """A table as it stands on its page.

    Attributes:
        number: Which table of the page it is, from 1.
        rows: The text of each cell, row by row; all rows are equally long.
    """

    number: int
    rows: tuple[tuple[str, ...], ...]


def find_grids(page: PageReading) -> list[TableGrid]:
    """Lay out the tables of a page.

    Args:
        page: The page; cells of tables are known by their names.

    Returns:
        The tables by number; empty if there are none.
    """
    return _lay_out((one.name, one.value, one.needs_review) for one in page.fields)


def find_row_grids(page: PageRows) -> list[TableGrid]:
    """Lay out the tables of a page of a run, with the decisions of people in them.

    Args:
        page: The page with the rows of its fields.

    Returns:
        As `find_grids`.
    """
    return _lay_out(
        (str(row["field"]), str(row["value"]), is_doubtful(row)) for row in page.fields
    )


def _lay_out(fields: Iterable[tuple[str, str, bool]]) -> list[TableGrid]:
    """Lay out fields by name, each with its value and whether a person must look."""
    cells: dict[int, dict[tuple[int, int], str]] = defaultdict(dict)
    for name, value, is_open in fields:
        place = _NAME.fullmatch(name)
        if place is not None:
            table, row, column = map(int, place.groups())
            cells[table][row, column] = _show(value, is_open)
    grids = []
    for number, table_cells in sorted(cells.items()):
        height = max(row for row, _ in table_cells)
        width = max(column for _, column in table_cells)
        rows = (
            tuple(table_cells.get((row, column), "") for column in range(1, width + 1))
            for row in range(1, height + 1)
        )
        grids.append(TableGrid(number, tuple(rows)))
    return grids


def _show(value: str, is_open: bool) -> str:
    """Show a value, with a question mark if a person must look.

    Blank cells in doubt have the question mark alone.
    """
    return f"{value} {DOUBT}".strip() if is_open else value


def draw_csv(grid: TableGrid, *, excel_safe: bool = False) -> bytes:
    """Write a table as CSV, without a header.

    Args:
        grid: The table.
        excel_safe: Keep spreadsheets from taking texts for formulas.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    for row in grid.rows:
        writer.writerow([neutralise(text) for text in row] if excel_safe else row)
    return stream.getvalue().encode()


def draw_xlsx(grid: TableGrid) -> bytes:
    """Write a table as an Excel workbook whose cells are texts.

    Raises:
        OutputError: If xlsxwriter is not installed, or a table is too large for Excel.
    """
    from formreader.export.excel import draw_cells

    return draw_cells({f"table {grid.number}": grid.rows})


def to_grid_frames(page: PageReading) -> list[pd.DataFrame]:
    """Make a pandas table of each table of a page.

    Returns:
        Texts, as `find_grids` shows them; rows and columns are numbered from 1.
    """
    import pandas as pd

    frames = []
    for grid in find_grids(page):
        frame = pd.DataFrame(list(grid.rows), dtype="str")
        frame.index = pd.RangeIndex(1, len(frame) + 1)
        frame.columns = pd.RangeIndex(1, len(frame.columns) + 1)
        frames.append(frame)
    return frames
