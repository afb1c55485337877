"""Regular expressions over digits, matched in polynomial time.

Python's `re` tries one way after another, and a careless or malicious pattern such as
`(1|11)*2` makes it try more of them than there is time for. The patterns that numbers
on forms need are small, so here all ways are followed at once, as sets of positions,
after Thompson, "Regular expression search algorithm", CACM 11 (1968).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from formreader.errors import TemplateError

__all__ = ["LONGEST_PATTERN", "LONGEST_VALUE", "compile_pattern"]

LONGEST_PATTERN = 200
"""Characters that a pattern may have."""

LONGEST_VALUE = 40
"""Characters of a value that can match."""

_DIGITS = frozenset("0123456789")
_ALPHABET = _DIGITS | {"."}
_DEEPEST = 3  # groups within groups
_MOST = 99  # repetitions asked for by number

_Positions = frozenset[int]
_Matcher = Callable[[str, _Positions], _Positions]


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    r"""Make a test whether a whole value matches a pattern.

    Known are digits, `\d`, `\.`, `.` (any character), classes such as `[0-47]` and
    `[^0]`, groups, `|`, and `?`, `*`, `+`, `{2}`, `{2,}`, `{2,4}`. They mean what they
    mean in Python's `re.fullmatch`.

    Args:
        pattern: At most `LONGEST_PATTERN` characters.

    Returns:
        A function of a value; what is longer than `LONGEST_VALUE` never matches.

    Raises:
        TemplateError: If the pattern holds something else, with the column.

    Example:
        >>> matches = compile_pattern("20[0-9]{2}|1999")
        >>> matches("2026"), matches("1999"), matches("20261")
        (True, True, False)
    """
    matcher = _Parser(pattern).parse()
    return lambda value: (
        len(value) <= LONGEST_VALUE and len(value) in matcher(value, frozenset({0}))
    )


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at, self.depth = pattern, 0, 0

    def parse(self) -> _Matcher:
        if len(self.pattern) > LONGEST_PATTERN:
            raise TemplateError(
                f"the pattern has {len(self.pattern)} characters; at most "
                f"{LONGEST_PATTERN}"
            )
        matcher = self._alternatives()
        if self.at < len(self.pattern):
            raise self._wrong("has a ) without a (")
        return matcher

    def _wrong(self, what: str) -> TemplateError:
        return TemplateError(
            f"the pattern {self.pattern!r} {what} (column {self.at + 1}); known are "
            r"digits, \d, ., [0-9], ( ), |, ?, *, +, {2} and {2,4}"
        )

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _take(self, text: str) -> bool:
        """Go on behind a text if it comes next."""
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) * found
        return found

    def _alternatives(self) -> _Matcher:
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        return lambda text, at: frozenset().union(*(m(text, at) for m in branches))

    def _sequence(self) -> _Matcher:
        parts: list[_Matcher] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return lambda text, at: reduce(lambda here, part: part(text, here), parts, at)

    def _atom(self) -> _Matcher:
        if self._take("("):
            self._take("?:")
            self.depth += 1
            if self.depth > _DEEPEST:
                raise self._wrong(f"has more than {_DEEPEST} groups within each other")
            inner = self._alternatives()
            if not self._take(")"):
                raise self._wrong("has a ( without a )")
            self.depth -= 1
            return inner
        return _one_of(self._class() if self._take("[") else self._character())

    def _character(self) -> frozenset[str]:
        if self._take("."):
            return _ALPHABET
        if self._take(r"\d"):
            return _DIGITS
        if self._take(r"\."):
            return frozenset(".")
        return frozenset(self._digit())

    def _digit(self) -> str:
        digit = self._peek()
        if digit not in _DIGITS:
            raise self._wrong(f"has {digit!r}" if digit else "breaks off")
        self.at += 1
        return digit

    def _class(self) -> frozenset[str]:
        negated = self._take("^")
        chosen: frozenset[str] = frozenset()
        while not (chosen and self._take("]")):
            if self._take("."):
                chosen |= {"."}
            elif self._peek() == "\\":
                chosen |= self._character()
            else:
                first = last = self._digit()
                if self._take("-"):
                    last = self._digit()
                if first > last:
                    raise self._wrong(f"counts down from {first} to {last}")
                chosen |= {d for d in _DIGITS if first <= d <= last}
        return _ALPHABET - chosen if negated else chosen

    def _repeated(self, matcher: _Matcher) -> _Matcher:
        if self._take("?"):
            return _repeat(matcher, 0, 1)
        if self._take("*"):
            return _repeat(matcher, 0, None)
        if self._take("+"):
            return _repeat(matcher, 1, None)
        if not self._take("{"):
            return matcher
        least = self._count()
        most: int | None = least
        if self._take(","):
            most = None if self._peek() == "}" else self._count()
        if not self._take("}") or (most is not None and most < least):
            raise self._wrong("has { } that are not a count or a range")
        return _repeat(matcher, least, most)

    def _count(self) -> int:
        start = self.at
        while self._peek() in _DIGITS:
            self.at += 1
        count = int(self.pattern[start : self.at][:3] or -1)
        if not 0 <= count <= _MOST:
            raise self._wrong(f"needs a count up to {_MOST}")
        return count


def _one_of(characters: frozenset[str]) -> _Matcher:
    return lambda text, at: frozenset(
        p + 1 for p in at if p < len(text) and text[p] in characters
    )


def _repeat(matcher: _Matcher, least: int, most: int | None) -> _Matcher:
    """Follow a part again and again until that leads nowhere new."""

    def match(text: str, at: _Positions) -> _Positions:
        for _ in range(least):
            before, at = at, matcher(text, at)
            if at == before:
                break
        reached, count = at, least
        while at and (most is None or count < most):
            at = matcher(text, at) - reached
            reached |= at
            count += 1
        return reached

    return match
