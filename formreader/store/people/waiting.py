"""The fields that wait for people: put back, doubted, drawn, or to be asked again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from formreader.store.people.asking import Reviewer, is_asked_of, is_open_to
from formreader.store.people.decisions import join_decisions
from formreader.store.people.filters import Filters, is_on_page
from formreader.store.tables.schema import audit, decisions, fields, seconds

__all__ = [
    "Counts",
    "count_waiting",
    "narrow",
    "select_asked",
    "select_doubted",
    "select_drawn",
    "select_flagged",
]


@dataclass(frozen=True)
class Counts:
    """How much is left to do.

    Attributes:
        doubted: Fields that people put back.
        flagged: Fields that the machine doubts and nobody has decided about.
        audit: Accepted fields drawn for the audit that nobody has decided about.
        second: Fields about which others have decided, to be asked again.
        done: Fields that people are done with, each second opinion once more.
        is_exact: Whether this station knows of no change since.
    """

    doubted: int
    flagged: int
    audit: int
    second: int = 0
    done: int = 0
    is_exact: bool = True

    @property
    def left(self) -> int:
        """All of them."""
        return self.doubted + self.flagged + self.audit + self.second


def count_waiting(
    connection: Connection, filters: Filters, reviewer: Reviewer
) -> Counts:
    """Count what waits for a reviewer, and what is done."""

    def count(query: Select[Any]) -> int:
        counting = narrow(query.with_only_columns(func.count()), filters)
        return connection.scalar(counting) or 0

    answered = join_decisions(select(fields.c.id)).join(
        seconds, seconds.c.field_id == fields.c.id
    )
    return Counts(
        doubted=count(select_doubted(reviewer)),
        flagged=count(select_flagged()),
        audit=count(_undecided().where(_is_drawn())),
        second=count(select_asked(reviewer)),
        done=count(_decided().where(decisions.c.settled))
        + count(answered.where(seconds.c.opinion_id.is_not(None))),
    )


def narrow(query: Select[Any], filters: Filters) -> Select[Any]:
    """Leave out fields that do not count, and what filters leave out."""
    return query.where(is_on_page(*filters.of_page()), *filters.of_field())


def select_doubted(reviewer: Reviewer) -> Select[Any]:
    """Select fields that a person put back, wherever they were."""
    query = _decided().where(~decisions.c.settled)
    return query.where(is_open_to(reviewer))


def select_flagged() -> Select[Any]:
    """Select those that the machine doubts and nobody has decided about."""
    return _undecided().where(fields.c.needs_review)


def select_drawn() -> Select[Any]:
    """Select those that were drawn for the audit, with their rank."""
    return _undecided().join(audit, audit.c.field_id == fields.c.id)


def select_asked(reviewer: Reviewer) -> Select[Any]:
    """Select those that others have decided and a reviewer is asked about."""
    query = _decided().join(seconds, seconds.c.field_id == fields.c.id)
    return query.where(is_asked_of(reviewer.user))


def _decided() -> Select[Any]:
    """Fields about which a decision holds."""
    holds = (decisions.c.field_id == fields.c.id) & (
        decisions.c.id == fields.c.decision_id
    )
    return select(fields.c.id).select_from(decisions).join(fields, holds)


def _undecided() -> Select[Any]:
    """Fields that nobody has decided about."""
    return join_decisions(select(fields.c.id)).where(fields.c.decision_id.is_(None))


def _is_drawn() -> ColumnElement[bool]:
    """The same as a condition, for which no database goes through all fields."""
    return fields.c.id.in_(select(audit.c.field_id))
