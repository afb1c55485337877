"""The second opinion about what another person decided, and what follows from it.

Where both say the same, that stands. Where they differ, the field is put back for a
supervisor, who sees all three votes: the machine's, the first and the second. The
machine's settles nothing between people, since it may be repeated without a look.
What comes of it is the error rate of what people decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from formreader.promises.bounds import share_interval
from formreader.store.people.asking import is_asked_of
from formreader.store.people.decisions import (
    CARPET,
    SECOND,
    Action,
    Decision,
    StaleFieldError,
    decide,
    now_text,
    undo,
)
from formreader.store.people.filters import join_pages
from formreader.store.people.items import FieldItem
from formreader.store.people.rules import ask_rules, find_rule_place
from formreader.store.people.typed_values import take_value
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions, fields, opinions, seconds

__all__ = [
    "SecondResult",
    "give_opinion",
    "measure_review",
    "show_votes",
    "undo_newest_opinion",
]

_MOST_VALUES = 5

Vote = tuple[str, bool]  # the value, and whether nobody can tell


@dataclass(frozen=True)
class SecondResult:
    """What second opinions say of what people decided.

    Attributes:
        drawn: Decided fields that were drawn.
        seen: Those about which a second person has decided.
        split: Those of them of which a supervisor must still decide.
        wrong: Those whose first decision turned out to be wrong.
    """

    drawn: int = 0
    seen: int = 0
    split: int = 0
    wrong: int = 0

    @property
    def known(self) -> int:
        """How many first decisions are known to be right or wrong."""
        return self.seen - self.split

    @property
    def rate(self) -> float | None:
        """Share of wrong ones in [0, 1]; None before one is known."""
        return self.wrong / self.known if self.known else None

    @property
    def interval(self) -> tuple[float, float]:
        """Between what the rate of all decided fields lies (Clopper, Pearson, 95 %)."""
        return share_interval(self.wrong, self.known)


def give_opinion(connection: Connection, opinion: Decision) -> int:
    """Write down what a second person says, and what follows; once if sent twice.

    Returns:
        Its place in the log of opinions.

    Raises:
        StaleFieldError: If the user is not asked about the field.
        OtherTypeError: If the value is none of the field's type.
        RuleBrokenError: If it breaks rules, and overrides none.
    """
    known = _find_request(connection, opinion.request)
    if known is not None:
        if (known.field_id, known.user) != (opinion.field_id, opinion.user):
            raise StaleFieldError
        return int(known.id)
    first = _lock(connection, opinion.field_id, opinion.user)
    if first is None:
        raise StaleFieldError
    place = find_rule_place(connection, opinion.field_id)
    if place is None:
        raise StaleFieldError
    value, overrides = opinion.value, opinion.overrides
    row = place.row
    value = take_value(value, row.kind, row.value_type, overrides=overrides)
    ask_rules(connection, place, value, overrides=overrides)
    opinion = replace(opinion, value=value)
    key = _append(connection, opinion, first_id=first.decision_id)
    _point(connection, opinion.field_id, key)
    _vote(connection, opinion, first, f"second {key}")
    return key


def undo_newest_opinion(
    connection: Connection,
    user: str,
    is_mine: Callable[[int], bool],
    is_open: Callable[[int], bool],
    request: str | None,
) -> int | None:
    """Take back the newest opinion of a user, if no decision of theirs is newer.

    Args:
        connection: The store.
        user: Who gave it.
        is_mine: Whether an opinion may be taken back; else an older one is.
        is_open: Whether a decision may be taken back, and so goes before an opinion.
        request: The id that a browser gave it; what was taken back for it already is
            taken back once.

    Returns:
        Its field, about which the user is asked again; None if nothing was taken back.
    """
    if (known := _find_request(connection, request)) is not None:
        return int(known.field_id) if known.user == user else None
    query = (
        select(opinions)
        .join(seconds, seconds.c.opinion_id == opinions.c.id)
        .where(opinions.c.user == user)
        .order_by(opinions.c.id.desc())
    )
    newest = (row for row in connection.execute(query) if is_mine(row.id))
    row = next(newest, None)
    if row is None or _has_newer(connection, user, row.at, is_open):
        return None
    return _undo(connection, row, request)


def _has_newer(
    connection: Connection, user: str, at: str, is_open: Callable[[int], bool]
) -> bool:
    """Tell whether a user has made a decision since that may be taken back."""
    query = (
        select(decisions.c.id)
        .join(fields, fields.c.decision_id == decisions.c.id)
        .where(
            decisions.c.user == user,
            decisions.c.at > at,
            decisions.c.action != Action.UNDO,
            decisions.c.place.not_in((CARPET, SECOND)),
        )
    )
    return any(map(is_open, connection.scalars(query)))


def _undo(connection: Connection, opinion: Row[Any], request: str | None) -> int | None:
    """Take back an opinion, and what followed from it.

    Returns:
        Its field; None if somebody has decided about it since.
    """
    followed = select(decisions.c.id, fields.c.decision_id).join(
        fields, fields.c.id == decisions.c.field_id
    )
    followed = followed.where(
        decisions.c.sheet == f"second {opinion.id}", decisions.c.action != Action.UNDO
    )
    entries = connection.execute(followed).all()
    if any(entry.id != entry.decision_id for entry in entries):
        return None
    undo(connection, [entry.id for entry in entries], opinion.user)
    field_id = int(opinion.field_id)
    taken_back = Decision(field_id, Action.UNDO, "", opinion.user, SECOND, None)
    taken_back = replace(taken_back, request=request)
    _append(connection, taken_back, first_id=opinion.first_id, undoes=opinion.id)
    _point(connection, field_id, None)
    return field_id


def show_votes(connection: Connection, items: Sequence[FieldItem]) -> list[FieldItem]:
    """Add what people have said to the fields about which they differ."""
    first = decisions.alias()
    query: Select[Any] = (
        select(
            opinions.c.field_id,
            first.c.user.label("first_user"),
            first.c.value.label("first_value"),
            first.c.action.label("first_action"),
            opinions.c.user,
            opinions.c.value,
            opinions.c.action,
        )
        .join(seconds, seconds.c.opinion_id == opinions.c.id)
        .join(first, first.c.id == opinions.c.first_id)
        .join(fields, fields.c.id == opinions.c.field_id)
        .join(decisions, decisions.c.id == fields.c.decision_id)
        .where(
            fields.c.id.in_([item.id for item in items]),
            decisions.c.place == SECOND,
            ~decisions.c.settled,
        )
    )
    found = {row.field_id: row for row in connection.execute(query)}
    return [_add_votes(i, found[i.id]) if i.id in found else i for i in items]


def _add_votes(item: FieldItem, row: Row[Any]) -> FieldItem:
    votes = (
        f"{row.first_user} says {row.first_value or row.first_action}",
        f"{row.user} says {row.value or row.action}",
    )
    values = (row.first_value, row.value, item.machine_value, *item.alternatives)
    others = dict.fromkeys(v for v in values if v and v != item.value)
    return replace(
        item, flags=(*votes, *item.flags), alternatives=tuple(others)[:_MOST_VALUES]
    )


def measure_review(store: RunStore) -> SecondResult:
    """Count what second opinions, and supervisors after them, found."""
    first, final = decisions.alias(), decisions.alias()
    query: Select[Any] = select(
        seconds.c.opinion_id,
        first.c.value,
        first.c.action,
        final.c.value.label("final_value"),
        final.c.action.label("final_action"),
        final.c.settled,
    ).select_from(seconds)
    query = join_pages(query.join(fields, fields.c.id == seconds.c.field_id))
    query = query.outerjoin(opinions, opinions.c.id == seconds.c.opinion_id)
    query = query.outerjoin(first, first.c.id == opinions.c.first_id)
    query = query.outerjoin(final, final.c.id == fields.c.decision_id)
    with store.read() as connection:
        rows = connection.execute(query.where(fields.c.is_there)).all()
    seen = [row for row in rows if row.opinion_id is not None]
    known = [row for row in seen if row.settled]
    wrong = sum(
        _vote_of(row.value, row.action) != _vote_of(row.final_value, row.final_action)
        for row in known
    )
    return SecondResult(len(rows), len(seen), len(seen) - len(known), wrong)


def _vote_of(value: str, action: str) -> Vote:
    return value, action == Action.UNREADABLE


def _vote(
    connection: Connection, opinion: Decision, first: Row[Any], sheet: str
) -> None:
    """Put a field back about which the second person differs, or wants another one."""
    is_raised = opinion.action is Action.ESCALATE
    second = _vote_of(opinion.value, opinion.action)
    if second == _vote_of(first.value, first.action) and not is_raised:
        return
    put_back = Decision(
        opinion.field_id,
        Action.ESCALATE if is_raised else Action.DOUBT,
        first.value,
        opinion.user,
        SECOND,
        first.decision_id,
        sheet=sheet,
        comment=opinion.comment,
    )
    decide(connection, put_back)


def _lock(connection: Connection, field_id: int, user: str) -> Row[Any] | None:
    """Look up the decision that a user is asked about; None if there is none."""
    query: Select[Any] = select(
        fields.c.decision_id,
        decisions.c.value,
        decisions.c.action,
    ).where(fields.c.id == field_id, fields.c.is_there)
    joined = query.join(decisions, decisions.c.id == fields.c.decision_id)
    asked = joined.where(is_asked_of(user)).with_for_update(of=fields)
    return connection.execute(asked).first()


def _find_request(connection: Connection, request: str | None) -> Row[Any] | None:
    if request is None:
        return None
    query: Select[Any] = select(opinions.c.id, opinions.c.field_id, opinions.c.user)
    return connection.execute(query.where(opinions.c.request == request)).first()


def _append(
    connection: Connection,
    opinion: Decision,
    *,
    first_id: int,
    undoes: int | None = None,
) -> int:
    added = connection.execute(
        insert(opinions).values(
            field_id=opinion.field_id,
            at=now_text(),
            user=opinion.user,
            action=opinion.action,
            value=opinion.value,
            first_id=first_id,
            undoes=undoes,
            request=opinion.request,
        )
    )
    key = added.inserted_primary_key
    assert key is not None
    return int(key[0])


def _point(connection: Connection, field_id: int, opinion_id: int | None) -> None:
    """Note which opinion about a field holds."""
    of_field = update(seconds).where(seconds.c.field_id == field_id)
    connection.execute(of_field.values(opinion_id=opinion_id))
