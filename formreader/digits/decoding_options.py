"""What is to be known of a field to decode what the readers say of it."""

from __future__ import annotations

from dataclasses import dataclass

from formreader.digits.expected_marks import ANY_MARKS, ExpectedMarks
from formreader.value_types import ValueType

__all__ = ["DecodingOptions"]


@dataclass(frozen=True)
class DecodingOptions:
    """What is to be known of a field and of the classifier to decode a reading.

    Attributes:
        ignore_marks: Points, commas and dashes are no reason for doubt.
        keep_marks: Marks are part of the value; else they are reason for doubt.
        decimals: Digits after the point; 0 where there is none to read.
        expected: Which marks the field may hold.
        knows_other: The classifier can say that a segment is no digit, so a cut through
            ink is proved by its two sides; else every cut is in doubt.
        type_: What type of value the field holds, if its template says so.
    """

    ignore_marks: bool = False
    keep_marks: bool = True
    decimals: int = 0
    expected: ExpectedMarks = ANY_MARKS
    knows_other: bool = True
    type_: ValueType | None = None

    @property
    def keeps_marks(self) -> bool:
        """Whether the value has the marks as they were read."""
        return self.keep_marks and not (self.ignore_marks or self.decimals)
