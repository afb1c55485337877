"""Gives the readings of typed fields the canonical form of their type."""

from __future__ import annotations

from dataclasses import replace

from formreader.digits.composition import strip_unused
from formreader.forms.rules.joint import SLIP
from formreader.readings import Alternative, FieldReading, order_flags
from formreader.records import UNREADABLE, FieldKind, Flag
from formreader.value_types import Canonical, ValueKind, ValueType

__all__ = ["canonicalize_reading"]

_FEWEST = 2  # digits of a number whose point cannot have been lost between them
_EVEN = 0.5  # share of what may be digits alone, or have slashes that look like ones


def canonicalize_reading(field: FieldReading, type_: ValueType) -> FieldReading:
    """Put a reading, and the others that there are, into canonical form.

    What is no value of its type stays as it was written, for a rule to say so. Dates
    that come of reading ones as slashes join the other readings.

    Args:
        field: The field as decoded.
        type_: What its template says that it holds.

    Returns:
        The field; its `raw` is as before.
    """
    field = replace(field, type=type_)
    written = strip_unused(field.raw)
    found = type_.canonicalize(written)
    if not field.value and (found is None or UNREADABLE in field.raw):
        return field
    known = sum(a.probability for a in field.alternatives if a.value == field.value)
    read = Alternative(field.value, field.raw, max(0.0, field.confidence - known))
    splits = [_split(one, type_, field.kind) for one in (read, *field.alternatives)]
    value = splits[0][0].value
    readings = [one for split in splits for one in split]
    others = [one for one in readings if one.value != value]
    same = sum(one.probability for one in readings if one.value == value)
    return replace(
        field,
        value=value,
        confidence=min(1.0, same),
        flags=_judge_marks(field, type_, found),
        alternatives=tuple(sorted(others, key=lambda one: -one.probability)),
    )


def _split(
    reading: Alternative, type_: ValueType, kind: FieldKind
) -> list[Alternative]:
    """List what a reading may stand for: what it says, and dates with its slashes.

    Digits in printed cells are no slashes if they are a date as they are.
    """
    written = strip_unused(reading.raw)
    found = type_.canonicalize(written)
    if found is not None:
        reading = replace(reading, value=found.value)
    elif reading.value:
        reading = replace(reading, value=written)
    if found is not None and kind is FieldKind.CELLS:
        return [reading]
    slashed = list(type_.list_slashed(written))
    if not slashed:
        return [reading]
    own = reading.probability * (_EVEN if found is not None else SLIP)
    share = (reading.probability - own) / len(slashed)
    dates = [(text, type_.canonicalize(text)) for text in slashed]
    return [
        replace(reading, probability=own),
        *(Alternative(one.value, text, share) for text, one in dates if one),
    ]


def _judge_marks(
    field: FieldReading, type_: ValueType, found: Canonical | None
) -> tuple[Flag, ...]:
    """Say whether a mark is in doubt, now that it is known what is written.

    A date or time is none with a mark more or less. So one that is valid, as it was
    read or by a rule, proves its marks, and of any other the rule says that it is none.
    """
    flags = set(field.flags)
    if not type_.kind.is_number:
        flags.discard(Flag.SEPARATOR)
        if found is not None:
            flags.discard(Flag.WRONG_LENGTH)
    if found is not None and not found.is_settled:
        flags.add(Flag.SEPARATOR)
    if type_.kind is ValueKind.DECIMAL and Flag.TOUCHING in flags:
        digits = strip_unused(field.raw).removeprefix("-")
        if digits.isdecimal() and len(digits) > _FEWEST:
            flags.add(Flag.SEPARATOR)  # its point may be part of the ink that was cut
    if found is not None and not found.is_even:
        flags.add(Flag.WRONG_LENGTH)  # a digit may have been lost
    return order_flags(flags)
