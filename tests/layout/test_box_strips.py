from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.box_strips import mend_strips, settle_strips
from formreader.layout.cells import Cell, Row
from formreader.layout.separated_ink import SeparatedInk

HEIGHT, PITCH, LINE, LEFT = 44, 34, 3, 100

Mask = npt.NDArray[np.uint8]


class Form:
    """A form with two whole rows of boxes, and what is drawn below them."""

    def __init__(self) -> None:
        self.rule, self.pen = (np.zeros((400, 600), np.uint8) for _ in range(2))
        self.rows = [self.draw_row(40, 5), self.draw_row(120, 4)]

    def draw_row(self, top: int, count: int, left: int = LEFT) -> Row:
        """Draw lines and walls, and give the boxes inside them."""
        right = left + count * PITCH
        cv2.rectangle(self.rule, (left, top), (right, top + HEIGHT), (255,), LINE)
        for x in range(left, right, PITCH):
            cv2.line(self.rule, (x, top), (x, top + HEIGHT), (255,), LINE)
        return make_boxes(top, count, left)

    def cover(self, x: int, top: int, first: int, last: int) -> None:
        """Hide part of a wall under a stroke."""
        self.rule[top + first : top + last, x - 4 : x + 5] = 0
        cv2.line(self.pen, (x - 2, top + first), (x, top + last), (255,), 4)

    def mend(self, *rows: Row, others: tuple[Cell, ...] = ()) -> list[Row]:
        none = np.zeros_like(self.rule)
        inks = SeparatedInk(self.pen, none, self.rule, none, none)
        return mend_strips([*self.rows, *rows], inks, others)


def make_boxes(top: int, count: int, left: int, width: int = PITCH) -> Row:
    cells = []
    for index in range(count):
        at = left + index * width + 2
        box = Box(at, top + 2, at + width - LINE, top + HEIGHT - 1)
        cells.append(Cell(box.corners, box, float(LINE)))
    return Row(cells)


def hide_walls(form: Form, top: int) -> None:
    """Let digits run over the left wall of four boxes, and over two between them."""
    for x in (LEFT, LEFT + PITCH, LEFT + 2 * PITCH):
        form.cover(x, top, 8, HEIGHT - 10)


def is_at(row: Row, expected: Row) -> bool:
    corners, others = (np.array([c.corners for c in one]) for one in (row, expected))
    return corners.shape == others.shape and np.abs(corners - others).max() <= 4


def test_boxes_whose_walls_the_pen_hides_are_one_row() -> None:
    form = Form()
    whole = form.draw_row(220, 4)
    hide_walls(form, 220)
    *others, mended = form.mend(Row(whole[3:]))
    assert others == form.rows
    assert is_at(mended, whole)
    assert mended.in_doubt  # since some walls are hardly seen


def test_a_row_that_was_found_whole_stays_as_it_is() -> None:
    form = Form()
    whole = form.draw_row(220, 4)
    hide_walls(form, 220)
    assert form.mend(whole)[-1] is whole


def test_a_box_for_a_number_as_wide_as_two_stays_one() -> None:
    form = Form()
    form.draw_row(220, 2)
    form.rule[222 : 220 + HEIGHT - 1, LEFT + PITCH - 4 : LEFT + PITCH + 5] = 0
    number = make_boxes(220, 1, LEFT, 2 * PITCH)
    cv2.line(form.pen, (LEFT + PITCH, 228), (LEFT + PITCH, 258), (255,), 4)
    assert form.mend(number)[-1] is number


def test_beside_another_group_a_wall_may_be_hidden_wholly() -> None:
    form = Form()
    form.draw_row(220, 2)
    number = make_boxes(220, 1, LEFT, 2 * PITCH)
    form.cover(LEFT + PITCH, 220, 2, HEIGHT - 1)
    group = form.draw_row(220, 3, LEFT + 3 * PITCH)
    mended = form.mend(number, group)
    assert any(is_at(row, make_boxes(220, 2, LEFT)) and row.in_doubt for row in mended)


def test_a_row_put_together_is_in_doubt_while_boxes_stand_right_beside_it() -> None:
    doubted = Row(replace(cell, in_doubt=True) for cell in make_boxes(220, 4, LEFT))
    beside = make_boxes(220, 1, LEFT + 4 * PITCH)
    apart = make_boxes(220, 1, LEFT + 5 * PITCH)
    assert settle_strips([doubted, beside])[0].in_doubt
    assert not settle_strips([doubted, apart])[0].in_doubt


def test_no_boxes_are_put_into_the_cells_of_a_table() -> None:
    form = Form()
    whole = form.draw_row(220, 4)
    hide_walls(form, 220)
    assert form.mend(others=tuple(whole)) == form.rows
