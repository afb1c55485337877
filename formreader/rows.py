"""The rows of the field CSV, from readings or from a store."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from formreader.records import FieldReading, PageReading

__all__ = [
    "COLUMNS",
    "REVIEW_COLUMNS",
    "FieldRow",
    "Kind",
    "PageRows",
    "SheetEntry",
    "format_probability",
    "kind_of",
    "page_rows",
    "take_typed",
]

COLUMNS = (
    "source",
    "page",
    "field",
    "value",
    "confidence",
    "needs_review",
    "flags",
    "raw",
    "digit_confidences",
    "left",
    "top",
    "width",
    "height",
)
"""The columns of the field CSV, in order."""

REVIEW_COLUMNS = ("reviewed_by", "reviewed_at")
"""Who decided about a field and when; after the others, where they are asked for."""

FieldRow = Mapping[str, object]
"""A field by column: numbers of page and box as int, all else as the CSV writes it."""


class Kind(Enum):
    """What a column holds, for files that know more than text."""

    TEXT = auto()
    WORDS = auto()  # separated by spaces
    INTEGER = auto()
    PROBABILITY = auto()
    PROBABILITIES = auto()  # separated by spaces
    BOOLEAN = auto()


_KINDS = {
    "page": Kind.INTEGER,
    "confidence": Kind.PROBABILITY,
    "needs_review": Kind.BOOLEAN,
    "flags": Kind.WORDS,
    "digit_confidences": Kind.PROBABILITIES,
    "left": Kind.INTEGER,
    "top": Kind.INTEGER,
    "width": Kind.INTEGER,
    "height": Kind.INTEGER,
}


@dataclass(frozen=True)
class PageRows:
    """The fields of one page, as rows.

    Attributes:
        source: Where the page came from.
        page: 1-based page within the source.
        fields: A row a field, in reading order.
    """

    source: str
    page: int
    fields: tuple[FieldRow, ...]


def kind_of(column: str) -> Kind:
    """Look up what a column of the field CSV holds."""
    return _KINDS.get(column, Kind.TEXT)


def take_typed(kind: Kind, cell: object) -> str | int | float | bool:
    """Turn a cell of a row into the value that it stands for.

    Lists stay text.

    Example:
        >>> take_typed(Kind.BOOLEAN, "true"), take_typed(Kind.PROBABILITY, "0.5000")
        (True, 0.5)
    """
    text = str(cell)
    if kind is Kind.INTEGER:
        return int(text)
    if kind is Kind.PROBABILITY:
        return float(text)
    return text == "true" if kind is Kind.BOOLEAN else text


def page_rows(page: PageReading) -> PageRows:
    """Make the rows of one page."""
    source, number = _escape(page.source), page.page_index + 1
    fields = tuple(_field_row(source, number, field) for field in page.fields)
    return PageRows(source, number, fields)


def format_probability(probability: float) -> str:
    """Format with four decimals, rounded down so that 1 means certainty.

    Example:
        >>> format_probability(0.99999), format_probability(1.0)
        ('0.9999', '1.0000')
    """
    return f"{math.floor(probability * 10_000) / 10_000:.4f}"


def _escape(source: str) -> str:
    """Escape bytes of a file's name that are not UTF-8, for output that is."""
    return source.encode("utf-8", "backslashreplace").decode()


def _field_row(source: str, page: int, field: FieldReading) -> dict[str, object]:
    return {
        "source": source,
        "page": page,
        "field": field.name,
        "value": field.value,
        "confidence": format_probability(field.confidence),
        "needs_review": "true" if field.needs_review else "false",
        "flags": " ".join(field.flags),
        "raw": field.raw,
        "digit_confidences": " ".join(
            format_probability(digit.confidence) for digit in field.digits
        ),
        "left": field.box.left,
        "top": field.box.top,
        "width": field.box.width,
        "height": field.box.height,
    }


@dataclass(frozen=True)
class SheetEntry:
    """A field on a contact sheet.

    Attributes:
        row: Its row of the field CSV.
        image: Its picture as JPEG or PNG, or None.
    """

    row: FieldRow
    image: bytes | None
