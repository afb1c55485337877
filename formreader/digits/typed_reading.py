"""Weighs what a typed field may say: as it was read, and as its type allows.

The readings of a field are weighed against all texts of its type that the network of
marks thinks possible. What is no value of the type stays among them: a person may have
written it, or something that was not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from formreader.digits.composition import extract_value, strip_unused
from formreader.digits.consensus import weigh_texts
from formreader.digits.ctc import ALPHABET, best_strings, log_probabilities
from formreader.digits.mark_consensus import MarkedText, write_text
from formreader.digits.settings import SETTINGS
from formreader.digits.typed_texts import begins_type, weigh_form
from formreader.readings import (
    Alternative,
    DigitReading,
    FieldReading,
    order_flags,
)
from formreader.records import MARKS, Flag
from formreader.value_types import ValueType

__all__ = ["TypedText", "read_as_type", "weigh_typed"]

_TYPED = SETTINGS.typed
_MOST = SETTINGS.decoding.alternatives - 1


@dataclass(frozen=True)
class TypedText:
    """One of the values that a typed field may hold.

    Attributes:
        text: As it is written.
        probability: Of its value, in [0, 1].
        is_shared: Whether each reader by itself thinks this value the likeliest.
    """

    text: str
    probability: float
    is_shared: bool


def read_as_type(
    reading: FieldReading, log_probs: npt.NDArray[np.floating], type_: ValueType
) -> FieldReading:
    """Read a field again, now that its type is known.

    Args:
        reading: The field as decoded.
        log_probs: (T, 16) answer of the network of marks.
        type_: The type of the field.

    Returns:
        The field with the likeliest value, as written. What was read stays as sure as
        it was if it is that; its marks are in doubt no more where both readers name it
        first, and no other is likely.
    """
    own = Alternative(reading.value, reading.raw, reading.confidence)
    every = [own, *reading.alternatives]
    unreadable = [one for one in every if not _is_readable(one.raw)]
    if own in unreadable:
        return reading
    read: dict[str, float] = {}
    for one in every:
        if one not in unreadable:
            read[one.raw] = read.get(one.raw, 0.0) + one.probability
    left = max(0.0, 1 - sum(one.probability for one in unreadable))
    texts = weigh_typed(read, log_probs, type_)
    if not texts:
        return reading
    best, *others = [replace(one, probability=one.probability * left) for one in texts]
    flags = set(reading.flags)
    if _name_value(best.text, type_) == _name_value(reading.raw, type_):
        if best.is_shared and best.probability >= _TYPED.settled:
            flags.discard(Flag.SEPARATOR)
        return replace(reading, flags=order_flags(flags))
    flags.add(Flag.SEPARATOR)
    return replace(
        reading,
        value=extract_value(best.text),
        confidence=best.probability,
        flags=order_flags(flags),
        digits=_write(best, reading),
        alternatives=_offer([*map(_to_alternative, others), *unreadable]),
    )


def _name_value(raw: str, type_: ValueType) -> str:
    """Give the value of a text, or the text itself if it is no value of the type."""
    text = strip_unused(raw)
    found = type_.canonicalize(text)
    return text if found is None else found.value


def _is_readable(raw: str) -> bool:
    """Tell whether a reading is made of digits and marks alone."""
    return bool(raw) and set(strip_unused(raw)) <= set(ALPHABET)


def _to_alternative(one: TypedText) -> Alternative:
    return Alternative(extract_value(one.text), one.text, one.probability)


def _offer(others: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """Order other readings by how probable they are, and keep the likeliest."""
    return tuple(sorted(others, key=lambda one: -one.probability)[:_MOST])


def _write(chosen: TypedText, reading: FieldReading) -> tuple[DigitReading, ...]:
    """Write the chosen text out, with the places of the digits that were read."""
    if chosen.text == strip_unused(reading.raw):
        return reading.digits
    read = [one for one in reading.digits if one.character not in MARKS]
    bare = "".join(c for c in chosen.text if c not in MARKS)
    if bare == "".join(one.character for one in read):
        return write_text(MarkedText(chosen.text, chosen.probability), reading.digits)
    return tuple(DigitReading(c, chosen.probability) for c in chosen.text)


def weigh_typed(
    read: Mapping[str, float], log_probs: npt.NDArray[np.floating], type_: ValueType
) -> list[TypedText]:
    """Weigh the readings of a field by what its type allows.

    Args:
        read: Probabilities of the texts that were read, in [0, 1].
        log_probs: (T, 16) answer of the network of marks.
        type_: The type of the field.

    Returns:
        A text for each value, the most probable first; nothing where neither knows
        one.
    """
    known = {strip_unused(text): 0.0 for text in read}
    for text, probability in read.items():
        known[strip_unused(text)] += probability
    known.pop("", None)
    likely = best_strings(log_probs, _TYPED.texts, begins_type(type_))
    texts = dict.fromkeys([*known, *(strip_unused(text) for text, _ in likely)])
    texts.pop("", None)
    seen = dict(zip(texts, log_probabilities(log_probs, list(texts)), strict=True))
    seen = {
        text: chance
        for text, chance in seen.items()
        if text in known or type_.canonicalize(text) is not None
    }
    forms = {text: weigh_form(text, type_) for text in seen}
    weighed = weigh_texts(known, seen, forms)
    return _pool(weighed, known, seen, type_)


def _pool(
    weighed: Mapping[str, float],
    known: Mapping[str, float],
    seen: Mapping[str, float],
    type_: ValueType,
) -> list[TypedText]:
    """Put texts of one value together."""
    alike: dict[str, list[str]] = {}
    for text in weighed:
        alike.setdefault(_name_value(text, type_), []).append(text)
    by_readings = _likeliest(alike, known)
    by_network = _likeliest(alike, {t: float(np.exp(c)) for t, c in seen.items()})
    pooled = [
        TypedText(
            max(texts, key=lambda text: weighed[text]),
            min(1.0, sum(weighed[text] for text in texts)),
            is_shared=value == by_readings == by_network,
        )
        for value, texts in alike.items()
    ]
    return sorted(pooled, key=lambda one: -one.probability)


def _likeliest(
    alike: Mapping[str, list[str]], chances: Mapping[str, float]
) -> str | None:
    """Find the value that one of the readers thinks the likeliest."""
    totals = {
        value: sum(chances.get(text, 0.0) for text in texts)
        for value, texts in alike.items()
    }
    return max(totals, key=lambda value: totals[value], default=None)
