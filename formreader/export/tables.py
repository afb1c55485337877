"""Lays rows out as a table: a row a field (long) or a row a page (wide)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from formreader.rows import (
    COLUMNS,
    ColumnType,
    PageRows,
    column_of,
    is_doubtful,
    stands_for_page,
    type_of,
)
from formreader.value_types import ValueType

__all__ = ["Table", "field_names", "long_table", "wide_table"]

Cells = Sequence[object]


@dataclass(frozen=True)
class Table:
    """A table that is written as it is made.

    Attributes:
        columns: Their names, in order.
        types: What each column holds.
        chunks: The rows of each page; cells as the CSV writes them.
    """

    columns: tuple[str, ...]
    types: tuple[ColumnType, ...]
    chunks: Iterable[Sequence[Cells]]


def long_table(pages: Iterable[PageRows], columns: Sequence[str] = COLUMNS) -> Table:
    """Lay out a row a field.

    Args:
        pages: May be a generator; a page is asked for when the last one is written.
        columns: Which columns; a cell that a row lacks is empty.
    """
    return Table(
        tuple(columns),
        tuple(type_of(column) for column in columns),
        ([[row.get(c, "") for c in columns] for row in page.fields] for page in pages),
    )


def wide_table(
    pages: Iterable[PageRows], names: Mapping[str, ValueType | None]
) -> Table:
    """Lay out a row a page and a column a field, typed as its values are.

    The last column, `needs_review`, names the doubtful fields of the page; `page` says
    that none was found on it.

    Args:
        pages: May be a generator.
        names: The fields that get a column, and their types, as `field_names` finds
            them.
    """
    columns = ("source", "page", *names, "needs_review")
    values = map(column_of, names.values())
    types = (ColumnType.TEXT, ColumnType.INTEGER, *values, ColumnType.TEXT)
    return Table(columns, types, ([_wide_row(page, list(names))] for page in pages))


def field_names(pages: Iterable[PageRows]) -> dict[str, ValueType | None]:
    """Give the name of each field once, as it first occurs, and its type.

    A field of several types, on pages of several forms, has none.
    """
    found: dict[str, ValueType | None] = {}
    for page in pages:
        for row in page.fields:
            name = str(row["field"])
            if stands_for_page(row):
                continue
            type_ = page.types.get(name)
            found[name] = type_ if found.get(name, type_) == type_ else None
    return found


def _wide_row(page: PageRows, names: Sequence[str]) -> Cells:
    values = {row["field"]: row["value"] for row in page.fields}
    doubtful = [str(row["field"]) for row in page.fields if is_doubtful(row)]
    return [
        page.source,
        page.page,
        *(values.get(name, "") for name in names),
        " ".join(doubtful),
    ]
