"""Which browser has which field in hand.

A claim runs out by itself, so that a browser that went away keeps nothing. Each
function is a part of a transaction of its caller, which must be one that writes: only
then can two browsers not be given the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    tuple_,
)

from formreader.store.tables.schema import claims

__all__ = ["LEASE_S", "WHOLE", "Place", "claim", "is_among", "is_free", "release"]

LEASE_S = 180.0
"""How long a claim lasts, in seconds, unless it is renewed."""

_LONGEST_S = 2 * LEASE_S  # that a claim may seem to last, where clocks differ

WHOLE = -1
"""The position that stands for a field as a whole."""

Place = tuple[int, int]
"""A field, and the position of a digit in it or `WHOLE`."""


def is_among(
    field_id: ColumnElement[int], position: ColumnElement[int], places: Sequence[Place]
) -> ColumnElement[bool]:
    """The condition that a place is one of some.

    Fields are named beside the pairs, since SQLite finds pairs by no index.
    """
    ids = list(dict.fromkeys(field for field, _ in places))
    return and_(field_id.in_(ids), tuple_(field_id, position).in_(list(places)))


def is_free(
    field_id: ColumnElement[int],
    position: ColumnElement[int] | int,
    browser: str,
    now: float,
) -> ColumnElement[bool]:
    """The condition that nobody else has something in hand.

    Args:
        field_id: The column with the field.
        position: The column with the digit, or `WHOLE`.
        browser: Who asks.
        now: Seconds since 1970.
    """
    return ~exists().where(
        claims.c.field_id == field_id,
        claims.c.position == position,
        _is_live(now),
        claims.c.browser != browser,
    )


def claim(
    connection: Connection, places: Sequence[Place], browser: str, now: float
) -> list[Place]:
    """Take into hand what nobody else has, and renew what one has already.

    Returns:
        What is in hand now.
    """
    if not places:
        return []
    within = is_among(claims.c.field_id, claims.c.position, places)
    over = or_(~_is_live(now), claims.c.browser == browser)
    connection.execute(delete(claims).where(and_(within, over)))
    held = select(claims.c.field_id, claims.c.position).where(within)
    others = {(row.field_id, row.position) for row in connection.execute(held)}
    got = [place for place in dict.fromkeys(places) if place not in others]
    if got:
        rows = [
            {"field_id": i, "position": p, "browser": browser, "until": now + LEASE_S}
            for i, p in got
        ]
        connection.execute(insert(claims), rows)
    return got


def release(connection: Connection, places: Sequence[Place], browser: str) -> None:
    """Let go of what one has in hand."""
    if places:
        within = is_among(claims.c.field_id, claims.c.position, places)
        connection.execute(delete(claims).where(within, claims.c.browser == browser))


def _is_live(now: float) -> ColumnElement[bool]:
    """The condition that a claim has not run out.

    One that seems to last for longer than any does was made before the clock was set
    back.
    """
    return and_(claims.c.until > now, claims.c.until <= now + _LONGEST_S)
