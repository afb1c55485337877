"""What the machine writes into the store: what became of its tasks.

Each function is a part of a transaction of its caller, so that a run that is killed
between two transactions has lost nothing and holds nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import (
    Connection,
    insert,
    select,
    update,
)

from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.rows import FIELD_COLUMNS
from formreader.store.machine.inventory import add_pages
from formreader.store.machine.results import StoredReading
from formreader.store.records import (
    Failed,
    FieldRecord,
    Inspected,
    InspectFile,
    Outcome,
    PageRecord,
)
from formreader.store.tables.schema import (
    FileState,
    PageState,
    crops,
    digits,
    fields,
    files,
    pages,
)

__all__ = ["record", "record_fields", "record_settled"]

_SETTLED = ("value", "confidence", "needs_review", "flags")
"""What a roster that is matched over the whole batch may change."""


def record(connection: Connection, outcome: Outcome) -> None:
    """Write down what became of a task. A task that is answered twice counts once."""
    if isinstance(outcome, Inspected):
        _record_file(connection, outcome)
    elif isinstance(outcome, PageRecord):
        _record_page(connection, outcome)
    else:
        _record_failure(connection, outcome)


def record_settled(
    connection: Connection, settled: Sequence[tuple[StoredReading, FieldReading]]
) -> None:
    """Write down what fields were settled to that all pages have a say in.

    Args:
        connection: The store.
        settled: Each field, and what holds for it now; what is so already is left.
    """
    for stored, reading in settled:
        values = _settled_row(reading)
        if any(getattr(stored, column) != value for column, value in values.items()):
            connection.execute(
                update(fields).where(fields.c.id == stored.field_id).values(**values)
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
        add_pages(connection, file_id, found.page_count)


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
        record_fields(connection, page_id, page.fields)


def record_fields(
    connection: Connection,
    page_id: int,
    read: Sequence[FieldRecord],
    first: int = 0,
    **more: object,
) -> list[int]:
    """Add fields to a page.

    Args:
        connection: The store.
        page_id: The page.
        read: The fields.
        first: Position of the first of them.
        more: What other columns hold in each of their rows.

    Returns:
        Their ids, in the same order.
    """
    rows = [
        {"page_id": page_id, "position": at, **_field_row(field.reading), **more}
        for at, field in enumerate(read, first)
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
            "image": image,
            **_box_row(digit.box),
        }
        for i, field in zip(ids, read, strict=True)
        for position, (digit, image) in enumerate(
            zip(field.reading.digits, field.images, strict=True)
        )
    ]
    if characters:
        connection.execute(insert(digits), characters)
    return list(ids)


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


def _field_row(field: FieldReading) -> dict[str, object]:
    """Give what the columns of a field hold, and what else was read from its page."""
    row = {column.stored: column.take(field) for column in FIELD_COLUMNS}
    reading = {
        **{name: row[name] for name in _SETTLED},
        "outline": field.outline.tolist(),
        "alternatives": [(a.value, a.raw, a.probability) for a in field.alternatives],
    }
    if field.apart is not None:
        reading["apart"] = _settled_row(field.apart)
    value_type = "" if field.type is None else str(field.type)
    return {**row, "value_type": value_type, "reading": json.dumps(reading)}


def _settled_row(field: FieldReading) -> dict[str, object]:
    columns = (column for column in FIELD_COLUMNS if column.name in _SETTLED)
    return {column.stored: column.take(field) for column in columns}


def _box_row(box: Box | None) -> dict[str, int | None]:
    if box is None:
        return {"left": None, "top": None, "width": None, "height": None}
    return {
        "left": box.left,
        "top": box.top,
        "width": box.width,
        "height": box.height,
    }


def _set_state(connection: Connection, file_id: int, state: FileState) -> None:
    connection.execute(update(files).where(files.c.id == file_id).values(state=state))
