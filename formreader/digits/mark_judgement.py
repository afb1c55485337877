"""Decide which marks a reading has, and whether that is in doubt.

Marks are told twice: by the looks of the components of a field, and by the string
reader, which sees them joined to digits, too. What both say is sure. Where they differ
the likelier is given, and a person looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from formreader.digits.composition import (
    extract_value,
    is_well_formed,
    may_hold_slashes,
)
from formreader.digits.decoding_options import DecodingOptions
from formreader.digits.expected_marks import ANY_MARKS
from formreader.digits.mark_consensus import MarkedText, weigh_marks, write_text
from formreader.digits.settings import SETTINGS
from formreader.readings import DigitReading
from formreader.records import MARKS, ClassifiedField

__all__ = ["JudgedMarks", "judge_marks"]

_MARKS = SETTINGS.marks


@dataclass(frozen=True)
class JudgedMarks:
    """A reading with its marks.

    Attributes:
        written: Its characters.
        confidence: Probability that the marks are right, if the digits are.
        is_doubtful: A mark may or may not be there, or may be another.
        others: What else it may be.
    """

    written: tuple[DigitReading, ...]
    confidence: float
    is_doubtful: bool
    others: tuple[MarkedText, ...] = ()


def judge_marks(
    classified: ClassifiedField,
    by_looks: tuple[DigitReading, ...],
    options: DecodingOptions,
) -> JudgedMarks:
    """Weigh the marks of a reading.

    Args:
        classified: The field.
        by_looks: The reading's digits and the marks that were told by their looks.
        options: How to decode.
    """
    looks = prod(mark.confidence for mark in classified.marks)
    raw = "".join(digit.character for digit in by_looks)
    is_doubtful = _doubts_looks(classified, raw, options)
    log_probs = classified.marked_reading
    bare = raw.translate(dict.fromkeys(map(ord, MARKS)))
    if log_probs is None or options.ignore_marks or not bare.isdecimal():
        return JudgedMarks(by_looks, looks, is_doubtful)
    texts = weigh_marks(raw, log_probs, options.expected)
    if not texts:
        return JudgedMarks(by_looks, looks, is_doubtful)
    own, *others = texts
    trust = min(looks, _MARKS.own)
    if own.share >= _MARKS.agreed:
        confidence = _combine(trust, own.share)
        stays = is_doubtful if not options.keeps_marks else not is_well_formed(raw)
        return JudgedMarks(by_looks, confidence, stays, tuple(others))
    best = max(others, key=lambda one: one.share, default=own)
    keeps_own = trust * own.share >= (1 - trust) * best.share
    likeliest = own if keeps_own else best
    left = tuple(one for one in texts if one is not likeliest and one.share > 0)
    return JudgedMarks(write_text(likeliest, by_looks), likeliest.share, True, left)


def _combine(first: float, second: float) -> float:
    """Combine two opinions that do not know of each other."""
    both, neither = first * second, (1 - first) * (1 - second)
    return both / (both + neither)


def _doubts_looks(
    classified: ClassifiedField, raw: str, options: DecodingOptions
) -> bool:
    """Tell whether the looks of a field leave its marks in doubt."""
    if options.ignore_marks:
        return False
    has_marks = any(mark in raw for mark in MARKS)
    lost = bool(classified.marks) and not has_marks
    if not options.keeps_marks:
        return lost or any(mark in raw.rstrip(MARKS) for mark in MARKS)
    is_free = classified.image.kind.is_open and options.expected is ANY_MARKS
    if is_free and may_hold_slashes(extract_value(raw)):
        return True
    return classified.marks_unsure or lost or not is_well_formed(raw)
