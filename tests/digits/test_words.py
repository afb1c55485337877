from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from fake_classifier import answer
from spelled_pictures import spell

from formreader.digits.decoding import decode_field
from formreader.digits.settings import FieldWeights, LineWeights
from formreader.digits.words import may_be_number, measure_line, measure_number
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


def may_be(names: str) -> bool:
    found = classify(names)
    return may_be_number(found, decode_field(found))


def measure(names: str, confidence: float = 0.99) -> dict[str, float]:
    found = classify(names, confidence)
    return measure_number(found, decode_field(found))


def test_letters_are_no_number() -> None:
    assert may_be("4207")
    assert not may_be("????")


def test_more_digits_than_a_stroke_joins_are_a_signature() -> None:
    found = classify("420735")
    ink = np.zeros(found.image.ink.shape, np.uint8)
    ink[10:30, 5:170] = 255
    joined = replace(found, image=replace(found.image, ink=ink))
    assert not may_be_number(joined, decode_field(found))


def test_a_letter_among_digits_and_doubtful_digits_are_measured() -> None:
    assert measure("4?07")["unread"] > measure("4207")["unread"]
    assert measure("4207", 0.6)["unsure"] > measure("4207")["unsure"]


def test_every_measure_has_its_weight() -> None:
    names = {one.name for one in fields(FieldWeights)}
    assert set(measure("42")) <= names
    assert all(np.isfinite(value) for value in measure("42").values())
    found = classify("42")
    line = measure_line(found, decode_field(found), spell("4.2"))
    assert set(line) == {one.name for one in fields(LineWeights)} - {"constant"}
    assert (line["digits"], line["signs"]) == (2.0, 1.0)
