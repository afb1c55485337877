from __future__ import annotations

import numpy as np
from spelled_pictures import spell

from formreader.digits.model import CLASSES
from formreader.digits.pictures import Pictures, cut_pictures, show_number
from formreader.digits.segmentation import segment_field
from formreader.geometry import Box
from formreader.readings import DigitReading, FieldReading
from formreader.records import ClassifiedField, FieldImage, FieldKind


def classify(
    ink: np.ndarray,
    to_page: np.ndarray | None = None,
    kind: FieldKind = FieldKind.BOX,
) -> ClassifiedField:
    frame = Box(0, 0, ink.shape[1], ink.shape[0])
    place = np.eye(3) if to_page is None else to_page
    field = FieldImage("a", ink, frame, kind, to_page=place)
    cut = segment_field(field)
    rows = np.zeros((len(cut.segments), len(CLASSES)), np.float32)
    return ClassifiedField(field, cut, rows)


def cut(page: np.ndarray, one: ClassifiedField, raw: str = "1") -> Pictures | None:
    box = one.image.box
    digits = tuple(DigitReading(character, 0.9) for character in raw)
    reading = FieldReading("a", raw, 0.9, (), digits, box, box.corners, one.image.kind)
    return cut_pictures(page, one, reading)


def draw_stroke() -> np.ndarray:
    ink = np.zeros((60, 100), np.uint8)
    ink[10:50, 40:46] = 255
    return ink


def test_a_picture_has_the_lines_that_were_erased_from_the_ink() -> None:
    ink = draw_stroke()
    page = 255 - ink
    page[48:50] = 100  # a line that the field's ink is free of
    pictures = cut(page, classify(ink))
    assert pictures is not None
    assert (pictures.looks[0] == 100).any()


def test_a_picture_lies_where_the_field_does_on_its_page() -> None:
    ink = draw_stroke()
    page = np.full((300, 300), 255, np.uint8)
    page[110:150, 240:246] = 0
    to_page = np.array([[1.0, 0, 200], [0, 1, 100], [0, 0, 1]])
    pictures = cut(page, classify(ink, to_page))
    assert pictures is not None
    assert 0.2 < (pictures.looks[0] < 128).mean() < 0.8


def test_small_writing_is_enlarged() -> None:
    ink = np.zeros((30, 40), np.uint8)
    ink[8:20, 18:21] = 255
    pictures = cut(255 - ink, classify(ink))
    assert pictures is not None
    assert pictures.looks[0].shape[0] == 40


def test_a_field_without_writing_has_no_picture() -> None:
    ink = np.zeros((60, 100), np.uint8)
    assert cut(255 - ink, classify(ink)) is None


def test_a_lone_digit_on_a_line_is_shown_with_what_stands_right_beside_it() -> None:
    ink = draw_stroke()
    line = classify(ink, kind=FieldKind.LINE)
    lone, several = cut(255 - ink, line, "1"), cut(255 - ink, line, "11")
    boxed = cut(255 - ink, classify(ink), "1")
    assert lone is not None and several is not None and boxed is not None
    assert lone.near is not None and lone.near.shape[1] > 2 * lone.looks[0].shape[1]
    assert several.near is boxed.near is None


def test_a_word_shows_no_number() -> None:
    assert show_number(spell("")) < 0.1
    assert show_number(spell("7")) > 0.9
