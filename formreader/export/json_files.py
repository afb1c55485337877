"""Writes readings as JSON: an array of pages, or a line for each field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TextIO

from formreader.export.tables import Table
from formreader.rows import (
    COLUMNS,
    FieldRow,
    Kind,
    PageRows,
    kind_of,
    take_typed,
)

__all__ = ["write_json", "write_json_lines"]

_OF_PAGE = ("source", "page")


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
        document = {
            "source": page.source,
            "page": page.page,
            "fields": [_field_document(row, columns) for row in page.fields],
        }
        stream.write(json.dumps(document, ensure_ascii=False))
        stream.flush()
    stream.write("\n]\n")


def write_json_lines(table: Table, stream: TextIO) -> None:
    """Write an object a line for each row of a table."""
    for rows in table.chunks:
        for row in rows:
            cells = zip(table.columns, table.kinds, row, strict=True)
            document = {column: _value(kind, cell) for column, kind, cell in cells}
            stream.write(json.dumps(document, ensure_ascii=False) + "\n")
        stream.flush()


def _field_document(row: FieldRow, columns: Sequence[str]) -> dict[str, object]:
    return {
        column: _value(kind_of(column), row.get(column, ""))
        for column in columns
        if column not in _OF_PAGE
    }


def _value(kind: Kind, cell: object) -> object:
    """Turn a cell into what JSON holds in its place."""
    if kind is Kind.WORDS:
        return str(cell).split()
    if kind is Kind.PROBABILITIES:
        return [float(part) for part in str(cell).split()]
    return take_typed(kind, cell)
