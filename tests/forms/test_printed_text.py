from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from formreader.forms.printed_text import cut_print, erase_print
from formreader.geometry import Box
from formreader.records import FieldImage, FieldKind

Ink = npt.NDArray[np.uint8]

BOX = Box(40, 30, 240, 90)  # of the field in the reference


def draw_form(*, shift: int = 0) -> Ink:
    """Draw a field with its lines, a printed sign in it, and a word beside it."""
    ink = np.zeros((120, 320), np.uint8)
    around = BOX.expanded(4, 4)
    cv2.rectangle(
        ink, (around.left, around.top), (around.right, around.bottom), (255,), 2
    )
    print_sign(ink, shift)
    cv2.putText(ink, "kg", (255, 70), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255,), 2)
    return ink


def print_sign(ink: Ink, shift: int = 0) -> None:
    at = (205 + shift, 78 + shift)
    cv2.putText(ink, "%", at, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255,), 2)


def make_field(ink: Ink) -> FieldImage:
    """Cut the field out of a page that lies as the reference does, with a margin."""
    part = ink[BOX.top - 10 : BOX.bottom + 10, BOX.left - 10 : BOX.right + 10].copy()
    frame = Box(10, 10, 10 + BOX.width, 10 + BOX.height)
    for line in (slice(0, 10), slice(-10, None)):
        part[line], part[:, line] = 0, 0
    return FieldImage("weight", part, frame, FieldKind.BOX)


def write(ink: Ink) -> None:
    cv2.putText(ink, "82", (80, 75), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255,), 4)


@pytest.mark.parametrize("shift", [-2, 0, 3])
def test_print_in_a_field_is_taken_out_and_writing_stays(shift: int) -> None:
    printed = cut_print(draw_form(), BOX.corners)
    assert printed is not None
    page, alone = draw_form(shift=shift), np.zeros((120, 320), np.uint8)
    write(page)
    write(alone)
    cleaned = erase_print(make_field(page), printed)
    assert np.array_equal(cleaned.ink, make_field(alone).ink)


def test_what_is_written_where_print_is_expected_stays() -> None:
    ink = np.zeros((120, 320), np.uint8)
    cv2.putText(ink, "m", (195, 78), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (255,), 2)
    printed = cut_print(ink, BOX.corners)
    assert printed is not None
    page = np.zeros((120, 320), np.uint8)
    cv2.circle(page, (214, 72), 4, (255,), -1)  # the print itself is missing
    field = make_field(page)
    assert np.array_equal(erase_print(field, printed).ink, field.ink)


def test_writing_across_print_stays() -> None:
    printed = cut_print(draw_form(), BOX.corners)
    assert printed is not None
    page = draw_form()
    cv2.line(page, (150, 40), (230, 84), (255,), 4)
    field = make_field(page)
    kept = erase_print(field, printed).ink[:, 110:190]
    assert np.array_equal(kept, field.ink[:, 110:190])


def test_marks_printed_between_digits_are_left_for_them() -> None:
    ink = np.zeros((120, 320), np.uint8)
    for x in (100, 170):
        cv2.line(ink, (x, 80), (x + 10, 40), (255,), 2)
    assert cut_print(ink, BOX.corners) is None


def test_lines_of_a_field_and_words_beside_it_are_no_print_in_it() -> None:
    ink = draw_form()
    ink[BOX.top + 4 : BOX.bottom - 4, BOX.left + 4 : BOX.right - 4] = 0
    assert cut_print(ink, BOX.corners) is None
