"""The fields of a run as a table: searched, sorted, and a part of it at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from formreader.records import PAGE
from formreader.store.people.corrections import is_corrected
from formreader.store.people.decisions import current_value, join_decisions
from formreader.store.people.filters import join_pages
from formreader.store.people.open_fields import is_open
from formreader.store.people.presence import reading_order
from formreader.store.tables.schema import decisions, fields, files, pages

__all__ = [
    "FieldLine",
    "LinePlace",
    "Part",
    "Show",
    "Sort",
    "TableWish",
    "find_line",
    "read_part",
]

_ESCAPE = "\\"


class Show(StrEnum):
    """Which fields are wanted."""

    ALL = "all"
    REVIEW = "review"  # a person must look at them
    DECIDED = "decided"  # a person is done with them
    CORRECTED = "corrected"  # and found another value than the machine
    ACCEPTED = "accepted"  # the machine is sure of them, and nobody has looked


class Sort(StrEnum):
    """What comes first."""

    PLACE = "place"  # by file, page, and place on it
    FIELD = "field"
    VALUE = "value"  # short ones first, so that numbers stand by size
    CONFIDENCE = "confidence"


@dataclass(frozen=True)
class TableWish:
    """Which part of the table is wanted.

    Attributes:
        show: Which fields.
        search: What the file's name, the field's name or the value contains.
        sort: What they are sorted by.
        descending: Whether the greatest comes first.
        offset: How many are passed over.
        count: How many at most.
    """

    show: Show = Show.ALL
    search: str = ""
    sort: Sort = Sort.PLACE
    descending: bool = False
    offset: int = 0
    count: int = 100


@dataclass(frozen=True)
class FieldLine:
    """A field as a line of the table.

    Attributes:
        id: The field in the store.
        page_id: Its page in the store.
        source: The file.
        page: 1-based page in the file.
        field: The field's name.
        value: What holds now.
        raw: What the machine read, before any rule.
        confidence: Of the machine, in [0, 1].
        read: What the machine took for the value.
        state: `review`, `decided` or `accepted`.
        flags: Why the machine doubts it, separated by spaces.
        decided_by: Who decided; None if nobody did.
    """

    id: int
    page_id: int
    source: str
    page: int
    field: str
    value: str
    raw: str
    read: str
    confidence: float
    state: Show
    flags: str
    decided_by: str | None


@dataclass(frozen=True)
class LinePlace:
    """Where a field is in the store.

    Attributes:
        field_id: The field.
        page_id: Its page.
    """

    field_id: int
    page_id: int


@dataclass(frozen=True)
class Part:
    """A part of the table.

    Attributes:
        total: How many fields match in all.
        rows: Those of the part.
    """

    total: int
    rows: Sequence[FieldLine]


def read_part(connection: Connection, wish: TableWish) -> Part:
    """Read a part of the table."""
    conditions = _make_conditions(wish)
    total = connection.scalar(_join(func.count()).where(*conditions))
    query = _join(
        fields,
        files.c.name.label("source"),
        pages.c.page_index,
        current_value().label("current"),
        is_open().label("is_open"),
        decisions.c.settled,
        decisions.c.user,
    ).where(*conditions)
    query = query.order_by(*_make_order(wish)).offset(wish.offset).limit(wish.count)
    rows = connection.execute(query)
    return Part(total or 0, tuple(_make_line(row) for row in rows))


def find_line(
    connection: Connection, source: str, page: int, name: str
) -> LinePlace | None:
    """Find a field by its file, its 1-based page and its name; None if it is gone."""
    query = _join(fields.c.id, fields.c.page_id).where(
        files.c.name == source, pages.c.page_index == page - 1, fields.c.name == name
    )
    row = connection.execute(query.limit(1)).first()
    return None if row is None else LinePlace(row.id, row.page_id)


def _join(*columns: Any) -> Select[Any]:
    query: Select[Any] = select(*columns).select_from(fields)
    return join_decisions(join_pages(query)).where(
        fields.c.is_there, fields.c.name != PAGE
    )


def _make_conditions(wish: TableWish) -> list[ColumnElement[bool]]:
    shown: dict[Show, list[ColumnElement[bool]]] = {
        Show.ALL: [],
        Show.REVIEW: [is_open()],
        Show.DECIDED: [decisions.c.settled.is_(True)],
        Show.CORRECTED: [is_corrected()],
        Show.ACCEPTED: [fields.c.decision_id.is_(None), ~fields.c.needs_review],
    }
    conditions = shown[wish.show]
    if wish.search:
        places = (files.c.name, fields.c.name, current_value())
        found = (
            p.contains(wish.search, autoescape=True, escape=_ESCAPE) for p in places
        )
        return [*conditions, or_(*found)]
    return conditions


def _make_order(wish: TableWish) -> list[ColumnElement[Any]]:
    """Give the columns to sort by; the last one leaves nothing to chance."""
    place = [files.c.name, pages.c.page_index, reading_order(), fields.c.id]
    first: dict[Sort, list[ColumnElement[Any]]] = {
        Sort.PLACE: [],
        Sort.FIELD: [fields.c.name],
        Sort.VALUE: [func.length(current_value()), current_value()],
        Sort.CONFIDENCE: [fields.c.confidence],
    }
    columns = [*first[wish.sort], *place]
    return [c.desc() for c in columns] if wish.descending else columns


def _make_line(row: Row[Any]) -> FieldLine:
    decided = Show.DECIDED if row.settled else Show.ACCEPTED
    return FieldLine(
        id=row.id,
        page_id=row.page_id,
        source=row.source,
        page=row.page_index + 1,
        field=row.name,
        value=row.current,
        raw=row.raw,
        read=row.value,
        confidence=row.confidence,
        state=Show.REVIEW if row.is_open else decided,
        flags=row.flags,
        decided_by=row.user,
    )
