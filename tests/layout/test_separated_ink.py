from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from formreader.ink.separation import InkLayers
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.layout.separated_ink import separate_ink

SIZE = 100
Mask = npt.NDArray[np.uint8]


def empty() -> Mask:
    return np.zeros((SIZE, SIZE), np.uint8)


def stroke(left: int, value: int = 255) -> Mask:
    drawn = empty()
    drawn[20:80, left : left + 6] = value
    return drawn


def layers(pen: Mask, print_: Mask, rule: Mask) -> InkLayers:
    return InkLayers(pen, print_, rule, 1.0, (SIZE, SIZE))


def test_a_stroke_is_the_pens_as_a_whole_though_parts_look_like_print() -> None:
    pen, print_ = stroke(40, 200), empty()
    pen[60:80], print_[60:80, 40:46] = 0, 200
    found = separate_ink(stroke(40), layers(pen, print_, empty()))
    assert np.array_equal(found.pen, stroke(40))
    assert not found.print_.any()


def test_print_beside_the_pen_stays_print() -> None:
    ink = stroke(20) | stroke(60)
    found = separate_ink(ink, layers(stroke(20), stroke(60), empty()))
    assert np.array_equal(found.pen, stroke(20))
    assert np.array_equal(found.print_, stroke(60))


def test_a_line_that_a_stroke_crosses_is_no_part_of_it() -> None:
    rule = empty()
    rule[50:53] = 255
    pen = stroke(40)
    rule[:, 40:46] = 0
    found = separate_ink(stroke(40) | rule, layers(pen, empty(), rule))
    assert np.array_equal(found.pen, stroke(40))
    assert np.array_equal(found.rule, rule)


def test_pale_strokes_that_the_threshold_lost_are_the_pens_all_the_same() -> None:
    found = separate_ink(empty(), layers(stroke(40), empty(), empty()))
    assert np.array_equal(found.pen, stroke(40))


def test_lines_are_looked_for_in_what_is_neither_pen_nor_print() -> None:
    rule = empty()
    cv2.line(rule, (0, 90), (99, 90), 255, 2)
    found = separate_ink(
        stroke(40) | stroke(70), layers(stroke(40), stroke(70), empty())
    )
    assert np.array_equal(found.find_lines(stroke(40) | stroke(70) | rule), rule)


def test_a_line_goes_on_where_the_pen_passed_along_it() -> None:
    whole = np.zeros((400, 400), np.uint8)
    cv2.line(whole, (20, 200), (380, 200), 255, 3)
    pen = np.zeros_like(whole)
    pen[190:205, 195:205] = 255
    rule = np.where(pen > 0, 0, whole).astype(np.uint8)
    ink = np.asarray(cv2.max(whole, pen), np.uint8)
    inks = separate_ink(ink, InkLayers(pen, np.zeros_like(pen), rule, 1.0, pen.shape))
    assert np.array_equal(inks.find_lines(ink)[200], whole[200])


@pytest.mark.parametrize("shape", [(1, 1), (40, 30), (5, 300)])
def test_a_page_of_any_size_without_a_line_has_no_fields(
    shape: tuple[int, int],
) -> None:
    page = PreparedPage(np.full(shape, 255, np.uint8))
    none = np.zeros(shape, np.uint8)
    page.__dict__["layers"] = InkLayers(none, none, none, 1.0, shape)
    assert find_fields(page) == []
