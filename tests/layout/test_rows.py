"""Rows get back the cells that strokes or breaks took from them, and no more."""

from __future__ import annotations

import numpy as np
from drawn_pages import Pixels, blank_page, draw_row

from formreader.geometry import Box
from formreader.layout.cells import Cell, Row
from formreader.layout.rows import group_rows

SIDE, LINE_PX = 60, 3.0


def make_cell(left: int, top: int = 102, width: int = 57, height: int = 57) -> Cell:
    box = Box(left, top, left + width, top + height)
    return Cell(box.corners, box, LINE_PX)


def make_ink(boxes: int = 6) -> Pixels:
    """Draw the lines of boxes at (100, 100), one every 60 pixels."""
    page = blank_page(700, 300)
    draw_row(page, 100, 100, boxes)
    return np.asarray(255 - page, dtype=np.uint8)


def lengths(rows: list[Row]) -> list[int]:
    return [len(row) for row in rows]


def test_a_cell_that_was_not_found_is_put_in_at_the_end_of_a_row() -> None:
    cells = [make_cell(102 + SIDE * index) for index in range(5)]
    assert lengths(group_rows(cells, make_ink())) == [6]


def test_a_row_does_not_go_on_across_an_upright_line() -> None:
    cells = [make_cell(102 + SIDE * index) for index in range(5)]
    ink = make_ink()
    ink[100:160, 428:431] = 255
    assert lengths(group_rows(cells, ink)) == [5]


def test_a_cell_that_a_stroke_cut_in_two_is_one_again() -> None:
    cells = [make_cell(102 + SIDE * index) for index in range(1, 6)]
    pieces = [make_cell(102, width=24), make_cell(129, width=30)]
    ink = make_ink()
    ink[100:160, 126:129] = 255
    (row,) = group_rows([*pieces, *cells], ink)
    assert [cell.box.left for cell in row] == [102 + SIDE * index for index in range(6)]


def test_what_a_stroke_cut_off_inside_a_missing_cell_is_no_field() -> None:
    cells = [make_cell(102 + SIDE * index) for index in range(1, 6)]
    rows = group_rows([make_cell(102, width=24), *cells], make_ink())
    assert lengths(rows) == [6]


def test_a_cell_above_a_row_that_lies_askew_stays() -> None:
    turn = np.deg2rad(8)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    row = [
        Cell(cell.corners @ matrix, cell.upright, LINE_PX)
        for cell in (make_cell(102 + SIDE * index) for index in range(6))
    ]
    right = row[-1].box
    above = make_cell(right.left, row[0].box.top, width=20, height=20)
    assert lengths(group_rows([*row, above], np.zeros((400, 700), np.uint8))) == [6, 1]


def test_boxes_with_a_wall_between_are_two_rows() -> None:
    lefts = [100, 160, 220, 280, 340, 400]
    boxes = [Box(left, 100, left + 50, 150) for left in lefts]
    cells = [Cell(box.corners, box, 2.0) for box in boxes]
    ink = np.zeros((300, 600), np.uint8)
    rows = group_rows(
        cells,
        ink,
        are_parted=lambda left, right: left.box.right < 275 <= right.box.left,
    )
    assert [len(row) for row in rows] == [3, 3]
