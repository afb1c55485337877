"""How far the people of a run have come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from formreader.store.people.decisions import join_decisions
from formreader.store.people.filters import join_pages
from formreader.store.people.open_fields import is_open
from formreader.store.tables.schema import decisions, fields

__all__ = ["ReviewProgress", "count_reviewed"]


@dataclass(frozen=True)
class ReviewProgress:
    """How far review has come.

    Attributes:
        open: Fields, and pages without any, that a person must look at.
        decided: Those that a person is done with.
    """

    open: int
    decided: int


def count_reviewed(connection: Connection) -> ReviewProgress:
    """Count what people must look at, and what they are done with."""
    counts: tuple[Any, ...] = (
        func.count().filter(is_open()),
        func.count().filter(decisions.c.settled),
    )
    query = join_decisions(join_pages(select(*counts).select_from(fields)))
    return ReviewProgress(*connection.execute(query.where(fields.c.is_there)).one())
