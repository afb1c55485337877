"""Makes readings and the rules of fields for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from formreader.acceptance import AcceptancePolicy, accept
from formreader.forms.rules.rules import apply_rules
from formreader.forms.templates.entries import FieldTemplate
from formreader.geometry import Box
from formreader.readings import Alternative, DigitReading, FieldReading
from formreader.records import FieldKind, Flag
from formreader.value_types import ValueType

BOX = Box(0, 0, 100, 20)


@dataclass(frozen=True)
class Ruled:
    """The rules of one field."""

    name: str = "number"
    length: int | tuple[int, int] | None = None
    min: int | float | None = None
    max: int | float | None = None
    pattern: str | None = None
    checksum: str | None = None
    date: str | None = None
    one_of: tuple[str, ...] | None = None
    when_blank: Literal["review", "allow"] = "review"
    value_type: ValueType | None = None
    answers: tuple[str, ...] = ()


def reading(
    value: str,
    confidence: float,
    *others: tuple[str, float],
    name: str = "number",
    raw: str | None = None,
    flags: tuple[Flag, ...] = (),
    kind: FieldKind = FieldKind.CELLS,
    threshold: float = 0.9,
) -> FieldReading:
    """Make a reading with its runners-up, accepted or not by its confidence."""
    made = FieldReading(
        name=name,
        value=value,
        confidence=confidence,
        flags=flags,
        digits=tuple(DigitReading(digit, confidence) for digit in (raw or value)),
        box=BOX,
        outline=BOX.corners.astype(np.float64),
        kind=kind,
        alternatives=tuple(Alternative(text, text, p) for text, p in others),
    )
    return accept(made, AcceptancePolicy(threshold))


def settle(
    fields: Sequence[FieldReading],
    templates: Sequence[Ruled] | Sequence[FieldTemplate],
    checks: Iterable[str] = (),
    threshold: float = 0.9,
) -> tuple[FieldReading, ...]:
    """Apply the rules of a form and decide about its fields, as a page is read."""
    policies = {
        template.name: AcceptancePolicy(threshold, template.when_blank)
        for template in templates
    }
    return tuple(
        accept(field, policies.get(field.name, AcceptancePolicy(threshold)))
        for field in apply_rules(fields, templates, checks, threshold)
    )
