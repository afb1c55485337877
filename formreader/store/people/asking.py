"""Which decided fields are asked of another person, and of whom.

A share of what people decided is drawn by lot, and asked as if nobody had decided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    insert,
    or_,
    select,
    true,
)

from formreader.store.people.decisions import SECOND, Action, join_decisions
from formreader.store.people.filters import join_pages
from formreader.store.people.items import FieldItem, FieldState
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions, fields, seconds

__all__ = [
    "Asking",
    "Reviewer",
    "SecondShares",
    "Supervisors",
    "draw_decided",
    "find_asked",
    "hide_decision",
    "is_asked_of",
    "is_open_to",
    "no_supervisors",
]

_ASKED = (Action.ACCEPT, Action.CORRECT, Action.BLANK, Action.UNREADABLE)
_CHUNK = 5000  # rows written at once


@dataclass(frozen=True)
class SecondShares:
    """Which of the decided fields are asked again.

    Attributes:
        overall: The share of all, in [0, 1].
        by_name: The share of fields of some names, which goes before.
    """

    overall: float = 0.0
    by_name: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def asks(self) -> bool:
        """Whether any field is drawn at all."""
        return bool(self.overall or self.by_name)

    def find_rank(self, run: str, field_id: int, name: str) -> float | None:
        """Draw a field by lot; the lot of a field of a run is always the same.

        Returns:
            Its place among the drawn ones; None if it is not drawn.
        """
        digest = hashlib.blake2b(f"{run} {field_id}".encode(), digest_size=8).digest()
        lot = int.from_bytes(digest, "big") / 2**64
        return lot if lot < self.by_name.get(name, self.overall) else None


Supervisors = Callable[[], frozenset[str]]
"""Gives the names of supervisors, as they are now."""


def no_supervisors() -> frozenset[str]:
    """Give nobody: others than the two decide."""
    return frozenset()


@dataclass(frozen=True)
class Asking:
    """How a station asks for second opinions.

    Attributes:
        run: Names the run, so that its lots are its own.
        shares: Which fields are drawn that are decided from now on.
        supervisors: Give the names of who decides where two people differ, or what
            was escalated; none for others than the two.
    """

    run: str = ""
    shares: SecondShares = field(default_factory=SecondShares)
    supervisors: Supervisors = no_supervisors

    def draw(self, connection: Connection, field_id: int) -> None:
        """Draw a field, or not, about which somebody has decided just now."""
        query = select(fields.c.name, seconds.c.rank).outerjoin(
            seconds, seconds.c.field_id == fields.c.id
        )
        if not self.shares.asks:
            return
        row = connection.execute(query.where(fields.c.id == field_id)).one()
        rank = self.shares.find_rank(self.run, field_id, row.name)
        if row.rank is None and rank is not None:
            connection.execute(insert(seconds).values(field_id=field_id, rank=rank))


@dataclass(frozen=True)
class Reviewer:
    """Who asks for fields.

    Attributes:
        user: The name under which decisions are made; empty for anybody.
        supervisors: The names of who decides where two people differ, or what was
            escalated; none for others than the two.
    """

    user: str = ""
    supervisors: frozenset[str] = frozenset()


def draw_decided(store: RunStore, shares: SecondShares, run: str) -> int:
    """Draw of the fields that people have decided about; drawn ones stay drawn.

    Returns:
        How many were drawn now.
    """
    is_drawn = fields.c.id.in_(select(seconds.c.field_id))
    query = join_decisions(join_pages(select(fields.c.id, fields.c.name))).where(
        fields.c.is_there, decisions.c.settled, decisions.c.action.in_(_ASKED)
    )
    with store.write(durable=True) as connection:
        found = connection.execute(query.where(~is_drawn)).all()
        ranks = [(row.id, shares.find_rank(run, row.id, row.name)) for row in found]
        rows = [{"field_id": i, "rank": rank} for i, rank in ranks if rank is not None]
        for start in range(0, len(rows), _CHUNK):
            connection.execute(insert(seconds), rows[start : start + _CHUNK])
    return len(rows)


def is_asked_of(user: str) -> ColumnElement[bool]:
    """The condition that a user is to be asked about what another one decided.

    Its query joins decisions.
    """
    waits = select(seconds.c.field_id).where(seconds.c.opinion_id.is_(None))
    return and_(
        fields.c.id.in_(waits),
        decisions.c.settled,
        decisions.c.action.in_(_ASKED),
        decisions.c.user != user,
    )


def is_open_to(reviewer: Reviewer) -> ColumnElement[bool]:
    """The condition that a reviewer may decide what was put back; joins decisions.

    What was escalated, and what two people differ about, is for the supervisors, or,
    without any, for others.
    """
    user = reviewer.user
    is_second = decisions.c.place == SECOND
    is_common = and_(~is_second, decisions.c.action != Action.ESCALATE)
    if reviewer.supervisors:
        return true() if user in reviewer.supervisors else is_common
    first = decisions.alias()
    is_first = exists().where(first.c.id == decisions.c.previous, first.c.user == user)
    is_theirs = or_(decisions.c.user == user, and_(is_second, is_first))
    return or_(is_common, ~is_theirs)


def find_asked(connection: Connection, ids: Sequence[int], user: str) -> set[int]:
    """Find which of some fields a user is asked about."""
    query = join_decisions(select(fields.c.id)).where(fields.c.id.in_(ids))
    return set(connection.scalars(query.where(is_asked_of(user))))


def hide_decision(item: FieldItem) -> FieldItem:
    """Show a field as the machine read it, as if nobody had decided about it."""
    state = FieldState.REVIEW if item.needs_review else FieldState.ACCEPTED
    return replace(
        item,
        value=item.machine_value,
        decision_id=None,
        decided=None,
        state=state,
        is_second=True,
    )
