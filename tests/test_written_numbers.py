from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_classifier import answer
from spelled_pictures import spell

from formreader.digits.decoding import decode_field
from formreader.digits.settings import SETTINGS
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import (
    ClassifiedField,
    FieldImage,
    FieldKind,
    FieldSegments,
    Flag,
    Print,
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


def judge(
    *seen: tuple[ClassifiedField, FieldReading] | None, shows: str | None = None
) -> dict[int, float]:
    picture = None if shows is None else spell(shows)
    return judge_fields(seen, [picture] * len(seen))


def chance(names: str) -> float:
    return judge(see(names))[0]


NUMBER, WORD, PRINT, MARK = (
    (0.9, 0.05, 0.04, 0.01),
    *(tuple(np.roll((0.9, 0.05, 0.04, 0.01), place).tolist()) for place in (1, 2, 3)),
)


def test_digits_of_the_pen_are_a_number() -> None:
    assert judge(see("4207", contents=NUMBER))[0] > 0.75
    assert chance("4207") > 0.5


@pytest.mark.parametrize("contents", [PRINT, MARK])
def test_what_looks_like_print_or_a_mark_is_less_of_a_number(
    contents: tuple[float, ...],
) -> None:
    shown, other = (chance_of(see("42", contents=one)) for one in (NUMBER, contents))
    assert other < 0.75 * shown


def chance_of(one: tuple[ClassifiedField, FieldReading], shows: str = "42") -> float:
    return judge(one, shows=shows)[0]


def write(
    names: str, contents: tuple[float, ...] = NUMBER, print_like: Print = Print.NO
) -> tuple[ClassifiedField, FieldReading]:
    """A line of writing, and what was made of it."""
    classified, reading = see(names, kind=FieldKind.LINE, contents=contents)
    image = replace(classified.image, print_like=print_like)
    return replace(classified, image=image), reading


@pytest.mark.parametrize("contents", [WORD, PRINT])
def test_a_line_that_looks_like_a_word_or_print_is_less_of_a_number(
    contents: tuple[float, ...],
) -> None:
    assert chance_of(write("17", contents)) < chance_of(write("17"))


def test_a_line_is_a_number_if_its_picture_surely_shows_one() -> None:
    unsure = judge_fields([write("42")], [spell("42", 0.7)])[0]
    assert unsure < chance_of(write("42"))
    assert chance_of(write("4207"), "4207") > SETTINGS.words.sure_line


def test_what_stands_like_print_is_less_of_a_number() -> None:
    clear, doubtful = (
        chance_of(write("42", print_like=one)) for one in (Print.NO, Print.PERHAPS)
    )
    assert doubtful < 0.7 * clear


def test_letters_are_less_of_a_number() -> None:
    assert chance("????") < 0.1


def test_what_stands_in_the_column_tells_of_a_box() -> None:
    doubtful = see("?4?", 0.3)
    among = [
        [see(names, 0.05, 60 * n) for n in range(1, 7)] for names in ("????", "4207")
    ]
    alone, words, numbers = (judge(doubtful, *others)[0] for others in ([], *among))
    assert words < alone < numbers


def test_boxes_with_other_sides_are_no_column() -> None:
    boxes = [Box(0, 0, 100, 40), Box(0, 40, 100, 80), Box(60, 80, 160, 120)]
    around = average_columns(boxes, np.array([1.0, 3.0, -4.0]))
    assert around.tolist() == [1.5, 0.5, 0.0]


def test_lines_of_a_column_end_where_they_like() -> None:
    boxes = [Box(0, 0, 100, 40), Box(0, 60, 40, 100), Box(60, 120, 100, 160)]
    around = average_columns(boxes, np.array([1.0, 3.0, -4.0]), by_right=False)
    assert around.tolist() == [1.5, 0.5, 0.0]


def test_nothing_is_said_of_fields_of_templates_lines_and_empty_boxes() -> None:
    asked, line = see("????", share=None), see("????", kind=FieldKind.LINE)
    assert judge(None, asked, line, see("")) == {}


@pytest.mark.parametrize(
    ("kind", "probability", "expected"),
    [
        (FieldKind.BOX, 0.01, None),
        (FieldKind.BOX, 0.2, True),
        (FieldKind.BOX, 0.8, False),
        (FieldKind.LINE, 0.1, None),
        (FieldKind.LINE, 0.6, True),
        (FieldKind.LINE, 0.9, False),
        (FieldKind.LINE, None, True),
        (FieldKind.BOX, None, False),
    ],
)
def test_a_field_is_left_out_doubted_or_kept(
    kind: FieldKind, probability: float | None, expected: bool | None
) -> None:
    _, reading = see("42", confidence=0.5, kind=kind)
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


def test_the_place_of_what_may_be_a_number_on_a_line_is_kept() -> None:
    _, clear = see("4", kind=FieldKind.PLAIN)
    left = heed_chance(clear, 0.3)
    assert left is not None and Flag.UNREAD_INK in left.flags


def test_a_lone_stroke_on_a_line_is_in_doubt() -> None:
    _, stroke = see("1", kind=FieldKind.LINE)
    kept = heed_chance(stroke, 0.99)
    assert kept is not None and Flag.LOW_CONFIDENCE in kept.flags
