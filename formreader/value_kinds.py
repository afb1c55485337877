"""Kinds of value, their canonical form, and what that stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

__all__ = [
    "MOST_DIGITS",
    "YEARS",
    "Canonical",
    "ValueKind",
    "convert_value",
    "is_canonical",
]


class ValueKind(StrEnum):
    """Kinds of value."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"

    @property
    def is_number(self) -> bool:
        """Whether values can be added up and compared with limits."""
        return self in (ValueKind.INTEGER, ValueKind.DECIMAL)


MOST_DIGITS = 15
"""Digits of a number; spreadsheets keep no more."""

YEARS = range(1800, 2200)
"""Years of a date; others are slips of the pen, or misread."""

_CANONICAL = {
    ValueKind.INTEGER: re.compile(r"-?[0-9]+"),
    ValueKind.DECIMAL: re.compile(r"-?[0-9]+(?:\.[0-9]+)?"),
    ValueKind.DATE: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    ValueKind.TIME: re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?"),
}


@dataclass(frozen=True)
class Canonical:
    """The canonical form of a value.

    Attributes:
        value: As files hold it.
        is_settled: Whether a mark in it can have no other meaning.
        is_even: Whether its parts are written in one way: who writes 09 writes no 8.
    """

    value: str
    is_settled: bool = True
    is_even: bool = True


def is_canonical(kind: ValueKind, value: str) -> bool:
    """Tell whether a value has the canonical form of its kind."""
    return bool(_CANONICAL[kind].fullmatch(value))


def convert_value(kind: ValueKind, value: str) -> int | float | date | time | None:
    """Turn a value in canonical form into what it stands for.

    Returns:
        None if it is no value of this kind in its canonical form.

    Example:
        >>> convert_value(ValueKind.DATE, "2021-05-19")
        datetime.date(2021, 5, 19)
    """
    if not is_canonical(kind, value):
        return None
    if kind.is_number and sum(map(str.isdigit, value)) > MOST_DIGITS:
        return None
    try:
        found = _CONVERT[kind](value)
    except ValueError:
        return None
    return None if isinstance(found, date) and found.year not in YEARS else found


_CONVERT: Mapping[ValueKind, Callable[[str], int | float | date | time]] = {
    ValueKind.INTEGER: int,
    ValueKind.DECIMAL: float,
    ValueKind.DATE: date.fromisoformat,
    ValueKind.TIME: time.fromisoformat,
}
