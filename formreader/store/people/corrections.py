"""What people corrected: how often, in which fields, and which digits were mistaken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, select

from formreader.records import PAGE
from formreader.store.people.decisions import (
    Action,
    current_value,
    join_decisions,
)
from formreader.store.people.filters import join_pages
from formreader.store.tables.schema import Finder, decisions, fields

__all__ = ["Corrections", "is_corrected", "sum_up_corrections"]

_CHUNK = 1000  # rows in memory
_MOST_SHOWN = 12


@dataclass(frozen=True)
class Mistake:
    """A digit, or another character, that was taken for another one.

    Attributes:
        read: What the machine read.
        written: What stands there.
        count: How often.
    """

    read: str
    written: str
    count: int


@dataclass(frozen=True)
class FieldCount:
    """A field by its name.

    Attributes:
        name: Its name.
        corrected: On how many pages it was corrected.
        decided: On how many a person is done with it.
    """

    name: str
    corrected: int
    decided: int


@dataclass(frozen=True)
class Corrections:
    """What people found out about what was read.

    Attributes:
        decided: Fields that a person is done with.
        corrected: Those of them that hold another value than was read.
        silent: Those of these of which the machine had been sure.
        fields: The names that were corrected most, at most 12.
        mistakes: The characters that were mistaken most, in values of the same length,
            at most 12.
    """

    decided: int
    corrected: int
    silent: int
    fields: tuple[FieldCount, ...]
    mistakes: tuple[Mistake, ...]


def is_corrected() -> ColumnElement[bool]:
    """Whether a person found another value, in a query that `join_decisions` made."""
    return and_(
        decisions.c.action.in_((Action.CORRECT, Action.BLANK)),
        fields.c.found_by == Finder.MACHINE,
        decisions.c.value != fields.c.value,
    )


def sum_up_corrections(connection: Connection) -> Corrections:
    """Compare what people decided with what the machine read."""
    decided: Counter[str] = Counter()
    corrected: Counter[str] = Counter()
    mistakes: Counter[tuple[str, str]] = Counter()
    silent = 0
    rows = connection.execute(_select().execution_options(yield_per=_CHUNK))
    for row in rows:
        decided[row.name] += 1
        if row.is_corrected:
            corrected[row.name] += 1
            silent += not row.needs_review
            if len(row.read) == len(row.now):
                pairs = zip(row.read, row.now, strict=True)
                mistakes.update(pair for pair in pairs if pair[0] != pair[1])
    return Corrections(
        decided.total(),
        corrected.total(),
        silent,
        tuple(
            FieldCount(name, count, decided[name])
            for name, count in corrected.most_common(_MOST_SHOWN)
        ),
        tuple(
            Mistake(read, written, count)
            for (read, written), count in mistakes.most_common(_MOST_SHOWN)
        ),
    )


def _select() -> Select[Any]:
    """Select the fields that the machine found and a person is done with."""
    query: Select[Any] = select(
        fields.c.name,
        fields.c.needs_review,
        fields.c.value.label("read"),
        current_value().label("now"),
        is_corrected().label("is_corrected"),
    ).select_from(fields)
    return join_decisions(join_pages(query)).where(
        fields.c.is_there,
        fields.c.name != PAGE,
        fields.c.found_by == Finder.MACHINE,
        decisions.c.settled.is_(True),
    )
