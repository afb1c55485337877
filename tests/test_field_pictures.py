from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from fake_classifier import FakeClassifier
from spelled_pictures import spell_look

from formreader.contents.classifier import ContentClassifier
from formreader.digits.strings import StringReader
from formreader.field_reader import FieldReader
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import FieldImage, FieldKind, Flag

NUMBER, MARK = (0.97, 0.01, 0.01, 0.01), (0.01, 0.01, 0.01, 0.97)
PAGE = np.full((80, 120), 255, np.uint8)


class Speller:
    """Sees the same text in all pictures."""

    def __init__(self, text: str) -> None:
        self.text = text

    def predict(
        self, strips: Sequence[npt.NDArray[np.uint8]]
    ) -> list[npt.NDArray[np.float32]]:
        return [spell_look(self.text) for _ in strips]


class Onlooker:
    """Says the same of all pictures."""

    def __init__(self, contents: tuple[float, ...]) -> None:
        self.contents = contents

    def predict(
        self, pictures: Sequence[npt.NDArray[np.uint8]]
    ) -> npt.NDArray[np.float32]:
        return np.array([self.contents] * len(pictures), np.float32)


def draw_box(*, is_written: bool) -> FieldImage:
    """Draw a box, with a stroke in it or without."""
    ink = np.zeros((80, 120), np.uint8)
    if is_written:
        cv2.ellipse(ink, (60, 40), (14, 26), 0, 0, 360, (255,), 5)
    return FieldImage("", ink, Box(0, 0, 120, 80), FieldKind.BOX, print_share=0.0)


def read(field: FieldImage, text: str, contents: tuple[float, ...]) -> FieldReading:
    reader = FieldReader(
        FakeClassifier(["7"]),
        None,
        0.9,
        picture_reader=cast(StringReader, Speller(text)),
        content_classifier=cast(ContentClassifier, Onlooker(contents)),
    )
    [reading] = reader.read([field], page=PAGE)
    return reading


@pytest.mark.parametrize(
    ("text", "contents", "is_sure"), [("", MARK, True), ("7", NUMBER, False)]
)
def test_what_erased_lines_leave_in_an_empty_box_is_doubted_if_it_looks_like_a_number(
    text: str, contents: tuple[float, ...], is_sure: bool
) -> None:
    left = replace(draw_box(is_written=True), print_share=None)
    empty = replace(draw_box(is_written=False), by_geometry=left)
    reading = read(empty, text, contents)
    assert (reading.value, Flag.BLANK in reading.flags) == ("", True)
    assert (reading.confidence > 0.9) is is_sure


def test_an_empty_box_in_which_the_pen_left_something_stays_in_doubt() -> None:
    left = replace(draw_box(is_written=True), print_share=None)
    touched = replace(draw_box(is_written=False), by_geometry=left, pen_seen=True)
    assert read(touched, "", MARK).confidence < 0.9
