"""Tests of closing tables that have no wall at a side."""

from __future__ import annotations

from itertools import accumulate

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formreader.layout.cells import Cell, Row, list_boxes
from formreader.layout.frames import find_frames
from formreader.layout.grids import find_grids
from formreader.layout.open_tables import close_table

Mask = npt.NDArray[np.uint8]

_LINE_PX = 2
_WIDTHS = (90, 140, 70, 110)
_HEIGHTS = (60, 56, 60, 60, 64)


def _draw(
    widths: tuple[int, ...],
    heights: tuple[int, ...],
    missing: frozenset[str],
    stubs: dict[int, int] | None = None,
) -> Mask:
    """Draw a table without its lines at some sides.

    Args:
        widths: Of its columns.
        heights: Of its rows.
        missing: Of `left`, `right`, `top` and `bottom`.
        stubs: By how much more or less a level line reaches at the right, by number.
    """
    lines = np.zeros((600, 800), np.uint8)
    x = list(accumulate(widths, initial=100))
    y = list(accumulate(heights, initial=80))
    for number, level in enumerate(y):
        if (level == y[0] and "top" in missing) or (
            level == y[-1] and "bottom" in missing
        ):
            continue
        end = x[-1] + (stubs or {}).get(number, 0)
        cv2.line(lines, (x[0], level), (end, level), (255,), _LINE_PX)
    for place in x:
        if (place == x[0] and "left" in missing) or (
            place == x[-1] and "right" in missing
        ):
            continue
        cv2.line(lines, (place, y[0]), (place, y[-1]), (255,), _LINE_PX)
    return lines


def _find_cells(lines: Mask) -> list[tuple[int, int, tuple[int, int, int, int]]]:
    """Find the cells of the one table on a page by row, column and place."""
    cells = [cell for frame in find_frames(lines) for cell in frame.cells]
    boxes = list_boxes([Row((cell,)) for cell in cells])
    [grid] = find_grids(cells)
    closed = close_table(grid, lines, boxes)
    return sorted(
        (at.row, at.column, _place(cell))
        for cell, at in zip(closed.cells, closed.places, strict=True)
    )


def _place(cell: Cell) -> tuple[int, int, int, int]:
    box = cell.box
    return box.left, box.top, box.right, box.bottom


def _assert_same(lines: Mask, whole: Mask) -> None:
    found, wanted = _find_cells(lines), _find_cells(whole)
    assert [cell[:2] for cell in found] == [cell[:2] for cell in wanted]
    off = [np.subtract(a[2], b[2]) for a, b in zip(found, wanted, strict=True)]
    assert np.abs(off).max() <= 4


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(60, 160), min_size=3, max_size=4).map(tuple),
    st.lists(st.integers(50, 70), min_size=3, max_size=6).map(tuple),
    st.sampled_from([{"left"}, {"right"}, {"left", "right"}, {"top"}, {"bottom"}]).map(
        frozenset
    ),
    st.floats(-2.0, 2.0),
)
def test_a_table_open_at_a_side_has_the_cells_of_one_that_is_closed(
    widths: tuple[int, ...],
    heights: tuple[int, ...],
    missing: frozenset[str],
    skew_deg: float,
) -> None:
    turn = cv2.getRotationMatrix2D((400, 300), skew_deg, 1.0)
    pages = [
        np.asarray(cv2.warpAffine(_draw(widths, heights, sides), turn, (800, 600)))
        for sides in (missing, frozenset[str]())
    ]
    _assert_same(*(np.asarray(255 * (page > 127), np.uint8) for page in pages))


@pytest.mark.parametrize("off", [-60, 40])
def test_a_row_line_that_ends_elsewhere_costs_no_cell(off: int) -> None:
    right = frozenset({"right"})
    whole = _draw(_WIDTHS, _HEIGHTS, frozenset())
    _assert_same(_draw(_WIDTHS, _HEIGHTS, right, {2: off}), whole)


def test_lines_that_end_anywhere_close_no_column() -> None:
    off = {number: 45 * (number % 3) - 60 for number in range(6)}
    ragged = _draw(_WIDTHS, _HEIGHTS, frozenset({"right"}), off)
    assert {cell[1] for cell in _find_cells(ragged)} == {0, 1, 2}


def test_lines_that_stick_out_of_a_table_a_little_close_no_column() -> None:
    closed = _draw(_WIDTHS, _HEIGHTS, frozenset(), dict.fromkeys(range(6), 20))
    assert len(_find_cells(closed)) == len(_WIDTHS) * len(_HEIGHTS)


def test_lines_that_leave_the_page_close_no_column() -> None:
    cut_off = _draw((250, 250, 300), _HEIGHTS, frozenset({"right"}))
    assert {cell[1] for cell in _find_cells(cut_off)} == {0, 1}
