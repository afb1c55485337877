from __future__ import annotations

import numpy as np

from formreader.geometry import Box
from formreader.layout.cells import Cell, Row
from formreader.layout.tables import part_at_gaps, part_tables

SIDE = 50


def make_row(top: int, lefts: list[int]) -> Row:
    boxes = [Box(left, top, left + SIDE, top + SIDE) for left in lefts]
    return Row(Cell(box.corners.astype(np.float64), box, 2.0) for box in boxes)


def make_block(rows: int) -> list[Row]:
    lefts = [100 + SIDE * column for column in range(5)]
    return [make_row(100 + SIDE * row, lefts) for row in range(rows)]


def write(
    rows: list[Row], digits: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Write so many strokes side by side into each cell."""
    pen = np.zeros((600, 600), np.uint8)
    for cell in (cell for row in rows for cell in row):
        for digit in range(digits):
            left = cell.box.left + 8 + 15 * digit
            pen[cell.box.top + 10 : cell.box.bottom - 10, left : left + 6] = 255
    return pen


def test_cells_with_two_digits_each_are_fields_of_their_own() -> None:
    rows = make_block(3)
    parted = part_tables(rows, write(rows, 2))
    assert [len(row) for row in parted] == [1] * 15


def test_boxes_with_one_digit_each_stay_one_number() -> None:
    rows = make_block(3)
    assert part_tables(rows, write(rows, 1)) == rows


def test_a_block_without_writing_stays_as_it_is() -> None:
    rows = make_block(2)
    assert part_tables(rows, write(rows, 0)) == rows


def test_a_wider_gap_begins_another_number() -> None:
    row = make_row(100, [0, 60, 120, 220, 280, 340])
    assert [len(part) for part in part_at_gaps([row])] == [3, 3]


def test_even_gaps_part_nothing() -> None:
    row = make_row(100, [0, 80, 160, 240])
    assert [len(part) for part in part_at_gaps([row])] == [4]
