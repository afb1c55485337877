"""What a typed field may hold, character by character, and how likely each form is.

A type says more than whether a number is one of it: no date has a thirteenth month, and
whole numbers have marks between thousands alone. So the network that reads marks can be
asked for the likeliest texts of a type, and no other, and readings that only differ in
a mark are weighed by how people write such numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from formreader.value_types import ValueKind, ValueType

__all__ = ["begins_type", "weigh_form"]

_BETWEEN_THOUSANDS = 3
_MOST = {"d": 31, "m": 12, "H": 23, "M": 59, "S": 59}
_NO_CENTS = ("", "0", "00")
_WIDTH = 2  # digits of a part; a year may have four
# How likely numbers have so many decimals, where their form does not say how many. No
# measurement stands behind it but that of money and of measured things there are far
# more than of numbers with five decimals.
_DECIMALS = {0: 0.3, 1: 0.15, 2: 0.5, 3: 0.03}
_MORE_DECIMALS = 0.005
_NOT_STATED = 0.02  # of numbers with another count of decimals than their form says
_NO_FRACTION = 0.3  # of whole numbers that say that they are: 65.00
_UNEVEN = 0.1  # of dates that are written 9/08/2024, to all others


def begins_type(type_: ValueType) -> Callable[[str], bool]:
    """Give what tells whether a value of a type may begin with a text.

    Example:
        >>> begins = begins_type(ValueType(ValueKind.DATE, "MM/DD/YYYY"))
        >>> begins("12/3"), begins("13/"), begins("12/32/")
        (True, False, False)
    """
    if type_.kind.is_number:
        return lambda text: _begins_number(text, type_)
    order = type_.order
    between = re.compile(f"[{re.escape(''.join(type_.marks))}]")
    return lambda text: _begins_moment(between.split(text), order)


def _begins_number(text: str, type_: ValueType) -> bool:
    groups = re.split("[.,]", text.removeprefix("-"))
    if "-" in text[1:] or "/" in text or ":" in text:
        return False
    inner = groups[1:-1]
    if any(len(group) != _BETWEEN_THOUSANDS for group in inner):
        return False
    if len(groups) == 1:
        return True
    is_whole = type_.kind is ValueKind.INTEGER
    if is_whole and groups[-1] in _NO_CENTS:  # which a whole number may well say
        is_whole = False
    if (is_whole or inner) and not 0 < len(groups[0]) <= _BETWEEN_THOUSANDS:
        return False
    return not is_whole or len(groups[-1]) <= _BETWEEN_THOUSANDS


def _begins_moment(groups: list[str], order: str) -> bool:
    if len(groups) > len(order):
        return False
    last = len(groups) - 1
    for place, (part, group) in enumerate(zip(order, groups, strict=False)):
        if not (group.isdecimal() or (not group and place == last)):
            return False
        if len(group) > (2 * _WIDTH if part in "yY" else _WIDTH):
            return False
        if group and int(group) > _MOST.get(part, int(group)):
            return False
    return True


def weigh_form(text: str, type_: ValueType) -> float:
    """Say how likely a value of a type is written so, to other ways of writing one.

    Args:
        text: A value of the type, as written.
        type_: The type.

    Example:
        >>> decimal = ValueType(ValueKind.DECIMAL)
        >>> weigh_form("5,996.53", decimal) > 50 * weigh_form("5,99653", decimal)
        True
    """
    found = type_.canonicalize(text)
    if found is None:
        return 1.0
    if not type_.kind.is_number:
        return 1.0 if found.is_even else _UNEVEN
    if type_.kind is ValueKind.INTEGER:
        return 1.0 if found.is_settled else _NO_FRACTION
    decimals = len(found.value.partition(".")[2])
    if type_.decimals:
        return 1.0 if decimals == type_.decimals else _NOT_STATED
    return _DECIMALS.get(decimals, _MORE_DECIMALS)
