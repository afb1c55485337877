from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels, blank_page, draw_row, fill_row, turn, write_digit

from formreader.geometry import Box
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.layout.surroundings import mark_writing_beside
from formreader.records import FieldImage, FieldKind


def writing_beside(page: Pixels) -> list[bool]:
    return [field.writing_beside for field in find_fields(PreparedPage(page))]


@pytest.fixture
def page() -> Pixels:
    """A row of three boxes, each with a digit."""
    drawn = blank_page()
    fill_row(drawn, draw_row(drawn, 300, 200, 3), "123")
    return drawn


def test_a_number_that_stays_in_its_boxes_is_whole(page: Pixels) -> None:
    assert writing_beside(page) == [False]


@pytest.mark.parametrize("left", [240, 480])
def test_a_digit_beside_the_boxes_is_a_part_that_was_lost(
    page: Pixels, left: int
) -> None:
    write_digit(page, "7", Box(left, 200, left + 60, 260))
    assert writing_beside(page) == [True]


def test_a_dash_before_the_boxes_may_be_a_minus(page: Pixels) -> None:
    cv2.line(page, (255, 230), (282, 231), 0, 3)
    assert writing_beside(page) == [True]


@pytest.mark.parametrize("start", [240, 490])
def test_a_dash_after_the_boxes_or_after_a_word_is_no_minus(
    page: Pixels, start: int
) -> None:
    cv2.putText(page, "No.", (230, 240), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 0, 1)
    cv2.line(page, (start + 30, 230), (start + 50, 231), 0, 3)
    assert writing_beside(page) == [False]


def test_the_page_may_lie_at_an_angle(page: Pixels) -> None:
    write_digit(page, "7", Box(480, 200, 540, 260))
    assert writing_beside(turn(page, 6).pixels) == [True]


def test_a_printed_label_is_lower_than_digits(page: Pixels) -> None:
    cv2.putText(page, "No.", (240, 240), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 0, 1)
    assert writing_beside(page) == [False]


def test_writing_farther_away_is_something_else(page: Pixels) -> None:
    write_digit(page, "7", Box(600, 200, 660, 260))
    assert writing_beside(page) == [False]


def test_the_digits_of_another_field_are_no_loss(page: Pixels) -> None:
    fill_row(page, draw_row(page, 515, 200, 1), "7")
    assert writing_beside(page) == [False, False]


def test_an_empty_field_loses_nothing() -> None:
    drawn = blank_page()
    draw_row(drawn, 300, 200, 3)
    write_digit(drawn, "7", Box(480, 200, 540, 260))
    assert not np.any(writing_beside(drawn))


def test_a_digit_that_stands_in_the_wall_may_be_a_part_of_the_number() -> None:
    ink = np.zeros((100, 260), np.uint8)
    frame = Box(40, 20, 200, 80)
    for left in (60, 110):
        cv2.ellipse(ink, (left + 12, 50), (12, 20), 0, 0, 360, 255, 3)
    whole = FieldImage("", ink.copy(), frame, FieldKind.CELL)
    cv2.ellipse(ink, (206, 50), (12, 20), 0, 0, 360, 255, 3)
    across = FieldImage("", ink, frame, FieldKind.CELL)
    page = np.zeros((100, 260), np.uint8)
    marked = mark_writing_beside(page, [whole, across])
    assert [field.writing_beside for field in marked] == [False, True]
