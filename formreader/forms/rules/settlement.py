"""Settles the fields of a form: its rules are applied, and it is decided who looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, Protocol

from formreader.acceptance import AcceptancePolicy, accept
from formreader.forms.rules.rules import RuledField, apply_rules
from formreader.readings import FieldReading
from formreader.records import Flag

__all__ = ["settle_form"]


class _SettledField(RuledField, Protocol):
    """A field with its rules, one of which says whether it may be blank."""

    @property
    def when_blank(self) -> Literal["review", "allow"]:
        """Whether a field of which nothing was read needs review."""


def settle_form(
    fields: Sequence[FieldReading],
    templates: Sequence[_SettledField],
    checks: Iterable[str],
    policy: AcceptancePolicy,
) -> tuple[FieldReading, ...]:
    """Apply the rules of a form to its fields, and decide whether a person must look.

    A field that breaks a rule between fields keeps what it is without these, since the
    fault may be another's: `FieldReading.apart`.

    Args:
        fields: The fields of one page, as decoded.
        templates: All fields of the template.
        checks: Rules between fields.
        policy: What is asked of a field that no person looks at.

    Returns:
        The fields in the same order.

    Raises:
        TemplateError: If a rule itself is wrong.
    """
    policies = {
        field.name: replace(policy, blank=field.when_blank) for field in templates
    }

    def settle(checks: Sequence[str]) -> tuple[FieldReading, ...]:
        ruled = apply_rules(fields, templates, checks, policy.threshold)
        return tuple(accept(field, policies[field.name]) for field in ruled)

    bound = list(checks)
    settled = settle(bound)
    if not any(Flag.RULE_FAILED in field.flags for field in settled) or not bound:
        return settled
    return tuple(
        replace(field, apart=apart) if _is_freed(field, apart) else field
        for field, apart in zip(settled, settle(()), strict=True)
    )


def _is_freed(field: FieldReading, apart: FieldReading) -> bool:
    """Tell whether a field breaks a rule between fields alone."""
    is_same = apart.value == field.value
    return (
        is_same
        and Flag.RULE_FAILED in field.flags
        and Flag.RULE_FAILED not in apart.flags
    )
