"""What the machine writes into the store: files, pages and what was read on them.

Each function is a part of a transaction of its caller, so that a run that is killed
between two transactions has lost nothing and holds nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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

from formreader.batch.listing import FoundFile, LeftAside
from formreader.batch.store.schema import (
    FileState,
    PageState,
    crops,
    digits,
    fields,
    files,
    pages,
)
from formreader.batch.tasks import (
    Failed,
    FieldRecord,
    Inspected,
    InspectFile,
    Outcome,
    PageRecord,
)
from formreader.export import format_probability
from formreader.geometry import Box

__all__ = [
    "add_files",
    "files_to_move",
    "mark_copies",
    "next_files",
    "next_pages",
    "note_move",
    "record",
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


def record(connection: Connection, outcome: Outcome) -> None:
    """Write down what became of a task. A task that is answered twice counts once."""
    if isinstance(outcome, Inspected):
        _record_file(connection, outcome)
    elif isinstance(outcome, PageRecord):
        _record_page(connection, outcome)
    else:
        _record_failure(connection, outcome)


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


def _record_file(connection: Connection, found: Inspected) -> None:
    row = connection.execute(
        select(files).where(files.c.id == found.task.file_id)
    ).one()
    if row.state != FileState.NEW:
        return
    facts = {
        "sha256": found.sha256,
        "size": found.size,
        "mtime_ns": found.mtime_ns,
        "page_count": found.page_count,
        "state": FileState.KNOWN,
    }
    file_id = row.id
    if row.sha256 is not None and row.sha256 != found.sha256:
        # What was read and decided stays in the store, but no longer counts.
        _set_state(connection, file_id, FileState.REPLACED)
        added = insert(files).values(name=row.name, **facts).returning(files.c.id)
        file_id = connection.execute(added).scalar_one()
    else:
        connection.execute(update(files).where(files.c.id == file_id).values(**facts))
    has_pages = select(pages.c.id).where(pages.c.file_id == file_id).limit(1)
    if connection.scalar(has_pages) is None:
        _add_pages(connection, file_id, found.page_count)


def _record_page(connection: Connection, page: PageRecord) -> None:
    page_id = page.task.page_id
    taken = connection.execute(
        update(pages)
        .where(pages.c.id == page_id, pages.c.state == PageState.WAITING)
        .values(
            state=PageState.READ,
            width=page.width,
            height=page.height,
            form=page.form,
            form_page=page.form_page,
            residual_px=page.residual_px,
            warnings=json.dumps(page.warnings),
            seconds=page.seconds,
        )
    )
    if not taken.rowcount:
        return
    if page.fields:
        _record_fields(connection, page_id, page.fields)


def _record_fields(
    connection: Connection, page_id: int, read: Sequence[FieldRecord]
) -> None:
    rows = [
        {"page_id": page_id, "position": position, **_field_row(field)}
        for position, field in enumerate(read)
    ]
    added = insert(fields).returning(fields.c.id, sort_by_parameter_order=True)
    ids = connection.scalars(added, rows).all()
    connection.execute(
        insert(crops),
        [
            {"field_id": i, "image": field.crop.image, **_box_row(field.crop.box)}
            for i, field in zip(ids, read, strict=True)
        ],
    )
    characters = [
        {
            "field_id": i,
            "position": position,
            "character": digit.character,
            "confidence": digit.confidence,
            "image": digit.image,
            **_box_row(digit.box),
        }
        for i, field in zip(ids, read, strict=True)
        for position, digit in enumerate(field.digits)
    ]
    if characters:
        connection.execute(insert(digits), characters)


def _record_failure(connection: Connection, failed: Failed) -> None:
    why = {"problem": failed.problem, "remedy": failed.remedy}
    if isinstance(failed.task, InspectFile):
        connection.execute(
            update(files)
            .where(files.c.id == failed.task.file_id, files.c.state == FileState.NEW)
            .values(state=FileState.FAILED, **why)
        )
        return
    connection.execute(
        update(pages)
        .where(pages.c.id == failed.task.page_id, pages.c.state == PageState.WAITING)
        .values(state=PageState.FAILED, **why)
    )


def _field_row(field: FieldRecord) -> dict[str, object]:
    result = {
        "value": field.value,
        "confidence": field.confidence,
        "needs_review": field.needs_review,
        "flags": " ".join(field.flags),
    }
    reading = {
        **result,
        "outline": field.outline,
        "alternatives": field.alternatives,
    }
    return {
        "name": field.name,
        **result,
        "raw": "".join(digit.character for digit in field.digits),
        "digit_confidences": " ".join(
            format_probability(digit.confidence) for digit in field.digits
        ),
        **_box_row(field.box),
        "reading": json.dumps(reading),
    }


def _box_row(box: Box | None) -> dict[str, int | None]:
    if box is None:
        return {"left": None, "top": None, "width": None, "height": None}
    return {
        "left": box.left,
        "top": box.top,
        "width": box.width,
        "height": box.height,
    }


def _add_pages(connection: Connection, file_id: int, count: int) -> None:
    if count:
        connection.execute(
            insert(pages),
            [
                {"file_id": file_id, "page_index": index, "state": PageState.WAITING}
                for index in range(count)
            ],
        )


def _set_state(connection: Connection, file_id: int, state: FileState) -> None:
    connection.execute(update(files).where(files.c.id == file_id).values(state=state))


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
        _add_pages(connection, row.id, row.page_count)
