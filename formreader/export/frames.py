"""Makes pandas tables of readings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from formreader.records import PageReading
from formreader.rows import COLUMNS, page_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["to_frame"]


def to_frame(pages: Iterable[PageReading]) -> pd.DataFrame:
    """Make a table with the columns of the long form.

    Returns:
        One row a field. `value`, `flags`, `raw` and `digit_confidences` are text,
        `confidence` float, `needs_review` bool, page and box integers; the same
        types without any row.
    """
    import pandas as pd

    rows = [
        {**row, "confidence": field.confidence, "needs_review": field.needs_review}
        for page in pages
        for row, field in zip(page_rows(page).fields, page.fields, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = {"confidence": "float64", "needs_review": "bool"}
    numbers |= dict.fromkeys(("page", "left", "top", "width", "height"), "int64")
    texts = {column: "str" for column in COLUMNS if column not in numbers}
    return frame.astype({**texts, **numbers})
