"""Dates and times as people write them: their formats, parts, and marks between."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import accumulate

from formreader.value_kinds import YEARS, Canonical, ValueKind, is_canonical

__all__ = [
    "EXAMPLES",
    "canonicalize_moment",
    "is_separated",
    "order_parts",
    "split_parts",
]

_PARTS = {
    ValueKind.DATE: {"DD": "d", "MM": "m", "YYYY": "Y", "YY": "y"},
    ValueKind.TIME: {"HH": "H", "MM": "M", "SS": "S"},
}
_ORDERS = {ValueKind.DATE: ("dmY", "dmy"), ValueKind.TIME: ("HM", "HMS")}
EXAMPLES = {ValueKind.DATE: "DD/MM/YYYY", ValueKind.TIME: "HH:MM or HH:MM:SS"}
"""Formats, for people."""
_TOKEN = re.compile(r"%[a-zA-Z]|YYYY|([A-Z])\1|.", re.DOTALL)
_BETWEEN = " ./:-"
_SHORT = "dmH"  # parts that may have a single digit
_DIGITS = {"Y": 4}  # of a part; two of any other
_GAP = "_"
_ISO = "%Y-%m-%d"


def order_parts(kind: ValueKind, form: str) -> str:
    """List the parts of a date or time, in the letters of `strftime`.

    Args:
        kind: Which of the two it is.
        form: Its format, such as `DD/MM/YYYY`, `HH:MM` or `%d%m%Y`.

    Raises:
        ValueError: If the format has other parts, or not all of them.
    """
    known = _PARTS[kind]
    parts, between = "", True
    for found in _TOKEN.finditer(form):
        token = found[0]
        part = known.get(token, token[1:] if token[0] == "%" else "")
        if part not in known.values() and (between or token not in _BETWEEN):
            parts = ""
            break
        between = not part
        parts += part
    orders = _ORDERS[kind]
    fits = "".join(sorted(parts)) in ["".join(sorted(one)) for one in orders]
    if not fits or between or (kind is ValueKind.TIME and parts not in orders):
        raise ValueError(f"{form!r} is no {kind}; such as {EXAMPLES[kind]}")
    return parts


def is_separated(form: str) -> bool:
    """Tell whether a format has marks between the parts of a date or time."""
    return any(character in _BETWEEN for character in form)


def canonicalize_moment(
    text: str, kind: ValueKind, order: str, marks: str
) -> Canonical | None:
    """Give a date or time its canonical form: ISO 8601, or HH:MM and HH:MM:SS.

    Args:
        text: As written; `_` is a cell left blank between its parts.
        kind: Which of the two it is.
        order: Its parts, as `order_parts` lists them.
        marks: What may stand between them.

    Returns:
        None if it is none.

    Example:
        >>> canonicalize_moment("3.4.2026", ValueKind.DATE, "dmY", "./-").value
        '2026-04-03'
    """
    is_date = kind is ValueKind.DATE
    if is_date and is_canonical(kind, text):
        return _to_moment(text, _ISO, _ISO)
    groups = split_parts(text, order, marks)
    if groups is None:
        return None
    form = "-".join(f"%{part}" for part in order)
    for part, group in zip(order, groups, strict=True):
        if part == "y" and len(group) == 4:
            form = form.replace("%y", "%Y")
    target = _ISO if is_date else ":".join(f"%{part}" for part in order)
    found = _to_moment("-".join(groups), form, target)
    return found and replace(found, is_even=_are_even(order, groups))


def split_parts(text: str, order: str, marks: str) -> Sequence[str] | None:
    """Split a date or time into its parts.

    Args:
        text: As `canonicalize_moment` takes it.
        order: The same.
        marks: The same.

    Returns:
        Digits for each part; None if there are more or fewer parts, or one has too many
        or too few digits.
    """
    sizes = [_DIGITS.get(part, 2) for part in order]
    groups = re.split(rf"[{re.escape(marks)}]|{_GAP}+", text)
    if not all(group.isascii() and group.isdigit() for group in groups):
        return None
    if len(groups) < len(sizes):
        return _cut(groups, sizes) or _cut(groups, [*map(_whole_year, order)])
    if len(groups) > len(sizes):
        return None
    for part, group, size in zip(order, groups, sizes, strict=True):
        lengths = {size}
        if part in _SHORT and _GAP not in text:
            lengths.add(1)
        if part == "y":
            lengths.add(4)
        if len(group) not in lengths:
            return None
    return groups


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
