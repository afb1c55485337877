"""Which digits people found to be read rightly or wrongly: a log that only grows.

Each function is a part of a transaction of its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from sqlalchemy import Connection, bindparam, func, insert, select, update

from formreader.store.people.claims import Place, is_among
from formreader.store.people.decisions import (
    CARPET,
    Action,
    Decision,
    StaleFieldError,
    decide,
    now_text,
    undo,
)
from formreader.store.tables.schema import checks, decisions, digits, fields

__all__ = ["Verdict", "check_digits", "count_put_back", "undo_sheet"]


_CHUNK = 100  # rows in memory


class Verdict(StrEnum):
    """What a person found about a digit."""

    RIGHT = "right"
    WRONG = "wrong"
    UNDO = "undo"  # it is as if nobody had looked


def check_digits(
    connection: Connection,
    right: Sequence[Place],
    wrong: Sequence[Place],
    *,
    user: str,
    sheet: str,
) -> int:
    """Write down what a person found on one sheet of digits.

    A field with a digit that is wrong is put back for review, unless a person has
    decided about it already. Digits that somebody else has checked meanwhile keep that.

    Args:
        connection: The store.
        right: Digits that are what they were read as.
        wrong: Digits that are not.
        user: Who looked.
        sheet: Names the sheet, so that it can be taken back as a whole.

    Returns:
        How many fields were put back.
    """
    verdicts = dict.fromkeys(right, Verdict.RIGHT) | dict.fromkeys(wrong, Verdict.WRONG)
    is_wanted = is_among(digits.c.field_id, digits.c.position, list(verdicts))
    unchecked = connection.execute(
        select(digits.c.field_id, digits.c.position)
        .where(is_wanted, digits.c.check_id.is_(None))
        .order_by(digits.c.field_id, digits.c.position)
        .with_for_update(of=digits)
    )
    places = [(row.field_id, row.position) for row in unchecked]
    found = [(place, verdicts[place]) for place in places]
    _append(connection, found, user=user, sheet=sheet)
    doubted = dict.fromkeys(i for (i, _), v in found if v is Verdict.WRONG)
    return sum(_put_back(connection, i, user, sheet) for i in doubted)


def count_put_back(connection: Connection, sheet: str) -> int | None:
    """Say how many fields a sheet has put back; None if it was never stored."""
    is_known = select(checks.c.id).where(checks.c.sheet == sheet).limit(1)
    if connection.scalar(is_known) is None:
        return None
    doubts = select(func.count()).where(
        decisions.c.sheet == sheet, decisions.c.action == Action.DOUBT
    )
    return connection.scalar(doubts)


def undo_sheet(
    connection: Connection, user: str, is_open: Callable[[str], bool] = lambda _: True
) -> int:
    """Take back the newest sheet of a user that still holds, with what it put back.

    Args:
        connection: The store.
        user: Who looked, and takes it back.
        is_open: Whether a sheet may be taken back; else an older one is.

    Returns:
        How many digits are unchecked again; 0 if there is no such sheet.
    """
    is_current = (digits.c.field_id == checks.c.field_id) & (
        digits.c.position == checks.c.position
    )
    held = (
        select(checks.c.id, checks.c.field_id, checks.c.position, checks.c.sheet)
        .join(digits, is_current)
        .where(digits.c.check_id == checks.c.id)
    )
    mine = held.with_only_columns(checks.c.sheet).where(checks.c.user == user)
    query = mine.order_by(checks.c.id.desc()).execution_options(yield_per=_CHUNK)
    with connection.scalars(query) as newest:
        sheet = next(filter(is_open, newest), None)
    if sheet is None:
        return 0
    rows = connection.execute(held.where(checks.c.sheet == sheet)).all()
    found = [((row.field_id, row.position), Verdict.UNDO) for row in rows]
    undoes = [row.id for row in rows]
    _append(connection, found, user=user, sheet=sheet, undoes=undoes)
    put_back = select(decisions.c.id).where(
        decisions.c.sheet == sheet, decisions.c.action == Action.DOUBT
    )
    undo(connection, connection.scalars(put_back).all(), user)
    return len(rows)


def _append(
    connection: Connection,
    found: Sequence[tuple[Place, Verdict]],
    *,
    user: str,
    sheet: str,
    undoes: Sequence[int] | None = None,
) -> None:
    """Append checks, and let each digit point to the one that holds."""
    if not found:
        return
    at = now_text()
    undone_checks: Sequence[int | None] = undoes or [None] * len(found)
    rows = [
        {
            "field_id": field_id,
            "position": position,
            "at": at,
            "user": user,
            "verdict": verdict,
            "sheet": sheet,
            "undoes": undone,
        }
        for ((field_id, position), verdict), undone in zip(
            found, undone_checks, strict=True
        )
    ]
    adding = insert(checks).returning(checks.c.id, sort_by_parameter_order=True)
    keys = connection.scalars(adding, rows).all()
    pointing = (
        update(digits)
        .where(
            digits.c.field_id == bindparam("its_field"),
            digits.c.position == bindparam("its_position"),
        )
        .values(check_id=bindparam("its_check"))
    )
    pointers = [
        {"its_field": i, "its_position": p, "its_check": None if undoes else key}
        for ((i, p), _), key in zip(found, keys, strict=True)
    ]
    connection.execute(pointing, pointers)


def _put_back(connection: Connection, field_id: int, user: str, sheet: str) -> bool:
    """Put a field back for review; not one that a person has decided about."""
    value = connection.scalar(select(fields.c.value).where(fields.c.id == field_id))
    doubt = Decision(field_id, Action.DOUBT, value or "", user, CARPET, None, sheet)
    try:
        decide(connection, doubt)
    except StaleFieldError:
        return False
    return True
