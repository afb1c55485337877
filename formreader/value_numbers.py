"""Numbers as people write them: which mark is the point, and which part thousands."""

from __future__ import annotations

import re
from dataclasses import replace

from formreader.value_kinds import MOST_DIGITS, Canonical

__all__ = ["canonicalize_number"]

_GROUPED = re.compile(r"[0-9]{1,3}([.,])[0-9]{3}(?:\1[0-9]{3})*")
_CUT_GROUP = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{4,}")
_GAPPED = re.compile(r"[0-9]{1,3}(?:_[0-9]{3})+")
_MARK = re.compile(r"[.,]")
_NO_CENTS = re.compile(r"(?<=[0-9])[.,]0{1,2}\Z")
_GAP = "_"


def canonicalize_number(text: str, *, whole: bool, decimals: int) -> Canonical | None:
    """Give a number its canonical form: a point, and nothing between thousands.

    Args:
        text: A number as written; `_` is a cell left blank between thousands.
        whole: It has no decimals.
        decimals: How many digits follow its point; 0 for any.

    Returns:
        None if it is no such number.

    Example:
        >>> canonicalize_number("1.234,5", whole=False, decimals=0).value
        '1234.5'
    """
    sign = "-" if text.startswith("-") else ""
    bare = text.removeprefix("-")
    if _GAPPED.fullmatch(bare):
        number = Canonical(bare.replace(_GAP, ""), is_settled=False)
    else:
        found = _join_thousands(bare) if whole else _place_point(bare, decimals)
        if found is None:
            return None
        number = found
    digits = number.value.replace(".", "")
    if not 0 < len(digits) <= MOST_DIGITS or not digits.isdigit():
        return None
    return Canonical(sign + number.value, number.is_settled)


def _is_grouped(text: str) -> bool:
    """Tell whether marks stand where they part thousands."""
    return bool(_GROUPED.fullmatch(text)) and not text.startswith("0")


def _join_thousands(text: str) -> Canonical | None:
    """Take a whole number without sign; None if its marks do not part thousands.

    No decimals but zeros are none: 6,513.00 is whole.
    """
    without = _NO_CENTS.sub("", text)
    if without != text:
        found = _join_thousands(without)
        return found and replace(found, is_settled=False)
    if _MARK.search(text) and not _is_grouped(text):
        return None
    return Canonical(_MARK.sub("", text))


def _place_point(text: str, decimals: int) -> Canonical | None:
    """Tell the point of a number without sign from marks between thousands."""
    whole, marks = _MARK.sub("", text), _MARK.findall(text)
    if not marks:
        # Where decimals are asked for, a point may have been lost.
        return Canonical(whole, not decimals)
    before, after = re.split(r"[.,](?=[^.,]*\Z)", text)
    if not after:
        return None
    if _is_grouped(text) and decimals != len(after):
        # 1,234 is a thousand to one person and one to another.
        return Canonical(whole, bool(decimals) or len(marks) > 1)
    rest = _MARK.findall(before)
    if rest and (marks[-1] in rest or not _GROUPED.fullmatch(before)):
        return None
    value = f"{_MARK.sub('', before) or '0'}.{after}"
    # 6,99725 is likelier to be 6,997.25 that has lost its point, and .50 a number
    # that has lost its first digits, or nothing but print.
    is_cut = not decimals and bool(_CUT_GROUP.fullmatch(text))
    is_whole = bool(before) and not is_cut
    return Canonical(value, decimals in (0, len(after)) and is_whole)
