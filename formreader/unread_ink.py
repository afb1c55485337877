"""Tells writing outside of boxes that is no number, and says where ink was not read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from formreader.digits.settings import SETTINGS
from formreader.digits.words import number_probability
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import ClassifiedField, FieldKind, Flag, Print

__all__ = ["gather_unread", "judge_line"]

_WORDS = SETTINGS.words
_STROKE = "1"  # alone it may be anything


def judge_line(
    classified: ClassifiedField, reading: FieldReading
) -> FieldReading | None:
    """Leave out a line of writing that is no number, and doubt one that may be none.

    What has a box or a place on its form is passed as it is: it was asked for. What
    reads like a digit, but stands where nothing asks for one, is ink that was not read.
    """
    image = classified.image
    if image.kind not in (FieldKind.LINE, FieldKind.PLAIN):
        return reading
    if image.print_like is Print.WORDS:
        least = _WORDS.sure
    else:
        is_plain = image.kind is FieldKind.PLAIN
        least = _WORDS.least_plain if is_plain else _WORDS.least
        if image.in_column:
            least = _WORDS.least_in_column
    chance = number_probability(classified, reading)
    is_stroke = reading.raw == _STROKE and reading.confidence >= _WORDS.sure
    if image.in_column and is_stroke:
        return reading.flagged(Flag.LOW_CONFIDENCE)
    if chance < least:
        is_digit = chance >= _WORDS.least and reading.raw != _STROKE
        is_clear = is_digit and reading.confidence >= _WORDS.sure
        unread = is_clear and image.print_like is Print.NO
        return FieldReading.of_unread_ink(reading.box) if unread else None
    return reading if chance >= _WORDS.sure else reading.flagged(Flag.LOW_CONFIDENCE)


def gather_unread(readings: Sequence[FieldReading]) -> tuple[FieldReading, ...]:
    """Put all ink of a page that was not read into one, after the fields."""
    found = [reading for reading in readings if not reading.stands_for_page]
    boxes = [reading.box for reading in readings if reading.stands_for_page]
    if boxes:
        found.append(FieldReading.of_unread_ink(reduce(Box.union, boxes)))
    return tuple(found)
