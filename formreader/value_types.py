"""What a value may be: a whole number, a decimal number, a date, or a time.

People write one value in many ways: 1,234.50 or 1234,5, 5/19/21 or 05-19-2021. A type
says which of them a field may hold, and gives each its canonical form: a point before
decimals and nothing between thousands, dates as ISO 8601 has them, times as `HH:MM`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from itertools import combinations

from formreader.value_kinds import Canonical, ValueKind, convert_value
from formreader.value_moments import (
    EXAMPLES,
    canonicalize_moment,
    is_separated,
    order_parts,
    split_parts,
)
from formreader.value_numbers import canonicalize_number

__all__ = ["Canonical", "ValueKind", "ValueType", "convert_value"]


TIME_FORMAT = "HH:MM"
"""How times are written where a field does not say it."""

_MARKS = {
    ValueKind.INTEGER: (".,", "-"),
    ValueKind.DECIMAL: (".,", "-"),
    ValueKind.DATE: (".,/-",),
    ValueKind.TIME: (".,-:",),
}
_SLASH, _STROKE = "/", "1"


@dataclass(frozen=True)
class ValueType:
    """A type of value, and how it is written.

    Attributes:
        kind: What it is.
        format: Order of the parts of a date or time, such as `DD/MM/YYYY`, `MM/DD/YY`,
            `HH:MM` or `%d%m%Y`; without marks between the parts it is digits alone.
        decimals: How many digits follow the point of a decimal number; 0 for any.
    """

    kind: ValueKind
    format: str = ""
    decimals: int = 0

    def __post_init__(self) -> None:
        """Check the format.

        Raises:
            ValueError: If it is missing, or not one of this kind of value.
        """
        if self.kind is ValueKind.TIME and not self.format:
            object.__setattr__(self, "format", TIME_FORMAT)
        if self.kind.is_number != (not self.format):
            raise ValueError(
                f"says nothing of type {str(self.kind)!r}"
                if self.format
                else f"is missing; such as {EXAMPLES[self.kind]}"
            )
        if self.format:
            _ = self.order

    def __str__(self) -> str:
        """Describe it in words that `parse` reads."""
        decimals = str(self.decimals or "")
        return " ".join(filter(None, (self.kind, self.format, decimals)))

    @property
    def words(self) -> str:
        """What it is, for people."""
        kind = "whole number" if self.kind is ValueKind.INTEGER else f"{self.kind}"
        kind += " number" if self.kind is ValueKind.DECIMAL else ""
        return f"{kind} {self.format}".rstrip()

    @classmethod
    def parse(cls, text: str) -> ValueType | None:
        """Read what `str` made of a type.

        Returns:
            The type; None for an empty text.

        Raises:
            ValueError: If it describes none.

        Example:
            >>> ValueType.parse("date DD/MM/YYYY").canonicalize("3.4.2026").value
            '2026-04-03'
        """
        name, _, rest = text.partition(" ")
        if not name:
            return None
        kind = ValueKind(name)
        if kind.is_number:
            return cls(kind, decimals=int(rest or 0))
        return cls(kind, rest)

    @property
    def order(self) -> str:
        """The parts of a date or time, in the letters of `strftime`.

        Raises:
            ValueError: If the format has other parts, or not all of them.
        """
        return order_parts(self.kind, self.format)

    @property
    def is_separated(self) -> bool:
        """Whether marks stand between the parts of a date or time."""
        return is_separated(self.format)

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks that may be written; those of one text mean the same."""
        return _MARKS[self.kind]

    @property
    def has_likely_marks(self) -> bool:
        """Whether values nearly always have marks, as whole numbers have not."""
        return self.kind is not ValueKind.INTEGER

    @property
    def mark_count(self) -> int | None:
        """How many marks are written, if that is known."""
        if self.kind is not ValueKind.DATE or not self.is_separated:
            return None
        return len(self.order) - 1

    def canonicalize(self, text: str) -> Canonical | None:
        """Give a value its canonical form.

        Args:
            text: A value as written; `_` is a cell left blank between the parts of a
                date or time, or between thousands.

        Returns:
            None if it is no value of this type.

        Example:
            >>> ValueType(ValueKind.DECIMAL).canonicalize("1.234,5").value
            '1234.5'
        """
        if self.kind.is_number:
            whole = self.kind is ValueKind.INTEGER
            return canonicalize_number(text, whole=whole, decimals=self.decimals)
        return canonicalize_moment(text, self.kind, self.order, "".join(self.marks))

    def has_parts(self, text: str) -> bool:
        """Tell whether a text has the parts of a date or time, be there such a day.

        Example:
            >>> date_ = ValueType(ValueKind.DATE, "MM/DD/YYYY")
            >>> date_.has_parts("5/42/2038"), date_.has_parts("5/4/20381")
            (True, False)
        """
        if self.kind.is_number:
            return False
        return split_parts(text, self.order, "".join(self.marks)) is not None

    def list_slashed(self, text: str) -> Iterator[str]:
        """List what a date may be if some of its ones are slashes.

        Args:
            text: A date as read.

        Yields:
            Each text that is a date, its slashes put in.

        Example:
            >>> date_ = ValueType(ValueKind.DATE, "MM/DD/YYYY")
            >>> list(date_.list_slashed("0511912021"))
            ['05/19/2021']
        """
        if self.kind is not ValueKind.DATE or not self.is_separated:
            return
        if set(text) & set("".join(self.marks)) - {_SLASH}:
            return  # who parts a date with dashes writes no slash
        missing = len(self.order) - 1 - text.count(_SLASH)
        strokes = [at for at, character in enumerate(text) if character == _STROKE]
        for places in combinations(strokes, missing) if missing > 0 else ():
            slashed = "".join(
                _SLASH if at in places else character
                for at, character in enumerate(text)
            )
            if self.canonicalize(slashed) is not None:
                yield slashed

    def take_typed(self, text: str) -> str | None:
        """Take what a person typed, in its canonical form or as it is written.

        Returns:
            The canonical form; None if it is no value of this type, or more than one.

        Example:
            >>> decimal = ValueType(ValueKind.DECIMAL)
            >>> decimal.take_typed("1.234"), decimal.take_typed("1,234")
            ('1.234', None)
        """
        if self.convert(text) is not None:
            return text
        found = self.canonicalize(text)
        return None if found is None or not found.is_settled else found.value

    def convert(self, value: str) -> int | float | date | time | None:
        """Turn a value in canonical form into what it stands for.

        Returns:
            None if it is no value of this type in its canonical form.
        """
        return convert_value(self.kind, value)
