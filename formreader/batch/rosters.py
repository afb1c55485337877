"""Matches the fields of a whole run to their rosters: `assign = "unique"`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from formreader.acceptance import AcceptancePolicy
from formreader.store.machine.recording import record_settled
from formreader.store.machine.results import load_readings
from formreader.store.tables.connection import Transaction

if TYPE_CHECKING:
    from formreader.forms.templates.entries import FieldTemplate
    from formreader.forms.templates.template import FormTemplate

__all__ = ["settle_rosters"]


def settle_rosters(
    transaction: Transaction,
    templates: Iterable[FormTemplate],
    policy: AcceptancePolicy,
) -> None:
    """Give each field of a roster its entry, each entry once in the run.

    It starts from what was read on each page, so that it may be done again after more
    pages have been read.

    Args:
        transaction: Of the store; it must be one that writes.
        templates: The forms of the run.
        policy: What is asked of a field that no person looks at.
    """
    for form in templates:
        for field in form.fields:
            if field.assign is not None:
                _settle(transaction, form.name, field, policy)


def _settle(
    transaction: Transaction,
    form: str,
    field: FieldTemplate,
    policy: AcceptancePolicy,
) -> None:
    from formreader.forms.assignment import assign_roster

    stored = load_readings(transaction, form, field.name, field.kind)
    read = [found.reading for found in stored]
    settled = assign_roster(read, field.one_of or (), policy)
    record_settled(transaction, list(zip(stored, settled, strict=True)))
