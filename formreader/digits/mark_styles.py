"""How the marks of a number are used, and what the other numbers of a page say of that.

Who writes 634,73 in one cell of a form seldom writes 634.73 in the next. So the numbers
of a page whose marks are clear tell what to expect of those that are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from math import log

from formreader.digits.composition import is_date, is_well_formed
from formreader.records import MARKS

__all__ = ["ODD", "MarkStyle", "MarkUse", "PageStyles", "find_style"]

_NUMBER = re.compile(
    r"-?(?P<whole>[0-9]{1,3}(?:(?P<group>[.,])[0-9]{3}(?:(?P=group)[0-9]{3})*)?|[0-9]*)"
    r"(?:(?P<point>[.,])(?P<decimals>[0-9]{1,2}))?"
)
_LONG = re.compile(r"-?[0-9]*[.,][0-9]{3,}")
ODD = "odd"
"""The ending of what is neither number, date, time nor anything parted by dashes."""
_FEWEST = 4  # digits of a number that thousands marks may part
_ENDINGS, _GROUPINGS = 12, 3  # kinds that are expected alike before anything is read
_DOUBT = 2.0  # numbers, that not knowing the page counts as


class MarkUse(Enum):
    """What the marks of a number are for."""

    NONE = auto()
    GROUPS = auto()  # they part thousands
    TWO_DECIMALS = auto()
    ONE_DECIMAL = auto()
    LONG = auto()  # three decimals or more, which are no thousands
    OTHER = auto()  # a date, a time, a telephone number
    BAD = auto()  # no number is written so


@dataclass(frozen=True)
class MarkStyle:
    """How the marks of a number are used.

    Attributes:
        use: What they are for.
        ending: The point and how many decimals follow (`.2`); empty without; else the
            marks.
        grouping: The thousands mark; empty without; None of what is too short for one.
        is_negative: Whether a minus stands before it.
    """

    use: MarkUse
    ending: str = ""
    grouping: str | None = None
    is_negative: bool = False


def find_style(text: str) -> MarkStyle:
    """Say how the marks of a number are used.

    Args:
        text: Digits and marks, no mark at its end.

    Example:
        >>> find_style("1,234.50")  # doctest: +ELLIPSIS
        MarkStyle(use=<MarkUse.GROUPS...>, ending='.2', grouping=',', is_negative=False)
    """
    is_negative = text.startswith("-")
    number = _NUMBER.fullmatch(text)
    if number and (not number["group"] or number["group"] != number["point"]):
        group, point = number["group"] or "", number["point"] or ""
        count = sum(map(str.isdigit, number["whole"]))
        decimals = len(number["decimals"] or "")
        ending = f"{point}{decimals}" if point else ""
        uses = MarkUse.NONE, MarkUse.ONE_DECIMAL, MarkUse.TWO_DECIMALS
        use = MarkUse.GROUPS if group else uses[decimals]
        return MarkStyle(use, ending, group if count >= _FEWEST else None, is_negative)
    if _LONG.fullmatch(text):
        return MarkStyle(MarkUse.LONG, "long", None, is_negative)
    marks = "".join(each for each in text if each in MARKS)
    use = MarkUse.OTHER if is_well_formed(text) else MarkUse.BAD
    is_usual = is_date(text) or marks in ("--", ":", "/", "-")
    return MarkStyle(use, marks if is_usual else ODD, None, is_negative)


Weighed = Sequence[tuple[MarkStyle, float]]
"""The styles that a number may have, with their probabilities."""
_Counts = dict[str, float]


class PageStyles:
    """How the numbers of a page use their marks.

    Args:
        numbers: Of each number the styles that it may have.
    """

    def __init__(self, numbers: Iterable[Weighed]) -> None:
        """Count the styles."""
        self._endings: _Counts = {}
        self._groupings: _Counts = {}
        for number in numbers:
            _count(number, self._endings, self._groupings)

    def expect(self, number: Weighed) -> list[tuple[float, float]]:
        """Say what to expect of a number by all others.

        Args:
            number: The styles that it may have; it is one of the page's.

        Returns:
            For each style the logarithms of how probable its ending is, and its way to
            part thousands; 0 for what is too short for that.
        """
        endings: _Counts = {}
        groupings: _Counts = {}
        _count(number, endings, groupings)
        return [
            (
                _share(self._endings, endings, style.ending, _ENDINGS),
                0.0
                if style.grouping is None
                else _share(self._groupings, groupings, style.grouping, _GROUPINGS),
            )
            for style, _ in number
        ]


def _count(number: Weighed, endings: _Counts, groupings: _Counts) -> None:
    """Count the endings of a number, and how it parts thousands, by probability."""
    for style, share in number:
        endings[style.ending] = endings.get(style.ending, 0.0) + share
        if style.grouping is not None:
            groupings[style.grouping] = groupings.get(style.grouping, 0.0) + share


def _share(every: _Counts, own: _Counts, key: str, kinds: int) -> float:
    """Give the logarithm of the share of a kind among the others."""
    others = max(0.0, sum(every.values()) - sum(own.values()))
    alike = max(0.0, every.get(key, 0.0) - own.get(key, 0.0))
    return log((alike + _DOUBT / kinds) / (others + _DOUBT))
