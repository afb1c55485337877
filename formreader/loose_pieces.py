"""Doubts rows of boxes and writing without boxes that stand right beside each other.

Where the boxes of some digits were not found, these come out as writing: two parts of
one number, and nothing about either looks wrong. What turned out to be a word or print
is no part of a number.
"""

from __future__ import annotations

from collections.abc import Sequence

from formreader.geometry import Box
from formreader.layout.settings import SETTINGS
from formreader.readings import FieldReading
from formreader.records import FieldKind, Flag

__all__ = ["doubt_pieces"]

_BESIDE = SETTINGS.surroundings
_LOOSE = (FieldKind.LINE, FieldKind.PLAIN)


def doubt_pieces(readings: Sequence[FieldReading]) -> list[FieldReading]:
    """Flag what may be a part of a number as clipped.

    Args:
        readings: What was read on a page; ink that was not read counts as writing.

    Returns:
        The readings in the same order.
    """
    loose = [i for i, one in enumerate(readings) if _is_loose(one)]
    boxed = [i for i, one in enumerate(readings) if _is_boxed(one)]
    pieces = {
        place
        for first in loose
        for second in boxed
        if _stand_beside(readings[first].box, readings[second].box)
        for place in (first, second)
    }
    return [
        one.flagged(Flag.CLIPPED) if place in pieces else one
        for place, one in enumerate(readings)
    ]


def _is_loose(reading: FieldReading) -> bool:
    """Tell whether a reading is of writing without boxes."""
    return reading.stands_for_page or reading.kind in _LOOSE


def _is_boxed(reading: FieldReading) -> bool:
    """Tell whether a reading is of boxes for digits, or of one hardly wider."""
    if reading.stands_for_page:
        return False
    is_narrow = reading.box.width <= _BESIDE.narrow * reading.box.height
    is_narrow &= reading.kind is FieldKind.BOX
    return is_narrow or reading.kind is FieldKind.CELLS


def _stand_beside(one: Box, other: Box) -> bool:
    height = min(one.height, other.height)
    level = min(one.bottom, other.bottom) - max(one.top, other.top)
    gap = max(one.left, other.left) - min(one.right, other.right)
    return level >= height / 2 and gap <= _BESIDE.near * max(one.height, other.height)
