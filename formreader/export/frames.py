"""Makes pandas tables of readings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from formreader.readings import PageReading
from formreader.rows import COLUMNS, ColumnType, page_rows, take_values, type_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["to_frame"]

_TYPES = {
    ColumnType.INTEGER: "int64",
    ColumnType.PROBABILITY: "float64",
    ColumnType.BOOLEAN: "bool",
}


def to_frame(pages: Iterable[PageReading]) -> pd.DataFrame:
    """Make a table with the columns of the long form.

    Returns:
        One row a field. `value`, `flags`, `raw` and `digit_confidences` are text,
        `confidence` float, `needs_review` bool, page and box integers; the same
        types without any row.
    """
    import pandas as pd

    rows = [
        {**row, **take_values(field)}
        for page in pages
        for row, field in zip(page_rows(page).fields, page.fields, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({c: _TYPES.get(type_of(c), "str") for c in COLUMNS})
