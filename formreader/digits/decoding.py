"""Make a field reading out of the probabilities of its segments."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bounding_box, transform_points
from formreader.records import (
    BLANK,
    CROSSED,
    UNREADABLE,
    DigitReading,
    FieldImage,
    FieldReading,
    FieldSegments,
    Flag,
    Print,
    Segment,
)

CHARACTERS = (*"0123456789", CROSSED, UNREADABLE)
"""What each class of the classifier stands for in `raw`."""

_LEAST_LETTERS = 2
_DOUBT = 0.5  # no measurement behind it; keeps such fields under review
_REVIEW_FLAGS = frozenset(
    {
        Flag.CLIPPED,
        Flag.LOW_CONFIDENCE,
        Flag.NOT_A_DIGIT,
        Flag.SEPARATOR,
        Flag.TOUCHING,
        Flag.WRONG_LENGTH,
    }
)


def decode_field(
    field: FieldImage,
    cut: FieldSegments,
    probabilities: npt.NDArray[np.float32],
    threshold: float,
) -> FieldReading:
    """Read one field.

    Args:
        field: The field.
        cut: Its segments.
        probabilities: (N, 12) calibrated class probabilities, a row a segment.
        threshold: Fields less certain than this need review.

    Returns:
        The reading; its boxes are in pixels of the page.
    """
    digits = _read_segments(field, cut, probabilities)
    raw = "".join(digit.character for digit in digits)
    confidence = _field_confidence(field, cut, digits)
    value = extract_value(raw)
    flags = cut.flags | _flags_of_raw(raw, value)
    if confidence < threshold or field.print_like is not Print.NO:
        flags |= {Flag.LOW_CONFIDENCE}
    has_no_number = not value and Flag.BLANK not in flags
    return FieldReading(
        name=field.name,
        value=value,
        confidence=confidence,
        needs_review=has_no_number or not flags.isdisjoint(_REVIEW_FLAGS),
        flags=tuple(flag for flag in Flag if flag in flags),
        digits=digits,
        box=field.box,
        outline=field.outline,
    )


def _flags_of_raw(raw: str, value: str) -> set[Flag]:
    """Say what the characters mean for the field."""
    flags = set()
    if raw.strip(BLANK) == "":
        flags.add(Flag.BLANK)
    if UNREADABLE in raw:
        flags.add(Flag.NOT_A_DIGIT)
    if CROSSED in raw:
        flags.add(Flag.CROSSED_OUT)
    has_gap = not value and any(character.isdigit() for character in raw)
    if has_gap and UNREADABLE not in raw:
        flags.add(Flag.WRONG_LENGTH)
    return flags


def is_printed_text(
    field: FieldImage, reading: FieldReading, *, knows_letters: bool
) -> bool:
    """Tell whether a box that looks like printed words also reads like letters.

    One unreadable character may be a slip of the pen; two in characters that stand like
    print are letters.

    Args:
        field: The field.
        reading: What was read in it.
        knows_letters: Whether the classifier has a class for what is no digit; if not,
            the looks alone decide.
    """
    if field.print_like is not Print.WORDS:
        return False
    return not knows_letters or reading.raw.count(UNREADABLE) >= _LEAST_LETTERS


def extract_value(raw: str) -> str:
    """Take the number out of `raw`.

    Blank and crossed-out cells at either end are left out; a gap between digits or
    anything unreadable leaves no number.

    Example:
        >>> extract_value("_X42_"), extract_value("4_2"), extract_value("4?")
        ('42', '', '')
    """
    inner = raw.strip(BLANK + CROSSED)
    return inner if re.fullmatch(r"[0-9]+", inner) else ""


def _read_segments(
    field: FieldImage, cut: FieldSegments, probabilities: npt.NDArray[np.float32]
) -> tuple[DigitReading, ...]:
    """Read each segment, and put a blank where a printed cell has none."""
    readings = [
        _read_segment(field, segment, row)
        for segment, row in zip(cut.segments, probabilities, strict=True)
    ]
    if field.cells is None:
        return tuple(readings)
    by_cell = {s.cell: r for s, r in zip(cut.segments, readings, strict=True)}
    blank = DigitReading(BLANK, cut.blank_confidence)
    return tuple(by_cell.get(index, blank) for index in range(len(field.cells)))


def _read_segment(
    field: FieldImage, segment: Segment, row: npt.NDArray[np.float32]
) -> DigitReading:
    best = int(np.argmax(row))
    return DigitReading(
        CHARACTERS[best], float(row[best]), _page_box(segment.box, field.to_page)
    )


def _page_box(box: Box, to_page: npt.NDArray[np.float64]) -> Box:
    return bounding_box(transform_points(box.corners, to_page))


def _field_confidence(
    field: FieldImage, cut: FieldSegments, digits: tuple[DigitReading, ...]
) -> float:
    """Multiply the probabilities that each digit and the cuts are right."""
    if not digits:
        return cut.blank_confidence
    confidence = float(np.prod([digit.confidence for digit in digits]))
    doubtful = field.print_like is not Print.NO or Flag.TOUCHING in cut.flags
    return confidence * _DOUBT if doubtful else confidence
