from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.column_print import drop_column_print
from formreader.layout.separated_ink import SeparatedInk
from formreader.records import FieldImage, FieldKind

ROW, LEFT, RIGHT, COUNT = 80, 50, 450, 9

Mask = npt.NDArray[np.uint8]


def blank() -> Mask:
    return np.zeros((ROW * COUNT + 40, 500), np.uint8)


def draw_zeros(layer: Mask, row: int, right: int) -> None:
    """Draw two small rings ending at an x, in fragments that differ by row."""
    for x in (right - 28, right - 8):
        middle = x, ROW * row + 55
        for start in range(35 * row, 35 * row + 360, 120):
            cv2.ellipse(layer, middle, (6, 10), 0, start, start + 95, (255,), 3)


def write(layer: Mask, row: int) -> None:
    x, top = 100 + 9 * row, ROW * row + 25
    cv2.line(layer, (x, top), (x - 20, top + 35), (255,), 4)


def drop(
    pen: Mask, printed: Mask, share: float, box: Box | None = None
) -> list[FieldImage]:
    """Drop the print of a column of boxes of which a share is called print."""
    frame = box or Box(LEFT, 15, RIGHT, 75)
    fields = []
    for row in range(COUNT):
        shift = np.array([[1, 0, 0], [0, 1, row * ROW], [0, 0, 1]], np.float64)
        ink = pen[row * ROW : (row + 1) * ROW + 20]
        fields.append(FieldImage("", ink, frame, FieldKind.CELL, to_page=shift))
    none, shares = blank(), (printed * share).astype(np.uint8)
    inks = SeparatedInk(pen, none, none, none, none, print_share=shares)
    return drop_column_print(inks, fields)


def test_print_in_other_fragments_in_each_box_is_erased_and_writing_stays() -> None:
    pen, printed = blank(), blank()
    for row in range(COUNT):
        draw_zeros(printed, row, RIGHT - 8 + row % 2)
        if row % 2:
            write(pen, row)
    written = pen.copy()
    kept = drop(np.maximum(pen, printed), printed, 0.5)
    for row, field in enumerate(kept):
        assert np.array_equal(field.ink, written[row * ROW : (row + 1) * ROW + 20])
        assert not field.writing_beside


def test_what_the_network_gives_to_the_pen_stays_though_it_repeats() -> None:
    pen = blank()
    for row in range(COUNT):
        draw_zeros(pen, row, RIGHT - 8)
    assert all(field.ink.any() for field in drop(pen, pen, 0.1))


def test_what_lies_about_stays_though_it_looks_alike() -> None:
    pen = blank()
    for row in range(COUNT):
        draw_zeros(pen, row, RIGHT - 8 - 5 * (row % 3))
    assert all(field.ink.any() for field in drop(pen, pen, 0.5))


def test_all_that_stands_in_a_narrow_box_stays() -> None:
    pen = blank()
    for row in range(COUNT):
        draw_zeros(pen, row, RIGHT - 8)
    narrow = Box(RIGHT - 60, 15, RIGHT, 75)
    assert all(field.ink.any() for field in drop(pen, pen, 0.5, narrow))


def test_print_that_the_pen_ran_into_is_doubted() -> None:
    pen, printed = blank(), blank()
    for row in range(COUNT):
        draw_zeros(printed, row, RIGHT - 8)
    crossed, y = 4, ROW * 4 + 55
    cv2.line(pen, (RIGHT - 90, y), (RIGHT - 30, y), (255,), 3)
    kept = drop(np.maximum(pen, printed), printed, 0.5)
    assert kept[crossed].ink.any()
    assert kept[crossed].writing_beside
