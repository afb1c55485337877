from __future__ import annotations

import numpy as np
import pytest
from fake_classifier import answer

from formreader.digits.decoding import decode_field
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import (
    ClassifiedField,
    FieldImage,
    FieldKind,
    FieldSegments,
    Flag,
    Segment,
    SegmentShape,
)
from formreader.written_numbers import average_columns, heed_chance, judge_fields


def see(
    names: str,
    share: float | None = 0.0,
    top: int = 0,
    confidence: float = 0.99,
    kind: FieldKind = FieldKind.BOX,
    contents: tuple[float, ...] | None = None,
) -> tuple[ClassifiedField, FieldReading]:
    """A box on a page with strokes that stand apart, and what was made of it."""
    ink = np.full((40, 20), 255, np.uint8)
    boxes = [Box(20 + 30 * n, 10, 40 + 30 * n, 50) for n in range(len(names))]
    segments = tuple(
        Segment(ink, box, n, n + 1, SegmentShape(width=0.5, height=1.0))
        for n, box in enumerate(boxes)
    )
    frame = Box(0, 0, 300, 60)
    place = np.array([[1, 0, 100], [0, 1, top], [0, 0, 1]], np.float64)
    image = FieldImage(
        "",
        np.zeros((60, 300), np.uint8),
        frame,
        kind,
        to_page=place,
        print_share=share,
    )
    cut = FieldSegments(segments, len(names), frozenset(), 0.999)
    rows = ["other" if name == "?" else name for name in names]
    shown = None if contents is None else np.array(contents, np.float32)
    classified = ClassifiedField(image, cut, answer(rows, confidence), contents=shown)
    return classified, decode_field(classified)


def chance(names: str) -> float:
    return judge_fields([see(names)])[0]


NUMBER, WORD, PRINT, MARK = (
    (0.9, 0.05, 0.04, 0.01),
    *(tuple(np.roll((0.9, 0.05, 0.04, 0.01), place).tolist()) for place in (1, 2, 3)),
)


def test_digits_of_the_pen_are_a_number() -> None:
    assert judge_fields([see("4207", contents=NUMBER)])[0] > 0.75
    assert chance("4207") > 0.5


@pytest.mark.parametrize("contents", [PRINT, MARK])
def test_what_looks_like_print_or_a_mark_is_less_of_a_number(
    contents: tuple[float, ...],
) -> None:
    for kind in (FieldKind.BOX, FieldKind.LINE):
        shown, other = (
            judge_fields([see("42", kind=kind, contents=one)])[0]
            for one in (NUMBER, contents)
        )
        assert other < 0.75 * shown


def test_a_line_that_looks_like_a_word_is_left_out() -> None:
    read = see("17", kind=FieldKind.LINE, contents=(0.02, 0.9, 0.07, 0.01))
    likely = see("17", kind=FieldKind.LINE, contents=NUMBER)
    chances = judge_fields([read, likely])
    assert chances[0] < chances[1]


def test_letters_are_less_of_a_number() -> None:
    assert chance("????") < 0.1


def test_what_stands_in_the_column_tells_of_a_box() -> None:
    doubtful = see("?4?", 0.3)
    among = [
        [see(names, 0.05, 60 * n) for n in range(1, 7)] for names in ("????", "4207")
    ]
    alone, words, numbers = (
        judge_fields([doubtful, *others])[0] for others in ([], *among)
    )
    assert words < alone < numbers


def test_boxes_with_other_sides_are_no_column() -> None:
    boxes = [Box(0, 0, 100, 40), Box(0, 40, 100, 80), Box(60, 80, 160, 120)]
    around = average_columns(boxes, np.array([1.0, 3.0, -4.0]))
    assert around.tolist() == [1.5, 0.5, 0.0]


def test_nothing_is_said_of_fields_of_templates_lines_and_empty_boxes() -> None:
    asked, line = see("????", share=None), see("????", kind=FieldKind.LINE)
    assert judge_fields([None, asked, line, see("")]) == {}


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.01, None), (0.2, True), (0.8, False)],
)
def test_a_box_is_left_out_doubted_or_kept(
    probability: float, expected: bool | None
) -> None:
    _, reading = see("42", confidence=0.5)
    heeded = heed_chance(reading, probability)
    doubt = None if heeded is None else Flag.LOW_CONFIDENCE in heeded.flags
    assert doubt is expected


def test_of_what_may_be_a_number_and_is_left_out_the_place_is_kept() -> None:
    _, doubtful = see("42", confidence=0.5)
    left = heed_chance(doubtful, 0.05)
    assert left is not None and Flag.UNREAD_INK in left.flags
    assert left.box == doubtful.box and not left.value
    _, sure = see("42", confidence=0.9999)
    assert heed_chance(sure, 0.05) is None
