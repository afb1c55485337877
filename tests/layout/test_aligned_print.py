"""What is printed in one line agrees on being print."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from formreader.layout.aligned_print import share_along_lines

Mask = npt.NDArray[np.uint8]

PRINT, PEN = 240, 20


def draw(*boxes: tuple[int, int, int]) -> tuple[Mask, Mask]:
    """Draw strokes 10 pixels wide: left, top, height; the first is the pen's."""
    strokes, shares = np.zeros((100, 400), np.uint8), np.zeros((100, 400), np.uint8)
    for place, (left, top, height) in enumerate(boxes):
        area = np.s_[top : top + height, left : left + 10]
        strokes[area], shares[area] = 255, PRINT if place else PEN
    return strokes, shares


def share_of_first(strokes: Mask, shares: Mask) -> int:
    """Give the share of print at the middle of the first stroke."""
    return int(share_along_lines(strokes, shares)[45, 25])


def test_what_stands_in_a_line_of_print_is_print() -> None:
    line = draw((20, 30, 30), (60, 30, 30), (90, 30, 30), (130, 31, 30))
    assert share_of_first(*line) == PRINT


def test_what_is_taller_than_the_line_keeps_its_share() -> None:
    line = draw((20, 20, 40), (60, 30, 30), (90, 30, 30), (130, 30, 30))
    assert share_of_first(*line) == PEN


def test_two_others_say_nothing() -> None:
    assert share_of_first(*draw((20, 30, 30), (60, 30, 30), (90, 30, 30))) == PEN


def test_print_far_away_says_nothing() -> None:
    line = draw((20, 40, 12), (215, 40, 12), (235, 40, 12), (255, 40, 12))
    assert share_of_first(*line) == PEN


def test_no_share_is_lowered() -> None:
    strokes, shares = draw((20, 30, 30), (60, 30, 30), (90, 30, 30), (130, 30, 30))
    assert (share_along_lines(strokes, shares) >= shares).all()
