"""Says which rules of its form a value breaks, with the numbers, for who types it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from formreader.forms.rules.expressions import Check, Comparison
from formreader.forms.rules.rules import RuledField, broken_rules, to_number
from formreader.value_kinds import ValueKind
from formreader.value_types import ValueType

__all__ = [
    "MESSAGES",
    "Breach",
    "explain_breaches",
    "find_broken_checks",
    "name_type_breach",
]

_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_PLAIN = {
    "==": "{first} is not {second}",
    "!=": "{first} is the same as {second}",
    "<": "{first} is not less than {second}",
    "<=": "{first} is more than {second}",
    ">": "{first} is not more than {second}",
    ">=": "{first} is less than {second}",
}
_COMPUTED = {
    "==": "{sum} = {first}, not {second}",
    "!=": "{sum} = {first}, which is the same as {second}",
    "<": "{sum} = {first}, which is not less than {second}",
    "<=": "{sum} = {first}, which is more than {second}",
    ">": "{sum} = {first}, which is not more than {second}",
    ">=": "{sum} = {first}, which is less than {second}",
}
_TYPES = {
    ValueKind.INTEGER: "{value} is no whole number",
    ValueKind.DECIMAL: "{value} is no decimal number",
    ValueKind.DATE: "{value} is no date {format}",
    ValueKind.TIME: "{value} is no time {format}",
}
_OWN = {
    "pattern": "{value} does not have the form {pattern}",
    "checksum": "the check digit of {value} is wrong ({checksum})",
    "date": _TYPES[ValueKind.DATE],
    "one_of": "{value} is not in the list of the form",
    "answers": "{value} is none of {answers}",
    "number": "{value} is no number",
}
_COUNTS = {
    "length": ("{count} digits, not {length}", "1 digit, not {length}"),
    "range": (
        "{count} digits, not {least} to {most}",
        "1 digit, not {least} to {most}",
    ),
    "cells": ("{count} digits in {cells} cells", "{count} digits in 1 cell"),
}
MESSAGES = (
    *_PLAIN.values(),
    *_COMPUTED.values(),
    *_TYPES.values(),
    *_OWN.values(),
    *(message for both in _COUNTS.values() for message in both),
)
"""All that is said of breaches, with `{name}` for each value."""

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
        message: What is wrong, one of `MESSAGES`.
        values: What stands for its names.
        names: Of a check: the fields that it speaks of.
    """

    rule: str
    message: str
    values: Mapping[str, str]
    names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is wrong, with the numbers."""
        return self.message.format_map(self.values)


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
    count = _count_digits(value)
    if cells is not None and count > cells and not _has(found, "length"):
        message = _COUNTS["cells"][cells == 1]
        values = {"count": str(count), "cells": str(cells)}
        found.append(Breach("cells", message, values))
    for check, texts in checks.items():
        found += [
            Breach("check", *said, check.names) for said in _explain(check, texts)
        ]
    return tuple(found)


def name_type_breach(value: str, type_: ValueType) -> Breach:
    """Say that a value is none of the type of its field."""
    return Breach("type", _TYPES[type_.kind], {"value": value, "format": type_.format})


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
        yield _describe(rule, value, field)
    if field.answers and value not in field.answers:
        values = {"value": value, "answers": ", ".join(field.answers)}
        yield Breach("answers", _OWN["answers"], values)


def _describe(rule: str, value: str, field: RuledField) -> Breach:
    """Say which rule of its field a value breaks."""
    values = {"value": value}
    match rule:
        case "type" if field.value_type is not None:
            return name_type_breach(value, field.value_type)
        case "length":
            return _describe_length(value, field.length)
        case "min" | "max" if to_number(value) is None:
            return Breach(rule, _OWN["number"], values)
        case "min":
            return Breach(rule, _PLAIN[">="], _pair(value, field.min))
        case "max":
            return Breach(rule, _PLAIN["<="], _pair(value, field.max))
        case "pattern":
            values["pattern"] = field.pattern or ""
        case "checksum":
            values["checksum"] = field.checksum or ""
        case "date":
            values["format"] = _show_date(field.date or "")
    return Breach(rule, _OWN[rule], values)


def _describe_length(value: str, length: int | tuple[int, int] | None) -> Breach:
    count = _count_digits(value)
    values = {"count": str(count)}
    if isinstance(length, tuple):
        values |= {"least": str(length[0]), "most": str(length[1])}
        return Breach("length", _COUNTS["range"][count == 1], values)
    values["length"] = str(length)
    return Breach("length", _COUNTS["length"][count == 1], values)


def _pair(first: object, second: object) -> dict[str, str]:
    return {"first": str(first), "second": str(second)}


def _explain(
    check: Check, texts: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    values = {name: Fraction(text) for name, text in texts.items()}
    for comparison in check.comparisons:
        if not comparison.holds(values):
            yield _compare(comparison, texts, values)


def _compare(
    comparison: Comparison, texts: Mapping[str, str], values: Mapping[str, Fraction]
) -> tuple[str, dict[str, str]]:
    """Put a comparison that does not hold into words, what is computed first."""
    first, sign, second = comparison.left, comparison.sign, comparison.right
    if first.is_plain and not second.is_plain:
        first, sign, second = second, _MIRRORED[sign], first
    other = _show_number(second.compute(values))
    if not second.is_plain:
        other = f"{second.render(texts)} = {other}"
    said = _pair(_show_number(first.compute(values)), other)
    if first.is_plain:
        return _PLAIN[sign], said
    return _COMPUTED[sign], {"sum": first.render(texts), **said}


def _show_number(number: Fraction) -> str:
    """Write a number whose decimals end, as those of sums of typed numbers do."""
    places = 0
    while (number * 10**places).denominator > 1:
        places += 1
    digits = str(abs(int(number * 10**places))).zfill(places + 1)
    whole, decimals = digits[: len(digits) - places], digits[len(digits) - places :]
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def _show_date(form: str) -> str:
    for code, word in _DATE_WORDS.items():
        form = form.replace(code, word)
    return form


def _count_digits(value: str) -> int:
    return sum(map(str.isdigit, value))


def _has(found: list[Breach], rule: str) -> bool:
    return any(breach.rule == rule for breach in found)
