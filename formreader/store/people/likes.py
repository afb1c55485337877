"""The likes of a field: what was found at its place on other pages of the shape.

A stamp or a printed number that was taken for a field is at the same place on all
copies of a form, so that whoever removes one may remove them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select

from formreader.geometry import Box
from formreader.records import PAGE
from formreader.store.people.filters import join_pages
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import Finder, fields, files, pages

__all__ = ["Like", "find_likes"]

_ALIKE_SIZE = 0.02  # by how much pages of one shape differ in size
_LEAST_OVERLAP = 0.5  # of two boxes, what both cover of what either covers


@dataclass(frozen=True)
class Like:
    """A field at the same place on another page.

    Attributes:
        id: In the store.
        name: Its name.
        value: What the machine read.
        source: The file.
        page: 1-based page in the file.
    """

    id: int
    name: str
    value: str
    source: str
    page: int


def find_likes(store: RunStore, field_id: int, count: int) -> list[Like]:
    """Find what is at the place of a field on other pages, and nobody has decided.

    Args:
        store: The run.
        field_id: The field.
        count: How many at most.

    Returns:
        By file and page; nothing for a field that is not there.
    """
    with store.read() as connection:
        query = _select().where(fields.c.id == field_id)
        own = connection.execute(query).first()
        if own is None or not own.page_width or not own.page_height:
            return []
        return _find(connection, own, count)


def _select() -> Select[Any]:
    query: Select[Any] = select(
        fields.c.id,
        fields.c.page_id,
        fields.c.name,
        fields.c.value,
        *(fields.c[side] for side in ("left", "top", "width", "height")),
        files.c.name.label("source"),
        pages.c.page_index,
        pages.c.width.label("page_width"),
        pages.c.height.label("page_height"),
        pages.c.form,
        pages.c.form_page,
    ).select_from(fields)
    return join_pages(query).where(fields.c.is_there, fields.c.name != PAGE)


def _find(connection: Connection, own: Row[Any], count: int) -> list[Like]:
    query = _select().where(
        fields.c.page_id != own.page_id,
        fields.c.decision_id.is_(None),
        fields.c.found_by == Finder.MACHINE,
        *_has_shape(own),
        *_is_near(own),
    )
    order = (files.c.name, pages.c.page_index, fields.c.position)
    rows = connection.execute(query.order_by(*order).execution_options(yield_per=1000))
    found: list[Like] = []
    with rows:
        for row in rows:
            if len(found) == count:
                break
            if _overlap(_place(own), _place(row)) >= _LEAST_OVERLAP:
                where = row.source, row.page_index + 1
                found.append(Like(row.id, row.name, row.value, *where))
    return found


def _has_shape(own: Row[Any]) -> list[Any]:
    """What a page must be: of the same page of a form, or as large without one."""
    if own.form is not None:
        return [pages.c.form == own.form, pages.c.form_page == own.form_page]
    sides = ((pages.c.width, own.page_width), (pages.c.height, own.page_height))
    near = [
        column.between(size * (1 - _ALIKE_SIZE), size * (1 + _ALIKE_SIZE))
        for column, size in sides
    ]
    return [pages.c.form.is_(None), *near]


def _is_near(own: Row[Any]) -> list[Any]:
    """Leave most of a page to the database; columns of one shape differ by little."""
    x, y = (own.left + own.width / 2), (own.top + own.height / 2)
    x, y = x / own.page_width, y / own.page_height
    inside = and_(
        fields.c.left <= x * pages.c.width,
        fields.c.left + fields.c.width >= x * pages.c.width,
        fields.c.top <= y * pages.c.height,
        fields.c.top + fields.c.height >= y * pages.c.height,
    )
    return [inside]


def _place(row: Row[Any]) -> Box:
    """Give the box of a field on a page of 10,000 times 10,000."""
    wide, high = 10_000 / row.page_width, 10_000 / row.page_height
    return Box(
        round(row.left * wide),
        round(row.top * high),
        round((row.left + row.width) * wide),
        round((row.top + row.height) * high),
    )


def _overlap(one: Box, other: Box) -> float:
    """What both boxes cover of what either covers, in [0, 1]."""
    shared = one.intersection_area(other)
    every = one.width * one.height + other.width * other.height - shared
    return shared / every if every else 0.0
