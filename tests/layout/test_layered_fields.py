from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.ink.separation import InkLayers
from formreader.layout.cells import Cell, Row
from formreader.layout.field_cutting import cut_field
from formreader.layout.layered_fields import clean_by_layers
from formreader.layout.prepared_page import PreparedPage
from formreader.records import FieldImage, Print

Mask = npt.NDArray[np.uint8]

SHAPE = (200, 400)
BOX = Box(100, 50, 300, 110)  # the inner edge of its walls


def ink_of(*strokes: tuple[int, int, int, int]) -> Mask:
    """Draw upright strokes: left, top, right, bottom, each edge inside."""
    drawn = np.zeros(SHAPE, np.uint8)
    for left, top, right, bottom in strokes:
        drawn[top:bottom, left:right] = 255
    return drawn


def walls() -> Mask:
    drawn = np.zeros(SHAPE, np.uint8)
    cv2.rectangle(drawn, (BOX.left - 2, BOX.top - 2), (BOX.right, BOX.bottom), 255, 2)
    return drawn


def clean(pen: Mask, print_: Mask, rule: Mask) -> list[FieldImage]:
    """Clean the one field of a page that shows all of this ink."""
    page = PreparedPage(np.asarray(255 - (pen | print_ | rule | walls()), np.uint8))
    layers = InkLayers(pen, print_, np.asarray(rule | walls()), 1.0, SHAPE)
    page.__dict__["layers"] = layers
    row = Row((Cell(BOX.corners, BOX, 2.0),))
    return clean_by_layers(page, [row], [cut_field(page.ink, row, "a")])


def ink_in(field: FieldImage) -> Mask:
    """The ink inside the box, in pixels of the page less those of the box."""
    return np.asarray(field.ink[field.frame.slices])


ONE = (120, 60, 126, 100)
TWO = (150, 60, 170, 100)
NOTHING = ink_of()


def test_a_stroke_taken_for_a_line_comes_back_if_it_reaches_no_wall() -> None:
    (field,) = clean(ink_of(TWO), NOTHING, ink_of(ONE))
    assert ink_in(field)[30, 23] == 255
    assert ink_in(field)[30, 60] == 255


def test_a_line_that_reaches_a_wall_stays_a_line() -> None:
    (field,) = clean(ink_of(TWO), NOTHING, ink_of((120, 50, 126, 100)))
    assert not ink_in(field)[30, 23]


def test_a_level_line_to_write_on_stays_a_line() -> None:
    (field,) = clean(ink_of(TWO), NOTHING, ink_of((120, 103, 280, 105)))
    assert not ink_in(field)[54, 120]


def test_print_as_high_as_the_digits_beside_it_was_written_with_them() -> None:
    (field,) = clean(ink_of(TWO), ink_of((180, 62, 200, 101)), NOTHING)
    assert ink_in(field)[30, 90] == 255


def test_a_small_label_beside_digits_stays_print() -> None:
    (field,) = clean(ink_of(TWO), ink_of((230, 52, 240, 64)), NOTHING)
    assert not ink_in(field)[8, 135]


def test_a_box_that_holds_large_print_alone_is_kept_in_doubt() -> None:
    (field,) = clean(NOTHING, ink_of(TWO), NOTHING)
    assert field.print_like is Print.LIKELY
    assert ink_in(field)[30, 60] == 255


def test_a_box_that_holds_small_print_alone_is_no_field() -> None:
    assert clean(NOTHING, ink_of((150, 60, 158, 75)), NOTHING) == []


def test_the_pen_is_seen_in_a_box_and_across_its_wall() -> None:
    assert not clean(NOTHING, NOTHING, NOTHING)[0].pen_seen
    assert not clean(ink_of((310, 60, 316, 100)), NOTHING, NOTHING)[0].pen_seen
    for stroke in (ONE, (296, 60, 304, 100)):
        assert clean(ink_of(stroke), NOTHING, NOTHING)[0].pen_seen


def test_a_stroke_is_the_pens_as_a_whole_if_most_of_it_is() -> None:
    (field,) = clean(ink_of((150, 60, 170, 90)), ink_of((150, 90, 170, 100)), NOTHING)
    assert ink_in(field)[45, 60] == 255


POINT = (142, 94, 147, 99)


def test_a_point_taken_for_print_or_a_line_is_a_mark_between_two_digits() -> None:
    strokes = ink_of(ONE, TWO)
    for print_, rule in ((ink_of(POINT), NOTHING), (NOTHING, ink_of(POINT))):
        (field,) = clean(strokes, print_, rule)
        assert ink_in(field)[47, 44] == 255


def test_a_row_of_printed_dots_is_no_mark() -> None:
    dots = ink_of(*((left, 96, left + 4, 100) for left in range(128, 190, 9)))
    (field,) = clean(ink_of(ONE, (200, 60, 220, 100)), NOTHING, dots)
    assert not ink_in(field)[47, 44:80].any()
