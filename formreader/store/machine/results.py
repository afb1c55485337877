"""What the store holds in the end: readings, failures, and what was left aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    cast,
    func,
    null,
    select,
)

from formreader.geometry import Box
from formreader.readings import Alternative, DigitReading, FieldReading
from formreader.records import PAGE, FieldKind, Flag
from formreader.rows import FIELD_COLUMNS, FieldRow, make_row
from formreader.store.errors import parse_json
from formreader.store.tables.schema import (
    FileState,
    Finder,
    PageState,
    fields,
    files,
    pages,
)
from formreader.value_types import ValueType

__all__ = [
    "StoredReading",
    "Totals",
    "count_files",
    "count_totals",
    "failures",
    "field_row",
    "field_rows",
    "left_aside",
    "load_readings",
]

_CHUNK = 1000  # rows in memory


@dataclass(frozen=True)
class Totals:
    """How far a run has come.

    Attributes:
        files_waiting: Files that have not been opened.
        pages_waiting: Pages that have not been read.
        pages: Pages that were read.
        fields: Their fields.
        empty: Pages on which no field was found.
        review: Fields, and pages without any, that a person must look at.
        failed: Files and pages that cannot be read.
        copies: Files that hold the same bytes as another.
        aside: Files that are no pages.
    """

    files_waiting: int
    pages_waiting: int
    pages: int
    fields: int
    empty: int
    review: int
    failed: int
    copies: int
    aside: int


@dataclass(frozen=True, eq=False)
class StoredReading:
    """A field as it was read from its page alone, and what it was settled to since.

    Attributes:
        field_id: Its row in the store.
        reading: What was read, without pictures and probabilities of its digits.
        value: What the row says now.
        confidence: The same.
        needs_review: The same.
        flags: The same, separated by spaces.
    """

    field_id: int
    reading: FieldReading
    value: str
    confidence: float
    needs_review: bool
    flags: str


def count_totals(connection: Connection) -> Totals:
    """Count what there is of everything."""
    of_file = _count_by(connection, files.c.state, select().select_from(files))
    of_page = _count_by(connection, pages.c.state, _join_files(select()))
    counted = _join_all(select()).where(fields.c.is_there)
    doubtful = _count_by(connection, fields.c.needs_review, counted)
    of_pages = counted.where(fields.c.name == PAGE)
    said = _count_by(connection, fields.c.flags, of_pages)
    return Totals(
        files_waiting=of_file.get(FileState.NEW, 0),
        pages_waiting=of_page.get(PageState.WAITING, 0),
        pages=of_page.get(PageState.READ, 0),
        fields=sum(doubtful.values()) - sum(said.values()),
        empty=said.get(str(Flag.NO_FIELD), 0),
        review=doubtful.get(True, 0),
        failed=of_file.get(FileState.FAILED, 0) + of_page.get(PageState.FAILED, 0),
        copies=of_file.get(FileState.COPY, 0),
        aside=of_file.get(FileState.ASIDE, 0),
    )


def count_files(connection: Connection) -> int:
    """Count the files that were found in the folder, whatever became of them."""
    query = select(func.count()).select_from(files)
    return connection.scalar(query.where(files.c.state != FileState.REPLACED)) or 0


def field_rows(
    connection: Connection, *, only_flagged: bool = False
) -> Iterator[FieldRow]:
    """Yield the rows of the field CSV as the machine read them.

    Args:
        connection: The store; only a part of the rows is in memory at a time.
        only_flagged: Leave out fields that the machine is sure of.

    Yields:
        A mapping with the columns of the field CSV, by file name, page and place.
    """
    query = (
        _join_all(select(files.c.name.label("source"), pages.c.page_index, fields))
        .where(
            fields.c.found_by == Finder.MACHINE,
            *([fields.c.needs_review] if only_flagged else []),
        )
        # Files that were moved may share a name for a while.
        .order_by(files.c.name, files.c.id, pages.c.page_index, fields.c.position)
        .execution_options(yield_per=_CHUNK)
    )
    for row in connection.execute(query):
        yield field_row(row)


def field_row(row: Row[Any]) -> FieldRow:
    """Make a row of the field CSV.

    Args:
        row: Has the columns of `fields` that the CSV shows, `source` and `page_index`.
    """
    values = {column.name: getattr(row, column.stored) for column in FIELD_COLUMNS}
    return make_row(row.source, row.page_index + 1, values)


def load_readings(
    connection: Connection, form: str, name: str, kind: FieldKind
) -> list[StoredReading]:
    """Load a field of a form from all pages, by file name and page.

    Args:
        connection: The store.
        form: Name of the template that pages were read by.
        name: The field's name.
        kind: What kind of field the template says it is.
    """
    rows = connection.execute(
        _join_all(select(fields))
        .where(
            pages.c.form == form,
            fields.c.name == name,
            fields.c.is_there,
            fields.c.found_by == Finder.MACHINE,
        )
        .order_by(files.c.name, pages.c.page_index)
    )
    return [
        StoredReading(
            row.id,
            _restore(row, kind),
            row.value,
            row.confidence,
            row.needs_review,
            row.flags,
        )
        for row in rows
    ]


def _restore(row: Row[Any], kind: FieldKind) -> FieldReading:
    """Make the reading of a field as it was before any roster."""
    read = parse_json(row.reading)
    return FieldReading(
        name=row.name,
        value=read["value"],
        confidence=read["confidence"],
        needs_review=read["needs_review"],
        flags=tuple(Flag(flag) for flag in read["flags"].split()),
        digits=tuple(DigitReading(character, 0.0) for character in row.raw),
        box=Box(row.left, row.top, row.left + row.width, row.top + row.height),
        outline=np.array(read["outline"]),
        kind=kind,
        alternatives=tuple(Alternative(*other) for other in read["alternatives"]),
        type=ValueType.parse(row.value_type),
    )


def failures(connection: Connection) -> Iterator[dict[str, object]]:
    """Yield what cannot be read: `source`, `page`, `error`, `remedy`, by file and page.

    `page` is empty for a file as a whole.
    """
    whole = select(
        files.c.name, files.c.problem, files.c.remedy, _no_page().label("page_index")
    ).where(files.c.state == FileState.FAILED)
    single = (
        select(files.c.name, pages.c.problem, pages.c.remedy, pages.c.page_index)
        .join(files, files.c.id == pages.c.file_id)
        .where(pages.c.state == PageState.FAILED, _counts())
    )
    both = whole.union_all(single).subquery()
    query = select(both).order_by(both.c.name, both.c.page_index)
    for row in connection.execute(query.execution_options(yield_per=_CHUNK)):
        yield {
            "source": row.name,
            "page": "" if row.page_index is None else row.page_index + 1,
            "error": row.problem,
            "remedy": row.remedy,
        }


def left_aside(connection: Connection) -> Iterator[dict[str, object]]:
    """Yield files that are not read: `source`, `reason`, `remedy`, by name."""
    original = files.alias()
    query = (
        select(files, original.c.name.label("original"))
        .outerjoin(original, original.c.id == files.c.copy_of)
        .where(files.c.state.in_((FileState.COPY, FileState.ASIDE)))
        .order_by(files.c.name)
        .execution_options(yield_per=_CHUNK)
    )
    for row in connection.execute(query):
        is_copy = row.state == FileState.COPY
        yield {
            "source": row.name,
            "reason": f"the same as {row.original}" if is_copy else row.problem,
            "remedy": "" if is_copy else row.remedy,
        }


def _counts() -> ColumnElement[bool]:
    """Whether the pages of a file count."""
    return files.c.state == FileState.KNOWN


def _no_page() -> ColumnElement[int | None]:
    return cast(null(), Integer)


def _count_by(
    connection: Connection, column: ColumnElement[Any], rows: Select[Any]
) -> dict[Any, int]:
    """Count the rows of each value of a column."""
    counted = rows.add_columns(column, func.count()).group_by(column)
    return {value: count for value, count in connection.execute(counted)}


def _join_files(query: Select[Any]) -> Select[Any]:
    """Join pages and files, those that count."""
    joined = query.select_from(pages).join(files, files.c.id == pages.c.file_id)
    return joined.where(_counts())


def _join_all(query: Select[Any]) -> Select[Any]:
    """Join fields, pages and files, those that count."""
    joined = query.select_from(fields).join(pages, pages.c.id == fields.c.page_id)
    return joined.join(files, files.c.id == pages.c.file_id).where(_counts())
