"""Read the list of values that a field may have: `one_of` of a template."""

from __future__ import annotations

import csv
import io
import os
import re
from pathlib import Path

from formreader.errors import TemplateError

LARGEST_ROSTER = 8_000_000
"""Bytes of a roster file."""

LONGEST_ROSTER = 100_000
"""Entries of a roster."""

_LARGEST_ENTRY = 32  # characters
_ENTRY = re.compile(r"\d+(\.\d+)?", re.ASCII)


def load_roster(spec: str, folder: Path) -> tuple[str, ...]:
    """Load the entries that `one_of` names.

    Args:
        spec: `roster.csv`, whose first column is taken, or `roster.csv:column`. The
            first row is a header where a column is named, or where it is no number.
        folder: The template's folder; the file must lie in it or below.

    Returns:
        The entries in the file's order, each once, empty ones left out.

    Raises:
        TemplateError: If the file lies elsewhere, cannot be read, is too large, lacks
            the column, or holds an entry that is no number.
    """
    name, _, column = spec.partition(":")
    path = find_inside(folder, name)
    rows = _read_rows(path)
    index = 0
    if column:
        header = [cell.strip() for cell in rows[0]] if rows else []
        if column not in header:
            known = ", ".join(header[:20]) or "none"
            raise TemplateError(f"has no column {column!r}; it has: {known}", path=path)
        index = header.index(column)
    entries = [(line, row[index].strip()) for line, row in _filled(rows, index)]
    has_header = bool(column) or not (entries and _ENTRY.fullmatch(entries[0][1]))
    kept = [entry for entry in entries if not (has_header and entry[0] == 1)]
    for line, entry in kept:
        check_entry(entry, f"line {line}: ", path)
    if not kept:
        raise TemplateError("the roster holds no entry", path=path)
    return tuple(dict.fromkeys(entry for _, entry in kept))


def check_entry(entry: str, place: str = "", path: Path | None = None) -> None:
    """Make sure that a field can hold an entry.

    Args:
        entry: What stands in the roster.
        place: Where, for the message.
        path: The roster's file, if any.

    Raises:
        TemplateError: If it is anything but digits with at most one point.
    """
    if len(entry) > _LARGEST_ENTRY or not _ENTRY.fullmatch(entry):
        raise TemplateError(
            f"{place}{entry[:_LARGEST_ENTRY]!r} is no number; entries are digits, with "
            "a point where the field has decimals",
            path=path,
        )


def find_inside(folder: Path, name: str) -> Path:
    """Resolve a file name that must not lead out of a folder.

    Raises:
        TemplateError: If it leads out, or is no file name at all.
    """
    try:
        root = folder.resolve()
        path = Path(os.path.realpath(root / name))
    except (OSError, ValueError, RuntimeError) as error:
        raise TemplateError(f"{name!r} is not a file name") from error
    if not name or path == root or not path.is_relative_to(root):
        raise TemplateError(
            f"{name!r} is not in the template's folder; put the file beside the "
            "template and give its name"
        )
    return path


def _filled(rows: list[list[str]], index: int) -> list[tuple[int, list[str]]]:
    """List rows that have something in a column, with their number from 1."""
    return [
        (number, row)
        for number, row in enumerate(rows, 1)
        if len(row) > index and row[index].strip()
    ]


def _read_rows(path: Path) -> list[list[str]]:
    try:
        if not path.is_file():
            raise TemplateError("there is no such file", path=path)
        if path.stat().st_size > LARGEST_ROSTER:
            limit = LARGEST_ROSTER // 1_000_000
            raise TemplateError(f"the roster is larger than {limit} MB", path=path)
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except OSError as error:
        raise TemplateError(f"cannot be read ({error.strerror})", path=path) from error
    except (UnicodeDecodeError, csv.Error) as error:
        message = f"is not a CSV file in UTF-8 ({error})"
        raise TemplateError(message, path=path) from error
    if len(rows) > LONGEST_ROSTER:
        raise TemplateError(
            f"the roster has more than {LONGEST_ROSTER} entries", path=path
        )
    return rows
