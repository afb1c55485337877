"""Which fields count: not those that people removed, nor drawn ones taken back.

Each function is a part of a transaction of its caller.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, case, exists, func, select, update

from formreader.records import PAGE, Flag
from formreader.store.tables.schema import Finder, fields

__all__ = ["point", "reading_order", "settle_page"]


def reading_order() -> ColumnElement[float]:
    """By what the fields of a page are ordered."""
    return func.coalesce(fields.c.rank, fields.c.position)


def point(
    connection: Connection,
    field_id: int,
    decision_id: int | None,
    *,
    is_removed: bool = False,
) -> None:
    """Say which decision holds for a field, and whether the field counts.

    Without a decision a field counts that the machine has found. What stands for a page
    without fields counts as the fields of the page do not: see `settle_page`.

    Args:
        connection: The store.
        field_id: The field.
        decision_id: The decision; None for none.
        is_removed: Whether it says that there is no field.
    """
    is_found = fields.c.found_by == Finder.MACHINE
    is_there = is_found if decision_id is None else not is_removed
    kept = case((fields.c.flags == Flag.NO_FIELD, fields.c.is_there), else_=is_there)
    connection.execute(
        update(fields)
        .where(fields.c.id == field_id)
        .values(decision_id=decision_id, is_there=kept)
    )


def settle_page(connection: Connection, page_id: int) -> int | None:
    """Let what stands for a page without fields count if no field does.

    Returns:
        What stands for the page, if it counts now; None if the page has fields, or
        nothing says that it has none.
    """
    others = fields.alias()
    has_field = exists().where(
        others.c.page_id == page_id, others.c.is_there, others.c.name != PAGE
    )
    stands_for_page = (fields.c.page_id == page_id) & (fields.c.flags == Flag.NO_FIELD)
    connection.execute(
        update(fields).where(stands_for_page).values(is_there=~has_field)
    )
    told = select(fields.c.id).where(stands_for_page, fields.c.is_there)
    found: int | None = connection.scalar(told.limit(1))
    return found
