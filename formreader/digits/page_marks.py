"""Settles the marks of the numbers of a page by all that their views show of them.

A log-linear model weighs what the picture of a number and the readings of its ink say
of each text that has its digits, what marks are for in numbers, and how the other
numbers of the page use theirs. Its weights were fitted on fields that none of the
readers was trained with (`scripts/fit_page_marks.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from formreader.digits.composition import (
    extract_value,
    is_well_formed,
    may_hold_slashes,
)
from formreader.digits.mark_consensus import MarkedText, write_text
from formreader.digits.mark_styles import ODD, PageStyles, find_style
from formreader.digits.picture_settings import MARKS_ALONE, MARKS_ON_PAGE, VIEWS
from formreader.digits.seen_marks import SeenMarks
from formreader.readings import Alternative, FieldReading
from formreader.records import Flag

__all__ = ["add_page", "settle_marks", "weigh_alone"]

Floats = npt.NDArray[np.float64]

_BEFORE_THREE = re.compile(r"[.,][0-9]{3}$")


def settle_marks(
    readings: Sequence[FieldReading], seen: Sequence[SeenMarks | None]
) -> list[FieldReading]:
    """Confirm, correct or doubt the marks of the numbers of a page.

    The likeliest text is given. It is sure where the model finds it so, unless no
    number is written so; what no view shows, but other numbers of the page speak for,
    is for a person.

    Args:
        readings: The numbers of a page.
        seen: What the views of each show of its marks; None where they are left as
            they are.

    Returns:
        The readings in the same order.
    """
    known = [one for one in seen if one is not None]
    alone = [weigh_alone(one) for one in known]
    both = zip(alone, add_page(known, alone), strict=True)
    shares = iter((one, weigh(page, MARKS_ON_PAGE)) for one, page in both)
    return [
        reading if one is None else _settle(reading, one, *next(shares))
        for reading, one in zip(readings, seen, strict=True)
    ]


def weigh_alone(seen: SeenMarks) -> Floats:
    """Say how probable each text is by what the views of its number show, (C,)."""
    return weigh(seen.evidence, MARKS_ALONE)


def add_page(seen: Sequence[SeenMarks], alone: Sequence[Floats]) -> list[Floats]:
    """Add to the evidence what the other numbers of the page say.

    Args:
        seen: The numbers of a page.
        alone: How probable the texts of each are without the page.

    Returns:
        For each number (C, 10): the evidence, and the logarithms of how many of the
        others end as each text does, and of how many part thousands so.
    """
    weighed = [
        list(zip(one.styles, (one.trust * shares).tolist(), strict=True))
        for one, shares in zip(seen, alone, strict=True)
    ]
    page = PageStyles(weighed)
    return [
        np.column_stack([one.evidence, page.expect(number)])
        for one, number in zip(seen, weighed, strict=True)
    ]


def weigh(evidence: Floats, weights: Sequence[float]) -> Floats:
    """Give the probabilities (C,) of texts by the evidence for them, (C, F)."""
    scores = evidence @ np.array(weights)
    return np.asarray(np.exp(scores - np.logaddexp.reduce(scores)))


def _settle(
    reading: FieldReading, seen: SeenMarks, alone: Floats, shares: Floats
) -> FieldReading:
    """Give a reading its likeliest marks, and flag it where they are in doubt."""
    best = int(shares.argmax())
    text, share = seen.texts[best], float(shares[best])
    others = _offer(reading, seen, shares)
    if best or not seen.are_agreed:
        reading = replace(reading, confidence=reading.confidence * share)
    if best:  # the first is what was read
        marked = MarkedText(text, share, seen.slashes[best])
        digits = write_text(marked, reading.digits)
        reading = replace(reading, digits=digits, value=extract_value(text))
    is_sure = share >= VIEWS.sure_marks
    is_sure &= seen.is_read[best] or alone[best] >= VIEWS.sure_marks
    flags = tuple(flag for flag in reading.flags if flag is not Flag.SEPARATOR)
    was_doubted = Flag.SEPARATOR in reading.flags or best > 0
    settled = replace(reading, flags=flags, alternatives=others)
    if not is_sure or _is_odd(text) or (was_doubted and _is_ambiguous(text)):
        return settled.flagged(Flag.SEPARATOR)
    return settled


def _is_odd(text: str) -> bool:
    """Tell whether hardly any number is written so."""
    return not is_well_formed(text) or find_style(text).ending == ODD


def _is_ambiguous(text: str) -> bool:
    """Tell whether the marks of a text, or strokes read as 1, may mean two things.

    A mark before three digits may part thousands or a fraction.
    """
    return may_hold_slashes(text) or bool(_BEFORE_THREE.search(text))


def _offer(
    reading: FieldReading, seen: SeenMarks, shares: Floats
) -> tuple[Alternative, ...]:
    """Offer other marks beside what else is offered, the most probable first."""
    sure = reading.confidence
    offered = {
        text: Alternative(extract_value(text), text, sure * share)
        for text, share in zip(seen.texts, shares.tolist(), strict=True)
        if share >= VIEWS.offered_marks
    }
    offered.pop(seen.texts[int(shares.argmax())], None)
    for other in reading.alternatives:
        offered.setdefault(other.raw, other)
    return tuple(sorted(offered.values(), key=lambda one: -one.probability))
