"""Cells that ran together are parted where the rest of a line is, and only there."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_pages import Pixels, blank_page, draw_row, write_digit

from formreader.geometry import Box
from formreader.layout.cells import Cell, Row
from formreader.layout.merged_cells import part_tall, part_wide

LINE_PX = 3.0


def make_cell(left: int, top: int, right: int, bottom: int) -> Cell:
    box = Box(left, top, right, bottom)
    return Cell(box.corners, box, LINE_PX)


def sizes(cells: list[Cell] | tuple[Cell, ...]) -> list[tuple[int, int]]:
    return [(cell.box.width, cell.box.height) for cell in cells]


@pytest.fixture
def page() -> Pixels:
    """Five boxes of 60 pixels in ink, lines included."""
    ink = blank_page(600, 400)
    draw_row(ink, 100, 100, 5)
    return np.asarray(255 - ink, dtype=np.uint8)


ROW = Row((make_cell(102, 102, 159, 159), make_cell(162, 102, 219, 159)))
WIDE = make_cell(222, 102, 339, 159)  # the third and the fourth box
TALL = make_cell(162, 102, 219, 219)


def test_a_wide_cell_is_parted_at_the_rest_of_a_line(page: Pixels) -> None:
    page[115:135, 270:290] = 0
    assert sizes(part_wide([ROW, Row((WIDE,))], page)[1]) == [(59, 57), (59, 57)]


def test_writing_in_the_middle_of_a_wide_cell_is_no_line(page: Pixels) -> None:
    page[:, 270:290] = 0
    page[112:150, 279:282] = 255  # a 1
    assert part_wide([ROW, Row((WIDE,))], page)[1] == (WIDE,)


def test_a_wide_cell_of_another_size_stays_whole(page: Pixels) -> None:
    wide = make_cell(222, 102, 319, 159)
    assert part_wide([ROW, Row((wide,))], page)[1] == (wide,)


def test_a_long_row_says_enough_without_a_line(page: Pixels) -> None:
    page[:, 270:290] = 0
    long = Row((make_cell(42, 102, 99, 159), *ROW))
    assert len(part_wide([long, Row((WIDE,))], page)[1]) == 2


def test_a_wide_cell_far_from_the_row_stays_whole(page: Pixels) -> None:
    far = make_cell(262, 102, 379, 159)
    assert part_wide([ROW, Row((far,))], page)[1] == (far,)


def test_a_tall_cell_is_parted_like_the_cells_beside_it(page: Pixels) -> None:
    page[160:162, 162:190] = 0
    page[160:162, 162:180] = 255
    page[160:162, 195:219] = 255
    beside = make_cell(102, 102, 159, 159)
    assert sizes(part_tall([beside, TALL], page)) == [(57, 57), (57, 59), (57, 59)]


def test_a_tall_cell_without_a_line_stays_whole(page: Pixels) -> None:
    page[155:165, 163:218] = 0
    write_digit(page, "8", TALL.box)
    beside = make_cell(102, 102, 159, 159)
    assert part_tall([beside, TALL], page)[1] is TALL


def test_a_tall_cell_beside_nothing_stays_whole(page: Pixels) -> None:
    assert part_tall([TALL], page) == [TALL]
