"""Settles the marks of a number by what its picture on the page shows of them."""

from __future__ import annotations

import re
from dataclasses import replace

from formreader.digits.composition import (
    extract_value,
    is_well_formed,
    may_hold_slashes,
)
from formreader.digits.expected_marks import ANY_MARKS
from formreader.digits.mark_consensus import MarkedText, weigh_marks, write_text
from formreader.digits.picture_settings import VIEWS
from formreader.digits.seen_pictures import SeenPicture
from formreader.readings import FieldReading
from formreader.records import MARKS, Flag

__all__ = ["heed_marks", "share_of_marks"]

_BEFORE_THREE = re.compile(r"[.,][0-9]{3}$")


def heed_marks(reading: FieldReading, picture: SeenPicture) -> FieldReading:
    """Confirm or doubt the marks of a reading, or give those that the picture shows.

    What the picture shows as well is sure, unless no number is written so; what it
    shows otherwise, or leaves open, is for a person, who is shown the likelier.

    Args:
        reading: A field with any number of digits, and the marks between them.
        picture: What a reader says of the picture.
    """
    texts = _weigh(reading.raw, picture)
    if not texts:
        return reading
    own, *others = texts
    best = max(others, key=lambda one: one.share, default=own)
    if own.share >= VIEWS.sure_marks:
        return _confirm(reading)
    if best.share < VIEWS.sure_marks:
        return reading.flagged(Flag.SEPARATOR)
    digits = write_text(best, reading.digits)
    value = extract_value("".join(digit.character for digit in digits))
    return replace(reading, digits=digits, value=value).flagged(Flag.SEPARATOR)


def share_of_marks(reading: FieldReading, picture: SeenPicture) -> float:
    """Say how probable the marks of a reading are, if its digits are right, in [0, 1].

    Args:
        reading: As `heed_marks` takes it.
        picture: The same.
    """
    texts = _weigh(reading.raw, picture)
    return texts[0].share if texts else 0.0


def _weigh(raw: str, picture: SeenPicture) -> list[MarkedText]:
    """Say which marks the picture shows; nothing where it shows other digits."""
    inner = raw.rstrip(MARKS)
    bare = "".join(each for each in inner if each not in MARKS)
    if not bare.isdecimal():
        return []
    return weigh_marks(raw, picture.plain, ANY_MARKS, picture.looks[1:])


def _confirm(reading: FieldReading) -> FieldReading:
    """Take the doubt of its marks from a reading, if numbers are written so.

    A mark before three digits stays in doubt: it may part thousands or a fraction.
    """
    is_odd = not is_well_formed(reading.raw) or may_hold_slashes(reading.value)
    is_odd |= bool(_BEFORE_THREE.search(reading.value))
    if Flag.SEPARATOR not in reading.flags or is_odd:
        return reading
    left = tuple(flag for flag in reading.flags if flag is not Flag.SEPARATOR)
    return replace(reading, flags=left)
