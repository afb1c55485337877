"""Fields of a template as a table: CSV, a row a field."""

from __future__ import annotations

import csv
import io
import tomllib
from pathlib import Path
from typing import Any, get_args

from formreader.errors import TemplateError
from formreader.forms.editing.document import FormText
from formreader.forms.editing.measures import parse_box
from formreader.forms.templates.entries import FieldTemplate
from formreader.forms.templates.extent import LARGEST_TEMPLATE, MOST_FIELDS

__all__ = ["load_field_table", "load_name_table"]

_BOX = ("left", "top", "width", "height")
_NAMES = ("old", "new")


def load_field_table(path: Path, document: FormText) -> list[dict[str, object]]:
    """Load fields from a CSV file.

    Args:
        path: A file with a column for each key: `name`, `box` or `left`, `top`,
            `width` and `height`, and what else is said. An empty cell says nothing.
        document: The template that they go into.

    Returns:
        Keys and values of each; `box` as a `Box` in pixels.

    Raises:
        TemplateError: If the file cannot be read, or a cell is wrong; the message names
            its line and column.
    """
    known = {*FieldTemplate.model_fields, *_BOX}
    fields: list[dict[str, object]] = []
    for line, row in _load_rows(path):
        unknown = set(row) - known
        if unknown or "name" not in row:
            what = f"column {sorted(unknown)[0]!r} is no key of a field"
            what = what if unknown else f"line {line}: the field has no name"
            message = f"{what}; columns are name, box and the keys of docs/templates.md"
            raise TemplateError(message, path=path)
        field: dict[str, object] = {
            key: _read_value(key, text) for key, text in row.items() if key not in _BOX
        }
        try:
            place = _find_place(row)
            if place:
                page = field.get("page", 1)
                number = page if isinstance(page, int) else 1
                if not 1 <= number <= len(document.form.pages):
                    raise TemplateError(f"the form has no page {page}")
                field["box"] = parse_box(place, document, number)
        except TemplateError as error:
            message = f"line {line}, field {row['name']!r}: {error.message}"
            raise TemplateError(message, path=path) from error
        fields.append(field)
    if len({field["name"] for field in fields}) < len(fields):
        raise TemplateError("names a field twice", path=path)
    return fields


def load_name_table(path: Path) -> dict[str, str]:
    """Load the columns `old` and `new` of a CSV file; a row without `new` is left out.

    Raises:
        TemplateError: If the file cannot be read, or lacks a column.
    """
    names: dict[str, str] = {}
    for line, row in _load_rows(path):
        if "old" not in row or set(row) - set(_NAMES):
            message = f"line {line}: the columns are old and new"
            raise TemplateError(message, path=path)
        if row["old"] in names:
            message = f"line {line}: names field {row['old']!r} twice"
            raise TemplateError(message, path=path)
        if row.get("new"):
            names[row["old"]] = row["new"]
    return names


def _load_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Load the filled cells of each row, by column, with the row's line."""
    try:
        content = path.read_bytes()
        if len(content) > LARGEST_TEMPLATE:
            raise TemplateError("is too large for a table of fields", path=path)
        text = content.decode("utf-8-sig")
        delimiter = ";" if ";" in text.partition("\n")[0] else ","
        reader = csv.DictReader(
            io.StringIO(text, newline=""), delimiter=delimiter, strict=True
        )
        rows = []
        for row in reader:
            if None in row:
                message = f"line {reader.line_num}: more cells than the header has"
                raise TemplateError(message, path=path)
            filled = {
                key.strip(): value.strip()
                for key, value in row.items()
                if value and value.strip()
            }
            if filled:
                rows.append((reader.line_num, filled))
    except OSError as error:
        raise TemplateError(f"cannot be read ({error.strerror})", path=path) from error
    except (UnicodeDecodeError, csv.Error) as error:
        message = f"is not a CSV file in UTF-8 ({error})"
        raise TemplateError(message, path=path) from error
    if not 0 < len(rows) <= MOST_FIELDS:
        message = f"has {len(rows)} rows; 1 to {MOST_FIELDS} are expected"
        raise TemplateError(message, path=path)
    return rows


def _find_place(row: dict[str, str]) -> str:
    """Find left, top, width and height of a row, in whichever columns they are."""
    if "box" in row:
        return row["box"]
    parts = [row.get(key, "") for key in _BOX]
    if not any(parts):
        return ""
    if not all(parts):
        raise TemplateError("left, top, width and height belong together")
    return ",".join(parts)


def _read_value(key: str, text: str) -> object:
    """Read a cell: a number or list where the key takes one, else the text."""
    if not _takes_more_than_text(FieldTemplate.model_fields[key].annotation):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _takes_more_than_text(annotation: Any) -> bool:
    parts = get_args(annotation)
    if parts and not isinstance(parts[0], str):
        return any(map(_takes_more_than_text, parts))
    return annotation in (int, float, bool, tuple) or "tuple" in str(annotation)
