"""Writes the pictures of fields that hold text, and names them in the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from formreader.errors import OutputError
from formreader.output import write_bytes
from formreader.records import FieldKind
from formreader.rows import PICTURE, FieldRow, PageRows, SheetEntry
from formreader.value_types import ValueType

__all__ = ["add_columns", "name_pictures", "write_pictures"]


def write_pictures(entries: Iterable[SheetEntry], folder: Path) -> int:
    """Write a JPEG of each field for text.

    Args:
        entries: The fields; others are passed over.
        folder: Made if it is not there; folders of the scans become folders in it.

    Returns:
        How many pictures were written.

    Raises:
        OutputError: If one cannot be written, or would lie outside of the folder.
    """
    count = 0
    for entry in entries:
        if entry.image is None or not _is_text(entry.row):
            continue
        path = folder / _name_picture(entry.row)
        if not path.resolve().is_relative_to(folder.resolve()):
            raise OutputError("a picture would lie outside of the folder", path=path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(path, entry.image)
        except OSError as error:
            raise OutputError(
                f"cannot write into the folder ({error.strerror}); choose another with "
                "--pictures",
                path=path,
            ) from error
        count += 1
    return count


def name_pictures(
    pages: Iterable[PageRows], folder: str, *, wide: bool = False
) -> Iterator[PageRows]:
    """Say of each field for text where its picture is.

    Args:
        pages: The pages.
        folder: What the paths begin with.
        wide: Whether tables have a column a field: pictures then are fields of their
            own, as `add_columns` names them.

    Yields:
        The pages, with the path as `picture` of the rows.
    """
    for page in pages:
        rows: list[FieldRow] = []
        for row in page.fields:
            path = f"{folder}/{_name_picture(row)}" if _is_text(row) else ""
            rows.append(row if wide else {**row, PICTURE: path})
            if path and wide:
                name = _name_column(str(row["field"]))
                rows.append({"field": name, "value": path, "needs_review": "false"})
        yield replace(page, fields=tuple(rows))


def add_columns(
    names: Mapping[str, ValueType | None], texts: Iterable[str]
) -> dict[str, ValueType | None]:
    """Put a column for the pictures of a field for text after that of its values.

    Args:
        names: The columns of the wide form.
        texts: Which of them are of fields for text.
    """
    pictured = set(texts)
    columns: dict[str, ValueType | None] = {}
    for name, type_ in names.items():
        columns[name] = type_
        if name in pictured:
            columns[_name_column(name)] = None
    return columns


def _is_text(row: FieldRow) -> bool:
    return row["kind"] == FieldKind.TEXT


def _name_column(field: str) -> str:
    return f"{field}.{PICTURE}"


def _name_picture(row: FieldRow) -> str:
    """Name the picture of a field: each field of a run has another."""
    return f"{row['source']}.{row['page']}.{row['field']}.jpg"
