"""Rules on fields and between fields: what may stand there, and what does.

A rule chooses among the readings of a field; it never makes one up. A value that breaks
a rule gives way to the most probable reading that keeps it, if there is one that is at
least as probable as a slip of the person who wrote it; else it stays and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

from formreader.errors import TemplateError
from formreader.forms.rules.canonical import canonicalize_reading
from formreader.forms.rules.checksums import is_checksum_valid
from formreader.forms.rules.expressions import Check, parse_check
from formreader.forms.rules.joint import SLIP, Case, weigh_jointly
from formreader.forms.rules.outcomes import Outcome, merge_alike
from formreader.forms.rules.patterns import compile_pattern
from formreader.readings import Alternative, FieldReading
from formreader.value_types import ValueType

__all__ = [
    "RuledField",
    "apply_rules",
    "broken_rules",
    "to_number",
    "validate_rules",
]

_NUMBER = re.compile(r"-?[0-9]{1,100}(?:\.[0-9]{1,100})?")
_LARGEST_LIMIT = 10**100  # no value has more digits
_DATE_FORMAT = re.compile(r"(?:%[dmYyHMSj])+")


class RuledField(Protocol):
    """The rules that a template states for one field; None where it states none."""

    @property
    def name(self) -> str:
        """Name of the field."""

    @property
    def length(self) -> int | tuple[int, int] | None:
        """How many digits, or from how many to how many."""

    @property
    def min(self) -> int | float | None:
        """Least number."""

    @property
    def max(self) -> int | float | None:
        """Greatest number."""

    @property
    def pattern(self) -> str | None:
        """What `compile_pattern` takes."""

    @property
    def checksum(self) -> str | None:
        """One of `CHECKSUMS`."""

    @property
    def date(self) -> str | None:
        """Format of a date, of `%d %m %Y %y %H %M %S %j` without spaces."""

    @property
    def one_of(self) -> tuple[str, ...] | None:
        """All values there are."""

    @property
    def value_type(self) -> ValueType | None:
        """What type of value it holds."""

    @property
    def answers(self) -> tuple[str, ...]:
        """What it may be if it is a choice of which one is ticked; else nothing."""


def validate_rules(templates: Sequence[RuledField], checks: Iterable[str]) -> None:
    """Make sure that rules can be applied.

    Args:
        templates: All fields of the form.
        checks: The rules between them.

    Raises:
        TemplateError: If a pattern, a checksum, a date, a limit or a check is wrong;
            the message names the field and what is allowed.
    """
    for template in templates:
        try:
            broken_rules("0", template)
        except TemplateError as error:
            message = f"field {template.name!r}: {error.message}"
            raise TemplateError(message) from error
    names = [template.name for template in templates]
    for check in checks:
        parse_check(check, names)


def broken_rules(value: str, template: RuledField) -> tuple[str, ...]:
    """Name the rules of its field that a value breaks.

    Args:
        value: Digits, perhaps with a decimal point, or in the canonical form of the
            field's type; not empty.
        template: The rules.

    Returns:
        Keys of the template, such as `("length", "checksum")`.

    Raises:
        TemplateError: If a rule itself is wrong.
    """
    return tuple(rule for rule, kept in _try_rules(value, template) if not kept)


def _try_rules(value: str, template: RuledField) -> Iterator[tuple[str, bool]]:
    if template.value_type is not None:
        yield "type", template.value_type.convert(value) is not None
    if template.length is not None:
        yield "length", _has_length(value, template.length)
    number = to_number(value)
    if template.min is not None:
        limit = _exact(template.min, "min")
        yield "min", number is not None and number >= limit
    if template.max is not None:
        limit = _exact(template.max, "max")
        yield "max", number is not None and number <= limit
    if template.pattern is not None:
        yield "pattern", _compile(template.pattern)(value)
    if template.checksum is not None:
        yield "checksum", is_checksum_valid(value, template.checksum)
    if template.date is not None:
        yield "date", _is_date(value, template.date)
    if template.one_of is not None:
        yield "one_of", value in template.one_of


_compile = lru_cache(maxsize=256)(compile_pattern)


def _has_length(value: str, length: int | tuple[int, int]) -> bool:
    least, most = (length, length) if isinstance(length, int) else length
    return least <= sum(map(str.isdigit, value)) <= most


def to_number(value: str) -> Fraction | None:
    """Take a value as a number; None if it is none."""
    return Fraction(value) if _NUMBER.fullmatch(value) else None


def _exact(limit: int | float, key: str) -> Fraction:
    """Take a limit as it is written: 0.1 is a tenth."""
    if not abs(limit) < _LARGEST_LIMIT:
        raise TemplateError(f"{key} is no number of at most 100 digits; leave it out")
    return Fraction(str(limit))


def _is_date(value: str, form: str) -> bool:
    """Tell whether digits are a real date, each part with all its digits."""
    parts = form.split("%")
    if not _DATE_FORMAT.fullmatch(form) or len(set(parts)) < len(parts):
        raise TemplateError(
            f"date = {form!r} is none that digits can fill; it may hold %d, %m, %Y, "
            "%y, %H, %M, %S, %j, each once, and nothing between them"
        )
    if "%y" not in form.lower():  # 29 February is a day of some year
        form, value = "%Y" + form, "2000" + value
    try:
        return datetime.strptime(value, form).strftime(form) == value
    except ValueError:
        return False


def apply_rules(
    fields: Sequence[FieldReading],
    templates: Sequence[RuledField],
    checks: Iterable[str],
    threshold: float,
) -> tuple[FieldReading, ...]:
    """Choose among the readings of each field by the rules of the form.

    A blank field stays blank and an unreadable one unreadable; a check in which one of
    them, or a field that is not there, takes part says nothing.

    Args:
        fields: The fields of one form, as decoded; on one page or on all its pages.
        templates: All fields of the template.
        checks: Rules between fields, as in `parse_check`.
        threshold: Fields less certain than this need review, in [0, 1].

    Returns:
        The fields in the same order, nobody having decided about those with rules.
        `digits`, `raw` and the place are as before; `value`, `confidence`, `flags` and
        `alternatives` follow from the rules.

    Raises:
        TemplateError: If a rule itself is wrong.
        ValueError: If two fields have the same name.
    """
    if len({field.name for field in fields}) < len(fields):
        raise ValueError("two fields have the same name; give one form at a time")
    by_name = {template.name: template for template in templates}
    fields = [_give_type(field, by_name.get(field.name)) for field in fields]
    readings = {field.name: field for field in fields}
    parsed = [parse_check(check, by_name) for check in checks]
    cases = {
        field.name: _weigh(field, by_name[field.name])
        for field in fields
        if field.name in by_name and field.value
    }
    evaluated = [check for check in parsed if _can_evaluate(check, cases)]
    settled: dict[str, FieldReading] = {}
    for group in _groups(cases, evaluated):
        of_group = [check for check in evaluated if check.names[0] in group]
        members = {name: cases[name] for name in group}
        for name, outcome in _decide(members, of_group).items():
            settled[name] = outcome.settle(readings[name], threshold)
    return tuple(settled.get(field.name, field) for field in fields)


def _give_type(field: FieldReading, template: RuledField | None) -> FieldReading:
    if template is None or template.value_type is None:
        return field
    return canonicalize_reading(field, template.value_type)


@dataclass(frozen=True)
class _Weighed:
    """A field with its readings weighed by its own rules.

    Attributes:
        case: The values to choose from.
        raws: How each was read.
        others: Readings not to choose from, with their weights.
        broken: Rules that the value that was read breaks.
        has_rules: Whether the template states any for the field.
    """

    case: Case
    raws: tuple[str, ...]
    others: tuple[Alternative, ...]
    broken: tuple[str, ...]
    has_rules: bool


def _weigh(field: FieldReading, template: RuledField) -> _Weighed:
    """Weigh the readings of a field by its own rules."""
    broken = broken_rules(field.value, template)
    chosen = [
        Alternative(field.value, field.raw, field.confidence * _factor(bool(broken)))
    ]
    others: list[Alternative] = []
    known = field.confidence
    for other in merge_alike(field):
        known += other.probability
        is_typed = template.value_type is not None and bool(other.value)
        is_read = is_typed or to_number(other.value) is not None
        fails = is_read and bool(broken_rules(other.value, template))
        weight = other.probability * _factor(fails)
        weighed = replace(other, probability=weight)
        (chosen if is_read and not fails else others).append(weighed)
    rest = max(0.0, 1 - known) + sum(other.probability for other in others)
    case = Case(
        tuple(one.value for one in chosen),
        tuple(max(one.probability, 1e-12) for one in chosen),
        is_sound=not broken,
        rest=rest,
    )
    raws = tuple(one.raw for one in chosen)
    has_rules = bool(broken) or any(
        rule != "type" or not _is_number(template)
        for rule, _ in _try_rules(field.value, template)
    )
    return _Weighed(case, raws, tuple(others), broken, has_rules)


def _is_number(template: RuledField) -> bool:
    """Tell whether a field holds a number, as nearly all that is read is one."""
    type_ = template.value_type
    return type_ is not None and type_.kind.is_number


def _factor(fails: bool) -> float:
    return SLIP if fails else 1.0


def _can_evaluate(check: Check, cases: Mapping[str, _Weighed]) -> bool:
    """Tell whether every field of a check has been read as a number."""
    return all(
        name in cases and to_number(cases[name].case.values[0]) is not None
        for name in check.names
    )


def _groups(cases: Mapping[str, _Weighed], checks: Sequence[Check]) -> list[list[str]]:
    """List the fields that rules bind together, directly or through others.

    They keep the order of the form, so that sums and ties come out the same each time.
    """
    groups = [{name} for name, weighed in cases.items() if weighed.has_rules]
    for check in checks:
        joined = set(check.names)
        apart = []
        for group in groups:
            if group.isdisjoint(joined):
                apart.append(group)
            else:
                joined |= group
        groups = [*apart, joined]
    return [[name for name in cases if name in group] for group in groups]


def _decide(
    members: Mapping[str, _Weighed], checks: Sequence[Check]
) -> dict[str, Outcome]:
    """Choose the values of fields that rules bind together."""
    names = list(members)
    numbers = [
        [Fraction(value) for value in weighed.case.values] if checks else []
        for weighed in members.values()
    ]

    def failing(positions: tuple[int, ...]) -> Iterator[Check]:
        values = {
            name: row[position]
            for name, row, position in zip(names, numbers, positions, strict=True)
            if row
        }
        return (check for check in checks if not check.holds(values))

    cases = [weighed.case for weighed in members.values()]
    verdict = weigh_jointly(cases, lambda at: next(failing(at), None) is None)
    failed = {name for check in failing(verdict.chosen) for name in check.names}
    return {
        name: _conclude(
            weighed, position, posteriors, scale, breaks_check=name in failed
        )
        for (name, weighed), position, posteriors, scale in zip(
            members.items(),
            verdict.chosen,
            verdict.posteriors,
            verdict.scales,
            strict=True,
        )
    }


def _conclude(
    weighed: _Weighed,
    position: int,
    posteriors: Sequence[float],
    scale: float,
    *,
    breaks_check: bool,
) -> Outcome:
    listed = [
        Alternative(value, raw, posterior)
        for value, raw, posterior in zip(
            weighed.case.values, weighed.raws, posteriors, strict=True
        )
    ]
    chosen = listed.pop(position)
    others = [
        replace(other, probability=other.probability * scale)
        for other in weighed.others
    ]
    broken = weighed.broken if position == 0 else ()
    return Outcome(
        chosen.value,
        min(1.0, chosen.probability),
        tuple(sorted([*listed, *others], key=lambda other: -other.probability)),
        failed=breaks_check or bool(broken),
        wrong_length="length" in broken,
    )
