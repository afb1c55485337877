"""Writes tables as CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import TextIO

from formreader.export.tables import Table

__all__ = ["neutralise", "restore", "write_csv"]

_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001  # Excel takes wide ones, too


def write_csv(table: Table, stream: TextIO, *, excel_safe: bool = False) -> None:
    """Write a table, a page at a time.

    Args:
        table: The table.
        stream: A text stream opened with `newline=""`; lines end as RFC 4180 says.
        excel_safe: Keep spreadsheets from taking texts for formulas; see `neutralise`.
    """
    writer = csv.writer(stream)
    writer.writerow(_safe(table.columns) if excel_safe else table.columns)
    for rows in table.chunks:
        writer.writerows(map(_safe, rows) if excel_safe else rows)
        stream.flush()


def neutralise(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula.

    Example:
        >>> neutralise("=1+1.png"), neutralise("page.png")
        ("'=1+1.png", 'page.png')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def restore(text: str) -> str:
    """Take away the apostrophe that `neutralise` has put.

    Example:
        >>> restore("'=1+1.png"), restore("'page.png")
        ('=1+1.png', "'page.png")
    """
    bare = text.removeprefix("'")
    return bare if bare.startswith(_FORMULA_STARTS) else text


def _safe(cells: Sequence[object]) -> list[object]:
    """Neutralise texts; numbers are no danger, and would no longer be numbers."""
    return [neutralise(cell) if isinstance(cell, str) else cell for cell in cells]
