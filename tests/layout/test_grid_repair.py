from __future__ import annotations

import numpy as np
import pytest
from drawn_tables import draw_lines, make_table

from formreader.layout.cells import Cell, Row, cut_across, join_cells, list_boxes
from formreader.layout.grid_repair import mend_grid
from formreader.layout.grids import Grid, Place, find_grids

WIDTHS, HEIGHTS = [120, 60, 80, 60], [40, 50, 40, 40, 40]


def mend(cells: list[Cell], ruled: list[Cell], printed: Cell | None = None) -> Grid:
    (grid,) = find_grids(cells)
    boxes = list_boxes([Row((cell,)) for cell in cells])
    return mend_grid(grid, lambda cell: cell is printed, draw_lines(ruled), boxes)


def find_place(grid: Grid, cell: Cell) -> Place:
    shared = [one.box.intersection_area(cell.box) for one in grid.cells]
    return grid.places[int(np.argmax(shared))]


@pytest.mark.parametrize("lost", [(1, 1), (0, 2), (2, 0), (4, 3), (0, 0)])
def test_a_lost_cell_is_put_in_where_its_lines_are_seen(lost: tuple[int, int]) -> None:
    cells = make_table(WIDTHS, HEIGHTS)
    found = [cell for slot, cell in cells.items() if slot != lost]
    grid = mend(found, list(cells.values()))
    assert len(grid.cells) == len(cells)
    assert find_place(grid, cells[lost]) == Place(*lost)
    put_in = grid.cells[grid.places.index(Place(*lost))]
    assert np.abs(put_in.corners - cells[lost].corners).max() <= 2


def test_a_place_without_a_wall_stays_free() -> None:
    cells = make_table(WIDTHS, HEIGHTS)
    found = [cell for slot, cell in cells.items() if slot != (4, 3)]
    assert len(mend(found, found[:3]).cells) == len(found)


def test_a_wall_in_one_row_alone_is_a_stroke() -> None:
    cells = make_table(WIDTHS, HEIGHTS)
    whole = cells.pop((2, 2))
    grid = mend([*cells.values(), *cut_across(whole, 2)], [])
    assert grid.shape == (5, 4)
    joined = grid.cells[grid.places.index(Place(2, 2))]
    assert np.abs(joined.corners - whole.corners).max() <= 1


def test_a_level_stroke_parts_no_cell_either() -> None:
    cells = make_table(WIDTHS, HEIGHTS)
    whole = cells.pop((1, 1))
    upper, lower = whole.corners.copy(), whole.corners.copy()
    upper[2:, 1] -= 25
    lower[:2, 1] += 23
    parts = [Cell(part, whole.upright, 3.0) for part in (upper, lower)]
    grid = mend([*cells.values(), *parts], [])
    assert grid.shape == (5, 4)
    assert len(grid.cells) == 20


def test_two_halves_of_a_printed_cell_stay_apart() -> None:
    cells = make_table(WIDTHS, HEIGHTS)
    left, right = cut_across(cells.pop((0, 2)), 2)
    grid = mend([*cells.values(), left, right], [], printed=left)
    assert grid.shape == (5, 5)


def test_a_wall_missing_in_one_row_is_put_in() -> None:
    cells = make_table(WIDTHS, HEIGHTS)
    left, right = cells.pop((2, 1)), cells.pop((2, 2))
    grid = mend([*cells.values(), join_cells(left, right)], [])
    assert find_place(grid, left) == Place(2, 1)
    assert find_place(grid, right) == Place(2, 2)
    assert len(grid.cells) == 20


def test_a_heading_over_two_columns_stays_whole() -> None:
    cells = make_table(WIDTHS, HEIGHTS)
    heading = join_cells(cells.pop((0, 1)), cells.pop((0, 2)))
    grid = mend([heading, *cells.values()], [])
    assert find_place(grid, heading) == Place(0, 1, columns=2)


def test_a_box_in_a_lost_cell_is_not_covered() -> None:
    cells = make_table(WIDTHS, HEIGHTS)
    lost = cells.pop((2, 2))
    inner = Cell(
        lost.corners + np.array([[9, 9], [-9, 9], [-9, -9], [9, -9]]), lost.upright, 3.0
    )
    grids = find_grids([*cells.values(), inner])
    boxes = list_boxes([Row((cell,)) for cell in (*cells.values(), inner)])
    lines = draw_lines([*cells.values(), lost])
    mended = mend_grid(grids[0], lambda cell: False, lines, boxes)
    assert all(cell.box.intersection_area(lost.box) == 0 for cell in mended.cells)


def test_a_cell_cut_off_by_the_edge_of_the_page_needs_no_wall_there() -> None:
    cells = make_table(WIDTHS, HEIGHTS, origin=(0, 80))
    found = [cell for slot, cell in cells.items() if slot != (2, 0)]
    assert len(mend(found, []).cells) == len(cells)
