"""What the flags of a reading mean, in words for the person who looks at it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

from formreader.records import Flag

__all__ = ["FLAG_WORDS", "describe_doubt", "describe_flags"]

_CERTAIN = 0.9  # from here on "not certain" would contradict the figure beside it

FLAG_WORDS = {
    Flag.BLANK: "looks blank",
    Flag.LOW_CONFIDENCE: "not certain",
    Flag.WRONG_LENGTH: "wrong number of digits",
    Flag.NOT_A_DIGIT: "something is no digit",
    Flag.CROSSED_OUT: "crossed out",
    Flag.TOUCHING: "digits touch",
    Flag.SEPARATOR: "a mark between digits",
    Flag.CLIPPED: "cut off at the edge",
    Flag.RULE_FAILED: "breaks a rule of the form",
    Flag.RULE_CORRECTED: "chosen by a rule of the form",
    Flag.REGISTRATION_WEAK: "the page fits its form badly",
    Flag.STRUCK_OUT: "a number is struck out",
    Flag.NO_FIELD: "nothing was found on this page",
    Flag.UNREAD_INK: "there is writing that was not read",
}
"""A few words for each flag."""


def describe_flags(flags: Iterable[str]) -> list[str]:
    """Put flags into words.

    Example:
        >>> describe_flags(["touching", "separator"])
        ['digits touch', 'a mark between digits']
    """
    return [FLAG_WORDS[Flag(flag)] for flag in flags]


def describe_doubt(flags: Collection[str], confidence: float, asked: float) -> str:
    """Say why a field is not certain though its digits are; empty if they are not.

    Args:
        flags: The field's.
        confidence: Of its value, in [0, 1].
        asked: Least confidence with which a value is accepted; infinite if that depends
            on what a run promises.

    Example:
        >>> describe_doubt(["low_confidence"], 0.999, 0.9)
        'perhaps no number that somebody wrote'
        >>> describe_doubt(["low_confidence"], 0.7, 0.9)
        ''
    """
    if Flag.LOW_CONFIDENCE not in flags or confidence < min(asked, _CERTAIN):
        return ""
    if confidence < asked < math.inf:
        return f"not as certain as is asked for ({100 * asked:g} %)"
    cause = "perhaps no number that somebody wrote"
    if Flag.BLANK in flags:
        cause = "the pen left something there"
    elif Flag.TOUCHING in flags:
        cause = "where one digit ends is not certain"
    return cause if asked < math.inf else f"less certain than is promised, or {cause}"
