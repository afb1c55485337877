from __future__ import annotations

import numpy as np
from fake_classifier import answer

from formreader.digits.decoding import decode_field
from formreader.digits.words import measure_number, number_probability
from formreader.geometry import Box
from formreader.records import (
    ClassifiedField,
    FieldImage,
    FieldKind,
    FieldSegments,
    Segment,
    SegmentShape,
)


def classify(names: str, confidence: float = 0.99) -> ClassifiedField:
    """Classify strokes that are as far apart and as high as digits are."""
    ink = np.full((40, 20), 255, np.uint8)
    segments = tuple(
        Segment(
            ink,
            Box(30 * n, 0, 30 * n + 20, 40),
            n,
            n + 1,
            SegmentShape(width=0.5, height=1.0),
        )
        for n in range(len(names))
    )
    frame = Box(0, 0, 30 * len(names), 40)
    image = FieldImage(
        "", np.zeros((40, frame.width), np.uint8), frame, FieldKind.PLAIN
    )
    cut = FieldSegments(segments, len(names), frozenset(), 0.999)
    rows = ["other" if name == "?" else name for name in names]
    return ClassifiedField(image, cut, answer(rows, confidence))


def chance(names: str, confidence: float = 0.99) -> float:
    found = classify(names, confidence)
    return number_probability(found, decode_field(found))


def test_clear_digits_are_a_number() -> None:
    assert chance("4207") > 0.9


def test_letters_are_no_number() -> None:
    assert chance("????") == 0.0


def test_a_letter_among_digits_speaks_against_a_number() -> None:
    assert chance("4?07") < chance("4207")


def test_doubtful_digits_speak_against_a_number() -> None:
    assert chance("4207", 0.6) < chance("4207")


def test_one_stroke_is_less_clearly_a_number_than_several() -> None:
    assert chance("4") < chance("42") < chance("420")


def test_every_measure_has_its_weight() -> None:
    found = classify("42")
    measures = measure_number(found, decode_field(found))
    assert all(np.isfinite(value) for value in measures.values())
