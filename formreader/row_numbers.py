"""Leaves out the numbers that a form prints before its rows.

Tidy print is hard to tell from tidy writing, cell by cell. Numbers that go up by one
from row to row, and none of which is clearly the pen's, number the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from formreader.layout.printed_fields import find_columns
from formreader.readings import FieldReading
from formreader.records import FieldImage

__all__ = ["find_row_numbers"]

_LEAST_ROWS = 3
_LONGEST = 3  # digits
_LEAST_PRINT = 0.4  # share of print that leaves it open who made a field's ink


def find_row_numbers(
    fields: Sequence[FieldImage], readings: Sequence[FieldReading | None]
) -> set[int]:
    """Find the fields that hold printed numbers of rows.

    Args:
        fields: Of one page.
        readings: What was read of each.

    Returns:
        Their positions.
    """
    boxes = [
        field.box if field.kind.is_open and _is_printed(field) else None
        for field in fields
    ]
    found: set[int] = set()
    for column in find_columns(boxes):
        for run in _find_runs(column, [_number_of(readings[p]) for p in column]):
            if len(run) >= _LEAST_ROWS:
                found.update(run)
    return found


def _is_printed(field: FieldImage) -> bool:
    return field.print_share is not None and field.print_share >= _LEAST_PRINT


def _number_of(reading: FieldReading | None) -> int | None:
    """Give the small whole number that was read, if it is one."""
    value = "" if reading is None else reading.value
    return int(value) if value.isdecimal() and len(value) <= _LONGEST else None


def _find_runs(
    places: Sequence[int], numbers: Sequence[int | None]
) -> Iterator[list[int]]:
    """Part a column into runs in which each number is one more than that above."""
    run: list[int] = []
    last: int | None = None
    for place, number in zip(places, numbers, strict=True):
        if run and number is not None and last is not None and number == last + 1:
            run.append(place)
        else:
            yield run
            run = [place] if number is not None else []
        last = number
    yield run
