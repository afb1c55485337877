"""Write a new template as TOML, with comments that tell what else it may say."""

from __future__ import annotations

import re
from collections.abc import Sequence

import tomlkit
from tomlkit.items import AoT, Table

from formreader.forms.templates.entries import FieldTemplate, PageTemplate

_HEAD = (
    "A form template of formreader. All boxes are [left, top, width, height] in",
    "pixels of the reference. Give the fields names of your own, and remove those",
    "that are not numbers. docs/templates.md explains every key.",
)
_KEYS = """\
What a field may say besides:

length = 9              how many digits; [1, 4]: from 1 to 4
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

And rules between fields, at the end of the file:

[[check]]
rule = "total == valid + invalid"
"""


def write_template(
    name: str, pages: Sequence[PageTemplate], fields: Sequence[FieldTemplate]
) -> str:
    """Compose the TOML of a new template.

    Args:
        name: What the form is called.
        pages: Its pages; the references are named by file name alone.
        fields: Its fields, of which name, page, box and cells are written.
    """
    document = tomlkit.document()
    for line in _HEAD:
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    document.add("name", tomlkit.item(name))
    if len(pages) == 1:
        for key, value in _describe_page(pages[0]):
            document.add(key, tomlkit.item(value))
    else:
        document.add("page", _list_pages(pages))
    document.add(tomlkit.nl())
    for line in _KEYS.splitlines():
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    document.add("field", _list_fields(fields, len(pages) > 1))
    text = "\n".join(line.rstrip() for line in document.as_string().splitlines())
    return re.sub(r"\n*(\n\[\[)", r"\n\1", text) + "\n"


def _describe_page(page: PageTemplate) -> tuple[tuple[str, str | int], ...]:
    return (
        ("reference", page.reference.name),
        ("width", page.width),
        ("height", page.height),
    )


def _list_pages(pages: Sequence[PageTemplate]) -> AoT:
    tables = tomlkit.aot()
    for page in pages:
        table = tomlkit.table()
        for key, value in _describe_page(page):
            table.add(key, value)
        tables.append(table)
    return tables


def _list_fields(fields: Sequence[FieldTemplate], name_pages: bool) -> AoT:
    tables = tomlkit.aot()
    for field in fields:
        tables.append(_describe_field(field, name_pages))
    return tables


def _describe_field(field: FieldTemplate, name_page: bool) -> Table:
    table = tomlkit.table()
    table.add("name", field.name)
    if name_page:
        table.add("page", field.page)
    box = field.box
    table.add("box", tomlkit.item([box.left, box.top, box.width, box.height]))
    if field.cells is not None:
        table.add("cells", field.cells)
    return table
