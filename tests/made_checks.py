"""Checked fields drawn by chance, with errors as often as one likes."""

from __future__ import annotations

import random
from collections.abc import Mapping

from formreader.promises.checks import Check, CheckedFields
from formreader.records import FieldKind


def draw_checks(
    chance: random.Random, count: int, kind: FieldKind, error: float, steep: float = 1.0
) -> list[Check]:
    """Draw fields of one kind; the less sure, the more often they are wrong.

    Args:
        chance: Where randomness comes from.
        count: How many.
        kind: Their kind.
        error: Share of all that is wrong, about.
        steep: How much more often the unsure are wrong than others: 0 for not at all.
    """
    checks = []
    for _ in range(count):
        doubt = chance.random() * 0.1
        odds = error * (1 - steep + steep * 20 * doubt)
        checks.append(Check(kind, round(1 - doubt, 4), chance.random() >= odds))
    return checks


def count_checks(
    checks: list[Check], lowest: Mapping[FieldKind, float] | None = None
) -> CheckedFields:
    """Count checks of fields that were accepted from a confidence of 0.9 on."""
    return CheckedFields.of(checks, lowest or dict.fromkeys(FieldKind, 0.9), "a test")
