"""Read the entries of a form template from its TOML file, and name its faults."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from formreader.errors import TemplateError
from formreader.forms.templates.documents import FormDocument, FormPart, PageEntry
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.extent import (
    LARGEST_TEMPLATE,
    LONGEST_WORD,
    check_extent,
)
from formreader.forms.templates.places import PlacedError, find_line
from formreader.forms.templates.roster import find_inside, load_roster
from formreader.forms.templates.units import convert_boxes

Template = TypeVar("Template")

MOST_ENTRIES = 1_000_000
"""Entries of all rosters of a form, one that several fields have counted as often."""

_DEEPEST = 8  # files that include each other
_LONGEST_MESSAGE = 500  # characters
_EXPECTED = {
    "length": "a number of digits, 1 to 100, or [fewest, most]",
    "max": "a number",
    "min": "a number",
    "one_of": 'a list of texts such as ["12", "34"], or "roster.csv:column"',
}
"""What keys may hold that take several kinds of value."""


_Some = TypeVar("_Some", bound=FormPart)


class _File:
    """A template file, or one that another includes.

    Args:
        path: Where it lies.
        text: What it holds.
        entries: The same, parsed.
    """

    def __init__(self, path: Path, text: str, entries: dict[str, Any]) -> None:
        """Keep what it holds, unchecked."""
        self.path, self.text, self.entries = path, text, entries
        self.part = FormPart()

    def validate(self, kind: type[_Some], pages: dict[str, Any]) -> _Some:
        """Check what it holds, and turn its boxes into pixels.

        Args:
            kind: What it is.
            pages: The template that has the pages.

        Raises:
            PlacedError, ValidationError: If something is wrong.
        """
        entries = _load_rosters(self.entries, self.path.parent)
        part = kind.model_validate(convert_boxes(entries, pages))
        self.part = part
        return part

    def name_fault(self, place: tuple[str | int, ...], message: str) -> TemplateError:
        """Name a fault by its line, field and key."""
        where = _name_place(self.text, self.entries, place)
        message = _shorten(f"{where}: {message}" if where else message)
        error = TemplateError(message, path=self.path)
        if len(place) > 1 and place[0] == "field" and isinstance(place[1], int):
            error.field = _find_name(self.entries, "field", place[1])
        return error


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
        make: Takes `name`, `pages`, `fields`, `checks` and `texts`; a fault that it
            finds in them is named by its place in the file.

    Raises:
        TemplateError: If the file is missing or wrong.
    """
    return parse_entries(read_template(path), path, make)


def parse_entries(text: str, path: Path, make: Callable[..., Template]) -> Template:
    """Make a template of a text, as `load_entries` does of a file.

    Args:
        text: TOML.
        path: Where it stands or will stand: what it names lies in this folder.
        make: As of `load_entries`.

    Raises:
        TemplateError: If the text is wrong, or a file that it includes.
    """
    own = _File(path, text, _parse(text, path))
    with _naming(own):
        document = own.validate(FormDocument, own.entries)
        files = [own, *_list_included(own, own.entries, {path.resolve()})]
        fields = _list_fields(files)
        if not fields:
            raise PlacedError((), "there is no [[field]] table; a form has fields")
        pages = _list_pages(document, path.parent)
    checks = [
        (file, number, check.rule)
        for file in files
        for number, check in enumerate(file.part.check)
    ]
    try:
        return make(
            name=document.name,
            pages=pages,
            fields=tuple(field for *_, field in fields),
            checks=tuple(rule for *_, rule in checks),
            texts=tuple(own.part.text),
        )
    except ValidationError as error:
        place, message = _describe(error)
    at = place[1] if len(place) > 1 else None
    file = own
    if isinstance(at, int) and place[0] == "field" and at < len(fields):
        file, number, _ = fields[at]
        place = (place[0], number, *place[2:])
    elif isinstance(at, int) and place[0] == "check" and at < len(checks):
        file, number, _ = checks[at]
        place = (place[0], number, *place[2:])
    raise file.name_fault(place, message)


def _list_fields(files: Sequence[_File]) -> list[tuple[_File, int, FieldTemplate]]:
    """List the fields of a template and of what it includes, with where they stand.

    A field of the template itself goes before an included one of its name.
    """
    own, *included = files
    names = {field.name for field in own.part.field}
    fields = [(own, number, field) for number, field in enumerate(own.part.field)]
    for file in included:
        for number, field in enumerate(file.part.field):
            if field.name not in names:
                fields.append((file, number, field))
    return fields


def _list_included(
    file: _File, pages: dict[str, Any], known: set[Path], above: tuple[Path, ...] = ()
) -> Iterator[_File]:
    """Load the files that one includes, and those that these include.

    Args:
        file: A file that is loaded.
        pages: The template that has the pages.
        known: The files loaded so far; one that is included twice is taken once.
        above: The files that include this one, each the one after it.
    """
    names = file.part.include
    chain = (*above, file.path.resolve())
    for name in [names] if isinstance(names, str) else names:
        try:
            path = find_inside(file.path.parent, name)
        except TemplateError as error:
            raise file.name_fault(("include",), error.message) from error
        if path in chain:
            ring = " > ".join(one.name for one in (*chain[chain.index(path) :], path))
            message = f"goes round in a circle: {ring}; take one of these out"
            raise file.name_fault(("include",), message)
        if len(chain) > _DEEPEST:
            message = f"more than {_DEEPEST} files that include each other"
            raise file.name_fault(("include",), message)
        if path in known:
            continue
        known.add(path)
        text = read_template(path)
        part = _File(path, text, _parse(text, path))
        with _naming(part):
            part.validate(FormPart, pages)
            _check_sizes(part.entries, pages)
        yield part
        yield from _list_included(part, pages, known, chain)


def _check_sizes(entries: dict[str, Any], pages: dict[str, Any]) -> None:
    """Refuse boxes in pixels that were measured on a page of another size."""
    own, other = _list_sizes(entries), _list_sizes(pages)
    if entries.get("unit") == "mm" or own is None or own == other:
        return
    raise PlacedError(
        ("page",) if "page" in entries else ("width",),
        "the pages of this file have another size than those of the template that "
        'includes it, so its boxes would lie elsewhere; give them in mm (unit = "mm")',
    )


def _list_sizes(entries: dict[str, Any]) -> list[tuple[object, object]] | None:
    """List width and height of the pages; None if the file names none."""
    pages = entries.get("page") or ([entries] if "width" in entries else [])
    return [(page.get("width"), page.get("height")) for page in pages] or None


@contextmanager
def _naming(file: _File) -> Iterator[None]:
    """Let what is wrong in a file name its place there."""
    try:
        yield
    except ValidationError as error:
        raise file.name_fault(*_describe(error)) from error
    except PlacedError as fault:
        raise file.name_fault(fault.place, str(fault)) from fault


def read_template(path: Path) -> str:
    """Read the text of a template.

    Raises:
        TemplateError: If it is missing, too large, or no text.
    """
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


def _list_pages(document: FormDocument, folder: Path) -> tuple[PageTemplate, ...]:
    """Make the pages, named at the top of the file or in tables of their own."""
    entries = document.page
    for key in ("reference", "width", "height", "dpi", "size") if entries else ():
        if getattr(document, key) is not None:
            message = "goes into a [[page]] table, as the file has some"
            raise PlacedError((key,), message)
    top = (document.reference, document.width, document.height)
    if not entries:
        for key, value in zip(("reference", "width", "height"), top, strict=True):
            if value is None:
                raise PlacedError((key,), "is missing; one page needs it at the top")
        entries = [
            PageEntry.model_validate(
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
    name = _find_name(entries, table, index) if table == "field" else ""
    return f"field {name[:64]!r}" if name else f"{table} {index + 1}"


def _find_name(entries: dict[str, Any], table: str, index: int) -> str:
    """Find the name of an entry of a table; empty if it has none."""
    found = entries.get(table)
    if not isinstance(found, list) or index >= len(found):
        return ""
    name = found[index].get("name") if isinstance(found[index], dict) else None
    return name if isinstance(name, str) else ""
