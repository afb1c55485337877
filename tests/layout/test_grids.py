from __future__ import annotations

import numpy as np
from drawn_tables import make_cell, make_table
from hypothesis import given, settings
from hypothesis import strategies as st

from formreader.layout.cells import Cell
from formreader.layout.grids import Place, find_grids

WIDTHS = st.lists(st.integers(24, 160), min_size=2, max_size=7)
HEIGHTS = st.lists(st.integers(24, 80), min_size=2, max_size=7)
TILTS = st.floats(-0.15, 0.15)


def place_cells(cells: list[Cell]) -> dict[int, Place]:
    (grid,) = find_grids(cells)
    return {id(c): at for c, at in zip(grid.cells, grid.places, strict=True)}


@settings(deadline=None, max_examples=40)
@given(WIDTHS, HEIGHTS, TILTS)
def test_a_table_of_any_pitch_and_tilt_has_its_rows_and_columns(
    widths: list[int], heights: list[int], tilt: float
) -> None:
    cells = make_table(widths, heights, tilt)
    places = place_cells(list(cells.values()))
    for (row, column), cell in cells.items():
        assert places[id(cell)] == Place(row, column)


@settings(deadline=None, max_examples=40)
@given(WIDTHS, HEIGHTS, st.data())
def test_a_lost_cell_moves_no_other(
    widths: list[int], heights: list[int], data: st.DataObject
) -> None:
    cells = make_table([*widths, 50], [*heights, 40])
    lost = data.draw(st.sampled_from(sorted(cells)))
    cells.pop(lost)
    places = place_cells(list(cells.values()))
    for (row, column), cell in cells.items():
        assert places[id(cell)] == Place(row, column)


def test_a_cell_over_two_columns_covers_both() -> None:
    cells = make_table([60, 60, 60], [40, 40, 40])
    left, right = cells.pop((0, 1)), cells.pop((0, 2))
    wide = make_cell(
        np.array([left.corners[0], right.corners[1], right.corners[2], left.corners[3]])
    )
    places = place_cells([wide, *cells.values()])
    assert places[id(wide)] == Place(0, 1, columns=2)
    assert places[id(cells[2, 2])] == Place(2, 2)


def test_a_bent_table_keeps_its_rows() -> None:
    cells = {}
    for (row, column), cell in make_table([70] * 12, [40] * 8).items():
        x, y = cell.corners.T
        bent = y + 60 * ((x - 480) / 420) ** 2 + 0.04 * (x - 480) * (y - 240) / 160
        cells[row, column] = make_cell(np.stack([x, bent], axis=1))
    places = place_cells(list(cells.values()))
    for (row, column), cell in cells.items():
        assert places[id(cell)] == Place(row, column)


def test_tables_that_stand_apart_are_two_grids() -> None:
    one = make_table([60, 60], [40, 40])
    other = make_table([60, 60], [40, 40], origin=(60, 220))
    assert len(find_grids([*one.values(), *other.values()])) == 2


def test_cells_alone_are_no_grid() -> None:
    (cell,) = make_table([60], [40]).values()
    assert find_grids([cell]) == []
    assert find_grids([]) == []
