"""Which fields a person wants to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select

from formreader.records import Flag
from formreader.store.people.decisions import current_value
from formreader.store.tables.schema import FileState, fields, files, pages

__all__ = ["Choices", "Filters", "is_on_page", "join_pages", "list_choices"]

_ESCAPE = "\\"
_MOST_CHOICES = 500


@dataclass(frozen=True)
class Filters:
    """What fields must have; an empty text asks for nothing.

    Attributes:
        field: The field's name.
        flag: One of its flags.
        form: Name of the template that its page was read by.
        file: Part of the file's name.
        search: Part of the value or of the raw reading.
    """

    field: str = ""
    flag: str = ""
    form: str = ""
    file: str = ""
    search: str = ""

    @property
    def query(self) -> str:
        """The filters as the query of an address."""
        return urlencode({name: text for name, text in vars(self).items() if text})

    def of_field(self) -> list[ColumnElement[bool]]:
        """What they ask of a field, in a query that joins decisions."""
        found: list[ColumnElement[bool]] = []
        if self.field:
            found.append(fields.c.name == self.field)
        if self.flag:
            found.append((" " + fields.c.flags + " ").contains(f" {self.flag} "))
        if self.search:
            values = (current_value(), fields.c.raw)
            found.append(or_(*(_contains(value, self.search) for value in values)))
        return found

    def of_page(self) -> list[ColumnElement[bool]]:
        """What they ask of its page and file, in a query that joins these."""
        found: list[ColumnElement[bool]] = []
        if self.form:
            found.append(pages.c.form == self.form)
        if self.file:
            found.append(_contains(files.c.name, self.file))
        return found

    def conditions(self) -> list[ColumnElement[bool]]:
        """All of it, for a query that joins fields, pages, files and decisions."""
        return [*self.of_field(), *self.of_page()]


@dataclass(frozen=True)
class Choices:
    """What there is to choose among.

    Attributes:
        fields: Names of fields.
        flags: Names of flags.
        forms: Names of templates.
    """

    fields: Sequence[str]
    flags: Sequence[str]
    forms: Sequence[str]


def list_choices(connection: Connection) -> Choices:
    """List the names that occur in a run, of each kind at most 500."""
    names = select(fields.c.name).where(fields.c.is_there)
    names = names.distinct().order_by(fields.c.name)
    forms = select(pages.c.form).distinct().where(pages.c.form.is_not(None))
    return Choices(
        connection.scalars(names.limit(_MOST_CHOICES)).all(),
        [str(flag) for flag in Flag],
        connection.scalars(forms.order_by(pages.c.form).limit(_MOST_CHOICES)).all(),
    )


def join_pages(query: Select[Any]) -> Select[Any]:
    """Join fields with their pages and files, those that count."""
    joined = query.join(pages, pages.c.id == fields.c.page_id)
    return joined.join(files, files.c.id == pages.c.file_id).where(
        files.c.state == FileState.KNOWN
    )


def is_on_page(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition that a field counts, as does its page, which meets conditions.

    It is looked up field by field: a join would let a database begin with the files,
    and go through all fields to find the first few.
    """
    on_page = exists(
        select(pages.c.id)
        .join(files, files.c.id == pages.c.file_id)
        .where(
            pages.c.id == fields.c.page_id,
            files.c.state == FileState.KNOWN,
            *conditions,
        )
        .correlate(fields)
    )
    return and_(fields.c.is_there, on_page)


def _contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether a text contains another, in which `%` and `_` mean themselves."""
    return column.contains(text, autoescape=True, escape=_ESCAPE)
