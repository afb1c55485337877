"""The rules of the forms of a run, kept to tell people of them as they type."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from sqlalchemy import Connection, select

from formreader.errors import TemplateError
from formreader.forms.rules.rules import RuledField
from formreader.forms.rules.stated import FormRules
from formreader.store.errors import DamagedStoreError, parse_json
from formreader.store.tables.connection import RunStore, write_setting
from formreader.store.tables.schema import settings

__all__ = ["RuledForm", "load_rules", "note_rules"]

_KEY = "rules "
"""Of the setting; the name of the form follows."""


class RuledForm(Protocol):
    """A form template, as far as its rules go."""

    @property
    def name(self) -> str:
        """What the form is called."""

    @property
    def fields(self) -> tuple[RuledField, ...]:
        """Its fields."""

    @property
    def checks(self) -> tuple[str, ...]:
        """The rules between them."""


def note_rules(store: RunStore, forms: Iterable[RuledForm]) -> None:
    """Note the rules of the forms that pages of a run may show."""
    for form in forms:
        rules = FormRules.of(form.fields, form.checks).to_json()
        with store.write() as connection:
            text = _find(connection, form.name)
            if text is None or json.loads(text) != rules:
                write_setting(connection, _KEY + form.name, rules)


def load_rules(connection: Connection, form: str | None) -> FormRules | None:
    """Load the rules of a form.

    Args:
        connection: The store.
        form: Its name; None for a page that was read without a template.

    Returns:
        None if they were not noted, as in runs of an older formreader.

    Raises:
        DamagedStoreError: If what was noted is none.
    """
    text = None if form is None else _find(connection, form)
    return None if text is None else _parse(text)


def _find(connection: Connection, form: str) -> str | None:
    query = select(settings.c.value).where(settings.c.key == _KEY + form)
    return connection.scalar(query)


@lru_cache(maxsize=32)
def _parse(text: str) -> FormRules:
    try:
        return FormRules.from_json(parse_json(text))
    except (KeyError, TypeError, ValueError, TemplateError) as error:
        raise DamagedStoreError.of("the rules of a form in it are none") from error
