from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from formreader.geometry import Box
from formreader.layout.cells import Cell, Row
from formreader.layout.sentences import drop_sentences
from formreader.layout.separated_ink import SeparatedInk

AROUND = Box(20, 20, 580, 80)
CELL = Row([Cell(AROUND.corners, AROUND, 2.0)])
TALL, MIDDLE = 36, 50  # of the digits that are written

Mask = npt.NDArray[np.uint8]


def blank() -> Mask:
    return np.zeros((100, 600), np.uint8)


def write(layer: Mask, *lefts: int, tall: int = TALL) -> Mask:
    """Write a zero at each place."""
    wide = tall // 3
    for left in lefts:
        axes = wide, tall // 2
        cv2.ellipse(layer, (left + wide, MIDDLE), axes, 0, 0, 360, 255, 3)
    return layer


def drop(pen: Mask, print_: Mask) -> list[Row]:
    nothing = blank()
    return drop_sentences([CELL], SeparatedInk(pen, print_, nothing, nothing, nothing))


def test_a_box_with_a_word_between_two_numbers_is_no_field() -> None:
    pen = write(blank(), 60, 95, 130, 400, 435)
    assert not drop(pen, write(blank(), 250, 275, 300, tall=18))


@pytest.mark.parametrize(("left", "tall"), [(250, TALL), (480, 18)])
def test_print_as_high_as_the_digits_or_behind_them_leaves_a_box(
    left: int, tall: int
) -> None:
    pen = write(blank(), 60, 95, 130, 400, 435)
    assert drop(pen, write(blank(), left, left + 30, tall=tall)) == [CELL]


def test_a_dash_or_a_slash_printed_between_two_numbers_leaves_a_box() -> None:
    pen, printed = write(blank(), 60, 95, 130, 400, 435), blank()
    cv2.line(printed, (200, MIDDLE), (215, MIDDLE), (255,), 3)
    cv2.line(printed, (260, 70), (270, 30), (255,), 3)
    assert drop(pen, printed) == [CELL]
