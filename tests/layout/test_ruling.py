from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels

from formreader.geometry import Box
from formreader.layout.ruling import (
    remove_long_lines,
    remove_ruling,
    restore_strokes,
)

FRAME = Box(23, 23, 117, 77)  # inside a line of 5 pixels along 20..120 x 20..80


def ruled(line: int = 5) -> Pixels:
    ink = np.zeros((100, 140), dtype=np.uint8)
    cv2.rectangle(ink, (20, 20), (120, 80), 255, line)
    return ink


def test_a_box_without_writing_leaves_only_its_corners() -> None:
    cleaned = remove_ruling(ruled(), FRAME, (), 5.0)
    assert not cleaned[30:70, 30:110].any()
    assert not cleaned[40:60].any()  # left and right sides
    assert not cleaned[:, 40:100].any()  # upper and lower sides


def test_a_line_between_cells_is_removed() -> None:
    ink = ruled()
    cv2.line(ink, (70, 20), (70, 80), 255, 5)
    cells = (Box(23, 23, 68, 78), Box(73, 23, 118, 78))
    assert not remove_ruling(ink, FRAME, cells, 5.0)[35:65].any()


@pytest.mark.parametrize("pen", [3, 5, 8])
def test_a_stroke_that_crosses_the_line_stays_in_one_piece(pen: int) -> None:
    ink = ruled()
    cv2.line(ink, (70, 40), (70, 95), 255, pen)
    cleaned = remove_ruling(ink, FRAME, (), 5.0)
    assert cleaned[40:95, 70].all()
    count, _, stats, _ = cv2.connectedComponentsWithStats(cleaned[26:, 30:110])
    assert count == 2
    assert stats[1, cv2.CC_STAT_HEIGHT] >= 55


def test_a_stroke_that_ends_at_the_line_keeps_its_length() -> None:
    ink = ruled()
    cv2.line(ink, (60, 35), (60, 79), 255, 4)
    assert remove_ruling(ink, FRAME, (), 5.0)[35:79, 60].all()


def test_ink_away_from_the_lines_is_untouched() -> None:
    ink = ruled()
    cv2.circle(ink, (70, 50), 15, 255, 3)
    cleaned = remove_ruling(ink, FRAME, (), 5.0)
    assert np.array_equal(cleaned[30:70, 30:110], ink[30:70, 30:110])


def test_the_input_is_not_written_to() -> None:
    ink = ruled()
    ink.flags.writeable = False
    assert remove_ruling(ink, FRAME, (), 5.0) is not ink
    assert np.array_equal(ink, ruled())


CELL = Box(26, 26, 114, 74)


def test_a_stroke_along_the_line_is_offered_again() -> None:
    ink = ruled()
    cv2.ellipse(ink, (22, 50), (30, 14), 0, -90, 90, 255, 4)  # closed by the left line
    cleaned = remove_ruling(ink, FRAME, (), 5.0)
    restored = restore_strokes(ink, cleaned, (CELL,), 5.0)
    assert restored is not None
    assert not cleaned[45:55, 15:27].any()
    assert restored[38:62, 15:27].any(axis=1).all()
    assert not (cleaned & ~restored).any()


def test_one_stroke_at_a_line_is_no_bridge() -> None:
    ink = ruled()
    cv2.line(ink, (22, 50), (70, 50), 255, 4)
    cleaned = remove_ruling(ink, FRAME, (), 5.0)
    assert restore_strokes(ink, cleaned, (CELL,), 5.0) is None


def test_strokes_far_apart_are_not_bridged() -> None:
    ink = ruled()
    for y in (34, 68):
        cv2.line(ink, (22, y), (70, y), 255, 3)
    cleaned = remove_ruling(ink, FRAME, (), 5.0)
    assert restore_strokes(ink, cleaned, (CELL,), 5.0) is None


def test_a_long_level_line_goes_and_writing_stays() -> None:
    ink = np.zeros((60, 300), np.uint8)
    cv2.line(ink, (0, 50), (299, 51), 255, 2)
    cv2.line(ink, (100, 10), (110, 58), 255, 4)
    cv2.circle(ink, (200, 30), 12, 255, 4)
    cleaned = remove_long_lines(ink)
    assert not cleaned[47:55, 150:].any()
    assert cleaned[10:58].any(axis=1).all()
    assert np.array_equal(cleaned[:45], ink[:45])


def test_a_thick_bar_is_no_line() -> None:
    ink = np.zeros((60, 300), np.uint8)
    ink[20:40, 20:280] = 255
    assert np.array_equal(remove_long_lines(ink), ink)


@pytest.mark.parametrize("shape", [(1, 1), (2, 400), (400, 2), (9, 9)])
def test_tiny_strips_have_no_lines(shape: tuple[int, int]) -> None:
    ink = np.full(shape, 255, np.uint8)
    assert np.array_equal(remove_long_lines(ink), ink)
