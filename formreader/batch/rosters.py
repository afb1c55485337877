"""Matches the fields of a whole run to their rosters: `assign = "unique"`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, Row, select, update

from formreader.geometry import Box
from formreader.records import Alternative, DigitReading, FieldKind, FieldReading, Flag
from formreader.store.tables.schema import FileState, fields, files, pages

if TYPE_CHECKING:
    from formreader.forms.templates.entries import FieldTemplate
    from formreader.forms.templates.template import FormTemplate

__all__ = ["settle_rosters"]


def settle_rosters(
    connection: Connection, templates: Iterable[FormTemplate], threshold: float
) -> None:
    """Give each field of a roster its entry, each entry once in the run.

    It starts from what was read on each page, so that it may be done again after more
    pages have been read.

    Args:
        connection: The store, in a transaction that writes.
        templates: The forms of the run.
        threshold: Fields less certain than this need review, in [0, 1].
    """
    for form in templates:
        for field in form.fields:
            if field.assign is not None:
                _settle(connection, form.name, field, threshold)


def _settle(
    connection: Connection, form: str, field: FieldTemplate, threshold: float
) -> None:
    from formreader.forms.assignment import assign_roster

    rows = connection.execute(
        select(fields)
        .join(pages, pages.c.id == fields.c.page_id)
        .join(files, files.c.id == pages.c.file_id)
        .where(
            files.c.state == FileState.KNOWN,
            pages.c.form == form,
            fields.c.name == field.name,
        )
        .order_by(files.c.name, pages.c.page_index)
    ).all()
    read = [_restore(row, field.kind) for row in rows]
    settled = assign_roster(read, field.one_of or (), threshold)
    _write(connection, rows, settled)


def _restore(row: Row[Any], kind: FieldKind) -> FieldReading:
    """Make the reading of a field as it was before any roster."""
    read = json.loads(row.reading)
    box = Box(row.left, row.top, row.left + row.width, row.top + row.height)
    return FieldReading(
        name=row.name,
        value=read["value"],
        confidence=read["confidence"],
        needs_review=read["needs_review"],
        flags=tuple(Flag(flag) for flag in read["flags"].split()),
        digits=tuple(DigitReading(character, 0.0) for character in row.raw),
        box=box,
        outline=np.array(read["outline"]),
        kind=kind,
        alternatives=tuple(Alternative(*other) for other in read["alternatives"]),
    )


def _write(
    connection: Connection, rows: Sequence[Row[Any]], settled: Sequence[FieldReading]
) -> None:
    for row, field in zip(rows, settled, strict=True):
        values = {
            "value": field.value,
            "confidence": field.confidence,
            "needs_review": field.needs_review,
            "flags": " ".join(field.flags),
        }
        if any(getattr(row, column) != value for column, value in values.items()):
            connection.execute(
                update(fields).where(fields.c.id == row.id).values(**values)
            )
