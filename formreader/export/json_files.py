"""Writes readings as JSON: an array of pages, or a line for each field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from formreader.export.tables import Table
from formreader.readings import PageReading
from formreader.rows import (
    COLUMNS,
    PAGE_COLUMNS,
    ColumnType,
    FieldRow,
    PageRows,
    page_rows,
    take_typed,
    type_of,
)

__all__ = ["to_dict", "write_json", "write_json_lines"]


def to_dict(page: PageReading) -> dict[str, Any]:
    """Give a page as `formreader scan --format json` writes it.

    Returns:
        `source`, `page`, and `fields`, each with the columns of the field CSV as keys;
        probabilities are floats, `needs_review` is a bool, lists are lists.
    """
    return _page_document(page_rows(page), COLUMNS)


def write_json(
    pages: Iterable[PageRows], stream: TextIO, columns: Sequence[str] = COLUMNS
) -> None:
    """Write an array of pages, each with its fields, a page at a time.

    Args:
        pages: May be a generator; a page is asked for when the last one is written.
        stream: A text stream.
        columns: Which columns the fields have; what a row lacks is empty.
    """
    stream.write("[")
    for index, page in enumerate(pages):
        stream.write(",\n" if index else "\n")
        document = _page_document(page, columns)
        stream.write(json.dumps(document, ensure_ascii=False))
        stream.flush()
    stream.write("\n]\n")


def write_json_lines(table: Table, stream: TextIO) -> None:
    """Write an object a line for each row of a table."""
    for rows in table.chunks:
        for row in rows:
            cells = zip(table.columns, table.types, row, strict=True)
            document = {column: _value(type_, cell) for column, type_, cell in cells}
            stream.write(json.dumps(document, ensure_ascii=False) + "\n")
        stream.flush()


def _page_document(page: PageRows, columns: Sequence[str]) -> dict[str, Any]:
    return {
        "source": page.source,
        "page": page.page,
        "fields": [_field_document(row, columns) for row in page.fields],
    }


def _field_document(row: FieldRow, columns: Sequence[str]) -> dict[str, object]:
    return {
        column: _value(type_of(column), row.get(column, ""))
        for column in columns
        if column not in PAGE_COLUMNS
    }


def _value(type_: ColumnType, cell: object) -> object:
    """Turn a cell into what JSON holds in its place."""
    if type_ is ColumnType.WORDS:
        return str(cell).split()
    if type_ is ColumnType.PROBABILITIES:
        return [float(part) for part in str(cell).split()]
    return take_typed(type_, cell)
