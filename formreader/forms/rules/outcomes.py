"""What rules make of the reading of a field."""

from __future__ import annotations

from dataclasses import dataclass, replace

from formreader.records import BLANK, Alternative, FieldReading, Flag

__all__ = ["Outcome", "merge_alike"]

_FAR_AHEAD = 20.0  # times the runner-up: 95 % between the two, whatever the threshold
_OTHER_REASONS = frozenset(
    {
        Flag.CLIPPED,
        Flag.NOT_A_DIGIT,
        Flag.REGISTRATION_WEAK,
        Flag.RULE_FAILED,
        Flag.SEPARATOR,
        Flag.TOUCHING,
        Flag.WRONG_LENGTH,
    }
)


@dataclass(frozen=True)
class Outcome:
    """What the rules make of a field.

    Attributes:
        value: The value it has now.
        confidence: Its posterior.
        alternatives: The others, with theirs.
        failed: Whether it still breaks a rule.
        wrong_length: Whether that is the rule of its length.
    """

    value: str
    confidence: float
    alternatives: tuple[Alternative, ...]
    failed: bool
    wrong_length: bool = False

    def settle(self, field: FieldReading, threshold: float) -> FieldReading:
        """Write the outcome into the reading of the field.

        A reason for review that rules cannot remove, such as a separator, remains.
        """
        changed = self.value != field.value
        runner_up = max((a.probability for a in self.alternatives), default=0.0)
        is_low = self.confidence < threshold
        states = {
            Flag.LOW_CONFIDENCE: is_low,
            Flag.RULE_FAILED: self.failed,
            Flag.RULE_CORRECTED: changed or Flag.RULE_CORRECTED in field.flags,
            Flag.WRONG_LENGTH: self.wrong_length or Flag.WRONG_LENGTH in field.flags,
        }
        flags = [flag for flag in Flag if states.get(flag, flag in field.flags)]
        is_close = changed and self.confidence < _FAR_AHEAD * runner_up
        return replace(
            field,
            value=self.value,
            confidence=self.confidence,
            needs_review=is_low or self.failed or is_close or _has_other_reason(field),
            flags=tuple(flags),
            alternatives=self.alternatives,
        )


def _has_other_reason(field: FieldReading) -> bool:
    """Tell whether a field needs review for more than its confidence."""
    flags = set(field.flags)
    only_low = Flag.LOW_CONFIDENCE in flags and flags.isdisjoint(_OTHER_REASONS)
    return field.needs_review and not only_low


def merge_alike(field: FieldReading) -> list[Alternative]:
    """List the other values of a field, each once.

    The confidence of a field counts all readings of its value already. Readings without
    a value stay apart by what they are: a blank, or something that cannot be read.
    """
    merged: dict[tuple[str, bool], Alternative] = {}
    for other in field.alternatives:
        if other.value and other.value == field.value:
            continue
        key = other.value, not other.raw.strip(BLANK)
        before = merged.setdefault(key, replace(other, probability=0.0))
        total = before.probability + other.probability
        merged[key] = replace(before, probability=total)
    return list(merged.values())
