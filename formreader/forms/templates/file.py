"""Read the entries of a form template from its TOML file, and name its faults."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from formreader.errors import TemplateError
from formreader.forms.templates.entries import FieldTemplate, PageTemplate, Record
from formreader.forms.templates.extent import (
    LARGEST_TEMPLATE,
    LONGEST_WORD,
    check_extent,
)
from formreader.forms.templates.places import PlacedError, find_line
from formreader.forms.templates.roster import find_inside, load_roster

Template = TypeVar("Template")

MOST_ENTRIES = 1_000_000
"""Entries of all rosters of a form, one that several fields have counted as often."""

_LONGEST_MESSAGE = 500  # characters
_EXPECTED = {
    "length": "a number of digits, 1 to 100, or [fewest, most]",
    "max": "a number",
    "min": "a number",
    "one_of": 'a list of texts such as ["12", "34"], or "roster.csv:column"',
}
"""What keys may hold that take several kinds of value."""


class _PageEntry(Record):
    reference: str
    width: int
    height: int


class _Check(Record):
    rule: str


class _Document(Record):
    """The keys of the TOML file."""

    name: str
    reference: str | None = None
    width: int | None = None
    height: int | None = None
    page: list[_PageEntry] = Field(default_factory=list)
    field: list[FieldTemplate] = Field(default_factory=list)
    check: list[_Check] = Field(default_factory=list)


def list_template_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """List the template files that paths stand for: files, and folders of them.

    Raises:
        TemplateError: If a folder holds none.
    """
    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not found:
            raise TemplateError("the folder holds no template (.toml)", path=path)
        files += found
    return tuple(files)


def load_entries(path: Path, make: Callable[..., Template]) -> Template:
    """Load the entries of a template and make one of them.

    Args:
        path: A TOML file.
        make: Takes `name`, `pages`, `fields` and `checks`; a fault that it finds in
            them is named by its place in the file.

    Raises:
        TemplateError: If the file is missing or wrong.
    """
    text = _read_text(path)
    entries = _parse(text, path)
    try:
        document = _Document.model_validate(_load_rosters(entries, path.parent))
        if not document.field:
            raise PlacedError((), "there is no [[field]] table; a form has fields")
        return make(
            name=document.name,
            pages=_list_pages(document, path.parent),
            fields=tuple(document.field),
            checks=tuple(check.rule for check in document.check),
        )
    except ValidationError as error:
        place, message = _describe(error)
    except PlacedError as fault:
        place, message = fault.place, str(fault)
    where = _name_place(text, entries, place)
    message = _shorten(f"{where}: {message}" if where else message)
    raise TemplateError(message, path=path)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_TEMPLATE + 1)
    except FileNotFoundError as error:
        raise TemplateError(
            "there is no such template; check the path", path=path
        ) from error
    except OSError as error:
        message = f"cannot be read as a template ({error.strerror})"
        raise TemplateError(message, path=path) from error
    if len(content) > LARGEST_TEMPLATE:
        limit = LARGEST_TEMPLATE // 1_000_000
        raise TemplateError(f"the template is larger than {limit} MB", path=path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"not a template: not text in UTF-8 (byte {error.start})"
        raise TemplateError(message, path=path) from error


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        check_extent(text)
        return tomllib.loads(text)
    except TemplateError as error:
        raise TemplateError(error.message, path=path) from error
    except (ValueError, RecursionError) as error:
        raise TemplateError(f"not valid TOML: {error}", path=path) from error


def _load_rosters(entries: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Put the lists in place of the files that `one_of` names."""
    fields = entries.get("field")
    if not isinstance(fields, list):
        return entries
    load = lru_cache(maxsize=None)(load_roster)  # fields may share one
    loaded: list[object] = []
    count = 0
    for index, field in enumerate(fields):
        if isinstance(field, dict) and isinstance(field.get("one_of"), str):
            place = ("field", index, "one_of")
            try:
                field = {**field, "one_of": load(field["one_of"], folder)}
            except TemplateError as error:
                raise PlacedError(place, str(error)) from error
            count += len(field["one_of"])
            if count > MOST_ENTRIES:
                message = (
                    f"the lists of all fields have more than {MOST_ENTRIES} entries"
                )
                raise PlacedError(place, message)
        loaded.append(field)
    return {**entries, "field": loaded}


def _list_pages(document: _Document, folder: Path) -> tuple[PageTemplate, ...]:
    """Make the pages, named at the top of the file or in tables of their own."""
    top = (document.reference, document.width, document.height)
    entries = document.page
    if entries and top != (None, None, None):
        raise PlacedError(
            ("reference",), "goes into a [[page]] table, as the file has some"
        )
    if not entries:
        for key, value in zip(("reference", "width", "height"), top, strict=True):
            if value is None:
                raise PlacedError((key,), "is missing; one page needs it at the top")
        entries = [
            _PageEntry.model_validate(
                dict(zip(("reference", "width", "height"), top, strict=True))
            )
        ]
    pages = []
    for index, entry in enumerate(entries):
        place = ("page", index) if document.page else ()
        try:
            reference = find_inside(folder, entry.reference)
        except TemplateError as error:
            raise PlacedError((*place, "reference"), error.message) from error
        try:
            pages.append(
                PageTemplate(
                    number=index + 1,
                    reference=reference,
                    width=entry.width,
                    height=entry.height,
                )
            )
        except ValidationError as error:
            inner, message = _describe(error)
            raise PlacedError((*place, *inner), message) from error
    return tuple(pages)


def _describe(error: ValidationError) -> tuple[tuple[str | int, ...], str]:
    """Take the first fault of a model: its place and what is allowed."""
    first = error.errors(include_url=False)[0]
    place = tuple(first["loc"])
    fault = first.get("ctx", {}).get("error")
    if isinstance(fault, PlacedError):
        return (*place, *fault.place), str(fault)
    if first["type"] == "extra_forbidden":
        return place, "there is no such key; see docs/templates.md for those there are"
    if first["type"] == "missing":
        return place, "is missing"
    if fault is None and len(place) > 2 and place[2] in _EXPECTED:
        return place, f"{_EXPECTED[str(place[2])]} is expected"
    return place, str(fault) if fault is not None else first["msg"]


def _name_place(
    text: str, entries: dict[str, Any], place: tuple[str | int, ...]
) -> str:
    """Name a place for people: line, field and key."""
    line = find_line(text, place)
    parts = [] if line is None else [f"line {line}"]
    if len(place) > 1 and isinstance(place[1], int):
        parts.append(_name_entry(entries, str(place[0]), place[1]))
        place = place[2:]
    if place:
        parts.append(f"key {str(place[0])[:LONGEST_WORD]!r}")
    return ", ".join(parts)


def _shorten(message: str) -> str:
    """Leave out the middle of a message that quotes a very long value."""
    half = _LONGEST_MESSAGE // 2
    if len(message) <= _LONGEST_MESSAGE:
        return message
    return f"{message[:half]} ... {message[-half:]}"


def _name_entry(entries: dict[str, Any], table: str, index: int) -> str:
    """Name an entry of a table by its name, or by its number from 1."""
    found = entries.get(table)
    if table == "field" and isinstance(found, list) and index < len(found):
        name = found[index].get("name") if isinstance(found[index], dict) else None
        if isinstance(name, str):
            return f"field {name[:64]!r}"
    return f"{table} {index + 1}"
