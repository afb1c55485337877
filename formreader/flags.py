"""What the flags of a reading mean, in words for the person who looks at it."""

from __future__ import annotations

from collections.abc import Iterable

from formreader.records import Flag

__all__ = ["FLAG_WORDS", "describe_flags"]

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
