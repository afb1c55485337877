from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.cells import Cell, Row
from formreader.layout.levels import part_at_levels
from formreader.layout.separated_ink import SeparatedInk
from formreader.records import FieldKind

SHAPE = (400, 400)
AROUND = Box(50, 50, 350, 350)
CELL = Row([Cell(AROUND.corners, AROUND, 2.0, name="t1_r02_c03")])

Mask = npt.NDArray[np.uint8]


def blank() -> Mask:
    return np.zeros(SHAPE, np.uint8)


def write(*levels: int, tall: int = 40) -> Mask:
    """Write three digits on each level, a y of their tops."""
    pen = blank()
    for top in levels:
        for left in (100, 180, 260):
            middle = (left + 12, top + tall // 2)
            cv2.ellipse(pen, middle, (12, tall // 2), 0, 0, 360, 255, 3)
    return pen


def part(
    pen: Mask,
    print_: Mask | None = None,
    rule: Mask | None = None,
    cell: Row = CELL,
) -> list[Row]:
    printed = blank() if print_ is None else print_
    lines = blank() if rule is None else rule
    return part_at_levels([cell], SeparatedInk(pen, printed, lines, blank(), blank()))


def test_writing_on_one_level_leaves_a_cell_whole() -> None:
    assert part(write(180)) == [CELL]


def test_each_of_three_numbers_one_above_the_other_has_its_own_field() -> None:
    parts = part(write(70, 160, 250))
    tops = (70, 160, 250)
    assert len(parts) == 3
    for row, top in zip(parts, tops, strict=True):
        assert row[0].box.top <= top
        assert row[0].box.bottom >= top + 40
        assert not any(
            row[0].box.top < other < row[0].box.bottom for other in tops if other != top
        )


def test_parts_have_no_name_of_the_table() -> None:
    parts = part(write(80, 220))
    assert [row.kind for row in parts] == [FieldKind.BOX] * 2
    assert not any(row.in_doubt for row in parts)


def test_parts_hardly_wider_than_a_digit_are_in_doubt() -> None:
    narrow = Box(80, 50, 150, 350)
    cell = Row([Cell(narrow.corners, narrow, 2.0)])
    parts = part(write(80, 220), cell=cell)
    assert len(parts) == 2
    assert all(row.in_doubt for row in parts)


def test_parts_with_a_dotted_line_between_are_not_in_doubt() -> None:
    rule = blank()
    rule[200:202, 50:350:2] = 255
    rule[200:202, 51:350:3] = 255
    narrow = Box(80, 50, 150, 350)
    cell = Row([Cell(narrow.corners, narrow, 2.0)])
    parts = part(write(90, 240), rule=rule, cell=cell)
    assert len(parts) == 2
    assert not any(row.in_doubt for row in parts)


def test_a_row_with_print_beside_the_number_is_left_to_be_found_as_writing() -> None:
    printed = blank()
    cv2.rectangle(printed, (320, 85), (335, 115), (255,), -1)
    (row,) = part(write(80, 220), print_=printed)
    assert row[0].box.top > 140


def test_a_digit_that_fills_its_cell_is_not_parted_from_a_mark_below() -> None:
    pen = write(70, tall=200)
    cv2.rectangle(pen, (180, 310), (200, 330), (255,), -1)
    assert part(pen) == [CELL]
