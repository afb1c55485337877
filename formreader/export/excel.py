"""Writes tables as Excel workbooks whose texts are texts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import TYPE_CHECKING, BinaryIO

from formreader.errors import OutputError
from formreader.export.tables import Cells, Table
from formreader.rows import ColumnType, take_typed

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["draw_cells", "write_xlsx"]

MOST_ROWS = 1_048_576
"""Rows of a sheet, with the header; what goes beyond comes on a further sheet."""

_MOST_COLUMNS = 16_384
_SHEET = "fields"
_OPTIONS = {
    "strings_to_numbers": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
}
_WIDTHS = {  # characters
    ColumnType.TEXT: 18,
    ColumnType.WORDS: 24,
    ColumnType.PROBABILITIES: 24,
}


_FORMS = {
    ColumnType.PROBABILITY: "0.0000",
    ColumnType.DATE_VALUE: "yyyy-mm-dd",
    ColumnType.TIME_VALUE: "hh:mm:ss",
}
_PLAIN = {
    ColumnType.INTEGER,
    ColumnType.BOOLEAN,
    ColumnType.WHOLE_VALUE,
    ColumnType.DECIMAL_VALUE,
}
_FIRST_DAY = date(1900, 3, 1)  # Excel counts a 29 February 1900 that never was


def write_xlsx(table: Table, stream: BinaryIO) -> None:
    """Write a table, a row at a time.

    Texts become text cells, whatever they begin with: leading zeros stay, nothing is a
    formula or a link. Page, box and confidence are numbers. In the wide form values of
    typed fields are numbers, dates and times; what is no value of its type is text.

    Args:
        table: The table.
        stream: A binary stream.

    Raises:
        OutputError: If xlsxwriter is not installed, or a table or text is too large
            for Excel.
    """
    opened = _open_workbook(stream)
    from xlsxwriter.exceptions import FileCreateError

    if len(table.columns) > _MOST_COLUMNS:
        raise OutputError(
            f"{len(table.columns)} columns, Excel takes {_MOST_COLUMNS}; write CSV, or "
            "leave --wide out"
        )
    try:
        with opened as workbook:  # which removes its own files
            sheets = _Sheets(workbook, table)
            for rows in table.chunks:
                for row in rows:
                    sheets.add(row)
    except FileCreateError as error:
        raise OutputError(f"cannot write ({error}); make room on the disk") from error


def draw_cells(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """Draw rows of texts on the sheets of a workbook, without headers.

    Args:
        sheets: The texts of each sheet by its name; each becomes a text cell, whatever
            it begins with.

    Raises:
        OutputError: If xlsxwriter is not installed, or there are more columns than
            Excel takes.
    """
    widest = max((len(rows[0]) for rows in sheets.values() if rows), default=0)
    if widest > _MOST_COLUMNS:
        raise OutputError(f"{widest} columns, Excel takes {_MOST_COLUMNS}")
    stream = io.BytesIO()
    # A sheet that is written as it comes holds a file open, of which there are few.
    with _open_workbook(stream, constant_memory=len(sheets) == 1) as workbook:
        text = workbook.add_format({"num_format": "@"})
        for title, rows in sheets.items():
            sheet = workbook.add_worksheet(title)
            for row, texts in enumerate(rows):
                for column, value in enumerate(texts):
                    if value:
                        sheet.write_string(row, column, value, text)
    return stream.getvalue()


def _open_workbook(stream: BinaryIO, *, constant_memory: bool = True) -> Workbook:
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise OutputError(
            "Excel files need xlsxwriter: pip install 'formreader[export]'"
        ) from error
    return Workbook(stream, {**_OPTIONS, "constant_memory": constant_memory})


class _Sheets:
    """The sheets of a workbook, each begun when the last one is full."""

    def __init__(self, workbook: Workbook, table: Table) -> None:
        self._workbook, self._table = workbook, table
        self._head = workbook.add_format({"bold": True, "num_format": "@"})
        self._text = workbook.add_format({"num_format": "@"})
        self._styles = {
            type_: workbook.add_format({"num_format": form})
            for type_, form in _FORMS.items()
        }
        self._count = 0
        self._sheet = self._begin()
        self._row = 1

    def add(self, cells: Cells) -> None:
        """Write a row."""
        if self._row == MOST_ROWS:
            self._sheet = self._begin()
            self._row = 1
        for column, (type_, cell) in enumerate(
            zip(self._table.types, cells, strict=True)
        ):
            self._write(column, type_, cell)
        self._row += 1

    def _begin(self) -> Worksheet:
        self._count += 1
        name = _SHEET if self._count == 1 else f"{_SHEET} {self._count}"
        sheet = self._workbook.add_worksheet(name)
        for column, type_ in enumerate(self._table.types):
            sheet.set_column(column, column, _WIDTHS.get(type_, 10), self._style(type_))
        for column, title in enumerate(self._table.columns):
            sheet.write_string(0, column, title, self._head)
        sheet.freeze_panes(1, 0)
        return sheet

    def _style(self, type_: ColumnType) -> Format | None:
        return None if type_ in _PLAIN else self._styles.get(type_, self._text)

    def _write(self, column: int, type_: ColumnType, cell: object) -> None:
        value, style = take_typed(type_, cell), self._style(type_)
        if value is None or (isinstance(value, date) and value < _FIRST_DAY):
            value, style = str(cell), self._text
        if isinstance(value, bool):
            self._sheet.write_boolean(self._row, column, value)
        elif isinstance(value, date | time):
            self._sheet.write_datetime(self._row, column, value, style)
        elif isinstance(value, str):
            # A number below zero says that the text is too long, and is left out.
            if self._sheet.write_string(self._row, column, value, style) < 0:
                raise OutputError(
                    f"a text of {len(value)} characters is too long for Excel; write "
                    "CSV or Parquet"
                )
        else:
            self._sheet.write_number(self._row, column, value, style)
