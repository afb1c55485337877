from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import FieldImage, FieldKind
from formreader.row_numbers import find_row_numbers


def find(values: Sequence[str], share: float = 0.6, pitch: int = 40) -> set[int]:
    fields, readings = [], []
    for row, value in enumerate(values):
        top = 100 + pitch * row
        box = Box(50, top, 90, top + 38)
        to_page = np.array([[1.0, 0, box.left], [0, 1, box.top], [0, 0, 1]])
        ink = np.zeros((box.height, box.width), np.uint8)
        frame = Box(0, 0, box.width, box.height)
        kind = FieldKind.CELL
        fields.append(
            FieldImage("", ink, frame, kind, to_page=to_page, print_share=share)
        )
        readings.append(FieldReading("", value, 0.8, (), (), box, box.corners, kind))
    return find_row_numbers(fields, readings)


def test_numbers_that_go_up_by_one_number_the_rows() -> None:
    assert find(["7", "8", "9", "10", "11"]) == {0, 1, 2, 3, 4}


def test_a_number_misread_parts_the_run() -> None:
    assert find(["1", "2", "3", "9", "5", "6", "7"]) == {0, 1, 2, 4, 5, 6}


def test_what_the_pen_wrote_stays() -> None:
    assert find(["7", "8", "9", "10"], share=0.1) == set()


def test_other_numbers_below_each_other_stay() -> None:
    assert find(["12", "8", "30", "31", "5"]) == set()
    assert find(["7", "", "9", "10"]) == set()


def test_boxes_far_apart_are_no_rows() -> None:
    assert find(["7", "8", "9", "10"], pitch=200) == set()
