"""What a run holds in the end: readings, with what people decided applied."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from formreader.batch.store.results import field_row
from formreader.batch.store.schema import (
    FileState,
    PageState,
    crops,
    fields,
    files,
    pages,
)
from formreader.export import PageRows
from formreader.export.contact_sheets import SheetEntry

__all__ = ["Only", "list_names", "read_entries", "read_pages"]

_CHUNK = 1000  # rows in memory
_CROPS_CHUNK = 100  # rows with pictures in memory
_TAKEN = (
    "name",
    "value",
    "confidence",
    "needs_review",
    "flags",
    "raw",
    "digit_confidences",
    "left",
    "top",
    "width",
    "height",
)


class Only(StrEnum):
    """Which fields of a run are wanted."""

    FLAGGED = "flagged"  # a person must still look at them
    ACCEPTED = "accepted"


def read_pages(connection: Connection, only: Only | None = None) -> Iterator[PageRows]:
    """Yield the pages that were read, by file name and page.

    Args:
        connection: The store; only a part of the rows is in memory at a time.
        only: Leave out other fields, and pages that have no such field.

    Yields:
        Each page with its fields; a page on which none was found has no row.
    """
    query = _select_fields(only).execution_options(yield_per=_CHUNK)
    for (source, index), rows in groupby(
        connection.execute(query), lambda row: (row.source, row.page_index)
    ):
        found = tuple(field_row(row) for row in rows if row.name is not None)
        yield PageRows(source, index + 1, found)


def list_names(connection: Connection, only: Only | None = None) -> list[str]:
    """List the names of all fields, as they first occur."""
    query = _order(_choose(_join(select(fields.c.name)), only))
    names = connection.scalars(query.execution_options(yield_per=_CHUNK))
    return list(dict.fromkeys(name for name in names if name is not None))


def read_entries(
    connection: Connection, only: Only | None = None
) -> Iterator[SheetEntry]:
    """Yield the fields with their pictures, by file name, page and place.

    Args:
        connection: The store; only a part of the rows is in memory at a time.
        only: Leave out other fields.
    """
    query = _select_fields(only).add_columns(crops.c.image)
    query = query.outerjoin(crops, crops.c.field_id == fields.c.id)
    query = query.where(fields.c.id.is_not(None))
    for row in connection.execute(query.execution_options(yield_per=_CROPS_CHUNK)):
        yield SheetEntry(field_row(row), row.image)


def _select_fields(only: Only | None) -> Select[Any]:
    """Select what a row needs; a page without fields gives one of NULLs."""
    query = select(
        files.c.name.label("source"),
        pages.c.page_index,
        *(fields.c[name] for name in _TAKEN),
    )
    return _order(_choose(_join(query), only))


def _join(query: Select[Any]) -> Select[Any]:
    """Join pages that were read with their files and fields, those that count."""
    joined = query.select_from(pages).join(files, files.c.id == pages.c.file_id)
    joined = joined.outerjoin(fields, fields.c.page_id == pages.c.id)
    return joined.where(
        files.c.state == FileState.KNOWN, pages.c.state == PageState.READ
    )


def _choose(query: Select[Any], only: Only | None) -> Select[Any]:
    if only is None:
        return query
    doubtful: ColumnElement[bool] = fields.c.needs_review
    return query.where(doubtful if only is Only.FLAGGED else ~doubtful)


def _order(query: Select[Any]) -> Select[Any]:
    return query.order_by(files.c.name, pages.c.page_index, fields.c.position)
