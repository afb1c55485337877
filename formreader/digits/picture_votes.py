"""Weighs the readings of a field against what its picture on the page says.

The two readings are made of ink that was cleaned in two ways; the picture is of the
page itself, its lines and print around the number. A log-linear model of the three
gives how probable each number is: its weights were fitted on fields that none of the
readers was trained with (`scripts/fit_pictures.py`), for each kind of field.

References:
    Hinton, "Products of experts", ICANN 1999. doi:10.1049/cp:19991075
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from formreader.digits.composition import extract_value
from formreader.digits.ctc import best_strings
from formreader.digits.model import DIGITS
from formreader.digits.picture_marks import share_of_marks
from formreader.digits.picture_settings import (
    CELLS_ONCE,
    CELLS_TWICE,
    OPEN_ONCE,
    OPEN_TWICE,
    VIEWS,
    ViewWeights,
)
from formreader.digits.seen_pictures import SeenPicture
from formreader.readings import Alternative, DigitReading, FieldReading
from formreader.records import FieldKind

__all__ = ["heed_picture", "list_digits", "list_proposals"]


def heed_picture(
    joined: FieldReading,
    views: Sequence[FieldReading],
    picture: SeenPicture,
    *,
    agreed: bool,
    most: float,
) -> FieldReading:
    """Let the picture of a field confirm its reading, choose another, or doubt it.

    Args:
        joined: What was made of the readings; one without a digit stays as it is.
        views: The readings, one or two.
        picture: What a reader says of the picture.
        agreed: Whether the readings say the same.
        most: Greatest confidence of a reading of which one view alone knows, and of
            one whose marks are in dispute.

    Returns:
        The most probable reading, and how sure it is.
    """
    if not list_digits(joined.raw):
        return joined
    chances = _weigh(views, picture)
    best = max(chances, key=lambda digits: chances[digits])
    alike = [one for one in views if list_digits(one.raw) == best]
    if list_digits(joined.raw) == best:
        kept = joined
    elif alike:
        kept = alike[0]
    elif joined.kind.is_open and joined.type is None:
        kept = _read_off(joined, best, picture)
    else:  # of cells nobody knows which the digits belong to
        kept, best = joined, list_digits(joined.raw)
    chance = chances.get(best, 0.0)
    if not alike or _is_disputed(kept, alike, picture, agreed=agreed):
        chance = min(chance, most)
    if not _shows(picture, best):  # whom it contradicts it makes no surer
        chance = min(chance, kept.confidence)
    others = _list_others(kept, views, chances)
    return replace(kept, confidence=chance, alternatives=others)


def _shows(picture: SeenPicture, digits: str) -> bool:
    """Tell whether these are the digits that a picture shows most probably."""
    return next(iter(picture.find_digits(VIEWS.from_picture)), None) == digits


def _is_disputed(
    kept: FieldReading,
    alike: Sequence[FieldReading],
    picture: SeenPicture,
    *,
    agreed: bool,
) -> bool:
    """Tell whether readings of the same digits differ, and the picture helps none."""
    if agreed or len(alike) < 2:
        return False
    return share_of_marks(kept, picture) < VIEWS.shown_marks


def _weigh(views: Sequence[FieldReading], picture: SeenPicture) -> dict[str, float]:
    """Say how probable the digits are that one of the views proposes.

    Args:
        views: The readings, one or two.
        picture: What a reader says of the picture.

    Returns:
        Probabilities in [0, 1] by digits; what is missing to 1 is that of all others.
    """
    known = [list_proposals(view) for view in views]
    seen = picture.find_digits(VIEWS.from_picture)
    proposed = {digits for view in known for digits in view} | set(seen)
    candidates = sorted(proposed - {""})
    if not candidates:
        return {"": 0.0}
    weights = _choose_weights(views[0].kind, len(views))
    logs = picture.weigh_digits(candidates)
    scores = np.array(
        [
            sum(
                weight * _log(view.get(digits, 0.0), VIEWS.unknown)
                for weight, view in zip(weights.readings, known, strict=False)
            )
            + weights.picture * max(log, VIEWS.unseen)
            for digits, log in zip(candidates, logs, strict=True)
        ]
    )
    others = weights.others + weights.left_over * _weigh_left_over(weights, known, seen)
    total = np.logaddexp.reduce([*scores, others])
    shares = np.exp(scores - total).tolist()
    return dict(zip(candidates, shares, strict=True))


def _weigh_left_over(
    weights: ViewWeights,
    known: Sequence[Mapping[str, float]],
    seen: Mapping[str, float],
) -> float:
    """Score what the views leave to numbers that they do not propose."""
    shown = sum(float(np.exp(log)) for digits, log in seen.items() if digits)
    left = sum(
        weight * _log(1 - sum(view.values()), VIEWS.unknown)
        for weight, view in zip(weights.readings, known, strict=False)
    )
    return left + weights.picture * _log(1 - shown, VIEWS.unseen)


def _choose_weights(kind: FieldKind, count: int) -> ViewWeights:
    """Choose what each view counts.

    Args:
        kind: What the field is.
        count: How many readings there are beside the picture.
    """
    if kind is FieldKind.CELLS:
        return CELLS_TWICE if count > 1 else CELLS_ONCE
    return OPEN_TWICE if count > 1 else OPEN_ONCE


def list_proposals(reading: FieldReading) -> dict[str, float]:
    """List the digits that a reading proposes, and how probable it finds them."""
    found = {list_digits(reading.raw): reading.confidence}
    for other in reading.alternatives:
        digits = list_digits(other.raw)
        found[digits] = min(1.0, found.get(digits, 0.0) + other.probability)
    return found


def _list_others(
    kept: FieldReading, views: Sequence[FieldReading], chances: Mapping[str, float]
) -> tuple[Alternative, ...]:
    """List what else may stand there, the most probable first."""
    others = {other.raw: other for other in kept.alternatives}
    for view in views:
        others.setdefault(view.raw, Alternative(view.value, view.raw, 0.0))
    others.pop(kept.raw, None)
    weighed = (
        replace(
            other,
            probability=min(
                chances.get(list_digits(raw), 0.0), other.probability or 1.0
            ),
        )
        for raw, other in others.items()
        if other.value
    )
    return tuple(sorted(weighed, key=lambda other: -other.probability))


def _read_off(joined: FieldReading, best: str, picture: SeenPicture) -> FieldReading:
    """Make a reading of what the picture alone says."""
    marked = next((text for text, _ in best_strings(picture.plain, 1)), "")
    text = marked if list_digits(marked) == best else best
    digits = tuple(DigitReading(each, VIEWS.read_off) for each in text)
    return replace(joined, digits=digits, value=extract_value(text))


def list_digits(text: str) -> str:
    """List the digits of a text, without all else."""
    return "".join(each for each in text if each in DIGITS)


def _log(probability: float, least: float) -> float:
    return max(float(np.log(max(probability, 1e-12))), least)
