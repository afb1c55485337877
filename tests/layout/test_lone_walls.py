from __future__ import annotations

from itertools import pairwise

from formreader.geometry import Box
from formreader.layout.cells import Cell, Row
from formreader.layout.lone_walls import doubt_lone_walls

ROW = 40


def table(*walls: tuple[int, ...]) -> list[Row]:
    """A table with these walls in each of its rows."""
    boxes = [
        Box(left, ROW * n, right, ROW * (n + 1) - 2)
        for n, own in enumerate(walls)
        for left, right in pairwise(own)
    ]
    return [Row((Cell(box.corners, box, 2.0),)) for box in boxes]


def doubted(*walls: tuple[int, ...]) -> list[int]:
    """The places of the cells that are doubted, in reading order."""
    found = doubt_lone_walls(table(*walls))
    return [place for place, row in enumerate(found) if row.in_doubt]


def test_walls_that_go_on_are_walls() -> None:
    assert doubted((0, 100, 200), (0, 100, 200), (0, 100, 200)) == []


def test_a_wall_in_one_row_alone_may_be_a_stroke() -> None:
    assert doubted((0, 100, 200), (0, 30, 100, 200), (0, 100, 200)) == [2, 3]


def test_a_wall_that_goes_on_above_or_below_parts_a_heading() -> None:
    assert doubted((0, 200), (0, 100, 200), (0, 100, 200)) == []
    assert doubted((0, 100, 200), (0, 100, 200), (0, 200)) == []


def test_a_wall_askew_is_the_same_wall() -> None:
    assert doubted((0, 100, 200), (3, 108, 204), (6, 114, 208)) == []


def test_at_the_edge_of_a_table_a_piece_as_wide_as_a_digit_gives_it_away() -> None:
    assert doubted((0, 100, 300), (0, 100, 140, 300)) == [3, 4]
    assert doubted((0, 300), (0, 100, 200, 300)) == []
