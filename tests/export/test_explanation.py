from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from formreader.export.explanation import draw_explanation
from formreader.geometry import Box
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.layout.trace import LayoutTrace, Reason
from formreader.readings import FieldReading, PageReading
from formreader.records import PageImage

GREEN = np.array([0, 150, 0])


def draw_page(*boxes: Box) -> PageImage:
    pixels = np.full((700, 900), 255, dtype=np.uint8)
    for box in boxes:
        low, high = (box.left, box.top), (box.right, box.bottom)
        cv2.rectangle(pixels, low, high, (0,), 2)
    return PageImage(pixels, "scans/page.jpg")


def trace_page(page: PageImage) -> LayoutTrace:
    trace = LayoutTrace()
    find_fields(PreparedPage(page.pixels), trace)
    return trace


def read_all(page: PageImage) -> PageReading:
    fields = tuple(
        FieldReading("one", "", 0.9, (), (), f.box, f.outline, f.kind)
        for f in trace_page(page).fields
    )
    return PageReading(page.source, 0, fields)


def test_a_box_in_a_box_is_the_field_and_the_outer_one_says_why_not() -> None:
    page = draw_page(Box(100, 100, 600, 500), Box(200, 200, 400, 260))
    trace = trace_page(page)
    [field] = trace.fields
    assert field.box.height == pytest.approx(57, abs=3)
    assert [dropped.reason for dropped in trace.dropped] == [Reason.HOLDS_BOXES]
    assert np.ptp(trace.dropped[0].corners[:, 0]) == pytest.approx(497, abs=4)


def test_an_oval_is_dropped_for_its_shape() -> None:
    page = draw_page()
    pixels = page.pixels.copy()
    cv2.ellipse(pixels, (400, 300), (80, 40), 0, 0, 360, (0,), 2)
    [dropped] = trace_page(replace(page, pixels=pixels)).dropped
    assert dropped.reason is Reason.LONE_ROUND


def test_a_row_of_boxes_too_small_for_digits_says_so() -> None:
    page = draw_page(*(Box(100 + 13 * n, 100, 113 + 13 * n, 114) for n in range(6)))
    trace = trace_page(page)
    assert not trace.fields
    reasons = [dropped.reason for dropped in trace.dropped]
    assert reasons.count(Reason.TOO_SMALL) == 6


def test_the_frame_of_a_field_is_in_the_layer_of_frames() -> None:
    trace = trace_page(draw_page(Box(200, 200, 400, 260)))
    assert trace.layers["frames"][200, 300] == 255
    assert not trace.layers["frames"][300:].any()


def test_a_field_is_green_and_has_a_panel_of_ink_and_a_legend_beside_it() -> None:
    page = draw_page(Box(200, 200, 400, 260))
    picture = draw_explanation(page, read_all(page))
    height, width = page.pixels.shape
    assert picture.shape[0] == height
    assert picture.shape[1] > 2 * width + 100
    is_green = (np.abs(picture[:, :width] - GREEN) < 30).all(axis=2)
    rows, columns = np.nonzero(is_green)
    assert (rows.min(), columns.min()) == pytest.approx((201, 201), abs=3)
    assert (rows.max(), columns.max()) == pytest.approx((259, 399), abs=3)
    ink = picture[:, width : 2 * width]
    assert (ink[200, 300] != 255).any()
    assert (ink[230, 300] == 255).all()


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_page_that_was_turned_to_be_read_is_drawn_as_it_was_read(
    quarter_turns: int,
) -> None:
    from formreader.orientation.turning import Side, turn_back, turn_page

    upright = draw_page(Box(200, 200, 400, 260))
    lying = turn_page(upright, Side(4 - quarter_turns))
    reading = read_all(upright)
    moved = turn_back(reading.fields, Side(quarter_turns), lying.pixels.shape)
    expected = draw_explanation(upright, reading)
    drawn = draw_explanation(lying, replace(reading, fields=moved))
    assert np.array_equal(drawn, expected)


def test_a_box_that_layout_found_and_nobody_read_is_words(tmp_path: Path) -> None:
    page = draw_page(Box(200, 200, 400, 260))
    unread = PageReading(page.source, 0, ())
    picture = draw_explanation(page, unread)[:, : page.pixels.shape[1]]
    assert not (np.abs(picture - np.array([0, 150, 0])) < 30).all(axis=2).any()


def test_a_page_that_was_laid_level_to_be_read_is_drawn_so() -> None:
    boxes = [Box(150, 80 + 70 * row, 550, 120 + 70 * row) for row in range(8)]
    level = draw_page(*boxes)
    turn = np.eye(3)
    turn[:2] = cv2.getRotationMatrix2D((450, 350), 12, 1.0)
    turned = cv2.warpAffine(level.pixels, turn[:2], (900, 700), borderValue=(255,))
    page = replace(level, pixels=np.asarray(turned, np.uint8))
    reading = read_all(level)
    moved = tuple(field.moved(turn) for field in reading.fields)
    picture = draw_explanation(page, replace(reading, fields=moved))
    is_green = (np.abs(picture - GREEN) < 30).all(axis=2)
    assert is_green.sum(axis=1).max() > 300  # of a side that is 400 long, in one row
