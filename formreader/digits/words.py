"""Tell numbers from words, print, signatures and ticks by how they read.

Both readers answer whatever they are shown, as digits. The strokes of a number are
clearly digits of about one height, on one level; what is made of a word is doubtful,
uneven and has many a 0 and 1, for its round and upright strokes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from formreader.digits.components import find_components
from formreader.digits.ctc import best_strings
from formreader.digits.model import DIGITS
from formreader.digits.picture_settings import VIEWS
from formreader.digits.seen_pictures import SeenPicture
from formreader.digits.settings import SETTINGS, FieldWeights, LineWeights
from formreader.readings import FieldReading
from formreader.records import (
    MARKS,
    UNREADABLE,
    ClassifiedField,
    FieldKind,
    Print,
    Segment,
)

__all__ = [
    "field_odds",
    "line_odds",
    "may_be_number",
    "measure_field",
    "measure_line",
    "measure_looks",
    "measure_number",
]

_LEAST_LOG = -20.0  # of what the string reader reads
_LEAST_LOOKS = 2e-3  # of a probability of contents
_LOOKS = ("unlike_word", "unlike_print", "unlike_mark")


def may_be_number(classified: ClassifiedField, reading: FieldReading) -> bool:
    """Tell whether a line of writing may be a number, at the first look.

    Args:
        classified: The line as it was cut and classified.
        reading: What was made of it.

    Returns:
        False where no character was read as a digit, and where more digits hang
        together than anybody joins: that is a signature.
    """
    digits = sum(character.isdigit() for character in reading.raw)
    strokes, _ = find_components(classified.image)
    most = SETTINGS.words.most_joined * len(strokes)
    return bool(digits) and not 0 < most < digits


def line_odds(
    classified: ClassifiedField,
    reading: FieldReading,
    picture: SeenPicture,
    weights: LineWeights | None = None,
) -> float:
    """Give the odds that a line of writing is a number, by itself.

    Args:
        classified: The line, with what its picture shows.
        reading: What was made of it.
        picture: What a reader says of its picture.
        weights: What each measure counts.

    Returns:
        Their natural logarithm.
    """
    measures = measure_line(classified, reading, picture)
    return _weigh(measures, weights or SETTINGS.line_weights)


def field_odds(
    classified: ClassifiedField,
    reading: FieldReading,
    weights: FieldWeights | None = None,
) -> float:
    """Give the odds that what stands in a box is a number that somebody wrote.

    Args:
        classified: The box or row of boxes, with its share of print.
        reading: What was made of it; not blank.
        weights: What each measure counts.

    Returns:
        Their natural logarithm, by the box alone.
    """
    return _weigh(measure_field(classified, reading), weights or SETTINGS.field_weights)


def _weigh(measures: dict[str, float], weights: FieldWeights | LineWeights) -> float:
    """Add up what measures count, in logarithms of the odds."""
    counts = (getattr(weights, name) * value for name, value in measures.items())
    return float(weights.constant + sum(counts))


def measure_field(
    classified: ClassifiedField, reading: FieldReading
) -> dict[str, float]:
    """Measure what tells written numbers from words and print in boxes.

    Args:
        classified: The box or row of boxes, with its share of print.
        reading: What was made of it; not blank.

    Returns:
        A number for each measure, by its name in `FieldWeights`.
    """
    share = classified.image.print_share or 0.0
    is_read = any(character.isdigit() for character in reading.raw)
    return {
        **(measure_number(classified, reading) if is_read else {}),
        "nothing_read": float(not is_read),
        "row_of_boxes": float(classified.image.kind is FieldKind.CELLS),
        "print": share,
        "print_squared": share**2,
        **measure_looks(classified),
    }


def measure_line(
    classified: ClassifiedField, reading: FieldReading, picture: SeenPicture
) -> dict[str, float]:
    """Measure what tells a written number from a word or print on a line.

    Args:
        classified: The line, with what its picture shows.
        reading: What was made of it.
        picture: What a reader says of its picture.

    Returns:
        A number for each measure, by its name in `LineWeights`.
    """
    found = sorted(picture.find_digits(VIEWS.from_picture).values(), reverse=True)
    likeliest, second, *_ = (*found, VIEWS.unseen, VIEWS.unseen)
    (text, _), *_ = best_strings(picture.plain, 1)
    looks = measure_looks(classified)
    return {
        "unlike_word": looks["unlike_word"],
        "unlike_print": looks["unlike_print"],
        "likeliest": likeliest,
        "second": second,
        "signs": float(sum(character in MARKS for character in text)),
        "digits": float(sum(character.isdigit() for character in reading.raw)),
        "in_column": float(classified.image.in_column),
        "perhaps_print": float(classified.image.print_like is Print.PERHAPS),
        "printed_words": float(classified.image.print_like is Print.WORDS),
    }


def measure_looks(classified: ClassifiedField) -> dict[str, float]:
    """Measure how much more a field looks like a written number than like others.

    Args:
        classified: The field, with what its picture shows.

    Returns:
        For a word, print and a mark the natural logarithm of how many times as
        probable a number is, between bounds; 0 if nobody looked.
    """
    if classified.contents is None:
        return dict.fromkeys(_LOOKS, 0.0)
    logs = np.log(np.maximum(classified.contents, _LEAST_LOOKS))
    return dict(zip(_LOOKS, (logs[0] - logs[1:]).tolist(), strict=True))


def measure_number(
    classified: ClassifiedField, reading: FieldReading
) -> dict[str, float]:
    """Measure what tells numbers from words by the strokes and how they read.

    Args:
        classified: The line, its segments, and what the readers say of them.
        reading: What was made of it; at least one character is a digit.

    Returns:
        A number for each measure, by its name in `FieldWeights`.
    """
    whole, certainty = _whole_strokes(classified)
    heights = [s.shape.height for s in whole if s.shape is not None]
    raw = [c for c in reading.raw if c.isdigit() or c == UNREADABLE]
    digits = [d.confidence for d in reading.digits if d.character.isdigit()]
    return {
        "worst": float(certainty.max()) if len(whole) else 1.0,
        "unread": raw.count(UNREADABLE) / len(raw),
        "unsure": float(1 - np.mean(digits)),
        "doubt": float(1 - reading.confidence),
        "string": _ask_string_reader(classified),
        "uneven": float(np.std(heights)) if heights else 0.0,
        "jagged": _measure_tops(reading),
        "short": 1 / len(raw),
        "ones": raw.count("1") / len(raw),
        "zeros": raw.count("0") / len(raw),
        "marks": float(len(classified.marks)),
    }


def _whole_strokes(
    classified: ClassifiedField,
) -> tuple[list[Segment], npt.NDArray[np.float64]]:
    """List the components that are no marks, and how likely each is no digit."""
    kept = [
        (segment, float(row[len(DIGITS) :].sum()))
        for segment, row in zip(
            classified.cut.segments, classified.probabilities, strict=True
        )
        if segment.last - segment.first == 1
        and segment.shape is not None
        and segment.shape.cut == 0
        and segment.shape.height >= SETTINGS.decoding.low
    ]
    return [segment for segment, _ in kept], np.array([other for _, other in kept])


def _ask_string_reader(classified: ClassifiedField) -> float:
    """Give the logarithm of the probability of what the string reader reads."""
    if not classified.string_looks:
        return 0.0
    _, chance = best_strings(classified.string_looks[0], 1)[0]
    return max(_LEAST_LOG, chance)


def _measure_tops(reading: FieldReading) -> float:
    """Measure how far the tops of characters lie off a line, in their heights."""
    boxes = [
        digit.box
        for digit in reading.digits
        if digit.box is not None and digit.character not in MARKS
    ]
    if len(boxes) < 2:
        return 0.0
    tops = np.array([box.top for box in boxes], np.float64)
    tops /= float(np.median([box.height for box in boxes]))
    if len(boxes) > 2:
        places = np.arange(len(boxes))
        tops -= np.polyval(np.polyfit(places, tops, 1), places)
    return float(np.std(tops))
