"""Asks the string reader about whole fields: their digits, then their marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from formreader.digits.ctc import without_marks
from formreader.digits.segmentation import cut_writing
from formreader.digits.strings import StringReader
from formreader.records import ClassifiedField, FieldImage

__all__ = ["read_digits", "read_marks"]


def read_digits(
    reader: StringReader | None, found: Sequence[ClassifiedField]
) -> list[ClassifiedField]:
    """Ask about the digits of every field that has some.

    Args:
        reader: Reads strings; without one the fields stay as they are.
        found: The fields, their marks lifted out.
    """
    if reader is None:
        return list(found)
    writing = [cut_writing(one) for one in found]
    answers = iter(reader.predict([strip for strip in writing if strip is not None]))
    return [
        one
        if strip is None
        else replace(one, string_reading=without_marks(next(answers)))
        for one, strip in zip(found, writing, strict=True)
    ]


def read_marks(
    reader: StringReader | None,
    fields: Sequence[FieldImage],
    found: Sequence[ClassifiedField],
) -> list[ClassifiedField]:
    """Ask about open fields, the marks that were lifted out shown again.

    Args:
        reader: Reads strings with their marks; without one the fields stay as they are.
        fields: The fields with their marks.
        found: The same without, as they were classified.
    """
    if reader is None or not reader.knows_marks:
        return list(found)
    shown = [
        cut_writing(one, field if one.marks else None)
        if one.string_reading is not None and one.image.kind.is_open
        else None
        for one, field in zip(found, fields, strict=True)
    ]
    answers = iter(reader.predict([strip for strip in shown if strip is not None]))
    return [
        one if strip is None else replace(one, marked_reading=next(answers))
        for one, strip in zip(found, shown, strict=True)
    ]
