from __future__ import annotations

import cv2
import numpy as np
import pytest

from formreader.geometry import Box, transform_points
from formreader.layout.cells import Cell, Row
from formreader.layout.combs import find_combs, part_at_teeth

SHAPE = (600, 900)


def draw_comb(
    pitch: int, places: int, tooth: int = 14, line: int = 3, missing: int | None = None
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Draw a base line at y = 300 from x = 100, with teeth that point up."""
    rule = np.zeros(SHAPE, np.uint8)
    cv2.line(rule, (100, 300), (100 + pitch * places, 300), (255,), line)
    for index in range(places + 1):
        if index != missing:
            x = 100 + pitch * index
            cv2.line(rule, (x, 300), (x, 300 - tooth), (255,), line)
    return rule


def turn(
    rule: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], angle_deg: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    matrix = cv2.getRotationMatrix2D((450, 300), -angle_deg, 1.0)
    return np.asarray(cv2.warpAffine(rule, matrix, SHAPE[::-1]), np.uint8)


@pytest.mark.parametrize(("pitch", "places"), [(24, 4), (40, 8), (70, 10)])
@pytest.mark.parametrize("line", [2, 3, 5])
def test_a_line_with_teeth_is_a_row_of_places(
    pitch: int, places: int, line: int
) -> None:
    rule = draw_comb(pitch, places, line=line)
    (row,) = find_combs(rule, np.zeros(SHAPE, np.uint8))
    assert len(row) == places
    for index, cell in enumerate(row):
        assert cell.box.centre[0] == pytest.approx(100 + pitch * (index + 0.5), abs=3)
        assert cell.box.bottom == pytest.approx(300, abs=4)
        assert cell.box.height > pitch


def test_a_comb_may_lie_askew() -> None:
    (row,) = find_combs(turn(draw_comb(40, 8), 3.0), np.zeros(SHAPE, np.uint8))
    assert len(row) == 8
    matrix = np.vstack([cv2.getRotationMatrix2D((450, 300), -3.0, 1.0), [0, 0, 1]])
    start = transform_points([[100, 300]], matrix)[0]
    assert np.abs(row[0].corners[3] - start).max() <= 4


def test_a_tooth_under_the_pen_is_known_from_the_others() -> None:
    rule = draw_comb(40, 8, missing=3)
    (row,) = find_combs(rule, np.zeros(SHAPE, np.uint8))
    assert len(row) == 8


def test_print_ends_the_room_above_a_comb() -> None:
    taken = np.zeros(SHAPE, np.uint8)
    taken[240:256, 100:300] = 255
    (row,) = find_combs(draw_comb(40, 8), taken)
    assert row[0].box.top >= 255


def test_a_line_without_teeth_is_no_comb() -> None:
    rule = draw_comb(400, 1)
    assert find_combs(rule, np.zeros(SHAPE, np.uint8)) == []


def test_uneven_strokes_on_a_line_are_no_teeth() -> None:
    rule = np.zeros(SHAPE, np.uint8)
    cv2.line(rule, (100, 300), (500, 300), (255,), 3)
    for x in (100, 163, 190, 290, 310, 401, 500):
        cv2.line(rule, (x, 300), (x, 285), (255,), 3)
    assert find_combs(rule, np.zeros(SHAPE, np.uint8)) == []


@pytest.mark.parametrize("upper", [False, True])
def test_a_box_with_teeth_is_parted_at_them(upper: bool) -> None:
    box = Box(100, 250, 300, 300)
    rule = np.zeros(SHAPE, np.uint8)
    cv2.rectangle(rule, (98, 248), (301, 301), (255,), 3)
    for x in (150, 200, 250):
        ends = (250, 262) if upper else (288, 300)
        cv2.line(rule, (x, ends[0]), (x, ends[1]), (255,), 2)
    row = part_at_teeth(Row((Cell(box.corners, box, 3.0, "t1_r01_c01"),)), rule)
    assert [cell.box.left for cell in row] == pytest.approx([100, 150, 200, 250], abs=2)
    assert row.name == "t1_r01_c01"


def test_a_box_without_teeth_stays_whole() -> None:
    box = Box(100, 250, 300, 300)
    rule = np.zeros(SHAPE, np.uint8)
    cv2.rectangle(rule, (98, 248), (301, 301), (255,), 3)
    row = Row((Cell(box.corners, box, 3.0),))
    assert part_at_teeth(row, rule) is row
