"""Tell numbers from words, signatures and ticks by how they read.

Both readers answer whatever they are shown, as digits. A number reads the same by both,
each of its strokes is clearly a digit, and none is much wider than high; a word has few
such strokes, and what the two readers make of it seldom agrees.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import best_strings
from formreader.digits.model import DIGITS
from formreader.digits.settings import SETTINGS, WordWeights
from formreader.readings import FieldReading
from formreader.records import UNREADABLE, ClassifiedField, Segment

__all__ = ["measure_number", "number_probability"]

_LEAST_LOG = -6.0  # of a symbol of the string reader


def number_probability(
    classified: ClassifiedField,
    reading: FieldReading,
    weights: WordWeights | None = None,
) -> float:
    """Give the probability that a line of writing is a number.

    Args:
        classified: The line, its segments, and what the readers say of them.
        reading: What was made of it.
        weights: What each measure counts.

    Returns:
        In [0, 1]; 0 where no character was read as a digit.
    """
    if not any(character.isdigit() for character in reading.raw):
        return 0.0
    measures = measure_number(classified, reading)
    w = weights or SETTINGS.word_weights
    total = w.constant + sum(
        getattr(w, name) * value for name, value in measures.items()
    )
    return float(1 / (1 + np.exp(-total)))


def measure_number(
    classified: ClassifiedField, reading: FieldReading
) -> dict[str, float]:
    """Measure what tells numbers from words, as `number_probability` weighs it.

    Args:
        classified: The line, its segments, and what the readers say of them.
        reading: What was made of it.

    Returns:
        A number for each measure, by its name in `WordWeights`; marks do not count.
    """
    whole, certainty = _whole_strokes(classified)
    widths = np.array([s.shape.width if s.shape else 1.0 for s in whole])
    heights = np.array([s.shape.height if s.shape else 1.0 for s in whole])
    share = widths * certainty
    raw = [c for c in reading.raw if c.isdigit() or c == UNREADABLE]
    symbols, agreed = _ask_string_reader(classified, raw)
    digits = [d.confidence for d in reading.digits if d.character.isdigit()]
    return {
        "other": float(share.sum() / widths.sum()) if len(whole) else 1.0,
        "worst": float(certainty.max()) if len(whole) else 1.0,
        "unread": raw.count(UNREADABLE) / len(raw),
        "unsure": float(1 - np.mean(digits)),
        "doubt": float(1 - reading.confidence),
        "symbols": symbols,
        "agreed": agreed,
        "wide": float(max(0.0, widths.max(initial=0.0) - 1.2)),
        "uneven": float(np.std(heights)) if len(whole) else 0.0,
        "short": float(1 / len(raw)),
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


def _ask_string_reader(
    classified: ClassifiedField, raw: Sequence[str]
) -> tuple[float, float]:
    """Tell how sure the string reader is, and how much it agrees with a reading.

    Returns:
        The mean logarithm of the probability of its symbols, at most 0; and the share
        of characters in which both are alike, in [0, 1].
    """
    log_probs = classified.string_reading
    if log_probs is None:
        return 0.0, 1.0
    value, chance = best_strings(log_probs, 1)[0]
    length = max(len(value), len(raw), 1)
    alike = sum(a == b for a, b in zip(value, raw, strict=False))
    return max(_LEAST_LOG, chance / (len(value) + 1)), alike / length
