"""Writes the tables of many pages into one Excel workbook, a sheet each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from formreader.errors import OutputError
from formreader.export.excel import draw_cells
from formreader.export.table_grids import DOUBT, find_row_grids
from formreader.output import open_binary_output
from formreader.rows import PageRows

__all__ = ["MOST_TABLES", "write_table_book"]

MOST_TABLES = 2000
"""Tables of a workbook; more take a spreadsheet minutes to open."""

_CONTENTS = "contents"
_HEAD = ("sheet", "file", "page", "table", "cells to review")


def write_table_book(pages: Iterable[PageRows], path: Path) -> None:
    """Write the tables as they stand on their pages, and first a list of them.

    A cell that a person must look at ends with a question mark.

    Args:
        pages: The pages with their rows.
        path: The workbook.

    Raises:
        OutputError: If there is no table, there are too many, xlsxwriter is not
            installed, or the file cannot be written.
    """
    contents: list[tuple[str, ...]] = [_HEAD]
    sheets: dict[str, tuple[tuple[str, ...], ...]] = {_CONTENTS: ()}
    for page in pages:
        for grid in find_row_grids(page):
            title = f"table {len(sheets)}"
            if len(sheets) > MOST_TABLES:
                raise OutputError(
                    f"there are more than {MOST_TABLES:,} tables, too many for one "
                    "workbook; take CSV, a row a field"
                )
            doubts = sum(cell.endswith(DOUBT) for row in grid.rows for cell in row)
            place = (page.source, str(page.page), str(grid.number), str(doubts))
            contents.append((title, *place))
            sheets[title] = grid.rows
    if len(contents) == 1:
        raise OutputError("there are no tables on these pages; take CSV or Excel")
    sheets[_CONTENTS] = tuple(contents)
    with open_binary_output(path) as stream:
        stream.write(draw_cells(sheets))
