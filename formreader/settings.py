"""What records of tuning are made of: numbers with a unit, checked at birth.

A stage keeps the numbers that a fit or a measurement chose in one record of its own.
The type of each says its unit and where it may lie.

Example:
    >>> @dataclass(frozen=True)
    ... class Example(Settings):
    ...     overlap: Share = 0.9  # of the smaller box
    >>> Example(overlap=1.5)
    Traceback (most recent call last):
        ...
    ValueError: overlap = 1.5 is no share: it must lie in 0 to 1
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints

__all__ = [
    "Count",
    "Degrees",
    "FinePixels",
    "Greys",
    "Logarithm",
    "Pixels",
    "Ratio",
    "Settings",
    "Share",
    "Span",
    "Unit",
    "units_of",
]


@dataclass(frozen=True)
class Unit:
    """What a number counts, and between which it must lie."""

    name: str
    low: float
    high: float

    def check(self, name: str, value: float) -> None:
        """Refuse what lies outside.

        Raises:
            ValueError: If it does, or is no number.
        """
        if not self.low <= value <= self.high or not math.isfinite(value):
            raise ValueError(
                f"{name} = {value} is no {self.name}: it must lie in {self.low:g} to "
                f"{self.high:g}"
            )


_TINY, _HUGE = 1e-9, 1e9

Share = Annotated[float, Unit("share", 0, 1)]
"""A part of a whole, in [0, 1]; probabilities too."""
Ratio = Annotated[float, Unit("ratio", _TINY, _HUGE)]
"""A positive multiple of another measure."""
Pixels = Annotated[int, Unit("number of pixels", 1, _HUGE)]
FinePixels = Annotated[float, Unit("number of pixels", _TINY, _HUGE)]
"""Pixels and parts of them."""
Greys = Annotated[float, Unit("number of grey levels", 0, 255)]
Degrees = Annotated[float, Unit("angle in degrees", 0, 180)]
Count = Annotated[int, Unit("count", 1, _HUGE)]
Logarithm = Annotated[float, Unit("natural logarithm", -_HUGE, _HUGE)]
"""A natural logarithm of a probability, or what is added to one."""
Span = Annotated[tuple[float, float], Unit("ratio", 0, _HUGE)]
"""The least and the largest value that is allowed."""


@dataclass(frozen=True)
class Settings:
    """A record of tuning, whose numbers are checked against their units."""

    def __post_init__(self) -> None:
        """Refuse numbers that no stage could work with.

        Raises:
            ValueError: If a number lies outside its unit's range, or a span descends.
        """
        units = units_of(type(self))
        for name in units:
            value = getattr(self, name)
            ends = value if isinstance(value, tuple) else (value,)
            for end in ends:
                units[name].check(name, end)
            if list(ends) != sorted(ends):
                raise ValueError(f"{name} = {value} descends")


def units_of(record: type[Settings]) -> dict[str, Unit]:
    """List the fields of a record that have a unit."""
    hints: dict[str, Any] = get_type_hints(record, include_extras=True)
    return {
        one.name: hints[one.name].__metadata__[0]
        for one in fields(record)
        if hasattr(hints[one.name], "__metadata__")
    }
