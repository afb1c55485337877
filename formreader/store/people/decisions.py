"""What people decide about fields: a log that only grows.

Each function is a part of a transaction of its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    insert,
    select,
)

from formreader.records import PAGE, Flag
from formreader.store.people.presence import point, settle_page
from formreader.store.people.rules import ask_rules, find_rule_place, judge_page
from formreader.store.people.typed_values import take_value
from formreader.store.tables.schema import decisions, fields

__all__ = [
    "CARPET",
    "SECOND",
    "Action",
    "Decision",
    "NoFieldError",
    "StaleFieldError",
    "current_needs_review",
    "current_value",
    "decide",
    "join_decisions",
    "now_text",
    "undo",
    "undo_last",
]


class Action(StrEnum):
    """What a person did."""

    ACCEPT = "accept"  # the value is right
    CORRECT = "correct"  # another value is
    BLANK = "blank"  # nothing is written there
    UNREADABLE = "unreadable"  # nobody can tell; the field stays in need of review
    ESCALATE = "escalate"  # somebody else shall decide, whom a comment is for
    DOUBT = "doubt"  # it looks wrong; somebody must look at it
    ADD = "add"  # there is a field here; what was read of it must be looked at
    REMOVE = "remove"  # there is no field here
    UNDO = "undo"  # what held before holds again


_CHUNK = 100  # rows in memory
_OPEN = frozenset({Action.DOUBT, Action.ESCALATE, Action.ADD})
_SETTLED = frozenset(Action) - _OPEN - {Action.UNDO}
_REVIEW = _OPEN | {Action.UNREADABLE}
_OF_BOXES = frozenset({Action.ADD, Action.REMOVE})
CARPET = "carpet"
"""The place of what is decided on the carpet, and taken back there."""

SECOND = "second"
"""The place of what follows from a second opinion, and is taken back with it."""


class StaleFieldError(Exception):
    """Somebody else has decided about a field since it was shown."""


class NoFieldError(Exception):
    """A page on which no field was found was given a number."""


@dataclass(frozen=True)
class Decision:
    """A decision to be written down.

    Attributes:
        field_id: The field.
        action: What was done; accept and correct are told apart by the value.
        value: The value that is right; empty where there is none.
        user: Who decided.
        place: On which page of the station.
        seen: The `decision_id` of the field when it was shown.
        sheet: What several decisions share that were made at once, or None.
        request: The id that a browser gave it: one that is known already is stored no
            second time. None for what no browser sent.
        after: The request of a decision about the same field that was sent before, and
            that this one follows instead of `seen`; or None.
        overrides: Whether the value stands, though it breaks rules of its form.
        comment: To whoever decides about a field that is escalated; else empty.
    """

    field_id: int
    action: Action
    value: str
    user: str
    place: str
    seen: int | None
    sheet: str | None = None
    request: str | None = None
    after: str | None = None
    overrides: bool = False
    comment: str = ""


def current_value() -> ColumnElement[str]:
    """The value that holds, in a query that `join_decisions` made."""
    return func.coalesce(decisions.c.value, fields.c.value)


def current_needs_review() -> ColumnElement[bool]:
    """Whether a person must still look, in a query that `join_decisions` made."""
    return func.coalesce(decisions.c.needs_review, fields.c.needs_review)


def join_decisions(query: Select[Any]) -> Select[Any]:
    """Join each field with the decision that holds, if there is one.

    Args:
        query: Selects from `fields` already.
    """
    return query.outerjoin(decisions, decisions.c.id == fields.c.decision_id)


def decide(connection: Connection, decision: Decision) -> int:
    """Write down a decision, and let it hold from now on; once if sent twice.

    Returns:
        Its id.

    Raises:
        StaleFieldError: If the field is gone, or another decision was made about it
            since.
        NoFieldError: If there is a value for what is no field.
        NoNumberError: If a field for a number is given something else.
        OtherTypeError: If the value is none of the field's type, or may be several,
            and the decision does not override it.
        RuleBrokenError: If it breaks other rules, and the decision overrides none.
    """
    if (known := _find_request(connection, decision.request)) is not None:
        if (known.field_id, known.user) != (decision.field_id, decision.user):
            raise StaleFieldError
        return int(known.id)
    before = _lock(connection, decision.field_id)
    if before is None or before.decision_id != _find_seen(connection, decision):
        raise StaleFieldError
    if not before.is_there and decision.action is not Action.ADD:
        raise StaleFieldError
    if decision.value and before.flags == Flag.NO_FIELD:
        raise NoFieldError
    action, value, override = decision.action, decision.value, None
    if action is Action.ADD:
        value = before.machine_value
    if action is Action.ESCALATE:
        value = before.value
    place = find_rule_place(connection, decision.field_id)
    if action in {Action.ACCEPT, Action.CORRECT}:
        value = take_value(
            value, before.kind, before.value_type, overrides=decision.overrides
        )
        override = ask_rules(connection, place, value, overrides=decision.overrides)
        same = value == before.machine_value
        action = Action.ACCEPT if same else Action.CORRECT
    key = _append(
        connection,
        decision.field_id,
        at=now_text(),
        user=decision.user,
        action=action,
        place=decision.place,
        old_value=before.value,
        value=value,
        needs_review=action in _REVIEW,
        settled=action in _SETTLED,
        previous=before.decision_id,
        sheet=decision.sheet,
        request=decision.request,
        override=override,
        comment=decision.comment or None,
    )
    is_removed = action is Action.REMOVE
    point(connection, decision.field_id, key, is_removed=is_removed)
    judge_page(connection, place)
    return key


def _find_request(connection: Connection, request: str | None) -> Row[Any] | None:
    """Look up what a request has brought already."""
    if request is None:
        return None
    query: Select[Any] = select(decisions.c.id, decisions.c.field_id, decisions.c.user)
    return connection.execute(query.where(decisions.c.request == request)).first()


def _find_seen(connection: Connection, decision: Decision) -> int | None:
    """Say which decision held when a person decided.

    Raises:
        StaleFieldError: If it was to be one that was never stored.
    """
    if decision.after is None:
        return decision.seen
    earlier = _find_request(connection, decision.after)
    if earlier is None:
        raise StaleFieldError
    return int(earlier.id)


def undo_last(
    connection: Connection,
    user: str,
    is_open: Callable[[int], bool] = lambda _: True,
    request: str | None = None,
) -> int | None:
    """Take back the newest decision of a user that still holds, carpet sheets aside.

    What was decided at once is taken back at once, or not at all if somebody has
    decided about a part of it since.

    Args:
        connection: The store.
        user: Who decided, and takes it back.
        is_open: Whether a decision may be taken back; else an older one is.
        request: The id that a browser gave it; what was taken back for it already is
            taken back once.

    Returns:
        The field that it was about; None if there is none to take back.
    """
    if (known := _find_request(connection, request)) is not None:
        return int(known.field_id) if known.user == user else None
    query: Select[Any] = (
        select(decisions.c.id, decisions.c.sheet)
        .join(fields, fields.c.decision_id == decisions.c.id)
        .where(
            decisions.c.user == user,
            decisions.c.action != Action.UNDO,
            decisions.c.place.not_in((CARPET, SECOND)),
        )
        .order_by(decisions.c.id.desc())
        .execution_options(yield_per=_CHUNK)
    )
    with connection.execute(query) as newest:
        held = (_find_parts(connection, row) for row in newest if is_open(row.id))
        found = next(filter(None, held), [])
    undone = undo(connection, found, user, request)
    return undone[0] if undone else None


def _find_parts(connection: Connection, decision: Row[Any]) -> list[int]:
    """Find what was decided at once, the last first; nothing if a part holds no more.

    Args:
        connection: The store.
        decision: The `id` and `sheet` of a part that holds.
    """
    if decision.sheet is None:
        return [decision.id]
    query: Select[Any] = select(decisions.c.id, fields.c.decision_id).join(
        fields, fields.c.id == decisions.c.field_id
    )
    of_sheet = decisions.c.sheet == decision.sheet, decisions.c.action != Action.UNDO
    parts = connection.execute(
        query.where(*of_sheet).order_by(decisions.c.id.desc())
    ).all()
    is_whole = all(part.id == part.decision_id for part in parts)
    ids = [part.id for part in parts]
    return ids if is_whole and not _has_heir(connection, ids) else []


def _has_heir(connection: Connection, ids: Sequence[int]) -> bool:
    """Tell whether another field has the name of one that decisions removed."""
    heirs = fields.alias()
    of_these = select(decisions.c.field_id).where(decisions.c.id.in_(ids))
    query = select(heirs.c.id).join(
        fields,
        and_(fields.c.page_id == heirs.c.page_id, fields.c.name == heirs.c.name),
    )
    inherited = query.where(
        fields.c.id.in_(of_these),
        ~fields.c.is_there,
        fields.c.name != PAGE,
        heirs.c.is_there,
        heirs.c.id.not_in(of_these),
    )
    return connection.scalar(inherited.limit(1)) is not None


def undo(
    connection: Connection,
    ids: Iterable[int],
    user: str,
    request: str | None = None,
) -> list[int]:
    """Take back decisions, those that still hold; what held before holds again.

    Args:
        connection: The store.
        ids: The decisions.
        user: Who takes them back.
        request: The id that a browser gave it, kept with the first of them.

    Returns:
        The fields that they were about.
    """
    undone: list[int] = []
    for decision_id in ids:
        taken = connection.execute(
            select(decisions).where(decisions.c.id == decision_id)
        ).one()
        before = _lock(connection, taken.field_id)
        if before is None or before.decision_id != decision_id:
            continue
        _take_back(connection, taken, before, user, None if undone else request)
        undone.append(taken.field_id)
    return undone


def now_text() -> str:
    """Give the time as the logs have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _take_back(
    connection: Connection,
    taken: Row[Any],
    before: Row[Any],
    user: str,
    request: str | None,
) -> None:
    """Append an undo; the field points to what held before the decision."""
    earlier = connection.execute(
        select(decisions).where(decisions.c.id == taken.previous)
    ).first()
    _append(
        connection,
        taken.field_id,
        at=now_text(),
        user=user,
        action=Action.UNDO,
        place=taken.place,
        old_value=taken.value,
        value=before.machine_value if earlier is None else earlier.value,
        needs_review=(
            before.machine_review if earlier is None else earlier.needs_review
        ),
        settled=earlier is not None and earlier.settled,
        undoes=taken.id,
        previous=taken.id,
        sheet=taken.sheet,
        request=request,
    )
    is_removed = earlier is not None and earlier.action == Action.REMOVE
    point(connection, taken.field_id, taken.previous, is_removed=is_removed)
    if taken.action in _OF_BOXES:
        settle_page(connection, before.page_id)
    judge_page(connection, find_rule_place(connection, taken.field_id))


def _lock(connection: Connection, field_id: int) -> Row[Any] | None:
    """Look up what holds for a field, and keep others from changing it meanwhile."""
    query = select(
        fields.c.decision_id,
        fields.c.value.label("machine_value"),
        fields.c.needs_review.label("machine_review"),
        fields.c.flags,
        fields.c.kind,
        fields.c.value_type,
        fields.c.page_id,
        fields.c.is_there,
        current_value().label("value"),
    ).where(fields.c.id == field_id)
    return connection.execute(join_decisions(query).with_for_update(of=fields)).first()


def _append(connection: Connection, field_id: int, **values: object) -> int:
    added = connection.execute(insert(decisions).values(field_id=field_id, **values))
    key = added.inserted_primary_key
    assert key is not None
    return int(key[0])
