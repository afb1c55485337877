"""What a run holds in the end: readings, with what people decided applied."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from formreader.records import PAGE, FieldKind
from formreader.rows import (
    FIELD_COLUMNS,
    FieldRow,
    PagePlace,
    PageRows,
    SheetEntry,
    format_probability,
)
from formreader.store.machine.results import field_row
from formreader.store.people.decisions import (
    Action,
    current_needs_review,
    current_value,
    join_decisions,
)
from formreader.store.people.presence import reading_order
from formreader.store.tables.schema import (
    FileState,
    PageState,
    crops,
    decisions,
    fields,
    files,
    pages,
)
from formreader.value_types import ValueType

__all__ = [
    "Only",
    "has_tables",
    "list_names",
    "list_places",
    "read_entries",
    "read_pages",
]

_CHUNK = 1000  # rows in memory
_CROPS_CHUNK = 100  # rows with pictures in memory
_DECIDED = frozenset({"value", "needs_review"})  # a person's word goes before
_AS_READ = tuple(c.stored for c in FIELD_COLUMNS if c.name not in _DECIDED)


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
        Each page with its fields; one that an older formreader read may have none.
    """
    query = _select_fields(only).execution_options(yield_per=_CHUNK)
    for (source, index, form, form_page), rows in groupby(
        connection.execute(query),
        lambda row: (row.source, row.page_index, row.form, row.form_page),
    ):
        found = tuple(_apply(row) for row in rows if row.name is not None)
        yield PageRows(source, index + 1, found, form=form, form_page=form_page)


def list_names(
    connection: Connection, only: Only | None = None, kind: FieldKind | None = None
) -> dict[str, ValueType | None]:
    """List the names of all fields, as they first occur, with their types.

    A field of several types, on pages of several forms, has none.

    Args:
        connection: The store.
        only: Leave out other fields.
        kind: The same, by what they are.
    """
    wanted = fields.c.name != PAGE  # and not what stands for a page
    if kind is not None:
        wanted &= fields.c.kind == kind
    names = select(fields.c.name, fields.c.value_type)
    query = _order(_choose(_join(names).where(wanted), only))
    types: dict[str, str] = {}
    for name, type_ in connection.execute(query.execution_options(yield_per=_CHUNK)):
        types[name] = type_ if types.get(name, type_) == type_ else ""
    return {name: ValueType.parse(type_) for name, type_ in types.items()}


def has_tables(connection: Connection) -> bool:
    """Tell whether a field is a cell of a table that was found without a template."""
    # "t1_r03_c02": a name with _ for any character.
    cells = _join(select(fields.c.id)).where(
        fields.c.name.like(r"t%\_r%\_c%", escape="\\")
    )
    return connection.execute(cells.limit(1)).first() is not None


def list_places(connection: Connection) -> list[PagePlace]:
    """List all pages of a run; of a file that could not be opened, one."""
    columns = (
        files.c.name,
        files.c.page_count,
        pages.c.page_index,
        pages.c.state,
        pages.c.form,
        pages.c.form_page,
    )
    query = (
        select(*columns)
        .select_from(files)
        .outerjoin(pages, pages.c.file_id == files.c.id)
        .where(files.c.state.not_in((FileState.ASIDE, FileState.REPLACED)))
    )
    return [
        PagePlace(
            row.name,
            (row.page_index or 0) + 1,
            row.page_count or 1,
            row.state == PageState.READ,
            row.form,
            row.form_page,
        )
        for row in connection.execute(query)
    ]


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
        yield SheetEntry(_apply(row), row.image)


def _select_fields(only: Only | None) -> Select[Any]:
    """Select what a row needs; a page without fields gives one of NULLs."""
    query = select(
        files.c.name.label("source"),
        pages.c.page_index,
        pages.c.form,
        pages.c.form_page,
        *(fields.c[name] for name in _AS_READ),
        fields.c.value.label("read_value"),
        current_value().label("value"),
        current_needs_review().label("needs_review"),
        decisions.c.action,
        decisions.c.user.label("reviewed_by"),
        decisions.c.at.label("reviewed_at"),
        decisions.c.comment,
        fields.c.found_by,
    )
    return _order(_choose(_join(query), only))


def _join(query: Select[Any]) -> Select[Any]:
    """Join pages that were read with their files, fields and decisions that count."""
    joined = query.select_from(pages).join(files, files.c.id == pages.c.file_id)
    on_page = (fields.c.page_id == pages.c.id) & fields.c.is_there
    joined = joined.outerjoin(fields, on_page)
    return join_decisions(joined).where(
        files.c.state == FileState.KNOWN, pages.c.state == PageState.READ
    )


def _choose(query: Select[Any], only: Only | None) -> Select[Any]:
    if only is None:
        return query
    doubtful = current_needs_review()
    return query.where(doubtful if only is Only.FLAGGED else ~doubtful)


def _order(query: Select[Any]) -> Select[Any]:
    return query.order_by(
        files.c.name, pages.c.page_index, reading_order(), fields.c.position
    )


def _apply(row: Row[Any]) -> FieldRow:
    """Make a row of what holds; what was read stays in `raw` and what belongs to it.

    The confidence of a value that a person vouches for is 1, of one that nobody does
    any more 0.
    """
    made = {**field_row(row), "found_by": row.found_by}
    if (
        row.reviewed_by is None or row.action == Action.ADD
    ):  # its value is the machine's
        return made
    reviewed = {"reviewed_by": row.reviewed_by, "reviewed_at": row.reviewed_at}
    reviewed["comment"] = row.comment or ""
    if not row.needs_review:
        reviewed["confidence"] = format_probability(1.0)
    elif row.value != row.read_value:
        reviewed["confidence"] = format_probability(0.0)
    return {**made, **reviewed}
