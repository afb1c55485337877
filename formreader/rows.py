"""The rows of the field CSV: which columns there are, and how a field fills them.

A column is one entry of `FIELD_COLUMNS`. A reading becomes typed values (`take_values`)
that a store keeps as they are; values become the cells of a row (`make_row`), from
which every kind of file is written; `take_typed` leads back from a cell to its value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, time
from enum import Enum, auto
from operator import attrgetter
from typing import Any

from formreader.readings import FieldReading, PageReading
from formreader.records import PAGE
from formreader.value_types import ValueKind, ValueType, convert_value

__all__ = [
    "COLUMNS",
    "FIELD_COLUMNS",
    "PAGE_COLUMNS",
    "PICTURE",
    "REVIEW_COLUMNS",
    "Column",
    "ColumnType",
    "FieldRow",
    "PagePlace",
    "PageRows",
    "SheetEntry",
    "TypedCell",
    "column_of",
    "format_probability",
    "is_doubtful",
    "make_row",
    "page_rows",
    "stands_for_page",
    "take_typed",
    "take_values",
    "type_of",
]

Value = str | int | float | bool
TypedCell = Value | date | time | None
FieldRow = Mapping[str, object]
"""A field by column: numbers of page and box as int, all else as the CSV writes it."""


class ColumnType(Enum):
    """What a column holds, for files that know more than text."""

    TEXT = auto()
    WORDS = auto()  # separated by spaces
    INTEGER = auto()
    PROBABILITY = auto()
    PROBABILITIES = auto()  # separated by spaces
    BOOLEAN = auto()
    WHOLE_VALUE = auto()  # what typed fields hold; nothing where there is no such value
    DECIMAL_VALUE = auto()
    DATE_VALUE = auto()
    TIME_VALUE = auto()


_OF_VALUES = {
    ValueKind.INTEGER: ColumnType.WHOLE_VALUE,
    ValueKind.DECIMAL: ColumnType.DECIMAL_VALUE,
    ValueKind.DATE: ColumnType.DATE_VALUE,
    ValueKind.TIME: ColumnType.TIME_VALUE,
}
_KINDS = {type_: kind for kind, type_ in _OF_VALUES.items()}


@dataclass(frozen=True)
class Column:
    """A column of the field CSV that a field fills.

    Attributes:
        name: Its name.
        type: What it holds.
        take: Takes its value from a reading, as a store keeps it.
        stored: Its name in a store's table of fields.
    """

    name: str
    type: ColumnType
    take: Callable[[FieldReading], Value]
    stored: str


def _column(
    name: str,
    type_: ColumnType,
    take: Callable[[FieldReading], Value] | None = None,
    stored: str | None = None,
) -> Column:
    """Declare a column; by default it shows the attribute of a reading of its name."""
    return Column(name, type_, take or attrgetter(name), stored or name)


def _join_confidences(field: FieldReading) -> str:
    return " ".join(format_probability(digit.confidence) for digit in field.digits)


PAGE_COLUMNS = ("source", "page")
"""Where the field is: path of the file, and 1-based page in it."""

FIELD_COLUMNS = (
    _column("field", ColumnType.TEXT, attrgetter("name"), stored="name"),
    _column("value", ColumnType.TEXT),
    _column("confidence", ColumnType.PROBABILITY),
    _column("needs_review", ColumnType.BOOLEAN),
    _column("flags", ColumnType.WORDS, lambda field: " ".join(field.flags)),
    _column("raw", ColumnType.TEXT),
    _column("digit_confidences", ColumnType.PROBABILITIES, _join_confidences),
    _column("left", ColumnType.INTEGER, attrgetter("box.left")),
    _column("top", ColumnType.INTEGER, attrgetter("box.top")),
    _column("width", ColumnType.INTEGER, attrgetter("box.width")),
    _column("height", ColumnType.INTEGER, attrgetter("box.height")),
    _column("kind", ColumnType.TEXT, lambda field: str(field.kind)),
)
"""What is said of a field, in the order of the CSV."""

COLUMNS = (*PAGE_COLUMNS, *(column.name for column in FIELD_COLUMNS))
"""The columns of the field CSV, in order."""

REVIEW_COLUMNS = ("reviewed_by", "reviewed_at", "found_by", "comment")
"""Who decided about a field and when, whether a machine or a person found it, and what
was written to the supervisor about one that still waits for them.

They come after the others, where they are asked for.
"""

PICTURE = "picture"
"""The column that says where the picture of a field for text is, if it is asked for."""

_TYPES = {
    "page": ColumnType.INTEGER,
    **{column.name: column.type for column in FIELD_COLUMNS},
}


@dataclass(frozen=True)
class PageRows:
    """The fields of one page, as rows.

    Attributes:
        source: Where the page came from.
        page: 1-based page within the source.
        fields: A row a field, in reading order.
        types: What type of value typed fields hold, by name.
        form: Name of the template that it was read by, or None.
        form_page: 1-based page of that form, or None.
    """

    source: str
    page: int
    fields: tuple[FieldRow, ...]
    types: Mapping[str, ValueType] = dataclass_field(default_factory=dict)
    form: str | None = None
    form_page: int | None = None


@dataclass(frozen=True)
class PagePlace:
    """A page of a collection, whether it could be read or not.

    Attributes:
        source: The file.
        page: 1-based page in it.
        page_count: How many pages the file has.
        is_read: Whether it was read.
        form: Name of the template that it was read by, or None.
        form_page: 1-based page of that form, or None.
    """

    source: str
    page: int
    page_count: int = 1
    is_read: bool = True
    form: str | None = None
    form_page: int | None = None


@dataclass(frozen=True)
class SheetEntry:
    """A field on a contact sheet.

    Attributes:
        row: Its row of the field CSV.
        image: Its picture as JPEG or PNG, or None.
    """

    row: FieldRow
    image: bytes | None


def type_of(column: str) -> ColumnType:
    """Look up what a column of the field CSV holds."""
    return _TYPES.get(column, ColumnType.TEXT)


def take_values(field: FieldReading) -> dict[str, Value]:
    """Take what the columns say of a field, by column, typed."""
    return {column.name: column.take(field) for column in FIELD_COLUMNS}


def make_row(source: str, page: int, values: Mapping[str, Any]) -> FieldRow:
    """Make the row of a field.

    Args:
        source: Where its page came from.
        page: 1-based page within the source.
        values: What the columns say, by column, typed as by `take_values`.
    """
    row: dict[str, object] = {"source": source, "page": page}
    for column in FIELD_COLUMNS:
        row[column.name] = _write(column.type, values[column.name])
    return row


def page_rows(page: PageReading) -> PageRows:
    """Make the rows of one page."""
    source, number = _escape(page.source), page.page_index + 1
    fields = tuple(make_row(source, number, take_values(f)) for f in page.fields)
    types = {f.name: f.type for f in page.fields if f.type is not None}
    return PageRows(source, number, fields, types, page.form, page.form_page)


def column_of(type_: ValueType | None) -> ColumnType:
    """Say what a column of the values of a field holds."""
    return ColumnType.TEXT if type_ is None else _OF_VALUES[type_.kind]


def take_typed(type_: ColumnType, cell: object) -> TypedCell:
    """Turn a cell of a row into the value that it stands for.

    Lists stay text. A value that is none of its type stands for nothing.

    Example:
        >>> take_typed(ColumnType.BOOLEAN, "true")
        True
        >>> take_typed(ColumnType.PROBABILITY, "0.5000")
        0.5
    """
    text = str(cell)
    if type_ in _KINDS:
        return convert_value(_KINDS[type_], text)
    if type_ is ColumnType.INTEGER:
        return int(text)
    if type_ is ColumnType.PROBABILITY:
        return float(text)
    return text == "true" if type_ is ColumnType.BOOLEAN else text


def is_doubtful(row: FieldRow) -> bool:
    """Whether a row says that a person must look at its field."""
    return take_typed(ColumnType.BOOLEAN, row["needs_review"]) is True


def stands_for_page(row: FieldRow) -> bool:
    """Whether a row is no field's, but says something of its page as a whole."""
    return row["field"] == PAGE


def format_probability(probability: float) -> str:
    """Format with four decimals, rounded down so that 1 means certainty.

    Example:
        >>> format_probability(0.99999), format_probability(1.0)
        ('0.9999', '1.0000')
    """
    return f"{math.floor(probability * 10_000) / 10_000:.4f}"


def _write(type_: ColumnType, value: Any) -> object:
    """Write a typed value as the CSV does."""
    if type_ is ColumnType.PROBABILITY:
        return format_probability(value)
    if type_ is ColumnType.BOOLEAN:
        return "true" if value else "false"
    return value


def _escape(source: str) -> str:
    """Escape bytes of a file's name that are not UTF-8, for output that is."""
    return source.encode("utf-8", "backslashreplace").decode()
