"""What a value may be: a whole number, a decimal number, a date, or a time.

People write one value in many ways: 1,234.50 or 1234,5, 5/19/21 or 05-19-2021. A type
says which of them a field may hold, and gives each its canonical form: a point before
decimals and nothing between thousands, dates as ISO 8601 has them, times as `HH:MM`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from itertools import accumulate, combinations

__all__ = ["Canonical", "ValueKind", "ValueType", "convert_value"]


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

TIME_FORMAT = "HH:MM"
"""How times are written where a field does not say it."""

_PARTS = {
    ValueKind.DATE: {"DD": "d", "MM": "m", "YYYY": "Y", "YY": "y"},
    ValueKind.TIME: {"HH": "H", "MM": "M", "SS": "S"},
}
_ORDERS = {ValueKind.DATE: ("dmY", "dmy"), ValueKind.TIME: ("HM", "HMS")}
_EXAMPLES = {ValueKind.DATE: "DD/MM/YYYY", ValueKind.TIME: "HH:MM or HH:MM:SS"}
_TOKEN = re.compile(r"%[a-zA-Z]|YYYY|([A-Z])\1|.", re.DOTALL)
_BETWEEN = " ./:-"
_MARKS = {
    ValueKind.INTEGER: (".,", "-"),
    ValueKind.DECIMAL: (".,", "-"),
    ValueKind.DATE: (".,/-",),
    ValueKind.TIME: (".,-:",),
}
_SHORT = "dmH"  # parts that may have a single digit
_DIGITS = {"Y": 4}  # of a part; two of any other
_CANONICAL = {
    ValueKind.INTEGER: re.compile(r"-?[0-9]+"),
    ValueKind.DECIMAL: re.compile(r"-?[0-9]+(?:\.[0-9]+)?"),
    ValueKind.DATE: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    ValueKind.TIME: re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?"),
}
_GROUPED = re.compile(r"[0-9]{1,3}([.,])[0-9]{3}(?:\1[0-9]{3})*")
_CUT_GROUP = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{4,}")
_GAPPED = re.compile(r"[0-9]{1,3}(?:_[0-9]{3})+")
_MARK = re.compile(r"[.,]")
_SLASH, _STROKE, _GAP = "/", "1", "_"


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
                else f"is missing; such as {_EXAMPLES[self.kind]}"
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
        known = _PARTS[self.kind]
        parts, between = "", True
        for found in _TOKEN.finditer(self.format):
            token = found[0]
            part = known.get(token, token[1:] if token[0] == "%" else "")
            if part not in known.values() and (between or token not in _BETWEEN):
                parts = ""
                break
            between = not part
            parts += part
        orders = _ORDERS[self.kind]
        fits = "".join(sorted(parts)) in ["".join(sorted(one)) for one in orders]
        if not fits or between or (self.kind is ValueKind.TIME and parts not in orders):
            raise ValueError(
                f"{self.format!r} is no {self.kind}; such as {_EXAMPLES[self.kind]}"
            )
        return parts

    @property
    def is_separated(self) -> bool:
        """Whether marks stand between the parts of a date or time."""
        return any(character in _BETWEEN for character in self.format)

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
            return self._canonicalize_number(text)
        if self.kind is ValueKind.DATE and _CANONICAL[self.kind].fullmatch(text):
            return _to_moment(text, "%Y-%m-%d", "%Y-%m-%d")
        groups = self._split(text)
        if groups is None:
            return None
        form = "-".join(f"%{part}" for part in self.order)
        for part, group in zip(self.order, groups, strict=True):
            if part == "y" and len(group) == 4:
                form = form.replace("%y", "%Y")
        is_date = self.kind is ValueKind.DATE
        target = "%Y-%m-%d" if is_date else ":".join(f"%{part}" for part in self.order)
        found = _to_moment("-".join(groups), form, target)
        return found and replace(found, is_even=_are_even(self.order, groups))

    def _canonicalize_number(self, text: str) -> Canonical | None:
        sign = "-" if text.startswith("-") else ""
        number = self._place_point(text.removeprefix("-"))
        if number is None:
            return None
        digits = number.value.replace(".", "")
        if not 0 < len(digits) <= MOST_DIGITS or not digits.isdigit():
            return None
        return Canonical(sign + number.value, number.is_settled)

    def _place_point(self, text: str) -> Canonical | None:
        """Tell the point of a number without sign from marks between thousands."""
        if _GAPPED.fullmatch(text):
            return Canonical(text.replace(_GAP, ""), is_settled=False)
        whole = re.sub(r"[.,]", "", text)
        marks = _MARK.findall(text)
        is_grouped = bool(_GROUPED.fullmatch(text)) and not text.startswith("0")
        if self.kind is ValueKind.INTEGER:
            return Canonical(whole) if is_grouped or not marks else None
        if not marks:
            # Where decimals are asked for, a point may have been lost.
            return Canonical(whole, not self.decimals)
        before, after = re.split(r"[.,](?=[^.,]*\Z)", text)
        if not after:
            return None
        if is_grouped and self.decimals != len(after):
            # 1,234 is a thousand to one person and one to another.
            return Canonical(whole, bool(self.decimals) or len(marks) > 1)
        rest = _MARK.findall(before)
        if rest and (marks[-1] in rest or not _GROUPED.fullmatch(before)):
            return None
        value = f"{re.sub(r'[.,]', '', before) or '0'}.{after}"
        # 6,99725 is likelier to be 6,997.25 that has lost its point, and .50 a number
        # that has lost its first digits, or nothing but print.
        is_cut = not self.decimals and bool(_CUT_GROUP.fullmatch(text))
        is_whole = bool(before) and not is_cut
        return Canonical(value, self.decimals in (0, len(after)) and is_whole)

    def _split(self, text: str) -> Sequence[str] | None:
        """Split a date or time into its parts; None if these are none."""
        sizes = [_DIGITS.get(part, 2) for part in self.order]
        allowed = "".join(self.marks)
        groups = re.split(rf"[{re.escape(allowed)}]|{_GAP}+", text)
        if not all(group.isascii() and group.isdigit() for group in groups):
            return None
        if len(groups) < len(sizes):
            return _cut(groups, sizes) or _cut(groups, [*map(_whole_year, self.order)])
        if len(groups) > len(sizes):
            return None
        for part, group, size in zip(self.order, groups, sizes, strict=True):
            lengths = {size}
            if part in _SHORT and _GAP not in text:
                lengths.add(1)
            if part == "y":
                lengths.add(4)
            if len(group) not in lengths:
                return None
        return groups

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


def convert_value(kind: ValueKind, value: str) -> int | float | date | time | None:
    """Turn a value in canonical form into what it stands for.

    Returns:
        None if it is no value of this kind in its canonical form.

    Example:
        >>> convert_value(ValueKind.DATE, "2021-05-19")
        datetime.date(2021, 5, 19)
    """
    if not _CANONICAL[kind].fullmatch(value):
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


def _to_moment(text: str, form: str, target: str) -> Canonical | None:
    try:
        moment = datetime.strptime(text, form)
    except ValueError:
        return None
    if "%d" in form and moment.year not in YEARS:
        return None
    return Canonical(moment.strftime(target))


def _are_even(order: str, groups: Sequence[str]) -> bool:
    """Tell whether either no part begins with a zero, or none has a single digit.

    Minutes and seconds always have two digits.
    """
    short = [g for part, g in zip(order, groups, strict=True) if part in _SHORT]
    return not (
        any(len(group) == 1 for group in short)
        and any(len(group) == 2 and group[0] == "0" for group in short)
    )


def _cut(groups: Sequence[str], sizes: Sequence[int]) -> list[str] | None:
    """Cut groups of digits into parts of given sizes.

    Parts with all their digits need no marks between them. None if there are more or
    fewer digits, or a group ends within a part.
    """
    text = "".join(groups)
    ends = list(accumulate(sizes))
    if len(text) != ends[-1] or not set(accumulate(map(len, groups))) <= set(ends):
        return None
    return [text[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _whole_year(part: str) -> int:
    return 4 if part in "Yy" else 2
