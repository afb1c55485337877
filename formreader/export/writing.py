"""Writes readings that a program has made into a file of any kind but a sheet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from formreader.export.formats import FORMATS, Content
from formreader.export.tables import field_names
from formreader.readings import PageReading
from formreader.rows import page_rows

__all__ = ["write_readings"]


def write_readings(
    pages: Iterable[PageReading],
    path: str | Path,
    *,
    wide: bool = False,
    excel_safe: bool = False,
) -> None:
    """Write readings into a file; it takes its name when it is complete.

    Args:
        pages: The readings.
        path: The file; its ending says the format: `.csv`, `.json`, `.jsonl`,
            `.parquet` or `.xlsx`.
        wide: A row a page and a column a field, in CSV, Parquet and Excel.
        excel_safe: In CSV, keep spreadsheets from taking texts for formulas.

    Raises:
        ValueError: If the ending is another, or an option does not go with it.
        OutputError: If the file cannot be written, or its library is not installed.
    """
    target = Path(path)
    kind = FORMATS.get(target.suffix.lower())
    if kind is None or not kind.has_rows:
        able = ", ".join(ending for ending, one in FORMATS.items() if one.has_rows)
        raise ValueError(f"{target.name} must end in one of {able}")
    if (wide and not kind.can_be_wide) or (excel_safe and not kind.can_be_excel_safe):
        option = "wide" if wide and not kind.can_be_wide else "excel_safe"
        raise ValueError(f"{option} does not go with {target.suffix}")
    rows = [page_rows(page) for page in pages]
    content = Content(
        target.stem,
        lambda: rows,
        lambda: field_names(rows),
        lambda: (),
        wide=wide,
        excel_safe=excel_safe,
    )
    kind.write(content, target)
