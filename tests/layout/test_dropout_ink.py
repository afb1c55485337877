"""Boxes and guides in drop-out ink, beside a pen that is darker, or not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels, blank_page, write_digit

from formreader.geometry import Box
from formreader.ink.separation import InkLayers
from formreader.layout.dropout_ink import measure_tone, separate_pen
from formreader.layout.field_cutting import cut_field
from formreader.layout.fields import find_fields, find_rows
from formreader.layout.layered_fields import clean_by_layers
from formreader.layout.prepared_page import PreparedPage
from formreader.records import FieldImage

PALE = 185
WRITTEN = Box(320, 200, 380, 280)  # the middle box of each row


def draw_form(lines: int = PALE, pen: int = 0, guide_px: int = 2) -> Pixels:
    """Draw two rows of three boxes with a guide each; a 1 in the middle boxes."""
    page = blank_page(700, 600)
    for top in (200, 400):
        for left in (246, 320, 394):
            cv2.rectangle(page, (left, top), (left + 60, top + 80), lines, 3)
            guide = (left + 15, top + 15), (left + 45, top + 65)
            cv2.rectangle(page, *guide, lines, guide_px)
            middle = top + 40
            cv2.line(page, (left + 15, middle), (left + 45, middle), lines, guide_px)
        cv2.line(page, (362, top + 15), (362, top + 66), pen, 5)
    return np.asarray(cv2.GaussianBlur(page, (0, 0), 0.8), dtype=np.uint8)


def read_middle(page: Pixels) -> FieldImage:
    """Find the first row, and make sure that it is one."""
    field = find_fields(PreparedPage(page))[0]
    assert len(field.cells) == 3
    return field


def test_a_guide_is_told_from_the_pen_that_touches_it() -> None:
    field = read_middle(draw_form())
    for index in (0, 2):
        assert not field.ink[field.cells[index].slices].any()
    rows, columns = np.nonzero(field.ink[field.cells[1].slices])
    assert np.ptp(columns) < 9  # the 1 alone, 5 pixels wide
    assert 45 < np.ptp(rows) < 60


def test_pale_boxes_are_told_in_a_shadow() -> None:
    page = draw_form()
    shadow = np.linspace(1.0, 0.45, page.shape[1])
    field = read_middle(np.asarray(page * shadow, dtype=np.uint8))
    assert not field.ink[field.cells[0].slices].any()
    assert field.ink[field.cells[1].slices].any()


@pytest.mark.parametrize(("lines", "pen"), [(0, 0), (PALE, PALE), (20, 150)])
def test_nothing_is_taken_for_print_if_it_is_as_dark_as_the_pen(
    lines: int, pen: int
) -> None:
    page = draw_form(lines, pen)
    rows = find_rows(PreparedPage(page))
    assert separate_pen(PreparedPage(page), rows) is None


def test_a_bilevel_page_has_one_tone() -> None:
    page = np.where(draw_form() < 200, 0, 255).astype(np.uint8)
    rows = find_rows(PreparedPage(page))
    assert separate_pen(PreparedPage(page), rows) is None


def test_the_lines_of_a_table_around_pale_boxes_are_removed() -> None:
    page = draw_form()
    cv2.rectangle(page, (180, 182), (540, 320), 0, 4)
    field = read_middle(page)
    assert not field.ink[: field.frame.top].any()


def test_tone_is_what_ink_swallows_of_the_light() -> None:
    page = np.full((400, 400), 200, dtype=np.uint8)
    page[:, 200:] = 100
    page[100:105, 50:60], page[100:105, 350:360] = 100, 50
    tone = measure_tone(page)
    assert tone[102, 55] == pytest.approx(128, abs=2)
    assert tone[102, 355] == pytest.approx(128, abs=2)
    assert not tone[300].any()


def test_a_digit_written_on_a_guide_is_all_that_is_left() -> None:
    page = draw_form()
    plain = blank_page(700, 600)
    for target in (page, plain):
        write_digit(target, "5", WRITTEN.shifted(74, 0), pen=5)
    field = read_middle(page)
    written = np.count_nonzero(field.ink[field.cells[2].slices])
    drawn = np.count_nonzero(plain < 128)
    assert written == pytest.approx(drawn, rel=0.15)


def test_the_halves_of_a_guide_are_no_boxes() -> None:
    form = draw_form(guide_px=1)
    page = np.asarray(cv2.resize(form, None, fx=2, fy=2), dtype=np.uint8)
    assert [len(row) for row in find_rows(PreparedPage(page))] == [3, 3]


def test_two_boxes_in_a_cell_of_a_table_are_fields() -> None:
    page = blank_page(700, 600)
    cv2.rectangle(page, (100, 100), (400, 400), 0, 3)
    for top in (140, 270):
        cv2.rectangle(page, (140, top), (360, top + 90), 0, 3)
    heights = [row[0].box.height for row in find_rows(PreparedPage(page))]
    assert heights == [pytest.approx(86, abs=4)] * 2


def test_the_tone_of_boxes_for_digits_tells_the_pen_whatever_its_ink_resembles() -> (
    None
):
    page = PreparedPage(draw_form())
    none = np.zeros_like(page.ink)
    page.__dict__["layers"] = InkLayers(none, page.ink, none, 1.0, none.shape)
    rows = find_rows(PreparedPage(draw_form()))
    dark = separate_pen(page, rows)
    assert dark is not None
    cut = [cut_field(page.ink, row, "", dark) for row in rows]
    first, *_ = clean_by_layers(page, rows, cut, dark)
    assert np.array_equal(first.ink, cut[0].ink)
    assert first.by_geometry is None
