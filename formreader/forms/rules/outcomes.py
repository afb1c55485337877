"""What rules make of the reading of a field."""

from __future__ import annotations

from dataclasses import dataclass, replace

from formreader.readings import Alternative, FieldReading
from formreader.records import BLANK, Flag

__all__ = ["Outcome", "merge_alike"]


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
        """Write the outcome into the reading of a field, for `accept` to decide anew.

        A flag that rules cannot answer remains. So does a low confidence in digits that
        were cut apart: a rule vouches for the number, not for where its digits are.
        """
        is_low = field.confidence < threshold or Flag.LOW_CONFIDENCE in field.flags
        states = {
            Flag.LOW_CONFIDENCE: is_low and Flag.TOUCHING in field.flags,
            Flag.RULE_FAILED: self.failed or Flag.RULE_FAILED in field.flags,
            Flag.RULE_CORRECTED: (
                self.value != field.value or Flag.RULE_CORRECTED in field.flags
            ),
            Flag.WRONG_LENGTH: self.wrong_length or Flag.WRONG_LENGTH in field.flags,
        }
        return replace(
            field,
            value=self.value,
            confidence=self.confidence,
            needs_review=True,
            flags=tuple(flag for flag in Flag if states.get(flag, flag in field.flags)),
            alternatives=self.alternatives,
        )


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
