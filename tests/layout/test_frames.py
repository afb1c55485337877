from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import blank_page, draw_row, fill_row, turn, write_digit

from formreader.geometry import Box
from formreader.layout.binarization import binarize
from formreader.layout.frames import find_frames
from formreader.layout.skew import estimate_skew

ANGLES = [-12.0, -4.9, -1.0, 0.0, 0.3, 2.7, 6.0, 10.0]


@pytest.mark.parametrize("angle_deg", ANGLES)
def test_the_turn_of_a_row_is_measured_to_a_tenth_of_a_degree(angle_deg: float) -> None:
    page = blank_page()
    draw_row(page, 250, 300, 8)
    turned = turn(page, angle_deg)
    assert estimate_skew(255 - turned.pixels) == pytest.approx(angle_deg, abs=0.1)


@pytest.mark.parametrize("angle_deg", ANGLES)
@pytest.mark.parametrize("scale", [0.7, 1.0, 1.6])
def test_all_cells_of_a_turned_row_are_found(angle_deg: float, scale: float) -> None:
    page = blank_page()
    row = draw_row(page, 250, 300, 9)
    fill_row(page, row, "123456789")
    turned = turn(page, angle_deg, scale)
    (frame,) = find_frames(binarize(turned.pixels))
    assert len(frame.cells) == 9
    assert frame.skew_deg == pytest.approx(angle_deg, abs=0.15)
    outline = np.concatenate([cell.corners for cell in frame.cells])
    for corner in turned.corners(row):
        distance = np.linalg.norm(outline - corner, axis=1).min()
        assert distance <= 6 * max(1.0, scale)  # half a line, and its rough edge


def test_digits_that_touch_the_lines_do_not_split_cells() -> None:
    page = blank_page()
    row = draw_row(page, 100, 200, 5)
    for index, character in enumerate("47129"):
        left = row.left + 60 * index
        write_digit(page, character, Box(left, row.top + 8, left + 60, row.bottom + 26))
    (frame,) = find_frames(binarize(page))
    assert len(frame.cells) == 5


def test_a_table_gives_its_cells_merged_ones_too() -> None:
    page = blank_page()
    for y in (100, 160, 220):
        cv2.line(page, (100, y), (700, y), 0, 3)
    for x in (100, 700):
        cv2.line(page, (x, 100), (x, 220), 0, 3)
    cv2.line(page, (400, 160), (400, 220), 0, 3)  # the upper row is one cell
    (frame,) = find_frames(binarize(page))
    widths = sorted(cell.upright.width for cell in frame.cells)
    assert widths == pytest.approx([297, 297, 597], abs=4)


def test_what_is_no_box_has_no_cells() -> None:
    page = blank_page()
    cv2.circle(page, (200, 200), 60, 0, 4)  # a logo
    cv2.line(page, (300, 300), (900, 300), 0, 3)  # a rule
    cv2.rectangle(page, (500, 400), (570, 470), 0, 14)  # the ring of a QR code
    cv2.rectangle(page, (528, 428), (542, 442), 0, -1)
    triangle = np.array([[700, 500], [800, 500], [750, 400]])
    cv2.polylines(page, [triangle], True, 0, 3)
    for index, word in enumerate(("BODE", "Quad", "0808")):
        write_digit(page, word, Box(50, 450 + 80 * index, 400, 510 + 80 * index))
    assert find_frames(binarize(page)) == []


def test_a_small_gap_in_a_line_does_not_lose_the_box() -> None:
    page = blank_page()
    draw_row(page, 100, 200, 6)
    page[180:280, 217:219] = 255  # a streak of the scanner
    (frame,) = find_frames(binarize(page))
    assert len(frame.cells) == 6


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param((245, 200), (300, 262), id="a stroke cuts off a corner"),
        pytest.param((260, 250), (150, 390), id="a tail sticks out"),
    ],
)
def test_a_lone_box_stays_one_whatever_stroke_touches_it(
    start: tuple[int, int], end: tuple[int, int]
) -> None:
    page = blank_page()
    cv2.rectangle(page, (200, 200), (300, 300), 0, 3)
    cv2.line(page, start, end, 0, 5)
    (frame,) = find_frames(binarize(page))
    assert any(
        np.abs(cell.corners - [(202, 202), (299, 202), (299, 299), (202, 299)]).max()
        <= 3
        for cell in frame.cells
    )


def test_a_large_lone_zero_is_no_box() -> None:
    page = blank_page()
    cv2.ellipse(page, (300, 300), (60, 80), 8, 0, 360, 0, 5)
    assert find_frames(binarize(page)) == []
