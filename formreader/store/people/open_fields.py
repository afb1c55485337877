"""Which fields a person must still look at, and the pages on which there are any."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
    tuple_,
)

from formreader.store.people.claims import WHOLE, is_free
from formreader.store.people.decisions import join_decisions
from formreader.store.people.filters import Filters
from formreader.store.tables.schema import FileState, decisions, fields, files, pages

__all__ = ["PagePlace", "find_open_page", "find_place", "is_open"]


@dataclass(frozen=True)
class PagePlace:
    """Where a page stands among those of a run.

    Attributes:
        name: Its file.
        file_id: The same, in the store.
        page_index: 0-based page in the file.
    """

    name: str
    file_id: int
    page_index: int


def is_open() -> ColumnElement[bool]:
    """The condition that a person must look at a field.

    Its query has joined decisions.
    """
    flagged = and_(fields.c.decision_id.is_(None), fields.c.needs_review)
    return or_(flagged, and_(fields.c.decision_id.is_not(None), ~decisions.c.settled))


def find_place(connection: Connection, page_id: int | None) -> PagePlace | None:
    """Find out where a page stands; None if there is none."""
    if page_id is None:
        return None
    query = (
        select(files.c.name, files.c.id, pages.c.page_index)
        .join(pages, pages.c.file_id == files.c.id)
        .where(pages.c.id == page_id)
    )
    row = connection.execute(query).first()
    return None if row is None else PagePlace(*row)


def find_open_page(
    connection: Connection,
    browser: str,
    place: PagePlace | None,
    step: int = 1,
    *,
    without: Sequence[int] = (),
    filters: Filters | None = None,
) -> int | None:
    """Find the nearest page with a field that a person must look at.

    It goes from page to page, by an index, until it finds one: fields are not sorted.

    Args:
        connection: The store.
        browser: What others have in hand is no reason to go there.
        place: Where to begin, without this page; None for before the first.
        step: 1 for onwards, -1 for back.
        without: Fields that do not count.
        filters: Which fields count.

    Returns:
        The page; None if there is none in this direction.
    """
    filters = filters or Filters()
    has_open = _has_open(browser, without, filters)
    query = _select_pages(place, step).where(has_open, *filters.of_page())
    found: int | None = connection.scalar(query.limit(1))
    return found


def _select_pages(place: PagePlace | None, step: int) -> Select[Any]:
    """Select the pages that count beyond a place, the nearest first."""
    query: Select[Any] = (
        select(pages.c.id)
        .select_from(files)
        .join(pages, pages.c.file_id == files.c.id)
        # A function, lest a database goes by the index of states and sorts all pages.
        .where(func.coalesce(files.c.state, "") == FileState.KNOWN)
    )
    columns = (files.c.name, files.c.id, pages.c.page_index)
    if place is not None:
        here = (place.name, place.file_id, place.page_index)
        query = (
            query.where(files.c.name >= place.name, tuple_(*columns) > here)
            if step > 0
            else query.where(files.c.name <= place.name, tuple_(*columns) < here)
        )
    return query.order_by(*(c if step > 0 else c.desc() for c in columns))


def _has_open(
    browser: str, without: Sequence[int], filters: Filters
) -> ColumnElement[bool]:
    """The condition that a page has a field that a person must look at, and may."""
    query = join_decisions(select(fields.c.id)).where(
        fields.c.page_id == pages.c.id,
        fields.c.is_there,
        is_open(),
        is_free(fields.c.id, WHOLE, browser, time.time()),
        *filters.of_field(),
    )
    if without:
        query = query.where(fields.c.id.not_in(without))
    return exists(query.correlate(pages))
