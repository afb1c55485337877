from __future__ import annotations

import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.cells import Cell, Row
from formreader.layout.crossings import share_crossings
from formreader.layout.field_cutting import cut_layer
from formreader.layout.page_strokes import PageStrokes
from formreader.layout.separated_ink import SeparatedInk
from formreader.records import FieldImage

SHAPE = (300, 500)
LEFT, RIGHT = Box(50, 100, 248, 160), Box(252, 100, 450, 160)
Stroke = tuple[int, int, int, int]

SEVEN = (205, 110, 225, 150)  # a digit of the left cell, beside the wall
NINE = (275, 110, 295, 150)  # one of the right cell


def share(*strokes: Stroke) -> list[FieldImage]:
    """Two cells, and strokes of the pen: left, top, right, bottom."""
    pen, rule, nothing = (np.zeros(SHAPE, np.uint8) for _ in range(3))
    rule[60:200, 248:252] = 255
    for left, top, right, bottom in strokes:
        pen[top:bottom, left:right] = 255
        rule[top:bottom, left:right] = 0
    inks = SeparatedInk(pen, nothing, rule, nothing, rule)
    cells = [Row((Cell(box.corners, box, 4.0, name),)) for name, box in _named()]
    fields = [cut_layer(pen, cell, cell.name) for cell in cells]
    return share_crossings(PageStrokes(inks), fields)


def _named() -> list[tuple[str, Box]]:
    return [("t1_r01_c01", LEFT), ("t1_r01_c02", RIGHT)]


def columns(field: FieldImage) -> set[int]:
    """Columns of the page that hold ink of a field."""
    found: npt.NDArray[np.intp] = np.flatnonzero(field.ink.any(axis=0))
    shift = field.box.left - field.frame.left
    return {int(at) + shift for at in found}


def test_a_digit_belongs_to_the_cell_that_holds_most_of_it() -> None:
    digit = (232, 110, 260, 150)  # 16 pixels before the wall, 8 behind it
    left, right = share(SEVEN, digit, NINE)
    assert max(columns(left)) == 259
    assert min(columns(right)) == 275


def test_a_cell_that_loses_ink_next_to_its_digits_is_in_doubt() -> None:
    near = (262, 110, 275, 150)
    left, right = share(SEVEN, (230, 110, 258, 150), near)
    assert right.writing_beside and not left.writing_beside


def test_a_number_goes_on_across_the_wall_of_a_cell_that_holds_nothing_else() -> None:
    left, right = share(SEVEN, (238, 110, 266, 150))
    assert not right.ink.any()
    assert max(columns(left)) == 265
    assert left.writing_beside and right.writing_beside
    assert (
        left.frame.right
        > cut_layer(
            np.zeros(SHAPE, np.uint8), Row((Cell(LEFT.corners, LEFT, 4.0),)), ""
        ).frame.right
    )


def test_what_may_be_of_either_cell_stays_in_both_in_doubt() -> None:
    even = (238, 110, 262, 150)
    left, right = share((215, 110, 230, 150), even, (270, 110, 285, 150))
    assert left.writing_beside and right.writing_beside
    assert 261 in columns(left) and 238 in columns(right)


def test_digits_that_touch_across_a_wall_are_parted_where_they_touch() -> None:
    joined = [(215, 110, 235, 150), (235, 128, 258, 132), (258, 110, 280, 150)]
    left, right = share(*joined)
    assert left.writing_beside and right.writing_beside
    assert 234 in columns(left) and 260 not in columns(left)
    assert 258 in columns(right) and 234 not in columns(right)


def test_a_line_through_both_cells_is_left_in_both() -> None:
    left, right = share(SEVEN, (100, 128, 400, 132), NINE)
    assert 150 in columns(left) and 350 in columns(right)
