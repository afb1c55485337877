"""Broken lines still make boxes, and what is no line makes none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels, blank_page, draw_row, fill_row, turn

from formreader.layout.binarization import binarize
from formreader.layout.broken_lines import bridge_pen, mend_lines
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage

GAP_PX = 7


def mend(page: Pixels) -> Pixels:
    return mend_lines(binarize(page))


def break_lines(page: Pixels) -> None:
    """Take a bit out of each side of each box of a row at (100, 200)."""
    for left in range(100, 520, 60):
        page[225 : 225 + GAP_PX, left - 5 : left + 6] = 255
    for left in range(100, 460, 60):
        page[190:210, left + 30 : left + 30 + GAP_PX] = 255
        page[250:270, left + 12 : left + 12 + GAP_PX] = 255


@pytest.mark.parametrize("angle_deg", [0.0, 1.5, -3.0])
def test_boxes_whose_lines_have_gaps_make_one_number(angle_deg: float) -> None:
    page = blank_page()
    row = draw_row(page, 100, 200, 6)
    fill_row(page, row, "402618")
    break_lines(page)
    turned = turn(page, angle_deg)
    (field,) = find_fields(PreparedPage(turned.pixels))
    assert len(field.cells) == 6
    assert np.abs(field.outline - turned.corners(row)).max() < 6


def test_boxes_that_stand_apart_do_not_grow_together() -> None:
    page = blank_page()
    for left in (100, 180, 260):
        cv2.rectangle(page, (left, 200), (left + 60, 270), 205, 2)
    lines = mend(page)
    assert not lines[195:275, 164:177].any()
    assert not lines[195:275, 244:257].any()


def test_text_makes_no_lines() -> None:
    page = blank_page()
    for top in range(60, 660, 30):
        text = "FILL IN THE TEST HERE, minimum illumination"
        cv2.putText(page, text, (40, top), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0,), 2)
    assert find_fields(PreparedPage(page)) == []


def test_ink_that_was_there_stays() -> None:
    page = blank_page()
    fill_row(page, draw_row(page, 100, 200, 6), "402618")
    ink = binarize(page)
    assert not np.any((ink > 0) & (mend_lines(ink) == 0))


def test_nothing_but_the_gap_is_filled() -> None:
    page = blank_page()
    page[300:302, 100:400] = 0
    page[300:302, 250 : 250 + GAP_PX] = 255
    lines = mend(page)
    assert lines[300:302, 100:400].all()
    assert np.count_nonzero(lines) < 2 * 300 + 2 * GAP_PX + 1


def test_a_line_goes_on_under_a_stroke_along_it() -> None:
    rule, pen = np.zeros((400, 400), np.uint8), np.zeros((400, 400), np.uint8)
    rule[50:100, 200:203] = rule[130:180, 200:203] = 255
    pen[96:134, 196:206] = 255
    assert bridge_pen(rule, pen)[50:180, 201].all()


def test_a_stroke_from_line_to_line_is_no_wall() -> None:
    rule, pen = np.zeros((400, 400), np.uint8), np.zeros((400, 400), np.uint8)
    rule[50:53, 100:300] = rule[100:103, 100:300] = 255
    pen[53:100, 200:204] = 255
    assert not bridge_pen(rule, pen)[60:90].any()


def test_no_line_goes_on_where_no_pen_was() -> None:
    rule = np.zeros((400, 400), np.uint8)
    rule[50:100, 200:203] = rule[130:180, 200:203] = 255
    assert not bridge_pen(rule, np.zeros_like(rule))[105:125].any()


def test_a_stroke_between_two_thick_walls_is_no_line() -> None:
    rule, pen = np.zeros((400, 400), np.uint8), np.zeros((400, 400), np.uint8)
    rule[50:200, 100:125] = rule[50:200, 160:185] = 255
    pen[90:100, 125:160] = 255
    assert not bridge_pen(rule, pen)[:, 130:155].any()
