"""Makes readings and the rules of fields for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from formreader.geometry import Box
from formreader.records import Alternative, DigitReading, FieldReading, Flag

BOX = Box(0, 0, 100, 20)


@dataclass(frozen=True)
class Ruled:
    """The rules of one field."""

    name: str = "number"
    length: int | tuple[int, int] | None = None
    min: int | float | None = None
    max: int | float | None = None
    pattern: str | None = None
    checksum: str | None = None
    date: str | None = None
    one_of: tuple[str, ...] | None = None
    blank: Literal["review", "allow"] = "review"


def reading(
    value: str,
    confidence: float,
    *others: tuple[str, float],
    name: str = "number",
    raw: str | None = None,
    flags: tuple[Flag, ...] = (),
    review: bool | None = None,
    threshold: float = 0.9,
) -> FieldReading:
    """Make a reading with its runners-up, marked as decoding marks it."""
    is_low = confidence < threshold
    if is_low:
        flags = tuple(f for f in Flag if f in {*flags, Flag.LOW_CONFIDENCE})
    return FieldReading(
        name=name,
        value=value,
        confidence=confidence,
        needs_review=is_low if review is None else review,
        flags=flags,
        digits=tuple(DigitReading(digit, confidence) for digit in (raw or value)),
        box=BOX,
        outline=BOX.corners.astype(np.float64),
        alternatives=tuple(Alternative(text, text, p) for text, p in others),
    )
