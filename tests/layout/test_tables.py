from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from drawn_tables import draw_lines, make_table

from formreader.geometry import Box, bound_components
from formreader.layout.cells import Cell, Row, join_cells
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.tables import (
    SortedCells,
    name_cells,
    part_at_gaps,
    part_tables,
    sort_cells,
)
from formreader.records import FieldKind

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
    parted = part_tables(rows, bound_components(write(rows, 2)))
    assert [len(row) for row in parted] == [1] * 15


def test_boxes_with_one_digit_each_stay_one_number() -> None:
    rows = make_block(3)
    assert part_tables(rows, bound_components(write(rows, 1))) == rows


def test_a_block_without_writing_stays_as_it_is() -> None:
    rows = make_block(2)
    assert part_tables(rows, bound_components(write(rows, 0))) == rows


def test_a_wider_gap_begins_another_number() -> None:
    row = make_row(100, [0, 60, 120, 220, 280, 340])
    assert [len(part) for part in part_at_gaps([row])] == [3, 3]


def test_even_gaps_part_nothing() -> None:
    row = make_row(100, [0, 80, 160, 240])
    assert [len(part) for part in part_at_gaps([row])] == [4]


def fill_cells(
    cells: Iterable[Cell], count: int = 1
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Draw so many strokes side by side into each cell."""
    ink = np.zeros((1600, 1600), np.uint8)
    for box in (cell.box for cell in cells):
        for index in range(count):
            left = box.left + 8 + 12 * index
            ink[box.top + 8 : box.bottom - 8, left : left + 5] = 255
    return ink


def sort(
    cells: dict[tuple[int, int], Cell],
    printed: Iterable[Cell] = (),
    written: Iterable[Cell] = (),
    digits: int = 1,
) -> SortedCells:
    lines = draw_lines(list(cells.values()))
    none = np.zeros_like(lines)
    pen, print_ = fill_cells(written, digits), fill_cells(printed)
    inks = SeparatedInk(pen, print_, lines, none, none)
    return sort_cells(list(cells.values()), inks, lines)


def row_of(cells: dict[tuple[int, int], Cell], row: int) -> list[Cell]:
    return [cell for (at, _), cell in cells.items() if at == row]


def column_of(cells: dict[tuple[int, int], Cell], column: int) -> list[Cell]:
    return [cell for (_, at), cell in cells.items() if at == column]


def test_square_cells_under_a_heading_each_are_cells_of_a_table() -> None:
    cells = make_table([160, 50, 50, 50], [50] * 4)
    found = sort(cells, [*row_of(cells, 0), *column_of(cells, 0)], row_of(cells, 2))
    assert [len(table.cells) for table in found.tables] == [16]


def test_square_cells_beside_a_label_in_each_row_are_boxes_for_digits() -> None:
    cells = make_table([160, 50, 50, 50], [50] * 4)
    found = sort(cells, column_of(cells, 0), row_of(cells, 1)[1:])
    assert not found.tables
    assert len(found.boxes) == 12
    assert len(found.labels) == 4


def test_squares_without_heading_or_label_are_boxes_for_digits() -> None:
    cells = make_table([50] * 9, [50] * 9)
    assert len(sort(cells, written=list(cells.values())[::2]).boxes) == 81


def test_squares_with_a_guide_in_each_are_boxes_for_digits() -> None:
    cells = make_table([50] * 5, [50] * 3)
    assert not sort(cells, printed=cells.values()).tables


def test_squares_with_two_digits_each_are_cells_of_a_table() -> None:
    cells = make_table([50] * 5, [50] * 4)
    assert sort(cells, written=cells.values(), digits=2).tables


def test_wide_cells_are_a_table() -> None:
    cells = make_table([120] * 3, [40] * 3)
    assert len(sort(cells).tables[0].cells) == 9


def test_boxes_under_one_heading_stand_out_of_the_table_around_them() -> None:
    cells = make_table([120, 120, 50, 50, 50], [50] * 4)
    first, last = cells.pop((0, 2)), cells.pop((0, 4))
    del cells[0, 3]
    heading = join_cells(first, last)
    cells[0, 2] = heading
    found = sort(cells, [*row_of(cells, 0), heading])
    assert len(found.boxes) == 9
    assert len(found.tables[0].cells) == 9


def test_a_single_row_is_no_table() -> None:
    cells = make_table([120] * 4, [40])
    assert not sort(cells).tables


def test_cells_are_named_by_table_row_and_column_from_1() -> None:
    cells = make_table([120] * 3, [40] * 3)
    named = name_cells(list(sort(cells).tables))
    names = {cell.box: cell.name for cell in named}
    assert names[cells[0, 0].box] == "t1_r01_c01"
    assert names[cells[2, 1].box] == "t1_r03_c02"
    assert Row((named[0],)).kind is FieldKind.CELL


def test_two_boxes_far_apart_are_two_numbers() -> None:
    row = make_row(100, [0, 80])
    assert [len(part) for part in part_at_gaps([row])] == [1, 1]


def test_cells_that_were_put_in_without_a_gap_part_no_row() -> None:
    row = make_row(100, [0, 60, 120, 170, 220, 280])
    assert [len(part) for part in part_at_gaps([row])] == [6]
