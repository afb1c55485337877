"""The form template: which number stands where on which page.

A template is a TOML file, written by hand or by `formreader template new`;
docs/templates.md explains its keys. All coordinates are pixels of the reference page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    Field,
    model_validator,
)

from formreader.errors import TemplateError
from formreader.forms.rules.expressions import parse_check
from formreader.forms.rules.rules import validate_rules
from formreader.forms.templates.appearance import PrintedText, Record
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.extent import MOST_FIELDS
from formreader.forms.templates.file import load_entries, parse_entries
from formreader.forms.templates.places import PlacedError


class FormTemplate(Record):
    """A form: its pages, its fields, and what must hold between them.

    Attributes:
        name: What the form is called.
        pages: At least one, numbered from 1.
        fields: At least one, each within its page.
        checks: Rules between fields.
        texts: What is printed besides: titles, headings, instructions.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    pages: Annotated[tuple[PageTemplate, ...], Field(min_length=1)]
    fields: Annotated[tuple[FieldTemplate, ...], Field(min_length=1)]
    checks: tuple[str, ...] = ()
    texts: tuple[PrintedText, ...] = ()

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if len(self.fields) > MOST_FIELDS:
            raise PlacedError(("field", MOST_FIELDS), f"more than {MOST_FIELDS} fields")
        seen: set[str] = set()
        for index, field in enumerate(self.fields):
            _check_place(index, field, self.pages)
            if field.name in seen:
                message = f"{field.name!r} is the name of another field already"
                raise PlacedError(("field", index, "name"), message)
            seen.add(field.name)
            _check_rules(index, field)
        for index, check in enumerate(self.checks):
            try:
                names = parse_check(check, seen).names
            except TemplateError as error:
                raise PlacedError(("check", index, "rule"), error.message) from error
            for field in self.fields:
                if field.name in names and not field.takes_numbers_only:
                    what = field.type or field.holds
                    message = f"{field.name!r} is a {what}; checks are of numbers"
                    raise PlacedError(("check", index, "rule"), message)
        return self

    @classmethod
    def load(cls, path: str | Path) -> FormTemplate:
        """Load a template.

        The reference image need not exist yet: `PageTemplate.load_pixels` asks for it.

        Args:
            path: A TOML file. Files that it names lie in its folder or below.

        Raises:
            TemplateError: If it is missing or wrong; the message names the line, the
                key and what is allowed.
        """
        return load_entries(Path(path), cls)

    @classmethod
    def parse(cls, text: str, path: str | Path) -> FormTemplate:
        """Make a template of a text, as `load` does of a file.

        Args:
            text: TOML.
            path: Where it will stand; files that it names lie in this folder or below.

        Raises:
            TemplateError: If it is wrong.
        """
        return parse_entries(text, Path(path), cls)

    def fields_on(self, page: int) -> tuple[FieldTemplate, ...]:
        """List the fields of a page, numbered from 1, in the template's order."""
        return tuple(field for field in self.fields if field.page == page)


def _check_place(
    index: int, field: FieldTemplate, pages: tuple[PageTemplate, ...]
) -> None:
    if field.page > len(pages):
        message = f"the form has no page {field.page}"
        raise PlacedError(("field", index, "page"), message)
    page = pages[field.page - 1]
    if field.box.right > page.width or field.box.bottom > page.height:
        message = f"lies outside the page of {page.width} x {page.height} pixels"
        raise PlacedError(("field", index, "box"), message)


def _check_rules(index: int, field: FieldTemplate) -> None:
    try:
        validate_rules([field], ())
    except TemplateError as error:
        message = error.message.removeprefix(f"field {field.name!r}: ")
        raise PlacedError(("field", index), message) from error
