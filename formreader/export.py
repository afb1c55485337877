"""Write readings as CSV, JSON or a table.

The long form has one row a field and the columns `COLUMNS`; the wide form has one row a
page and a column a field.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from formreader.records import FieldReading, PageReading

if TYPE_CHECKING:
    import pandas as pd

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


def write_csv(pages: Iterable[PageReading], stream: TextIO) -> None:
    """Write the long form, a page at a time.

    Args:
        pages: May be a generator; each page is written before the next is asked for.
        stream: A text stream opened with `newline=""`; lines end as RFC 4180 says.
    """
    writer = csv.DictWriter(stream, COLUMNS)
    writer.writeheader()
    for page in pages:
        writer.writerows(_rows(page))
        stream.flush()


def write_wide_csv(pages: Iterable[PageReading], stream: TextIO) -> None:
    """Write the wide form: a row a page, a column a field.

    The last column, `needs_review`, names the doubtful fields of the page.
    """
    kept = list(pages)
    names = list(dict.fromkeys(field.name for page in kept for field in page.fields))
    writer = csv.writer(stream)
    writer.writerow(["source", "page", *names, "needs_review"])
    for page in kept:
        values = {field.name: field.value for field in page.fields}
        doubtful = [field.name for field in page.fields if field.needs_review]
        writer.writerow(
            [
                page.source,
                page.page_index + 1,
                *(values.get(name, "") for name in names),
                " ".join(doubtful),
            ]
        )


def write_json(pages: Iterable[PageReading], stream: TextIO) -> None:
    """Write an array of pages, each with its fields."""
    stream.write("[")
    for index, page in enumerate(pages):
        stream.write(",\n" if index else "\n")
        stream.write(json.dumps(_page_document(page), ensure_ascii=False))
        stream.flush()
    stream.write("\n]\n")


def to_frame(pages: Iterable[PageReading]) -> pd.DataFrame:
    """Make a table with the columns of the long form.

    Returns:
        One row a field. `value`, `flags`, `raw` and `digit_confidences` are text,
        `confidence` float, `needs_review` bool, page and box integers.
    """
    import pandas as pd

    rows = [
        row | {"confidence": field.confidence, "needs_review": field.needs_review}
        for page in pages
        for row, field in zip(_rows(page), page.fields, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def format_probability(probability: float) -> str:
    """Format with four decimals, rounded down so that 1 means certainty.

    Example:
        >>> format_probability(0.99999), format_probability(1.0)
        ('0.9999', '1.0000')
    """
    return f"{math.floor(probability * 10_000) / 10_000:.4f}"


def _rows(page: PageReading) -> Iterator[dict[str, object]]:
    for field in page.fields:
        yield {
            "source": page.source,
            "page": page.page_index + 1,
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


def _page_document(page: PageReading) -> dict[str, object]:
    return {
        "source": page.source,
        "page": page.page_index + 1,
        "fields": [_field_document(field) for field in page.fields],
    }


def _field_document(field: FieldReading) -> dict[str, object]:
    box = field.box
    return {
        "field": field.name,
        "value": field.value,
        "confidence": float(format_probability(field.confidence)),
        "needs_review": field.needs_review,
        "flags": list(field.flags),
        "raw": field.raw,
        "digit_confidences": [
            float(format_probability(digit.confidence)) for digit in field.digits
        ],
        "left": box.left,
        "top": box.top,
        "width": box.width,
        "height": box.height,
    }
