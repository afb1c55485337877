"""What a person decided last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from formreader.store.people.decisions import SECOND, Action
from formreader.store.people.filters import join_pages
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions, fields, files, pages

__all__ = ["RecentDecision", "list_recent"]


@dataclass(frozen=True)
class RecentDecision:
    """A decision.

    Attributes:
        id: Its place in the log.
        field: The field in the store.
        at: When, UTC, ISO 8601.
        action: What was done.
        value: The value that was decided.
        name: The field's name.
        source: Its file.
        page: 1-based page in the file.
        holds: Whether nothing was decided about the field since.
        is_there: Whether the field counts: not one that somebody removed.
    """

    id: int
    field: int
    at: str
    action: str
    value: str
    name: str
    source: str
    page: int
    holds: bool
    is_there: bool


def list_recent(
    store: RunStore, user: str, count: int, before: int | None = None
) -> list[RecentDecision]:
    """List the decisions of a user, the newest first; what was taken back is no more.

    Args:
        store: The run.
        user: Who decided.
        count: How many at most.
        before: The decision to go on from; None for the newest.
    """
    undoing = decisions.alias()
    query: Select[Any] = select(
        decisions.c.id,
        decisions.c.field_id,
        decisions.c.at,
        decisions.c.action,
        decisions.c.value,
        fields.c.name,
        fields.c.decision_id,
        fields.c.is_there,
        files.c.name.label("source"),
        pages.c.page_index,
    ).select_from(decisions)
    query = join_pages(query.join(fields, fields.c.id == decisions.c.field_id)).where(
        decisions.c.user == user,
        decisions.c.action != Action.UNDO,
        decisions.c.place != SECOND,
        ~select(undoing.c.id)
        .where(
            undoing.c.field_id == decisions.c.field_id,
            undoing.c.undoes == decisions.c.id,
        )
        .exists(),
    )
    if before is not None:
        query = query.where(decisions.c.id < before)
    with store.read() as connection:
        rows = connection.execute(query.order_by(decisions.c.id.desc()).limit(count))
        return [
            RecentDecision(
                row.id,
                row.field_id,
                row.at,
                row.action,
                row.value,
                row.name,
                row.source,
                row.page_index + 1,
                row.decision_id == row.id,
                row.is_there,
            )
            for row in rows
        ]
