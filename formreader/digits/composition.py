"""Puts the marks of a number back between its digits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from formreader.readings import DigitReading
from formreader.records import BLANK, CROSSED, MARKS

__all__ = [
    "Placed",
    "extract_value",
    "insert_marks",
    "is_date",
    "is_well_formed",
    "may_hold_slashes",
    "place_point",
    "strip_unused",
]

_NUMBER = re.compile(r"-?[.,]?[0-9]+(?:[.,/:-][0-9]+)*")


_DATE = re.compile(
    r"(?P<first>[0-9]+)(?P<mark>[/.-])(?P<second>[0-9]+)(?P=mark)(?P<third>[0-9]+)"
)
_DAYS, _MONTHS, _YEAR = 31, 12, 4
_CENTURIES = ("19", "20")  # of years that dates on forms have


@dataclass(frozen=True)
class Placed:
    """A character of a field, and where it stands.

    Attributes:
        left: Left side of its ink, or of its cell, in pixels of the field.
        right: Right side.
        digit: What was read.
    """

    left: float
    right: float
    digit: DigitReading

    @property
    def centre(self) -> float:
        """Its middle column."""
        return (self.left + self.right) / 2


def insert_marks(
    digits: Sequence[Placed], marks: Sequence[Placed]
) -> tuple[DigitReading, ...]:
    """Put marks where they stand; one in an empty cell takes its place.

    Args:
        digits: From left to right.
        marks: The same.
    """
    placed = list(digits)
    for mark in marks:
        around = [
            index
            for index, one in enumerate(placed)
            if one.digit.character == BLANK and one.left <= mark.centre < one.right
        ]
        if around:
            placed[around[0]] = mark
            continue
        at = sum(one.centre < mark.centre for one in placed)
        placed.insert(at, mark)
    return tuple(one.digit for one in placed)


def extract_value(raw: str) -> str:
    """Take the number out of `raw`, its marks included.

    Blank and crossed-out cells at either end are left out, and marks at the end; a gap
    between digits or anything unreadable leaves no number.

    Example:
        >>> extract_value("_X42_"), extract_value("4_2"), extract_value("4?")
        ('42', '', '')
        >>> extract_value("-_4.5"), extract_value("12,-"), extract_value("1..2")
        ('-4.5', '12', '12')
    """
    inner = strip_unused(raw)
    if _NUMBER.fullmatch(inner):
        return inner
    bare = "".join(character for character in inner if character not in MARKS)
    return bare if re.fullmatch(r"[0-9]+", bare) else ""


def is_well_formed(raw: str) -> bool:
    """Tell whether the marks in `raw` stand as they do in numbers."""
    inner = strip_unused(raw)
    return not any(mark in inner for mark in MARKS) or bool(_NUMBER.fullmatch(inner))


def may_hold_slashes(value: str) -> bool:
    """Tell whether a number is a date if strokes read as 1 in it are slashes.

    Example:
        >>> may_hold_slashes("313165"), may_hold_slashes("3/3165")
        (True, True)
        >>> may_hold_slashes("3/3/65"), may_hold_slashes("123456")
        (False, False)
    """
    if value.count("/") > 1:
        return False
    for lengths in product((1, 2), (1, 2)):
        first, second = lengths[0], lengths[0] + 1 + lengths[1]
        if len(value) <= second or {value[first], value[second]} - {"1", "/"}:
            continue
        parts = value[:first], value[first + 1 : second], value[second + 1 :]
        if _is_date(*parts):
            return True
    return False


def is_date(text: str) -> bool:
    """Tell whether a text is a date, its year last or, with four digits, first.

    Example:
        >>> is_date("05/19/2021"), is_date("2021-05-19"), is_date("3/1/198")
        (True, True, False)
    """
    written = _DATE.fullmatch(text)
    if not written:
        return False
    first, second, third = written["first"], written["second"], written["third"]
    if len(first) > len(_CENTURIES[0]):
        return len(first) == _YEAR and _is_date(second, third, first)
    return _is_date(first, second, third)


def _is_date(first: str, second: str, year: str) -> bool:
    """Tell whether two numbers are a day and a month, and a third is a year."""
    if not (first + second + year).isdecimal():
        return False
    low, high = sorted((int(first), int(second)))
    is_year = len(year) == 2 or (len(year) == _YEAR and year[:2] in _CENTURIES)
    return 0 < low <= _MONTHS and high <= _DAYS and is_year


def place_point(written: Sequence[DigitReading], value: str, decimals: int) -> str:
    """Put the point into a number, if a mark was read where the decimals begin.

    Args:
        written: The characters of a field with its marks.
        value: Its digits.
        decimals: How many follow the point; 0 where there is none to read.

    Returns:
        The number with its point; empty if no mark, or another one, was read.
    """
    if not decimals or not value:
        return ""
    raw = "".join(digit.character for digit in written)
    after = [
        sum(later.isdigit() for later in raw[index:])
        for index, character in enumerate(raw)
        if character in MARKS and any(before.isdigit() for before in raw[:index])
    ]
    if [count for count in after if count] != [decimals]:
        return ""
    return f"{value[:-decimals]}.{value[-decimals:]}"


def strip_unused(raw: str) -> str:
    """Leave out what stands unused at either end of `raw`, and marks at its end.

    Example:
        >>> strip_unused("X_24.7,-"), strip_unused("-_42")
        ('24.7', '-42')
    """
    inner = raw.strip(BLANK + CROSSED).rstrip(MARKS + BLANK + CROSSED)
    return re.sub(f"^-{BLANK}+", "-", inner)
