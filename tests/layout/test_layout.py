from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import blank_page, draw_row, fill_row, turn, write_digit

from formreader.errors import InputError
from formreader.geometry import Box, transform_points
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.layout.print_detection import suspect_print
from formreader.records import Print


@pytest.mark.parametrize("angle_deg", [-6.0, -2.7, 0.0, 4.9])
def test_a_turned_row_is_cut_out_upright_where_it_was_drawn(angle_deg: float) -> None:
    page = blank_page()
    row = draw_row(page, 200, 300, 9)
    fill_row(page, row, "012345678")
    turned = turn(page, angle_deg)
    (field,) = find_fields(PreparedPage(turned.pixels))
    assert len(field.cells) == 9
    drawn = turned.corners(row)
    assert np.abs(field.outline - drawn).max() < 5
    assert field.box.left == pytest.approx(drawn[:, 0].min(), abs=5)
    assert field.box.height == pytest.approx(np.ptp(drawn[:, 1]), abs=8)


def test_cells_in_the_field_lie_where_they_lie_on_the_page() -> None:
    page = blank_page()
    row = draw_row(page, 200, 300, 5)
    turned = turn(page, 3.0)
    (field,) = find_fields(PreparedPage(turned.pixels))
    for index, cell in enumerate(field.cells):
        middle = transform_points([cell.centre], field.to_page)
        left = row.left + 60 * index
        drawn = transform_points([(left + 30, row.top + 30)], turned.matrix)
        assert np.abs(middle - drawn).max() < 3


def test_boxes_apart_but_close_make_one_row_and_far_ones_do_not() -> None:
    page = blank_page()
    for left in (100, 175, 250, 500, 750):
        draw_row(page, left, 200, 1)
    fields = find_fields(PreparedPage(page))
    assert [len(field.cells) for field in fields] == [3, 0, 0]


@pytest.mark.parametrize("streak", [105, 190, 250, 398])
@pytest.mark.parametrize("angle_deg", [0.0, 3.0])
def test_a_streak_through_the_lines_does_not_cut_a_number(
    streak: int, angle_deg: float
) -> None:
    page = blank_page()
    row = draw_row(page, 100, 200, 6)
    page[:, streak : streak + 5] = 255
    turned = turn(page, angle_deg)
    (field,) = find_fields(PreparedPage(turned.pixels))
    assert len(field.cells) == 6
    assert np.abs(field.outline - turned.corners(row)).max() < 8


def test_rows_apart_are_not_joined_over_empty_paper() -> None:
    page = blank_page()
    for left in (100, 280, 460):  # day, month, year: one box of space between
        draw_row(page, left, 200, 2)
    fields = find_fields(PreparedPage(page))
    assert [len(field.cells) for field in fields] == [2, 2, 2]


def test_fields_come_in_reading_order() -> None:
    page = blank_page()
    for left, top in ((600, 95), (100, 300), (100, 100), (500, 310)):
        draw_row(page, left, top, 4)
    boxes = [field.box for field in find_fields(PreparedPage(page))]
    corners = [(box.left // 100, box.top // 100) for box in boxes]
    assert corners == [(1, 1), (6, 0), (1, 3), (5, 3)]


def test_a_box_inside_a_table_cell_is_the_field() -> None:
    page = blank_page()
    cv2.rectangle(page, (100, 100), (600, 300), 0, 3)
    draw_row(page, 200, 160, 3)
    (field,) = find_fields(PreparedPage(page))
    assert field.box.width == pytest.approx(180, abs=6)


def test_a_box_of_printed_text_is_left_out() -> None:
    page = blank_page()
    cv2.rectangle(page, (100, 100), (900, 260), 0, 3)
    for line in range(3):
        origin = (120, 145 + 45 * line)
        text = "please write your answers below"
        cv2.putText(page, text, origin, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2)
    row = draw_row(page, 100, 400, 4)
    fill_row(page, row, "1234")
    (field,) = find_fields(PreparedPage(page))
    assert field.box.top > 390


def test_a_page_without_boxes_has_no_fields() -> None:
    page = blank_page()
    write_digit(page, "12345", Box(100, 100, 500, 160))
    assert find_fields(PreparedPage(page)) == []
    assert find_fields(PreparedPage(blank_page())) == []


def characters(heights: list[int], gap: int, wobble: int = 0) -> np.ndarray:
    """Draw bars of given heights, feet level or wobbling, in a field 100 high."""
    ink = np.zeros((140, 600), dtype=np.uint8)
    left = 30
    for index, height in enumerate(heights):
        bottom = 90 + (wobble if index % 2 else 0)
        ink[bottom - height : bottom, left : left + 12] = 255
        left += 12 + gap
    return ink


FIELD = Box(20, 20, 580, 120)


def test_small_level_close_characters_look_like_words() -> None:
    word = characters([28, 20, 20, 28, 20, 20], gap=4)
    assert suspect_print(word, FIELD, letter_px=28.0) is Print.WORDS
    line = characters([28, 20, 20, 28, 20, 20] * 3, gap=4)
    assert suspect_print(line, FIELD, letter_px=28.0) is Print.CERTAIN


@pytest.mark.parametrize(
    "number",
    [
        characters([60, 62, 58, 61], gap=6),  # fills the box
        characters([40, 41, 39, 40], gap=6),  # far larger than the page's text
        characters([], gap=0),
    ],
)
def test_large_or_absent_characters_are_not_print(number: np.ndarray) -> None:
    assert suspect_print(number, FIELD, letter_px=25.0) is Print.NO


def test_a_short_number_of_text_size_is_kept_but_doubted() -> None:
    number = characters([26, 27], gap=5)
    assert suspect_print(number, FIELD, letter_px=28.0) is Print.PERHAPS


def test_squared_paper_is_refused_before_it_takes_memory() -> None:
    page = blank_page(3000, 2900)
    for start in (40, 41):
        page[start:-40:30, 40:-40] = 0
        page[40:-40, start:-40:30] = 0
    with pytest.raises(InputError, match="squared paper"):
        find_fields(PreparedPage(page))
