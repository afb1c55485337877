"""Decides whether a person must look at a field: once, after everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, assert_never

from formreader.readings import FieldReading
from formreader.records import FieldKind, Flag

__all__ = ["AcceptancePolicy", "accept", "asks_for_person"]

_FAR_AHEAD = 20.0  # times the runner-up: 95 % between the two, whatever the threshold


@dataclass(frozen=True)
class AcceptancePolicy:
    """What is asked of a field that no person looks at.

    Attributes:
        threshold: Least confidence, in [0, 1].
        blank: Whether a blank field needs review, and a text that is to be typed.
        by_kind: Least confidence of the kinds of field for which it is another;
            infinite where nothing is accepted.
    """

    threshold: float
    blank: Literal["review", "allow"] = "allow"
    by_kind: Mapping[FieldKind, float] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def find_threshold(self, kind: FieldKind) -> float:
        """Find the least confidence that is asked of a kind of field."""
        return self.by_kind.get(kind, self.threshold)


def accept(reading: FieldReading, policy: AcceptancePolicy) -> FieldReading:
    """Decide whether a person must look at a field.

    Earlier stages say what they saw by value, confidence and flags; none of them
    decides. To decide again about a reading changes nothing, unless it has changed.

    Args:
        reading: The field, after the rules of its form.
        policy: What is asked of it.

    Returns:
        The same with `needs_review` decided, and with the flag `low_confidence` where
        the confidence is below the threshold.
    """
    # Of what stands for a page, there is no value to be certain of.
    threshold = policy.find_threshold(reading.kind)
    is_read = not reading.stands_for_page and reading.kind is not FieldKind.TEXT
    if reading.confidence < threshold and is_read:
        reading = reading.flagged(Flag.LOW_CONFIDENCE)
    has_no_number = not reading.value and Flag.BLANK not in reading.flags
    if reading.kind is FieldKind.TEXT:  # which is typed only where it is asked for
        has_no_number &= policy.blank == "review"
    needs_review = has_no_number or any(
        asks_for_person(flag, reading, policy) for flag in reading.flags
    )
    return replace(reading, needs_review=needs_review)


def asks_for_person(
    flag: Flag, reading: FieldReading, policy: AcceptancePolicy
) -> bool:
    """Tell whether a flag of a field sends it to a person.

    Args:
        flag: One of the reading's.
        reading: The field; what a flag means depends on its kind.
        policy: What is asked of it.
    """
    match flag:
        case (
            Flag.LOW_CONFIDENCE
            | Flag.WRONG_LENGTH
            | Flag.NOT_A_DIGIT
            | Flag.SEPARATOR
            | Flag.RULE_FAILED
            | Flag.REGISTRATION_WEAK
            | Flag.STRUCK_OUT
            | Flag.NO_FIELD
            | Flag.UNREAD_INK
        ):
            return True
        case Flag.BLANK:
            return policy.blank == "review"
        case Flag.CROSSED_OUT:  # at either end of a number, in cells left unused
            return False
        case Flag.TOUCHING:  # elsewhere the confidence holds the doubt about a cut
            return not reading.kind.is_open
        case Flag.CLIPPED:  # strips are cut close to the writing
            return reading.kind is not FieldKind.STRIP
        case Flag.RULE_CORRECTED:
            return not _is_far_ahead(reading)
    assert_never(flag)


def _is_far_ahead(reading: FieldReading) -> bool:
    """Tell whether a value is much more probable than any other."""
    others = (other.probability for other in reading.alternatives)
    return reading.confidence >= _FAR_AHEAD * max(others, default=0.0)
