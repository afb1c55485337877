"""Tell fields in which somebody wrote a number from those with words or print.

How a field reads, how it looks, and how much of its ink is print, says something; the
other fields of its column say as much, since people fill columns with what they are
for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from formreader.digits.seen_pictures import SeenPicture
from formreader.digits.settings import LINE_COLUMNS, SETTINGS, ColumnSettings
from formreader.digits.words import field_odds, line_odds
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import UNREADABLE, ClassifiedField, FieldKind, Flag

__all__ = ["average_columns", "heed_chance", "is_judged", "is_line", "judge_fields"]

_COLUMNS, _WORDS = SETTINGS.columns, SETTINGS.words
_STROKE = "1"

Floats = npt.NDArray[np.float64]
Seen = tuple[ClassifiedField, FieldReading]


def judge_fields(
    seen: Sequence[Seen | None], pictures: Sequence[SeenPicture | None]
) -> dict[int, float]:
    """Give the probability of each field to hold a number that somebody wrote.

    Args:
        seen: The fields of one page, and what was made of each; None where there are
            words.
        pictures: What a reader says of the picture of each; None if nobody asked.

    Returns:
        The position of each field of which something can be said, and the probability
        in [0, 1].
    """
    return {**_judge_lines(seen, pictures), **_judge_boxes(seen)}


def _judge_lines(
    seen: Sequence[Seen | None], pictures: Sequence[SeenPicture | None]
) -> dict[int, float]:
    """Judge lines of writing by themselves, then with those below and above."""
    judged = {
        place: (*one, picture)
        for place, (one, picture) in enumerate(zip(seen, pictures, strict=True))
        if one is not None and picture is not None and is_line(one[1])
    }
    if not judged:
        return {}
    odds = np.array([line_odds(*one) for one in judged.values()])
    boxes = [reading.box for _, reading, _ in judged.values()]
    around = average_columns(boxes, odds, by_right=False)
    return dict(zip(judged, _join(LINE_COLUMNS, odds, around), strict=True))


def is_line(reading: FieldReading) -> bool:
    """Tell whether a field is a line of writing, with nothing printed around it."""
    return reading.kind in (FieldKind.LINE, FieldKind.PLAIN)


def _judge_boxes(seen: Sequence[Seen | None]) -> dict[int, float]:
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
    return dict(zip(judged, _join(_COLUMNS, odds, around), strict=True))


def _join(weights: ColumnSettings, odds: Floats, around: Floats) -> list[float]:
    """Join what fields say themselves with what their columns say, as probabilities."""
    total = weights.constant + weights.own * odds + weights.others * around
    chances: list[float] = (1 / (1 + np.exp(-total))).tolist()
    return chances


def heed_chance(
    reading: FieldReading | None, chance: float | None
) -> FieldReading | None:
    """Leave out a field that holds no written number, and doubt one that may not.

    Of what is left out, but may be a number, the place is kept as unread ink. A lone
    stroke on a line is in doubt always: it may be anything.

    Args:
        reading: What was read of it; None if it was left out.
        chance: Probability that somebody wrote a number there; None if nobody can say.
    """
    if reading is None or reading.stands_for_page:
        return reading
    on_line = is_line(reading)
    if chance is None:
        return reading.flagged(Flag.LOW_CONFIDENCE) if on_line else reading
    least, sure = (
        (_WORDS.least_line, _WORDS.sure_line)
        if on_line
        else (_WORDS.least_box, _WORDS.sure_box)
    )
    if chance < least:
        is_told = _is_told(reading, chance, on_line=on_line)
        return FieldReading.of_unread_ink(reading.box) if is_told else None
    is_number = chance >= sure and not (on_line and reading.raw == _STROKE)
    return reading if is_number else reading.flagged(Flag.LOW_CONFIDENCE)


def _is_told(reading: FieldReading, chance: float, *, on_line: bool) -> bool:
    """Tell whether what is left out may be a number, so that its place is told."""
    if on_line:
        return chance >= _WORDS.told_line
    # What is read surely as a number, and does not look like one, is print.
    return chance >= _WORDS.told_box and reading.confidence < _WORDS.clear


def is_judged(classified: ClassifiedField, reading: FieldReading) -> bool:
    """Tell whether something can be said of a field.

    It can of boxes that were found without a template, with anything in them that may
    be a digit or is unreadable.
    """
    image = classified.image
    is_inked = any(c.isdigit() or c == UNREADABLE for c in reading.raw)
    return not is_line(reading) and is_inked and image.print_share is not None


def average_columns(
    boxes: Sequence[Box], odds: Floats, *, by_right: bool = True
) -> Floats:
    """Average the odds of the other boxes of each box's column.

    Args:
        boxes: Upright boxes on a page.
        odds: (N,) logarithms of the odds of each.
        by_right: Whether a column has one right side, as well as one left side.

    Returns:
        (N,) the averages, drawn to 0 where there are few others.
    """
    bounded = np.clip(odds, -_COLUMNS.most, _COLUMNS.most)
    return np.array(
        [
            bounded[others].sum() / (len(others) + 1) if others else 0.0
            for others in _list_others(boxes, by_right=by_right)
        ]
    )


def _list_others(boxes: Sequence[Box], *, by_right: bool) -> Iterator[list[int]]:
    """List for each box the others with the same sides."""
    left, right, height = np.array(
        [(box.left, box.right, box.height) for box in boxes], np.float64
    ).T
    for place in range(len(boxes)):
        slack = _COLUMNS.aligned * height[place]
        alike = np.abs(left - left[place]) < slack
        if by_right:
            alike &= np.abs(right - right[place]) < slack
        alike[place] = False
        yield np.flatnonzero(alike).tolist()
