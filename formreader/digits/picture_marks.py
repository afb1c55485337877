"""Says what the picture of a number on its page shows of its marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from formreader.digits.composition import strip_unused
from formreader.digits.expected_marks import ANY_MARKS
from formreader.digits.mark_consensus import weigh_marks
from formreader.digits.picture_settings import VIEWS
from formreader.digits.seen_pictures import SeenPicture
from formreader.readings import FieldReading
from formreader.records import MARKS, Flag

__all__ = ["heed_specks", "share_of_marks"]


def share_of_marks(reading: FieldReading, picture: SeenPicture) -> float:
    """Say how probable the marks of a reading are, if its digits are right, in [0, 1].

    Args:
        reading: A field with any number of digits, and the marks between them.
        picture: What a reader says of the picture.
    """
    inner = strip_unused(reading.raw)
    if not "".join(each for each in inner if each not in MARKS).isdecimal():
        return 0.0
    texts = weigh_marks(inner, picture.plain, ANY_MARKS, picture.looks[1:])
    return texts[0].share if texts else 0.0


def heed_specks(
    reading: FieldReading, views: Sequence[FieldReading], picture: SeenPicture
) -> FieldReading:
    """Take ink in a row of boxes for dirt where the picture shows no mark either.

    Args:
        reading: What was read of a row of boxes for a digit each.
        views: The readings that it was made of, one or two.
        picture: What a reader says of the picture.

    Returns:
        The reading, its marks in no doubt if none of the views has one.
    """
    if Flag.SEPARATOR not in reading.flags:
        return reading
    if any(mark in one.raw for one in (reading, *views) for mark in MARKS):
        return reading
    if share_of_marks(reading, picture) < VIEWS.sure_marks:
        return reading
    flags = tuple(flag for flag in reading.flags if flag is not Flag.SEPARATOR)
    return replace(reading, flags=flags)
