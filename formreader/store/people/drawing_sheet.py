"""What must be known of a page on which somebody draws boxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from formreader.records import PAGE
from formreader.store.errors import parse_json
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
    """

    width: int
    height: int
    outlines: tuple[tuple[tuple[float, float], ...], ...]
    types: Mapping[int, ValueType]


def load_drawing_sheet(store: RunStore, page_id: int) -> DrawingSheet | None:
    """Look a page up; None if it was not read, or counts no more."""
    is_wanted = pages.c.id == page_id, files.c.state == FileState.KNOWN
    page = select(pages.c.width, pages.c.height).join(
        files, files.c.id == pages.c.file_id
    )
    found = select(fields).where(fields.c.page_id == page_id, fields.c.name != PAGE)
    with store.read() as connection:
        size = connection.execute(page.where(*is_wanted)).first()
        rows = connection.execute(found.order_by(fields.c.position)).all()
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
    )
