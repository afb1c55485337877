"""What must be known of a page on which somebody draws boxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from formreader.records import PAGE, FieldKind
from formreader.store.errors import parse_json
from formreader.store.people.presence import reading_order
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import FileState, Finder, fields, files, pages
from formreader.value_types import ValueType

__all__ = ["DrawingSheet", "load_drawing_sheet"]

_MOST_OUTLINES = 20  # tell as much as all


@dataclass(frozen=True)
class DrawingSheet:
    """A page, as far as boxes on it depend on that.

    Attributes:
        width: In pixels.
        height: The same.
        outlines: Corners (x, y) of some fields that the machine found.
        types: What type of value typed fields hold, by field.
        source: The file.
        fields: The fields that are there, in reading order: name, left, top, width,
            height, and how many printed boxes of one digit each they have.
    """

    width: int
    height: int
    outlines: tuple[tuple[tuple[float, float], ...], ...]
    types: Mapping[int, ValueType]
    source: str
    fields: tuple[tuple[str, int, int, int, int, int], ...]


def load_drawing_sheet(store: RunStore, page_id: int) -> DrawingSheet | None:
    """Look a page up; None if it was not read, or counts no more."""
    is_wanted = pages.c.id == page_id, files.c.state == FileState.KNOWN
    page = select(pages.c.width, pages.c.height, files.c.name).join(
        files, files.c.id == pages.c.file_id
    )
    found = select(fields).where(fields.c.page_id == page_id, fields.c.name != PAGE)
    with store.read() as connection:
        size = connection.execute(page.where(*is_wanted)).first()
        rows = connection.execute(found.order_by(reading_order())).all()
    if size is None or not size.width or not size.height:
        return None
    by_machine = [row for row in rows if row.found_by == Finder.MACHINE]
    outlines = (parse_json(row.reading)["outline"] for row in by_machine)
    types = {row.id: ValueType.parse(row.value_type) for row in rows}
    return DrawingSheet(
        size.width,
        size.height,
        tuple(
            tuple((float(x), float(y)) for x, y in outline)
            for _, outline in zip(range(_MOST_OUTLINES), outlines, strict=False)
        ),
        {key: type_ for key, type_ in types.items() if type_ is not None},
        size.name,
        tuple(_place(row) for row in rows if row.is_there),
    )


def _place(row: Row[Any]) -> tuple[str, int, int, int, int, int]:
    cells = len(row.raw) if row.kind == FieldKind.CELLS else 0
    return row.name, row.left, row.top, row.width, row.height, cells
