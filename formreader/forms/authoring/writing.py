"""Write a new template as TOML, with comments that tell what else it may say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import tomlkit
from tomlkit.items import AoT, Array, Table

from formreader.forms.authoring.authoring import Suggestion
from formreader.forms.authoring.candidates import Content
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.units import MM_PER_INCH, PageScale
from formreader.geometry import Box

_HEAD = (
    "A form template of formreader. All boxes are [left, top, width, height] in",
    "pixels of the reference. Give the fields names of your own, and remove those",
    "that are not numbers. docs/templates.md explains every key.",
)
_HEAD_MM = (
    "A form template of formreader. All boxes are [left, top, width, height] in",
    "millimetres of the page. Give the fields names of your own, and remove those",
    _HEAD[-1],
)
_KEYS = """\
What a field may say besides:

length = 9              how many digits; [1, 4]: from 1 to 4
skip = [4, 7]           cells with a printed mark and no digit, as in 3-2-4
min = 0                 least and greatest number
max = 100
pattern = "[12]\\\\d{3}"   the digits as a whole match this regular expression
checksum = "luhn"       the last digits are check digits
date = "%d%m%Y"         the digits are a date
one_of = "roster.csv"   a list, or a CSV file beside this one; "roster.csv:column"
assign = "unique"       no two pages have the same entry of one_of
blank = "allow"         may stay empty without review
marks = "ignore"        points and dashes between digits do not matter
decimals = 1            digits after the point
type = "decimal"        or "integer", "date", "time": values in one form, see the docs
format = "DD/MM/YYYY"   how a date or time is written
kind = "tick"           a box to tick: 1 or 0; "choice": several of them, see the docs;
                        "text": not read, but cut out for review and export

And rules between fields, at the end of the file:

[[check]]
rule = "total == valid + invalid"
"""


_DOUBTFUL = (
    "What is doubtful: it may hold no number. Take away the # before a field to have",
    "it read. Behind it stands how likely a number belongs there, and why not.",
)


@dataclass(frozen=True)
class _Style:
    """How fields are written: with their page or not, and in which unit."""

    name_pages: bool
    dpi: Mapping[int, float] | None

    def measure(self, box: Box, page: int) -> list[int] | list[float]:
        """Give left, top, width and height."""
        if self.dpi is None:
            return [box.left, box.top, box.width, box.height]
        scale = self.dpi[page] / MM_PER_INCH
        return PageScale(scale, scale).to_mm(box)


def write_template(
    name: str,
    pages: Sequence[PageTemplate],
    fields: Sequence[FieldTemplate],
    suggestions: Sequence[Suggestion] = (),
    dpi: Mapping[int, float] | None = None,
) -> str:
    """Compose the TOML of a new template.

    Args:
        name: What the form is called.
        pages: Its pages; the references are named by file name alone.
        fields: Its fields, of which name, page, box and cells are written.
        suggestions: Doubtful fields; they are written as comments.
        dpi: Resolution of the pages by number, to give places in mm; None for pixels.
    """
    document = tomlkit.document()
    for line in _HEAD if dpi is None else _HEAD_MM:
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    document.add("name", tomlkit.item(name))
    if dpi is not None:
        document.add("unit", tomlkit.item("mm"))
    if len(pages) == 1:
        for key, value in _describe_page(pages[0], dpi):
            document.add(key, tomlkit.item(value))
    else:
        document.add("page", _list_pages(pages, dpi))
    document.add(tomlkit.nl())
    for line in _KEYS.splitlines():
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    how = _Style(len(pages) > 1, dpi)
    document.add("field", _list_fields(fields, how))
    text = "\n".join(line.rstrip() for line in document.as_string().splitlines())
    text = re.sub(r"\n*(\n\[\[)", r"\n\1", text) + "\n"
    return text + _describe_suggestions(suggestions, how)


def _describe_suggestions(suggestions: Sequence[Suggestion], how: _Style) -> str:
    """Write doubtful fields as comments."""
    if not suggestions:
        return ""
    lines = ["", *_DOUBTFUL]
    for suggestion in suggestions:
        why = [f"{suggestion.confidence:.0%}"]
        if suggestion.content is not Content.NUMBER:
            why.append(str(suggestion.content))
        if suggestion.reason:
            why.append(suggestion.reason)
        table = _describe_field(suggestion.field, how).as_string()
        lines += ["", f"[[field]]  # {', '.join(why)}", *table.splitlines()]
    return "\n".join(f"# {line}".rstrip() if line else "" for line in lines) + "\n"


def _describe_page(
    page: PageTemplate, dpi: Mapping[int, float] | None
) -> tuple[tuple[str, str | int | float], ...]:
    entries: tuple[tuple[str, str | int | float], ...] = (
        ("reference", page.reference.name),
        ("width", page.width),
        ("height", page.height),
    )
    return entries if dpi is None else (*entries, ("dpi", dpi[page.number]))


def _list_pages(pages: Sequence[PageTemplate], dpi: Mapping[int, float] | None) -> AoT:
    tables = tomlkit.aot()
    for page in pages:
        table = tomlkit.table()
        for key, value in _describe_page(page, dpi):
            table.add(key, value)
        tables.append(table)
    return tables


def _list_fields(fields: Sequence[FieldTemplate], how: _Style) -> AoT:
    tables = tomlkit.aot()
    for field in fields:
        tables.append(_describe_field(field, how))
    return tables


def _describe_field(field: FieldTemplate, how: _Style) -> Table:
    table = tomlkit.table()
    table.add("name", field.name)
    if how.name_pages:
        table.add("page", field.page)
    if field.holds is not None:
        table.add("kind", field.holds)
    if field.options:
        table.add("options", _list_options(field, how))
    else:
        table.add("box", tomlkit.item(how.measure(field.box, field.page)))
    if field.cells is not None:
        table.add("cells", field.cells)
    if field.skip:
        table.add("skip", tomlkit.item(list(field.skip)))
    return table


def _list_options(field: FieldTemplate, how: _Style) -> Array:
    """List the boxes of a choice, one a line."""
    options = tomlkit.array()
    for option in field.options:
        entry = tomlkit.inline_table()
        entry.update(
            {"value": option.value, "box": how.measure(option.box, field.page)}
        )
        options.append(entry)
    return options.multiline(True)
