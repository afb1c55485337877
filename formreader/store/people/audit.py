"""The audit: how many of the fields that nobody looks at are wrong.

A share of the accepted fields is drawn at random and mixed into the queue. What people
find there is a sample; it gives the error rate of all accepted fields with an interval.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, insert, or_, select

from formreader.evaluation.outcomes import wilson_interval
from formreader.store.people.decisions import Action
from formreader.store.people.filters import join_pages
from formreader.store.people.items import FieldItem, load_items
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import audit, decisions, fields

__all__ = ["AuditResult", "draw_sample", "find_wrong", "is_wrong", "measure_errors"]

_CHUNK = 5000  # rows written at once


@dataclass(frozen=True)
class AuditResult:
    """What the audit has found so far.

    Attributes:
        drawn: Accepted fields in the sample.
        seen: Those of them that a person has decided about.
        wrong: Those of them whose value was wrong, or that nobody can read.
    """

    drawn: int
    seen: int
    wrong: int

    @property
    def rate(self) -> float | None:
        """Share of wrong ones in [0, 1]; None before one was seen."""
        return self.wrong / self.seen if self.seen else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval, which holds the rate of all accepted fields with 95 %."""
        return wilson_interval(self.wrong, self.seen)


def draw_sample(store: RunStore, share: float, chance: random.Random) -> int:
    """Draw accepted fields, until the sample has its share of them.

    Args:
        store: The run; what was drawn before stays in the sample.
        share: Of all accepted fields, in [0, 1].
        chance: Where randomness comes from.

    Returns:
        How many were drawn now.
    """
    drawn = fields.c.id.in_(select(audit.c.field_id))
    query = join_pages(select(fields.c.id)).where(~fields.c.needs_review)
    undecided = fields.c.decision_id.is_(None)
    with store.write(durable=True) as connection:
        wanted = query.where(or_(undecided, drawn)).with_only_columns(func.count())
        total = connection.scalar(wanted) or 0
        before = connection.scalar(select(func.count()).select_from(audit)) or 0
        free = connection.scalars(
            query.where(undecided, ~drawn).order_by(fields.c.id)
        ).all()
        count = min(len(free), max(0, math.ceil(share * total) - before))
        chosen = chance.sample(free, count)
        for start in range(0, count, _CHUNK):
            rows = [
                {"field_id": i, "rank": chance.random()}
                for i in chosen[start : start + _CHUNK]
            ]
            connection.execute(insert(audit), rows)
    return count


def measure_errors(store: RunStore) -> AuditResult:
    """Count what people have found in the sample."""
    with store.read() as connection:
        drawn = connection.scalar(_sample(func.count())) or 0
        counted = _decided(func.count(), func.sum(case((is_wrong(), 1), else_=0)))
        seen, wrong = connection.execute(counted).one()
    return AuditResult(drawn, seen, int(wrong or 0))


def find_wrong(store: RunStore, count: int) -> list[FieldItem]:
    """Give the fields of the sample that were wrong, the newest first."""
    query = _decided(fields.c.id).where(is_wrong())
    with store.read() as connection:
        newest = query.order_by(decisions.c.id.desc()).limit(count)
        return load_items(connection, list(connection.scalars(newest)))


def _sample(*columns: Any) -> Select[Any]:
    query: Select[Any] = select(*columns).select_from(audit)
    return join_pages(query.join(fields, fields.c.id == audit.c.field_id))


def _decided(*columns: Any) -> Select[Any]:
    """Fields of the sample that are done with."""
    joined = _sample(*columns).join(decisions, decisions.c.id == fields.c.decision_id)
    return joined.where(decisions.c.settled)


def is_wrong() -> Any:
    """Whether a decision says that what was read is not what stands there."""
    return or_(
        decisions.c.value != fields.c.value,
        decisions.c.action == Action.UNREADABLE,
    )
