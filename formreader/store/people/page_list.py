"""All pages of a run, and files without any: what is left to do, or the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    or_,
    select,
    tuple_,
)

from formreader.flags import describe_flags
from formreader.records import PAGE, Flag
from formreader.store.people.decisions import join_decisions
from formreader.store.people.open_fields import has_field, is_open
from formreader.store.people.page_view import describe_page
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import (
    FileState,
    PageState,
    decisions,
    fields,
    files,
    pages,
)

__all__ = ["ListedPage", "Which", "list_pages"]

_UNREAD = (FileState.FAILED, FileState.ASIDE, FileState.COPY)


class Which(StrEnum):
    """Which pages are listed."""

    ALL = "all"
    OPEN = "open"  # with something to review
    PROBLEM = "problem"  # not read, or with nothing found, or with writing not read


@dataclass(frozen=True)
class ListedPage:
    """A page, or a file without pages.

    Attributes:
        file_id: The file in the store.
        source: Its name.
        page_id: The page in the store; None for a file as a whole.
        page: Its 1-based number; None for a file as a whole.
        notes: What is to be known about it, in words.
        fields: How many fields were found on it.
        open: How many of them a person must look at.
        decided: How many a person has decided about.
    """

    file_id: int
    source: str
    page_id: int | None
    page: int | None
    notes: tuple[str, ...]
    fields: int = 0
    open: int = 0
    decided: int = 0


def list_pages(
    store: RunStore,
    which: Which,
    after: tuple[int, int] | None,
    count: int,
    search: str = "",
) -> list[ListedPage]:
    """List pages by file and number.

    Args:
        store: The run.
        which: Which ones.
        after: File and number of the one after which to begin; the number is 0 for a
            file without pages; None for the beginning.
        count: How many at most.
        search: Part of the file's name.
    """
    order = (files.c.name, files.c.id, func.coalesce(pages.c.page_index, -1))
    query = _select().where(*_narrow(which))
    if search:
        query = query.where(files.c.name.contains(search, autoescape=True, escape="\\"))
    with store.read() as connection:
        if after is not None:
            name = connection.scalar(select(files.c.name).where(files.c.id == after[0]))
            here = (name or "", after[0], after[1] - 1)
            query = query.where(files.c.name >= here[0], tuple_(*order) > here)
        rows = connection.execute(query.order_by(*order).limit(count)).all()
        return _count_fields(connection, [_make_page(row) for row in rows])


def _select() -> Select[Any]:
    """Select pages that count, and files without any."""
    original = files.alias()
    query: Select[Any] = select(
        files.c.id.label("file_id"),
        files.c.name,
        files.c.state.label("file_state"),
        files.c.problem.label("file_problem"),
        files.c.remedy.label("file_remedy"),
        original.c.name.label("original"),
        pages.c.id,
        pages.c.page_index,
        pages.c.state,
        pages.c.warnings,
        pages.c.problem,
        pages.c.remedy,
    ).select_from(files)
    is_known = func.coalesce(files.c.state, "") == FileState.KNOWN
    query = query.outerjoin(pages, and_(pages.c.file_id == files.c.id, is_known))
    query = query.outerjoin(original, original.c.id == files.c.copy_of)
    # A function, lest a database goes by the index of states and sorts all.
    return query.where(func.coalesce(files.c.state, "") != FileState.REPLACED)


def _narrow(which: Which) -> list[ColumnElement[bool]]:
    if which is Which.OPEN:
        return [has_field(is_open())]
    if which is Which.PROBLEM:
        says_so = has_field(fields.c.name == PAGE)
        failed = pages.c.state == PageState.FAILED
        return [or_(files.c.state.in_(_UNREAD), failed, says_so)]
    return []


def _make_page(row: Row[Any]) -> ListedPage:
    if row.id is None:
        return ListedPage(row.file_id, row.name, None, None, (_describe_file(row),))
    notes = tuple(describe_page(row))
    return ListedPage(row.file_id, row.name, row.id, row.page_index + 1, notes)


def _describe_file(row: Row[Any]) -> str:
    """Say in words why a file has no pages."""
    remedy = f" What helps: {row.file_remedy}." if row.file_remedy else ""
    return {
        FileState.FAILED: f"This file could not be read: {row.file_problem}.{remedy}",
        FileState.ASIDE: f"Left aside: {row.file_problem}.{remedy}",
        FileState.COPY: f"The same as {row.original}, which is read instead.",
        FileState.NEW: "This file has not been opened yet.",
    }.get(FileState(row.file_state), "This file has no pages.")


def _count_fields(
    connection: Connection, listed: Sequence[ListedPage]
) -> list[ListedPage]:
    """Add what is left to do, and what is said of pages instead of fields."""
    ids = [page.page_id for page in listed if page.page_id is not None]
    query = join_decisions(
        select(
            fields.c.page_id,
            fields.c.name,
            fields.c.flags,
            is_open().label("open"),
            decisions.c.settled,
        )
    ).where(fields.c.page_id.in_(ids), fields.c.is_there)
    found = defaultdict(list)
    for row in connection.execute(query):
        found[row.page_id].append(row)
    return [_add_fields(page, found[page.page_id]) for page in listed]


def _add_fields(page: ListedPage, rows: Sequence[Row[Any]]) -> ListedPage:
    said = {row.flags for row in rows if row.name == PAGE}
    if page.notes:
        said.discard(Flag.UNREAD_INK)  # a warning says so
    return replace(
        page,
        notes=(*page.notes, *(text for flags in sorted(said) for text in _say(flags))),
        fields=sum(row.name != PAGE for row in rows),
        open=sum(bool(row.open) for row in rows),
        decided=sum(bool(row.settled) for row in rows),
    )


def _say(flags: str) -> list[str]:
    return [f"{t[0].upper()}{t[1:]}." for t in describe_flags(flags.split())]
