"""The small language of rules between fields.

    check      = comparison { "and" comparison }
    comparison = sum ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum
    sum        = product { ( "+" | "-" ) product }
    product    = factor { "*" factor }
    factor     = [ "-" ] ( number | name | "(" sum ")" )

A name may have dots between its letters and digits, as in `A1.total`.

It is parsed by recursive descent, and nothing of it is ever run as Python. Arithmetic
is exact.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from math import prod
from typing import NoReturn

from formreader.errors import TemplateError

__all__ = ["LONGEST_CHECK", "Check", "Comparison", "Side", "parse_check"]

LONGEST_CHECK = 1000
"""Characters that a rule may have."""

_DEEPEST = 20  # brackets and signs within each other
_TOKEN = re.compile(
    r"[ \t]*(?:(?P<number>[0-9]{1,30}(?:\.[0-9]{1,30})?(?![\w.]))"
    r"|(?P<name>[^\W\d]\w*(?:\.\w+)*)|(?P<sign>[=!<>]=|[-+*()<>]))"
)
_COMPARISONS: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_Values = Mapping[str, Fraction]
_Term = Callable[[_Values], Fraction]


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes:
        tokens: As kind (`number`, `name`, `sign`) and text, in order.
        compute: Gives its value for the numbers of the fields.
    """

    tokens: tuple[tuple[str, str], ...]
    compute: _Term

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to compute."""
        return len(self.tokens) == 1

    def render(self, texts: Mapping[str, str]) -> str:
        """Write it with texts in the place of the names of fields.

        Example:
            >>> side = parse_check("a + 2*(b - 1) > 0", "ab").comparisons[0].left
            >>> side.render({"a": "3", "b": "4"})
            '3 + 2 * (4 - 1)'
        """
        written, joins = "", True
        for kind, text in self.tokens:
            is_operator = kind == "sign" and text not in "()" and not joins
            if is_operator:
                text = f" {text} "
            written += texts[text] if kind == "name" else text
            joins = kind == "sign" and text != ")"  # a minus that follows is a sign
        return written


@dataclass(frozen=True)
class Comparison:
    """A part of a rule between fields.

    Attributes:
        left: What is compared.
        sign: One of `== != < <= > >=`.
        right: With what.
    """

    left: Side
    sign: str
    right: Side

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """Tell whether it holds for the numbers of the fields."""
        compare = _COMPARISONS[self.sign]
        return compare(self.left.compute(values), self.right.compute(values))


@dataclass(frozen=True)
class Check:
    """A rule between fields.

    Attributes:
        text: As the template has it.
        names: The fields it speaks of, in order.
        comparisons: What must hold, all of it.
    """

    text: str
    names: tuple[str, ...]
    comparisons: tuple[Comparison, ...]

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """Tell whether it holds for the numbers of the fields."""
        return all(comparison.holds(values) for comparison in self.comparisons)


def parse_check(text: str, names: Collection[str]) -> Check:
    """Parse a rule between fields.

    Args:
        text: Such as `total == valid + invalid`; at most `LONGEST_CHECK` characters.
        names: The fields that the template has.

    Returns:
        The rule.

    Raises:
        TemplateError: If it breaks the grammar or names no field, with the column.

    Example:
        >>> check = parse_check("total == a + b", ["total", "a", "b"])
        >>> check.holds({"total": Fraction(5), "a": Fraction(2), "b": Fraction(3)})
        True
    """
    if len(text) > LONGEST_CHECK:
        raise TemplateError(
            f"a rule of {len(text)} characters; at most {LONGEST_CHECK}"
        )
    parser = _Parser(text, names)
    comparisons = parser.parse()
    return Check(text, tuple(parser.used), comparisons)


@dataclass(frozen=True)
class _Token:
    kind: str  # "number", "name", "sign" or "end"
    text: str
    column: int


class _Parser:
    """Reads a rule from left to right."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.text, self.names = text, names
        self.used: dict[str, None] = {}
        self.depth = 0
        self.tokens = self._split()
        self.next = 0

    def _split(self) -> list[_Token]:
        tokens, at = [], 0
        while self.text[at:].strip(" \t"):
            found = _TOKEN.match(self.text, at)
            if found is None:
                at += len(self.text[at:]) - len(self.text[at:].lstrip(" \t"))
                self._fail(f"{self.text[at]!r} has no meaning here", at + 1)
            kind = str(found.lastgroup)
            tokens.append(_Token(kind, found[kind], found.start(kind) + 1))
            at = found.end()
        return [*tokens, _Token("end", "", len(self.text) + 1)]

    def _fail(self, what: str, column: int) -> NoReturn:
        raise TemplateError(f"the rule {self.text!r}, column {column}: {what}")

    def _expect(self, wanted: str) -> NoReturn:
        token = self.tokens[self.next]
        found = "the rule ends" if token.kind == "end" else f"found {token.text!r}"
        self._fail(f"{found} where {wanted} is expected", token.column)

    def _take(self, *texts: str) -> str:
        """Go on behind a sign or the word `and`, if one of these comes next."""
        token = self.tokens[self.next]
        if token.text not in texts or token.kind == "end":
            return ""
        self.next += 1
        return token.text

    def parse(self) -> tuple[Comparison, ...]:
        comparisons = [self._comparison()]
        while self._take("and"):
            comparisons.append(self._comparison())
        if self.tokens[self.next].kind != "end":
            self._expect("`and` or the end")
        if not self.used:
            self._fail("no field is named", 1)
        return tuple(comparisons)

    def _comparison(self) -> Comparison:
        left = self._side()
        sign = self._take(*_COMPARISONS)
        if not sign:
            self._expect("one of " + " ".join(_COMPARISONS))
        return Comparison(left, sign, self._side())

    def _side(self) -> Side:
        begin = self.next
        compute = self._sum()
        used = self.tokens[begin : self.next]
        return Side(tuple((token.kind, token.text) for token in used), compute)

    def _sum(self) -> _Term:
        terms = [self._product()]
        while sign := self._take("+", "-"):
            term = self._product()
            terms.append(term if sign == "+" else _negative(term))
        return lambda values: sum((term(values) for term in terms), Fraction(0))

    def _product(self) -> _Term:
        factors = [self._factor()]
        while self._take("*"):
            factors.append(self._factor())
        return lambda values: prod((f(values) for f in factors), start=Fraction(1))

    def _factor(self) -> _Term:
        token = self.tokens[self.next]
        self.depth += 1
        if self.depth > _DEEPEST:
            self._fail(f"more than {_DEEPEST} brackets or signs deep", token.column)
        term = self._atom(token)
        self.depth -= 1
        return term

    def _atom(self, token: _Token) -> _Term:
        if self._take("-"):
            return _negative(self._factor())
        if self._take("("):
            inner = self._sum()
            if not self._take(")"):
                self._expect("a closing bracket")
            return inner
        if token.kind == "number":
            self.next += 1
            number = Fraction(token.text)
            return lambda values: number
        if token.kind != "name" or token.text == "and":
            self._expect("a field, a number or a bracket")
        self.next += 1
        return self._field(token)

    def _field(self, token: _Token) -> _Term:
        name = token.text
        if name not in self.names:
            near = get_close_matches(name, self.names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "check its spelling"
            self._fail(f"there is no field {name!r}; {hint}", token.column)
        self.used[name] = None
        return lambda values: values[name]


def _negative(term: _Term) -> _Term:
    return lambda values: -term(values)
