"""Says which rules of its form a value breaks, with the numbers, for who types it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from formreader.forms.rules.expressions import Check, Comparison
from formreader.forms.rules.rules import RuledField, broken_rules, to_number

__all__ = ["Breach", "explain_breaches", "find_broken_checks"]

_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_BROKEN = {
    "==": "not",
    "!=": "the same as",
    "<": "not less than",
    "<=": "more than",
    ">": "not more than",
    ">=": "less than",
}
_DATE_WORDS = {
    "%d": "DD",
    "%m": "MM",
    "%y": "YY",
    "%Y": "YYYY",
    "%H": "HH",
    "%M": "MM",
    "%S": "SS",
    "%j": "DDD",
}


@dataclass(frozen=True)
class Breach:
    """A rule that a value breaks.

    Attributes:
        rule: Its key in the template, such as `length`; `cells` or `check`.
        text: What is wrong, with the numbers.
        names: Of a check: the fields that it speaks of.
    """

    rule: str
    text: str
    names: tuple[str, ...] = ()


def explain_breaches(
    value: str,
    field: RuledField | None,
    checks: Mapping[Check, Mapping[str, str]],
    cells: int | None = None,
) -> tuple[Breach, ...]:
    """Name the rules that a value breaks.

    Args:
        value: In the canonical form of its field's type, or as it was typed; not empty.
        field: The rules of its field, if the form states any.
        checks: The rules between fields that it breaks, as `find_broken_checks` gives
            them.
        cells: How many digits there is room for, if that is known.

    Returns:
        Each rule once, those of the field first.
    """
    found = list(_explain_own(value, field)) if field is not None else []
    if cells is not None and _count_digits(value) > cells and not _has(found, "length"):
        noun = "cell" if cells == 1 else "cells"
        found.append(Breach("cells", f"{_show_count(value)} in {cells} {noun}"))
    for check, values in checks.items():
        found += [Breach("check", t, check.names) for t in _explain(check, values)]
    return tuple(found)


def find_broken_checks(
    checks: tuple[Check, ...], values: Mapping[str, str]
) -> dict[Check, Mapping[str, str]]:
    """Find the rules between fields that do not hold.

    Args:
        checks: The rules.
        values: What the fields of one page say; a rule in which a field takes part that
            is not there, or is no number, says nothing.

    Returns:
        Those that do not hold, with the numbers of their fields.
    """
    broken: dict[Check, Mapping[str, str]] = {}
    for check in checks:
        texts = {name: values.get(name, "") for name in check.names}
        numbers = {name: to_number(text) for name, text in texts.items()}
        known = {name: n for name, n in numbers.items() if n is not None}
        if len(known) == len(numbers) and not check.holds(known):
            broken[check] = texts
    return broken


def _explain_own(value: str, field: RuledField) -> Iterator[Breach]:
    for rule in broken_rules(value, field):
        yield Breach(rule, _describe(rule, value, field))
    if field.answers and value not in field.answers:
        yield Breach("answers", f"{value} is none of {', '.join(field.answers)}")


def _describe(rule: str, value: str, field: RuledField) -> str:
    """Say which rule of its field a value breaks."""
    match rule:
        case "type":
            words = "" if field.value_type is None else field.value_type.words
            return f"{value} is no {words}"
        case "length":
            return f"{_show_count(value)}, not {_show_length(field.length)}"
        case "min" | "max" if to_number(value) is None:
            return f"{value} is no number"
        case "min":
            return f"{value} is less than {field.min}"
        case "max":
            return f"{value} is more than {field.max}"
        case "pattern":
            return f"{value} does not have the form {field.pattern}"
        case "checksum":
            return f"the check digit of {value} is wrong ({field.checksum})"
        case "date":
            return f"{value} is no date {_show_date(field.date or '')}"
    return f"{value} is not in the list of the form"


def _explain(check: Check, texts: Mapping[str, str]) -> Iterator[str]:
    values = {name: Fraction(text) for name, text in texts.items()}
    for comparison in check.comparisons:
        if not comparison.holds(values):
            yield _compare(comparison, texts, values)


def _compare(
    comparison: Comparison, texts: Mapping[str, str], values: Mapping[str, Fraction]
) -> str:
    """Put a comparison that does not hold into words, what is computed first."""
    first, sign, second = comparison.left, comparison.sign, comparison.right
    if first.is_plain and not second.is_plain:
        first, sign, second = second, _MIRRORED[sign], first
    result = _show_number(first.compute(values))
    other = _show_number(second.compute(values))
    if not second.is_plain:
        other = f"{second.render(texts)} = {other}"
    if first.is_plain:
        return f"{result} is {_BROKEN[sign]} {other}"
    how = _BROKEN[sign] if sign == "==" else f"which is {_BROKEN[sign]}"
    return f"{first.render(texts)} = {result}, {how} {other}"


def _show_number(number: Fraction) -> str:
    """Write a number whose decimals end, as those of sums of typed numbers do."""
    places = 0
    while (number * 10**places).denominator > 1:
        places += 1
    digits = str(abs(int(number * 10**places))).zfill(places + 1)
    whole, decimals = digits[: len(digits) - places], digits[len(digits) - places :]
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def _show_length(length: int | tuple[int, int] | None) -> str:
    return f"{length[0]} to {length[1]}" if isinstance(length, tuple) else f"{length}"


def _show_date(form: str) -> str:
    for code, word in _DATE_WORDS.items():
        form = form.replace(code, word)
    return form


def _show_count(value: str) -> str:
    count = _count_digits(value)
    return f"{count} {'digit' if count == 1 else 'digits'}"


def _count_digits(value: str) -> int:
    return sum(map(str.isdigit, value))


def _has(found: list[Breach], rule: str) -> bool:
    return any(breach.rule == rule for breach in found)
