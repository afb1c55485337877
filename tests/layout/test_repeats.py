from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.repeats import drop_repeated
from formreader.layout.separated_ink import SeparatedInk
from formreader.records import FieldImage, FieldKind

ROW, LEFT, RIGHT, COUNT = 80, 50, 450, 9

Mask = npt.NDArray[np.uint8]


def blank() -> Mask:
    return np.zeros((ROW * COUNT + 40, 500), np.uint8)


def draw_sign(layer: Mask, row: int, right: int) -> None:
    """Draw a ring and a bar, as a printed unit, ending at an x."""
    top = ROW * row + 30
    cv2.circle(layer, (right - 20, top + 12), 9, (255,), 3)
    cv2.rectangle(layer, (right - 6, top), (right, top + 24), (255,), -1)


def make_fields(pen: Mask) -> list[FieldImage]:
    """Cut a column of cells out of a page."""
    fields = []
    for row in range(COUNT):
        shift = np.array([[1, 0, 0], [0, 1, row * ROW], [0, 0, 1]], np.float64)
        ink = pen[row * ROW : (row + 1) * ROW + 20]
        frame = Box(LEFT, 15, RIGHT, 75)
        fields.append(FieldImage("", ink, frame, FieldKind.CELL, to_page=shift))
    return fields


def drop(pen: Mask, print_: Mask) -> Sequence[FieldImage]:
    nothing = blank()
    inks = SeparatedInk(pen, print_, nothing, nothing, nothing)
    return drop_repeated(inks, make_fields(pen))


def test_what_is_printed_into_each_cell_alike_is_not_read_though_called_pen() -> None:
    pen, printed = blank(), blank()
    for row in range(COUNT):
        # The ink network takes one in three for print.
        draw_sign(printed if row % 3 == 0 else pen, row, RIGHT - 10)
        cv2.line(pen, (100 + 9 * row, ROW * row + 25), (110, ROW * row + 60), (255,), 4)
    for row, field in enumerate(drop(pen, printed)):
        written = blank()
        cv2.line(
            written, (100 + 9 * row, ROW * row + 25), (110, ROW * row + 60), (255,), 4
        )
        assert np.array_equal(field.ink, written[row * ROW : (row + 1) * ROW + 20])


def test_the_same_shape_at_places_of_its_own_stays() -> None:
    pen, printed = blank(), blank()
    for row in range(COUNT):
        draw_sign(printed if row == 0 else pen, row, RIGHT - 10 - 7 * row)
    kept = drop(pen, printed)
    assert all(field.ink.any() for field in kept[1:])


def test_a_shape_that_all_is_the_pens_stays_though_it_repeats() -> None:
    pen = blank()
    for row in range(COUNT):
        draw_sign(pen, row, RIGHT - 10)
    assert all(field.ink.any() for field in drop(pen, blank()))


def test_print_in_three_cells_alone_stays() -> None:
    pen, printed = blank(), blank()
    for row in range(3):
        draw_sign(printed if row == 0 else pen, row, RIGHT - 10)
    assert all(field.ink.any() for field in drop(pen, printed)[1:3])


def test_print_that_runs_together_in_one_cell_is_print_as_in_the_others() -> None:
    pen, printed = blank(), blank()
    for row in range(COUNT):
        draw_sign(printed if row % 3 == 0 else pen, row, RIGHT - 10)
        top = ROW * row + 30
        cv2.rectangle(
            printed if row % 3 == 0 else pen, (392, top), (398, top + 24), 255
        )
    together = 4
    top = ROW * together + 42
    cv2.line(pen, (RIGHT - 30, top), (RIGHT - 12, top), (255,), 3)
    assert not drop(pen, printed)[together].ink.any()
