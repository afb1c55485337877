"""Asks the string reader about whole fields: their digits, then their marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import without_marks
from formreader.digits.segmentation import cut_writing
from formreader.digits.strings import StringReader
from formreader.digits.strip_looks import show_strip
from formreader.records import ClassifiedField, FieldImage, FieldKind

__all__ = ["read_digits", "read_marks"]

Gray = npt.NDArray[np.uint8]


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
    shown = [
        () if strip is None else _show(strip, one.image.kind)
        for one, strip in zip(found, writing, strict=True)
    ]
    answers = iter(reader.predict([look for looks in shown for look in looks]))
    return [
        replace(
            one,
            string_looks=tuple(
                without_marks(look) for look in islice(answers, len(looks))
            ),
        )
        for one, looks in zip(found, shown, strict=True)
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
        if one.string_looks and one.image.kind.is_open
        else None
        for one, field in zip(found, fields, strict=True)
    ]
    answers = iter(reader.predict([strip for strip in shown if strip is not None]))
    return [
        one if strip is None else replace(one, marked_reading=next(answers))
        for one, strip in zip(found, shown, strict=True)
    ]


def _show(strip: Gray, kind: FieldKind) -> tuple[Gray, ...]:
    """Show the writing of a strip in several ways; fields of a page are seen by more.

    Beside the votes of their pictures, more ways to look at them told nothing.
    """
    return show_strip(strip) if kind is FieldKind.STRIP else (strip,)
