"""Weighs what a typed field may say by all its views: readings of its ink, and picture.

The digits and the marks of a value are decided together, among the texts that the
readings name and those of the type that the picture of the field shows. A reading that
knows the digits of a text and names other marks is no strong witness against it: marks
are where the ink that it was made of has lost most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from formreader.digits.composition import extract_value, strip_unused
from formreader.digits.ctc import ALPHABET, best_strings, log_probabilities
from formreader.digits.mark_consensus import MarkedText, write_text
from formreader.digits.picture_settings import (
    TYPED_ONCE,
    TYPED_TWICE,
    TYPED_VIEWS,
    ViewWeights,
)
from formreader.digits.seen_pictures import SeenPicture
from formreader.digits.typed_texts import begins_type, weigh_form
from formreader.readings import (
    Alternative,
    DigitReading,
    FieldReading,
    order_flags,
)
from formreader.records import MARKS, Flag
from formreader.value_types import ValueType

__all__ = ["decide_by_type", "is_intact", "name_value"]


@dataclass(frozen=True)
class _Weighed:
    """What all views together say of one value.

    Attributes:
        text: The likeliest way in which it may be written there.
        probability: Of the value, in [0, 1].
        votes: How many views think it the likeliest.
        surest: How probable it is to the view that finds it most so, in [0, 1].
    """

    text: str
    probability: float
    votes: int
    surest: float


def decide_by_type(
    joined: FieldReading,
    readings: Sequence[FieldReading],
    picture: SeenPicture,
    type_: ValueType,
    *,
    most: float,
) -> FieldReading:
    """Decide what a typed field says.

    Args:
        joined: What was made of the readings; what is unreadable stays as it is.
        readings: Those of the cleaned ink, one or two.
        picture: What a reader says of the picture.
        type_: The type of the field.
        most: Greatest confidence of a value that one view alone thinks the likeliest.

    Returns:
        The field with the most probable value, as written, and how sure it is. Its
        marks are in no doubt where the picture and a reading show them, and are in
        doubt where the readings do not.
    """
    known = [_list_texts(reading) for reading in readings]
    if not any(known):
        return joined
    shown = _list_shown(picture, type_)
    weighed = _weigh(known, shown, picture, type_)
    if not weighed:
        return joined
    best, *others = weighed
    chance = min(best.probability, best.surest if best.votes > 1 else most)
    return replace(
        _write_out(best, joined, readings, type_),
        confidence=chance,
        flags=_judge_flags(best, joined, readings, chance, type_),
        alternatives=_offer(others),
    )


def _find_kept(
    best: _Weighed,
    joined: FieldReading,
    readings: Sequence[FieldReading],
    type_: ValueType,
) -> FieldReading | None:
    """Find the reading that says this value; None if none does."""
    value = name_value(best.text, type_)
    alike = (r for r in (joined, *readings) if name_value(r.raw, type_) == value)
    return next(alike, None)


def _write_out(
    best: _Weighed,
    joined: FieldReading,
    readings: Sequence[FieldReading],
    type_: ValueType,
) -> FieldReading:
    """Give the reading that says this value, or write it out."""
    kept = _find_kept(best, joined, readings, type_)
    if kept is not None:
        return kept
    digits = _write(best, joined)
    return replace(joined, value=extract_value(best.text), digits=digits)


def _judge_flags(
    best: _Weighed,
    joined: FieldReading,
    readings: Sequence[FieldReading],
    chance: float,
    type_: ValueType,
) -> tuple[Flag, ...]:
    """Say what is to be known of a value that was decided on."""
    kept = _find_kept(best, joined, readings, type_)
    flags = set((kept or joined).flags)
    if kept is None:
        flags.add(Flag.SEPARATOR)
    elif best.votes > len(readings) and chance >= TYPED_VIEWS.settled:
        flags.discard(Flag.SEPARATOR)
    read = [text for reading in readings for text in _list_texts(reading)]
    if any(best.text in _list_bare(text, type_) for text in read):
        flags.add(Flag.CLIPPED)
    return order_flags(flags)


def name_value(raw: str, type_: ValueType) -> str:
    """Give the value of a text, or the text itself if it is no value of the type."""
    text = strip_unused(raw)
    found = type_.canonicalize(text)
    return text if found is None else found.value


def _list_texts(reading: FieldReading) -> dict[str, float]:
    """List the texts that a reading names, and how probable it finds them."""
    texts: dict[str, float] = {}
    own = Alternative(reading.value, reading.raw, reading.confidence)
    for one in (own, *reading.alternatives):
        text = strip_unused(one.raw)
        if text and set(text) <= set(ALPHABET):
            texts[text] = min(1.0, texts.get(text, 0.0) + one.probability)
    return texts


def _list_shown(picture: SeenPicture, type_: ValueType) -> list[str]:
    """List the texts that a picture shows: the likeliest of all, and of the type."""
    free = best_strings(picture.plain, TYPED_VIEWS.free)
    typed = best_strings(picture.plain, TYPED_VIEWS.typed, begins_type(type_))
    fits = [text for text, _ in typed if type_.canonicalize(strip_unused(text))]
    return [strip_unused(text) for text in (*(text for text, _ in free), *fits)]


def _weigh(
    known: Sequence[Mapping[str, float]],
    shown: Sequence[str],
    picture: SeenPicture,
    type_: ValueType,
) -> list[_Weighed]:
    """Weigh all values that a view proposes, the most probable first."""
    texts = list(dict.fromkeys([t for view in known for t in view] + list(shown)))
    texts = [text for text in texts if text]
    if not texts:
        return []
    looks = picture.weigh_texts(texts), log_probabilities(picture.plain, texts)
    seen, plain = (dict(zip(texts, logs, strict=True)) for logs in looks)
    plain, _ = _cut_neighbours(plain, known, type_)
    seen, known = _cut_neighbours(seen, known, type_)
    texts = list(seen)
    weights = TYPED_TWICE if len(known) > 1 else TYPED_ONCE
    views = [{t: _log_chance(t, view) for t in texts} for view in known]
    scores = {
        text: sum(
            weight * view[text]
            for weight, view in zip(weights.readings, views, strict=False)
        )
        + weights.picture * max(seen[text], TYPED_VIEWS.unseen)
        + float(np.log(_weigh_text(text, type_)))
        for text in texts
    }
    left = _weigh_left_over(weights, known, seen)
    total = np.logaddexp.reduce([*scores.values(), left])
    shares = {text: float(np.exp(score - total)) for text, score in scores.items()}
    return _pool(
        shares, [*known, {t: float(np.exp(c)) for t, c in plain.items()}], type_
    )


def _weigh_left_over(
    weights: ViewWeights,
    known: Sequence[Mapping[str, float]],
    seen: Mapping[str, float],
) -> float:
    """Score what the views leave to values that none of them proposes."""
    shown = float(np.exp(list(seen.values())).sum())
    left = weights.picture * _log(1 - shown, TYPED_VIEWS.unseen)
    for weight, view in zip(weights.readings, known, strict=False):
        left += weight * _log(1 - sum(view.values()), TYPED_VIEWS.unknown)
    return weights.others + weights.left_over * left


def _cut_neighbours(
    seen: Mapping[str, float],
    known: Sequence[Mapping[str, float]],
    type_: ValueType,
) -> tuple[dict[str, float], list[dict[str, float]]]:
    """Take the neighbour's writing off dates and times, which have all their digits.

    Args:
        seen: What the picture says of each text, in logarithms.
        known: What the readings say of texts.
        type_: The type of the field.

    Returns:
        The same, with what is a date or time but for its first or last character.
    """
    logs, views = dict(seen), [dict(view) for view in known]
    if type_.kind.is_number:
        return logs, views
    for text, log in seen.items():
        for bare in _list_bare(text, type_):
            share = log + float(np.log(TYPED_VIEWS.neighbour))
            logs[bare] = float(np.logaddexp(logs.get(bare, -np.inf), share))
            for view, own in zip(views, known, strict=True):
                more = TYPED_VIEWS.neighbour * own.get(text, 0.0)
                view[bare] = min(1.0, view.get(bare, 0.0) + more)
    return logs, views


def _list_bare(text: str, type_: ValueType) -> Iterator[str]:
    """List the values of a type that a text is but for its first or last character."""
    if type_.canonicalize(text) is None:
        for bare in (text[1:], text[:-1]):
            if type_.canonicalize(bare) is not None:
                yield bare


def _log_chance(text: str, view: Mapping[str, float]) -> float:
    """Say how probable a reading finds a text.

    Other marks between digits that it names are likelier than other digits.
    """
    digits = _digits_of(text)
    alike = max((p for t, p in view.items() if _digits_of(t) == digits), default=0.0)
    chance = max(view.get(text, 0.0), alike * TYPED_VIEWS.other_marks)
    return _log(chance, TYPED_VIEWS.unknown)


def _log(probability: float, least: float) -> float:
    return max(float(np.log(max(probability, 1e-12))), least)


def _digits_of(text: str) -> str:
    return "".join(c for c in text if c not in MARKS)


def _weigh_text(text: str, type_: ValueType) -> float:
    """Say how likely a text is before anything is seen."""
    if type_.canonicalize(text) is None:
        # Of a date that there is not, the rules of the form say how likely it is.
        return 1.0 if type_.has_parts(text) else TYPED_VIEWS.not_of_type
    return weigh_form(text, type_)


def _pool(
    shares: Mapping[str, float],
    views: Sequence[Mapping[str, float]],
    type_: ValueType,
) -> list[_Weighed]:
    """Put texts of one value together, and count the views that like each best."""
    alike: dict[str, list[str]] = {}
    for text in shares:
        alike.setdefault(name_value(text, type_), []).append(text)
    favourites = [
        max(alike, key=lambda value: _share(view, alike[value]))
        for view in views
        if view
    ]
    pooled = [
        _Weighed(
            max(texts, key=lambda text: shares[text]),
            min(1.0, sum(shares[text] for text in texts)),
            favourites.count(value),
            max(_share(view, texts) for view in views),
        )
        for value, texts in alike.items()
    ]
    return sorted(pooled, key=lambda one: -one.probability)


def _share(view: Mapping[str, float], texts: Sequence[str]) -> float:
    """Add up how probable a view finds texts, in [0, 1]."""
    return min(1.0, sum(view.get(text, 0.0) for text in texts))


def _write(chosen: _Weighed, reading: FieldReading) -> tuple[DigitReading, ...]:
    """Write the chosen text out, with the places of the digits that were read."""
    read = "".join(c for c in reading.raw if c not in MARKS)
    if _digits_of(chosen.text) == read:
        return write_text(MarkedText(chosen.text, chosen.probability), reading.digits)
    return tuple(DigitReading(c, chosen.probability) for c in chosen.text)


def _offer(others: Sequence[_Weighed]) -> tuple[Alternative, ...]:
    """Offer the likeliest other values."""
    return tuple(
        Alternative(extract_value(one.text), one.text, one.probability)
        for one in others[: TYPED_VIEWS.offered]
    )


def is_intact(
    reading: FieldReading, rest: FieldReading | None, type_: ValueType | None
) -> bool:
    """Tell whether a reading is likelier than that a stroke through it voids a part.

    Args:
        reading: The field, the stroke among its digits.
        rest: What is left without; None if nothing is.
        type_: The type of the field, or None.
    """
    if type_ is None or type_.canonicalize(strip_unused(reading.raw)) is None:
        return False
    if reading.confidence >= TYPED_VIEWS.intact:
        return True
    return rest is not None and type_.canonicalize(strip_unused(rest.raw)) is None
