"""What was typed into the fields of a PDF form, beside what was read there.

A page is read as it is drawn, so typed values are read as if they were handwriting.
What was typed is known for certain: where a reading differs, a person must look.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from formreader.geometry import Box
from formreader.readings import FieldReading, PageReading
from formreader.records import Flag, TypedValue

__all__ = ["compare_typed"]

_NUMBER = re.compile(r"[-+]?[0-9]+(?:[.,/:-][0-9]+)*")
_SAME_PLACE = 0.5  # of the smaller box, that both cover


def compare_typed(reading: PageReading, typed: Sequence[TypedValue]) -> PageReading:
    """Doubt the fields that read otherwise than what was typed into them.

    Args:
        reading: Of a page.
        typed: What was typed on it; boxes are in the same pixels.

    Returns:
        The reading, with a warning if anything was typed. A field that differs needs
        review; `separator` says that only its marks do, `low_confidence` that its
        digits do. Without a form, marks are taken from what was typed.
    """
    if not typed:
        return reading
    has_form = reading.form is not None
    fields = tuple(_compare(field, typed, has_form) for field in reading.fields)
    missed = [
        value
        for value in typed
        if not any(_share_place(field.box, value.box) for field in fields)
    ]
    warnings = (*reading.warnings, _describe(len(typed), len(missed)))
    return replace(reading, fields=fields, warnings=warnings)


def _compare(
    field: FieldReading, typed: Sequence[TypedValue], has_form: bool
) -> FieldReading:
    here = [value.text for value in typed if _share_place(field.box, value.box)]
    if not here or field.value in here:
        return field
    same = [text for text in here if _digits(text) == _digits(field.value)]
    flag = Flag.SEPARATOR if same else Flag.LOW_CONFIDENCE
    takes_marks = same and not has_form and _NUMBER.fullmatch(same[0])
    value = same[0] if takes_marks else field.value
    return replace(field.flagged(flag), value=value, needs_review=True)


def _share_place(first: Box, second: Box) -> bool:
    smaller = min(first.area, second.area)
    return first.intersection_area(second) >= _SAME_PLACE * max(1, smaller)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _describe(count: int, missed: int) -> str:
    values = "a value was" if count == 1 else f"{count} values were"
    found = f"; {missed} of them lie in no field" if missed else ""
    return (
        f"{values} typed into the PDF form, not written by hand{found}; the file "
        "itself holds them exactly"
    )
