from __future__ import annotations

import numpy as np
import pytest

from formreader.geometry import Box
from formreader.layout.cells import Cell, Row
from formreader.layout.field_cutting import cut_layer
from formreader.layout.overhang import clear_overhang
from formreader.layout.page_strokes import PageStrokes
from formreader.layout.separated_ink import SeparatedInk
from formreader.records import FieldImage

SHAPE = (300, 400)
BOX = Box(100, 100, 300, 160)
WALL = slice(96, 100)  # rows of the upper wall's ink
Stroke = tuple[int, int, int, int]


def field_with(*strokes: Stroke, beside: bool = False) -> FieldImage:
    """The box on a page with some strokes of the pen: left, top, right, bottom."""
    pen, rule, nothing = (np.zeros(SHAPE, np.uint8) for _ in range(3))
    rule[WALL, 60:340] = 255
    for left, top, right, bottom in strokes:
        pen[top:bottom, left:right] = 255
        rule[top:bottom, left:right] = 0
    inks = SeparatedInk(pen, nothing, rule, nothing, rule)
    cut = cut_layer(pen, Row((Cell(BOX.corners, BOX, 2.0),)), "a")
    given = FieldImage(
        cut.name,
        cut.ink,
        cut.frame,
        cut.kind,
        to_page=cut.to_page,
        writing_beside=beside,
        pen_seen=True,
    )
    (field,) = clear_overhang(PageStrokes(inks), [given])
    return field


FOOT = (150, 60, 156, 108)  # of a digit in the row above
ONE = (200, 108, 206, 150)


def test_the_foot_of_a_digit_above_is_not_written_in_the_box() -> None:
    field = field_with(FOOT, beside=True)
    assert not field.ink.any()
    assert not field.pen_seen and not field.writing_beside


def test_a_foot_that_the_wall_cuts_off_belongs_to_its_digit_all_the_same() -> None:
    field = field_with((150, 60, 156, 96), (150, 100, 156, 108))
    assert not field.ink.any()


def test_the_foot_of_a_digit_above_stays_beside_a_digit() -> None:
    field = field_with(FOOT, ONE)
    assert field.pen_seen
    assert np.count_nonzero(field.ink) > np.count_nonzero(field_with(ONE).ink)


@pytest.mark.parametrize(
    "stroke",
    [
        (150, 85, 156, 125),  # more of it in the box than a foot
        (150, 102, 156, 118),  # nothing of it beyond the wall
        (110, 20, 116, 155),  # it crosses out what is above, and the box
    ],
)
def test_other_strokes_are_the_boxes_own(stroke: Stroke) -> None:
    assert field_with(stroke).pen_seen


def test_specks_are_no_stroke() -> None:
    field = field_with((150, 120, 153, 123))
    assert not field.ink.any() and not field.pen_seen


def test_many_specks_are_a_stroke_in_pieces() -> None:
    specks = [(150 + 8 * n, 120, 153 + 8 * n, 123) for n in range(6)]
    assert field_with(*specks).pen_seen
