"""Says of a page where ink was not read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from formreader.geometry import Box
from formreader.readings import FieldReading

__all__ = ["gather_unread"]


def gather_unread(readings: Sequence[FieldReading]) -> tuple[FieldReading, ...]:
    """Put all ink of a page that was not read into one, after the fields."""
    found = [reading for reading in readings if not reading.stands_for_page]
    boxes = [reading.box for reading in readings if reading.stands_for_page]
    if boxes:
        found.append(FieldReading.of_unread_ink(reduce(Box.union, boxes)))
    return tuple(found)
