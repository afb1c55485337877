"""The rules of a form while people decide: what breaks them, what keeps them again.

A field that breaks a rule between fields needs review, though the fault may be that of
another field. Once people have put that one right, the machine's readings of the others
are judged again; the rules choose no other value.

Each function is a part of a transaction of its caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from formreader.forms.rules.breaches import (
    Breach,
    explain_breaches,
    find_broken_checks,
    name_type_breach,
)
from formreader.forms.rules.expressions import Check
from formreader.forms.rules.rules import to_number
from formreader.forms.rules.stated import FormRules
from formreader.readings import order_flags
from formreader.records import FieldKind, Flag
from formreader.store.errors import parse_json
from formreader.store.machine.form_rules import load_rules
from formreader.store.tables.schema import audit, decisions, fields, pages
from formreader.value_types import ValueType

__all__ = [
    "RuleBreach",
    "RuleBrokenError",
    "RuleField",
    "RulePlace",
    "ask_rules",
    "find_breaches",
    "find_rule_place",
    "judge_page",
    "list_freed",
    "name_fields",
]

_JUDGED = ("confidence", "needs_review", "flags")


class RuleBrokenError(Exception):
    """A value breaks rules of its form, and nobody said that it stands there so.

    Args:
        breaches: Which ones.
    """

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        """Keep the breaches."""
        super().__init__(_join(breaches))
        self.breaches = breaches


@dataclass(frozen=True)
class RuleField:
    """A field that takes part in a rule.

    Attributes:
        id: In the store.
        name: Its name.
    """

    id: int
    name: str


@dataclass(frozen=True)
class RuleBreach:
    """A rule that a value breaks, as a page shows it.

    Attributes:
        breach: What is wrong.
        others: The other fields that the rule speaks of.
    """

    breach: Breach
    others: tuple[RuleField, ...]


@dataclass(frozen=True)
class RulePlace:
    """A field, and the rules of its form.

    Attributes:
        row: What rules ask of the field, and its page.
        rules: Those of its form; None where none are known.
    """

    row: Row[Any]
    rules: FormRules | None


def find_rule_place(connection: Connection, field_id: int) -> RulePlace | None:
    """Look up a field and the rules of its form; None if there is no such field."""
    query: Select[Any] = (
        select(
            fields.c.page_id,
            fields.c.name,
            fields.c.kind,
            fields.c.raw,
            fields.c.value_type,
            pages.c.form,
        )
        .join(pages, pages.c.id == fields.c.page_id)
        .where(fields.c.id == field_id)
    )
    row = connection.execute(query).first()
    return None if row is None else RulePlace(row, load_rules(connection, row.form))


def ask_rules(
    connection: Connection, place: RulePlace | None, value: str, *, overrides: bool
) -> str | None:
    """Say which rules a decision overrides; None if it breaks none.

    Args:
        connection: The store.
        place: The field.
        value: What is decided for it.
        overrides: Whether a person has said that it stands there so.

    Raises:
        RuleBrokenError: If it breaks a rule, and nobody has said so.
    """
    breaches = find_breaches(connection, place, value)
    if breaches and not overrides:
        raise RuleBrokenError(breaches)
    return _join(breaches) or None


def find_breaches(
    connection: Connection, place: RulePlace | None, value: str
) -> tuple[Breach, ...]:
    """Name the rules that a field would break if a value was decided for it.

    Args:
        connection: The store.
        place: The field; of one that is gone nothing is said.
        value: As a person types it.
    """
    if place is None or not value:
        return ()
    row, rules = place.row, place.rules
    type_ = ValueType.parse(row.value_type)
    typed = value if type_ is None else type_.take_typed(value)
    if typed is None and type_ is not None:
        return (name_type_breach(value, type_),)
    value = typed or value
    has_cells = row.kind == FieldKind.CELLS and bool(row.raw)
    if type_ is not None and not type_.kind.is_number:
        has_cells = False  # 5/4/21 is 2021-04-05
    cells = len(row.raw) if has_cells else None
    broken: Mapping[Check, Mapping[str, str]] = {}
    if rules is not None and (checks := rules.checks_of(row.name)):
        values = _load_values(connection, row.page_id) | {row.name: value}
        broken = find_broken_checks(checks, values)
    own = None if rules is None else rules.find(row.name)
    return explain_breaches(value, own, broken, cells)


def name_fields(
    connection: Connection, place: RulePlace | None, breaches: tuple[Breach, ...]
) -> list[RuleBreach]:
    """Add to breaches of a field's rules where the other fields are."""
    names = {name for breach in breaches for name in breach.names}
    ids: dict[str, int] = {}
    if place is not None and names:
        query = select(fields.c.name, fields.c.id).where(
            fields.c.page_id == place.row.page_id,
            fields.c.is_there,
            fields.c.name.in_(names - {place.row.name}),
        )
        ids = {row.name: row.id for row in connection.execute(query)}
    return [
        RuleBreach(
            breach, tuple(RuleField(ids[n], n) for n in breach.names if n in ids)
        )
        for breach in breaches
    ]


def judge_page(connection: Connection, place: RulePlace | None) -> None:
    """Judge the rules between the fields of a page by what holds for them now.

    Fields about which nobody has decided are changed: one that breaks a rule needs
    review; one that did, and keeps all its rules now, needs it no more for that.

    Args:
        connection: The store; it must be one that writes.
        place: A field of the page.
    """
    if place is None or place.rules is None or not place.rules.checks:
        return
    rules, page_id = place.rules, place.row.page_id
    values = _load_values(connection, page_id)
    broken = find_broken_checks(rules.checks, values)
    failed = {name for check in broken for name in check.names}
    bound = {name for check in rules.checks for name in check.names}
    query = select(fields).where(
        fields.c.page_id == page_id,
        fields.c.decision_id.is_(None),
        fields.c.is_there,
        fields.c.name.in_(bound),
    )
    for row in connection.execute(query).all():
        others = {n for check in rules.checks_of(row.name) for n in check.names}
        is_known = all(to_number(values.get(name, "")) is not None for name in others)
        _judge(connection, row, fails=row.name in failed, is_known=is_known)


def list_freed(connection: Connection, field_id: int) -> list[int]:
    """List the fields of a page that nobody has to look at, if its form has checks.

    Those that were drawn for the audit are not among them.
    """
    place = find_rule_place(connection, field_id)
    if place is None or place.rules is None or not place.rules.checks:
        return []
    query = select(fields.c.id).where(
        fields.c.page_id == place.row.page_id,
        fields.c.decision_id.is_(None),
        fields.c.is_there,
        ~fields.c.needs_review,
        fields.c.id.not_in(select(audit.c.field_id)),
    )
    return list(connection.scalars(query))


def _join(breaches: tuple[Breach, ...]) -> str:
    return "; ".join(breach.text for breach in breaches)


def _load_values(connection: Connection, page_id: int) -> dict[str, str]:
    """Load what the fields of a page say now."""
    value = func.coalesce(decisions.c.value, fields.c.value)
    query = (
        select(fields.c.name, value)
        .outerjoin(decisions, decisions.c.id == fields.c.decision_id)
        .where(fields.c.page_id == page_id, fields.c.is_there)
    )
    return {name: value for name, value in connection.execute(query)}


def _judge(
    connection: Connection, row: Row[Any], *, fails: bool, is_known: bool
) -> None:
    """Write down how a field stands to its checks.

    Args:
        connection: The store.
        row: The field.
        fails: Whether it breaks one of them.
        is_known: Whether all of them can be computed.
    """
    read = parse_json(row.reading)
    if row.value != read["value"]:
        return  # a roster of the whole run has settled it
    stands = read.get("apart", read) if is_known and not fails else read
    judged = {name: stands[name] for name in _JUDGED}
    if fails:
        flags = {Flag(flag) for flag in stands["flags"].split()} | {Flag.RULE_FAILED}
        judged |= {"flags": " ".join(order_flags(flags)), "needs_review": True}
    if any(getattr(row, name) != value for name, value in judged.items()):
        connection.execute(update(fields).where(fields.c.id == row.id).values(**judged))
