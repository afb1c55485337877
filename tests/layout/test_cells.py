from __future__ import annotations

import numpy as np
import pytest

from formreader.geometry import Box
from formreader.layout.cells import Cell, cut_across, cut_down, fill_between
from formreader.layout.lines import follow_line


def make_cell(left: float, top: float, right: float, bottom: float) -> Cell:
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    return Cell(corners.astype(np.float64), Box(0, 0, 10, 10), 2.0)


def test_a_cell_is_cut_side_by_side_from_left_to_right() -> None:
    parts = cut_across(make_cell(0, 0, 90, 40), 3)
    assert [part.box for part in parts] == [
        Box(0, 0, 30, 40),
        Box(30, 0, 60, 40),
        Box(60, 0, 90, 40),
    ]


def test_a_cell_is_cut_down_from_top_to_bottom_and_corners_keep_their_order() -> None:
    upper, lower = cut_down(make_cell(0, 0, 90, 40), 2)
    assert upper.corners.tolist() == [[0, 0], [90, 0], [90, 20], [0, 20]]
    assert lower.corners.tolist() == [[0, 20], [90, 20], [90, 40], [0, 40]]


def test_cells_between_two_fill_the_gap_alone() -> None:
    [missing] = fill_between(make_cell(0, 0, 30, 40), make_cell(60, 4, 90, 44), 1)
    assert missing.corners.tolist() == [[30, 0], [60, 4], [60, 44], [30, 40]]


@pytest.mark.parametrize("level", [True, False])
def test_a_line_is_seen_beside_the_way_but_not_beyond_its_reach(level: bool) -> None:
    ink = np.zeros((40, 40), np.uint8)
    ink[13, 5:25] = 255
    start, end = np.array([0.0, 10.0]), np.array([39.0, 10.0])
    if not level:
        ink, start, end = np.ascontiguousarray(ink.T), start[::-1], end[::-1]
    assert follow_line(ink, start, end, 3, level=level).sum() == pytest.approx(
        20, abs=1
    )
    assert not follow_line(ink, start, end, 2, level=level).any()
