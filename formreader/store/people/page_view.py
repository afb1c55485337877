"""A page as a whole, with all its fields; and from page to page."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from formreader.store.errors import parse_json
from formreader.store.people.asking import Reviewer, is_open_to
from formreader.store.people.claims import WHOLE, claim
from formreader.store.people.decisions import join_decisions
from formreader.store.people.items import FieldItem, FieldState, load_page_items
from formreader.store.people.open_fields import (
    find_page,
    find_place,
    has_field,
    is_free_and_open,
)
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import (
    FileState,
    PageState,
    decisions,
    fields,
    files,
    pages,
)

__all__ = ["PageDesk", "PageView", "describe_page"]

_OPEN = frozenset({FieldState.REVIEW, FieldState.RULE_FAILED})
_MOST_HELD = 1000  # fields of a page that one request may name, to keep them in hand


@dataclass(frozen=True)
class PageView:
    """A page, with all that is needed to show it.

    Attributes:
        id: In the store.
        source: The file.
        page: 1-based page in the file.
        page_count: Pages of the file; None if unknown.
        size: Width and height in pixels; (0, 0) if unknown.
        form: Name of the template that it was read by, or None.
        notes: What is to be known about it, in words: why it was not read, warnings.
        items: Its fields, in reading order.
        held: Those that the browser has in hand.
    """

    id: int
    source: str
    page: int
    page_count: int | None
    size: tuple[int, int]
    form: str | None
    notes: tuple[str, ...]
    items: tuple[FieldItem, ...]
    held: tuple[int, ...] = ()


class PageDesk:
    """Gives out pages, and their fields into hand.

    Args:
        store: The run.
        read_only: Give out without taking claims, since nothing may be written.
    """

    def __init__(self, store: RunStore, *, read_only: bool = False) -> None:
        """Keep the parts."""
        self._store, self._read_only = store, read_only

    def show(
        self, browser: str, page_id: int, reviewer: Reviewer | None = None
    ) -> PageView | None:
        """Give a page, and its fields in doubt into hand; None if there is none."""
        begin = self._store.read if self._read_only else self._store.write
        with begin() as connection:
            return self._load(connection, browser, page_id, reviewer)

    def turn(
        self,
        browser: str,
        page_id: int | None,
        step: int,
        without: Sequence[int],
        reviewer: Reviewer | None = None,
    ) -> PageView | None:
        """Give the nearest page with a field in doubt that nobody else has in hand.

        Onwards, the first page comes after the last.

        Args:
            browser: Who gets it.
            page_id: The page before it; None for the first that there is.
            step: 1 for onwards, -1 for back.
            without: Fields that do not count, as they are decided already.
            reviewer: Whose; what was put back for others does not count.

        Returns:
            The page; None if there is none, or none before.
        """
        begin = self._store.read if self._read_only else self._store.write
        with begin() as connection:
            place = find_place(connection, page_id)
            is_wanted = has_field(is_free_and_open(browser, without, reviewer=reviewer))
            found = find_page(connection, place, step, is_wanted)
            if found is None and place is not None and step > 0:
                found = find_page(connection, None, step, is_wanted)
            if found is None:
                return None
            return self._load(connection, browser, found, reviewer)

    def _load(
        self,
        connection: Connection,
        browser: str,
        page_id: int,
        reviewer: Reviewer | None,
    ) -> PageView | None:
        query = (
            select(pages, files.c.name, files.c.page_count)
            .join(files, files.c.id == pages.c.file_id)
            .where(pages.c.id == page_id, files.c.state == FileState.KNOWN)
        )
        row = connection.execute(query).first()
        if row is None:
            return None
        items = load_page_items(connection, page_id)
        held: list[int] = []
        if not self._read_only:
            others = _find_for_others(connection, page_id, reviewer)
            items = [
                replace(i, state=FieldState.ESCALATED) if i.id in others else i
                for i in items
            ]
            wanted = [(i.id, WHOLE) for i in items if i.state in _OPEN][:_MOST_HELD]
            held = [i for i, _ in claim(connection, wanted, browser, time.time())]
        return PageView(
            id=page_id,
            source=row.name,
            page=row.page_index + 1,
            page_count=row.page_count,
            size=(row.width or 0, row.height or 0),
            form=row.form,
            notes=tuple(describe_page(row)),
            items=tuple(items),
            held=tuple(held),
        )


def _find_for_others(
    connection: Connection, page_id: int, reviewer: Reviewer | None
) -> set[int]:
    """Find the fields of a page that were put back for others than a reviewer."""
    if reviewer is None:
        return set()
    query = join_decisions(select(fields.c.id)).where(
        fields.c.page_id == page_id, ~decisions.c.settled, ~is_open_to(reviewer)
    )
    return set(connection.scalars(query))


def describe_page(row: Row[Any]) -> list[str]:
    """Say in words what is to be known about a page, beside its fields."""
    if row.state == PageState.WAITING:
        return ["This page has not been read yet."]
    if row.state == PageState.FAILED:
        remedy = f" What helps: {row.remedy}." if row.remedy else ""
        return [f"This page could not be read: {row.problem}.{remedy}"]
    warnings: list[str] = parse_json(row.warnings) if row.warnings else []
    briefly = [text.partition("; ")[0] for text in warnings]  # the rest is on the page
    return [f"{text[0].upper()}{text[1:]}." for text in briefly if text]
