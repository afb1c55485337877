"""The rules that a form states, apart from its pages: to be kept with what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from formreader.forms.rules.expressions import Check, parse_check
from formreader.forms.rules.rules import RuledField
from formreader.value_types import ValueType

__all__ = ["FieldRules", "FormRules"]

_PLAIN = ("min", "max", "pattern", "checksum", "date")  # JSON holds them as they are


@dataclass(frozen=True)
class FieldRules:
    """The rules of one field, as `RuledField` has them.

    Attributes:
        name: Name of the field.
        length: How many digits, or from how many to how many.
        min: Least number.
        max: Greatest number.
        pattern: What the digits must match.
        checksum: Name of a check digit procedure.
        date: Format of a date.
        one_of: All values there are.
        value_type: What type of value it holds.
        answers: What it may be if it is a choice.
    """

    name: str
    length: int | tuple[int, int] | None = None
    min: int | float | None = None
    max: int | float | None = None
    pattern: str | None = None
    checksum: str | None = None
    date: str | None = None
    one_of: tuple[str, ...] | None = None
    value_type: ValueType | None = None
    answers: tuple[str, ...] = ()

    @classmethod
    def of(cls, field: RuledField) -> FieldRules:
        """Take the rules of a template's field."""
        return cls(
            field.name,
            field.length,
            **{name: getattr(field, name) for name in _PLAIN},
            one_of=field.one_of,
            value_type=field.value_type,
            answers=field.answers,
        )

    @property
    def is_empty(self) -> bool:
        """Whether it states none."""
        return self == FieldRules(self.name)

    def to_json(self) -> dict[str, Any]:
        """Give what JSON can hold; rules that are not stated are left out."""
        stated = {
            "name": self.name,
            "length": self.length,
            **{name: getattr(self, name) for name in _PLAIN},
            "one_of": self.one_of,
            "type": None if self.value_type is None else str(self.value_type),
            "answers": self.answers or None,
        }
        return {name: value for name, value in stated.items() if value is not None}

    @classmethod
    def from_json(cls, stated: Mapping[str, Any]) -> FieldRules:
        """Read what `to_json` gave.

        Raises:
            KeyError, TypeError or ValueError: If it gave none of this.
        """
        length, entries = stated.get("length"), stated.get("one_of")
        return cls(
            stated["name"],
            (length[0], length[1]) if isinstance(length, list) else length,
            **{name: stated.get(name) for name in _PLAIN},
            one_of=None if entries is None else tuple(entries),
            value_type=ValueType.parse(stated.get("type", "")),
            answers=tuple(stated.get("answers", ())),
        )


@dataclass(frozen=True)
class FormRules:
    """The rules of a form.

    Attributes:
        fields: Those of its fields that have any.
        names: All its fields.
        checks: The rules between them.
    """

    fields: tuple[FieldRules, ...]
    names: tuple[str, ...]
    checks: tuple[Check, ...]

    @classmethod
    def of(cls, fields: Iterable[RuledField], checks: Iterable[str]) -> FormRules:
        """Take the rules of a template.

        Raises:
            TemplateError: If a check is wrong.
        """
        stated = tuple(FieldRules.of(field) for field in fields)
        names = tuple(field.name for field in stated)
        parsed = tuple(parse_check(check, names) for check in checks)
        return cls(tuple(one for one in stated if not one.is_empty), names, parsed)

    def find(self, name: str) -> FieldRules | None:
        """Give the rules of a field; None if it has none."""
        return self._by_name.get(name)

    def checks_of(self, name: str) -> tuple[Check, ...]:
        """Give the rules that bind a field to others."""
        return tuple(check for check in self.checks if name in check.names)

    @cached_property
    def _by_name(self) -> Mapping[str, FieldRules]:
        return {field.name: field for field in self.fields}

    def to_json(self) -> dict[str, Any]:
        """Give what JSON can hold."""
        return {
            "fields": [field.to_json() for field in self.fields],
            "names": list(self.names),
            "checks": [check.text for check in self.checks],
        }

    @classmethod
    def from_json(cls, stated: Mapping[str, Any]) -> FormRules:
        """Read what `to_json` gave.

        Raises:
            KeyError, TypeError or ValueError: If it gave none of this.
            TemplateError: If a check is wrong.
        """
        names = tuple(stated["names"])
        return cls(
            tuple(FieldRules.from_json(field) for field in stated["fields"]),
            names,
            tuple(parse_check(check, names) for check in stated["checks"]),
        )
