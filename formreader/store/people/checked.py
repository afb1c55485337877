"""The accepted fields of a run of which people found out whether they are right.

Only those that were drawn at random count: what people looked at for another reason is
no fair sample of what nobody looks at. Where they looked at all accepted fields of a
kind, all count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, select

from formreader.promises.checks import Check, CheckedFields
from formreader.records import PAGE, FieldKind
from formreader.store.machine.origin import find_models
from formreader.store.people.audit import is_wrong
from formreader.store.people.decisions import join_decisions
from formreader.store.people.filters import join_pages
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import audit, decisions, fields

__all__ = ["check_by_people"]

_CHUNK = 1000  # rows in memory


def check_by_people(store: RunStore) -> CheckedFields:
    """Gather what the audit and the review of a run say about accepted fields."""
    accepted: dict[FieldKind, list[Row[Any]]] = defaultdict(list)
    with store.read() as connection:
        rows = connection.execute(_select().execution_options(yield_per=_CHUNK))
        for row in rows:
            accepted[FieldKind(row.kind)].append(row)
    checks = [
        Check(kind, row.confidence, not row.is_wrong)
        for kind, found in accepted.items()
        for row in _choose(found)
    ]
    lowest = {k: min(row.confidence for row in f) for k, f in accepted.items()}
    origin = f"checked in {store.run.resolve().name}"
    return CheckedFields.of(checks, lowest, origin, find_models(store))


def _choose(found: list[Row[Any]]) -> Iterable[Row[Any]]:
    """Choose the fields of one kind that are a fair sample and done with."""
    if all(row.settled for row in found):
        return found
    return [row for row in found if row.settled and row.is_drawn]


def _select() -> Select[Any]:
    """Select the accepted fields of a run, a row each."""
    query: Select[Any] = select(
        fields.c.kind,
        fields.c.confidence,
        decisions.c.settled,
        is_wrong().label("is_wrong"),
        audit.c.field_id.is_not(None).label("is_drawn"),
    ).select_from(fields)
    query = join_decisions(join_pages(query))
    query = query.outerjoin(audit, audit.c.field_id == fields.c.id)
    return query.where(
        ~fields.c.needs_review, fields.c.kind != "", fields.c.name != PAGE
    )
