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

from formreader.store.people.asking import Reviewer, is_asked_of, is_open_to
from formreader.store.people.claims import WHOLE, is_free
from formreader.store.people.decisions import join_decisions
from formreader.store.people.filters import Filters
from formreader.store.tables.schema import (
    FileState,
    audit,
    decisions,
    fields,
    files,
    pages,
)

__all__ = [
    "PagePlace",
    "find_page",
    "find_place",
    "has_field",
    "is_free_and_open",
    "is_open",
]


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


def is_open(*, with_audit: bool = False) -> ColumnElement[bool]:
    """The condition that a person must look at a field; its query joins decisions.

    Args:
        with_audit: Also where the field was drawn for the audit.
    """
    asked: ColumnElement[bool] = fields.c.needs_review
    if with_audit:
        asked = or_(asked, fields.c.id.in_(select(audit.c.field_id)))
    undecided = and_(fields.c.decision_id.is_(None), asked)
    return or_(undecided, and_(fields.c.decision_id.is_not(None), ~decisions.c.settled))


def is_free_and_open(
    browser: str,
    without: Sequence[int] = (),
    filters: Filters | None = None,
    *,
    with_audit: bool = False,
    asked_of: str | None = None,
    reviewer: Reviewer | None = None,
) -> ColumnElement[bool]:
    """The condition that a browser may be given a field for review.

    Args:
        browser: Who asks.
        without: Fields that do not count.
        filters: What the field must have; what they ask of its page is not in it.
        with_audit: Also where the field was drawn for the audit.
        asked_of: Also where this user is asked about what another has decided.
        reviewer: Leave out what was put back for others than this one.
    """
    free = is_free(fields.c.id, WHOLE, browser, time.time())
    waits = is_open(with_audit=with_audit)
    if reviewer is not None:
        is_undecided = fields.c.decision_id.is_(None)
        waits = and_(waits, or_(is_undecided, is_open_to(reviewer)))
    if asked_of is not None:
        waits = or_(waits, is_asked_of(asked_of))
    conditions = [waits, free]
    conditions += (filters or Filters()).of_field()
    if without:
        conditions.append(fields.c.id.not_in(without))
    return and_(*conditions)


def has_field(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition that a page has a field that counts and meets a condition.

    It is looked up page by page.
    """
    query = join_decisions(select(fields.c.id)).where(
        fields.c.page_id == pages.c.id, fields.c.is_there, condition
    )
    return exists(query.correlate(pages))


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


def find_page(
    connection: Connection,
    place: PagePlace | None,
    step: int,
    *conditions: ColumnElement[bool],
) -> int | None:
    """Find the nearest page that meets conditions.

    It goes from page to page, by an index, until it finds one: nothing is sorted.

    Args:
        connection: The store.
        place: Where to begin, without this page; None for before the first.
        step: 1 for onwards, -1 for back.
        conditions: On the page, its file, and with `has_field` its fields.

    Returns:
        The page; None if there is none in this direction.
    """
    query = _select_pages(place, step).where(*conditions)
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
    if place is None:
        query = query.where(files.c.name >= "")  # all; it goes by the index of names
    else:
        here = (place.name, place.file_id, place.page_index)
        query = (
            query.where(files.c.name >= place.name, tuple_(*columns) > here)
            if step > 0
            else query.where(files.c.name <= place.name, tuple_(*columns) < here)
        )
    return query.order_by(*(c if step > 0 else c.desc() for c in columns))
