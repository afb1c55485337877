"""Fields one below the other, over all pages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, select, tuple_

from formreader.store.people.decisions import join_decisions
from formreader.store.people.filters import Filters, join_pages
from formreader.store.people.items import FieldItem, load_items
from formreader.store.people.presence import reading_order
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import fields, files, pages

__all__ = ["list_fields"]


def list_fields(
    store: RunStore, filters: Filters, after: int | None, count: int
) -> list[FieldItem]:
    """List fields by file, page and place.

    Args:
        store: The run.
        filters: Which fields.
        after: The field after which to begin; None for the beginning.
        count: How many at most.
    """
    order = tuple_(files.c.name, pages.c.page_index, reading_order(), fields.c.id)
    with store.read() as connection:
        query = _join(fields.c.id).where(fields.c.is_there, *filters.conditions())
        if after is not None:
            last = _find(connection, after, *order.clauses)
            if last is None:
                return []
            query = query.where(order > tuple_(*last))
        chosen = connection.scalars(query.order_by(*order.clauses).limit(count))
        return load_items(connection, list(chosen))


def _find(connection: Connection, field_id: int, *columns: Any) -> Any:
    found = connection.execute(_join(*columns).where(fields.c.id == field_id)).first()
    return None if found is None else tuple(found)


def _join(*columns: Any) -> Select[Any]:
    query: Select[Any] = select(*columns).select_from(fields)
    return join_decisions(join_pages(query))
