"""Tell boxes in which somebody wrote a number from those with words or print.

How a box reads, and how much of its ink is print, says something; the other boxes of
its column say as much, since people fill columns with what they are for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from formreader.digits.settings import SETTINGS
from formreader.digits.words import field_odds, line_odds
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import UNREADABLE, ClassifiedField, FieldKind, Flag

__all__ = ["average_columns", "heed_chance", "is_judged", "judge_fields"]

_COLUMNS, _WORDS = SETTINGS.columns, SETTINGS.words

Floats = npt.NDArray[np.float64]


def judge_fields(
    seen: Sequence[tuple[ClassifiedField, FieldReading] | None],
) -> dict[int, float]:
    """Give the probability of each field to hold a number that somebody wrote.

    Args:
        seen: The fields of one page, and what was made of each; None where there are
            words.

    Returns:
        The position of each field of which something can be said, and the probability
        in [0, 1].
    """
    lines = {
        place: _to_chance(line_odds(one[0]))
        for place, one in enumerate(seen)
        if one is not None and _is_seen_line(*one)
    }
    return {**lines, **_judge_boxes(seen)}


def _is_seen_line(classified: ClassifiedField, reading: FieldReading) -> bool:
    """Tell whether somebody looked at the picture of a line of writing."""
    is_line = classified.image.kind in (FieldKind.LINE, FieldKind.PLAIN)
    return is_line and classified.contents is not None and not reading.stands_for_page


def _judge_boxes(
    seen: Sequence[tuple[ClassifiedField, FieldReading] | None],
) -> dict[int, float]:
    """Judge boxes by themselves, then with their columns."""
    judged = {
        place: one
        for place, one in enumerate(seen)
        if one is not None and is_judged(*one)
    }
    if not judged:
        return {}
    odds = np.array([field_odds(*one) for one in judged.values()])
    around = average_columns([reading.box for _, reading in judged.values()], odds)
    total = _COLUMNS.constant + _COLUMNS.own * odds + _COLUMNS.others * around
    return dict(zip(judged, map(_to_chance, total.tolist()), strict=True))


def _to_chance(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))


def heed_chance(reading: FieldReading | None, chance: float) -> FieldReading | None:
    """Leave out a field that holds no written number, and doubt one that may not.

    Of what is left out, but may be a number, the place is kept as unread ink.

    Args:
        reading: What was read of it; None if it was left out.
        chance: Probability that somebody wrote a number there.
    """
    if reading is None or reading.stands_for_page:
        return reading
    if chance < _WORDS.least_by_picture:
        # What is read surely as a number, and does not look like one, is print.
        is_doubtful = chance >= _WORDS.told and reading.confidence < _WORDS.sure
        return FieldReading.of_unread_ink(reading.box) if is_doubtful else None
    is_number = chance >= _WORDS.sure_in_box
    return reading if is_number else reading.flagged(Flag.LOW_CONFIDENCE)


def is_judged(classified: ClassifiedField, reading: FieldReading) -> bool:
    """Tell whether something can be said of a field.

    It can of boxes that were found without a template, with anything in them that may
    be a digit or is unreadable.
    """
    image = classified.image
    is_box = image.kind not in (FieldKind.LINE, FieldKind.PLAIN)
    is_inked = any(c.isdigit() or c == UNREADABLE for c in reading.raw)
    return is_box and is_inked and image.print_share is not None


def average_columns(boxes: Sequence[Box], odds: Floats) -> Floats:
    """Average the odds of the other boxes of each box's column.

    Args:
        boxes: Upright boxes on a page.
        odds: (N,) logarithms of the odds of each.

    Returns:
        (N,) the averages, drawn to 0 where there are few others.
    """
    bounded = np.clip(odds, -_COLUMNS.most, _COLUMNS.most)
    return np.array(
        [
            bounded[others].sum() / (len(others) + 1) if others else 0.0
            for others in _list_others(boxes)
        ]
    )


def _list_others(boxes: Sequence[Box]) -> Iterator[list[int]]:
    """List for each box the others with the same sides."""
    left, right, height = np.array(
        [(box.left, box.right, box.height) for box in boxes], np.float64
    ).T
    for place in range(len(boxes)):
        slack = _COLUMNS.aligned * height[place]
        alike = np.abs(left - left[place]) < slack
        alike &= np.abs(right - right[place]) < slack
        alike[place] = False
        yield np.flatnonzero(alike).tolist()
