"""What people may type for a field, by what it holds."""

from __future__ import annotations

import re

from formreader.records import FieldKind
from formreader.value_types import ValueType

__all__ = ["WORDED", "NoNumberError", "OtherTypeError", "take_value"]

_NUMBER = re.compile(r"-?[.,]?[0-9]+([.,/:-][0-9]+)*", re.ASCII)

WORDED = frozenset({FieldKind.CHOICE, FieldKind.CODE, FieldKind.TEXT})
"""Kinds of field whose value may be words."""


class NoNumberError(Exception):
    """A field for a number was given something else."""


class OtherTypeError(Exception):
    """A field was given what is no value of its type.

    Args:
        type_: What it holds.
    """

    def __init__(self, type_: ValueType) -> None:
        """Keep the type."""
        super().__init__(str(type_))
        self.type = type_


def take_value(value: str, kind: str, description: str, *, overrides: bool) -> str:
    """Give a value that a person typed the canonical form of its field's type.

    Args:
        value: What was typed; empty for none.
        kind: What kind of field it is.
        description: Its type, as a store keeps it; empty for none.
        overrides: Whether a person has said that it stands there so.

    Raises:
        NoNumberError: If it is none, and the field holds numbers.
        OtherTypeError: If it is none of the type, or may be several, and nobody has
            said so.
    """
    if not value:
        return value
    if kind not in WORDED and not _NUMBER.fullmatch(value):
        raise NoNumberError
    type_ = ValueType.parse(description)
    if type_ is None:
        return value
    typed = type_.take_typed(value)
    if typed is None and not overrides:
        raise OtherTypeError(type_)
    return value if typed is None else typed
