"""What there is to do: the files of a run, and the pages that wait to be read.

Each function is a part of a transaction of its caller, so that a run that is killed
between two transactions has lost nothing and does nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from formreader.store.records import FoundFile, LeftAside
from formreader.store.tables.schema import (
    FileState,
    PageState,
    files,
    pages,
)

__all__ = [
    "add_files",
    "add_pages",
    "files_to_move",
    "mark_copies",
    "next_files",
    "next_pages",
    "note_move",
    "retry_failed",
]


def add_files(connection: Connection, found: Iterable[FoundFile | LeftAside]) -> None:
    """Take up the files of a folder. Those that have not changed stay as they are.

    A file that may have changed is opened again before it is read again.
    """
    live = and_(files.c.state != FileState.REPLACED, files.c.moved_to.is_(None))
    for file in found:
        row = connection.execute(
            select(files.c.id, files.c.state, files.c.size, files.c.mtime_ns).where(
                files.c.name == file.name, live
            )
        ).first()
        if isinstance(file, LeftAside):
            state = FileState.FAILED if file.is_failure else FileState.ASIDE
            values = {
                "size": 0,
                "mtime_ns": 0,
                "state": state,
                "problem": file.problem,
                "remedy": file.remedy,
            }
        else:
            if row and (row.size, row.mtime_ns) == (file.size, file.mtime_ns):
                continue
            values = {
                "size": file.size,
                "mtime_ns": file.mtime_ns,
                "state": FileState.NEW,
                "problem": None,
                "remedy": None,
            }
        if row is None:
            connection.execute(insert(files).values(name=file.name, **values))
        else:
            connection.execute(
                update(files).where(files.c.id == row.id).values(**values)
            )


def next_files(connection: Connection, after: int, count: int) -> list[tuple[int, str]]:
    """List files that have not been opened.

    Args:
        connection: The store.
        after: Id of the last one known.
        count: How many at most.

    Returns:
        Ids and names, by id.
    """
    rows = connection.execute(
        select(files.c.id, files.c.name)
        .where(files.c.state == FileState.NEW, files.c.id > after)
        .order_by(files.c.id)
        .limit(count)
    )
    return [(row.id, row.name) for row in rows]


def next_pages(
    connection: Connection, after: int, count: int
) -> list[tuple[int, str, int]]:
    """List pages that have not been read.

    Args:
        connection: The store.
        after: Id of the last one known.
        count: How many at most.

    Returns:
        Ids, names of their files, and 0-based pages therein, by id.
    """
    rows = connection.execute(
        select(pages.c.id, files.c.name, pages.c.page_index)
        .join(files, files.c.id == pages.c.file_id)
        .where(
            pages.c.state == PageState.WAITING,
            files.c.state == FileState.KNOWN,
            pages.c.id > after,
        )
        .order_by(pages.c.id)
        .limit(count)
    )
    return [(row.id, row.name, row.page_index) for row in rows]


def mark_copies(connection: Connection) -> None:
    """Find files that hold the same bytes; all but one of each are left out.

    The one that stays has been read already, or else has the first name.
    """
    _revive_copies(connection)
    repeated = (
        select(files.c.sha256)
        .where(files.c.state == FileState.KNOWN)
        .group_by(files.c.sha256)
        .having(func.count() > 1)
    )
    for sha256 in connection.scalars(repeated).all():
        alike = connection.scalars(
            select(files.c.id)
            .where(files.c.sha256 == sha256, files.c.state == FileState.KNOWN)
            .order_by(_was_read().desc(), files.c.name)
        ).all()
        for copy in alike[1:]:
            connection.execute(delete(pages).where(pages.c.file_id == copy))
            connection.execute(
                update(files)
                .where(files.c.id == copy)
                .values(state=FileState.COPY, copy_of=alike[0])
            )


def retry_failed(connection: Connection) -> None:
    """Let everything that failed be tried again."""
    nothing = {"problem": None, "remedy": None}
    connection.execute(
        update(files)
        .where(files.c.state == FileState.FAILED)
        .values(state=FileState.NEW, **nothing)
    )
    connection.execute(
        update(pages)
        .where(pages.c.state == PageState.FAILED)
        .values(state=PageState.WAITING, **nothing)
    )


def files_to_move(connection: Connection) -> list[tuple[int, str]]:
    """List files all of whose pages have been read, and copies of such as were moved.

    Returns:
        Ids and names of those that have not been moved, by id.
    """
    original = files.alias()
    is_left = (
        select(pages.c.id)
        .where(pages.c.file_id == files.c.id, pages.c.state != PageState.READ)
        .exists()
    )
    rows = connection.execute(
        select(files.c.id, files.c.name)
        .outerjoin(original, original.c.id == files.c.copy_of)
        .where(
            files.c.moved_to.is_(None),
            or_(
                and_(files.c.state == FileState.KNOWN, ~is_left),
                # Another copy would have to be read if the original changed.
                and_(files.c.state == FileState.COPY, original.c.moved_to.is_not(None)),
            ),
        )
        .order_by(files.c.id)
    )
    return [(row.id, row.name) for row in rows]


def note_move(
    connection: Connection, file_id: int, name: str, path: Path | None
) -> None:
    """Write down where a file is now.

    Args:
        connection: The store.
        file_id: The file.
        name: What it is called from now on.
        path: Where it is; None for in the folder.
    """
    moved_to = None if path is None else str(path)
    connection.execute(
        update(files).where(files.c.id == file_id).values(name=name, moved_to=moved_to)
    )


def add_pages(connection: Connection, file_id: int, count: int) -> None:
    """Let the pages of a file wait to be read."""
    if count:
        connection.execute(
            insert(pages),
            [
                {"file_id": file_id, "page_index": index, "state": PageState.WAITING}
                for index in range(count)
            ],
        )


def _was_read() -> ColumnElement[bool]:
    return (
        select(pages.c.id)
        .where(pages.c.file_id == files.c.id, pages.c.state != PageState.WAITING)
        .exists()
    )


def _revive_copies(connection: Connection) -> None:
    """Give copies their pages back whose original has changed since."""
    original = files.alias()
    lost = connection.execute(
        select(files.c.id, files.c.page_count)
        .join(original, original.c.id == files.c.copy_of)
        .where(files.c.state == FileState.COPY, original.c.state == FileState.REPLACED)
    ).all()
    for row in lost:
        connection.execute(
            update(files)
            .where(files.c.id == row.id)
            .values(state=FileState.KNOWN, copy_of=None)
        )
        add_pages(connection, row.id, row.page_count)
