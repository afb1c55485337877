from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.captions import drop_captions
from formreader.layout.separated_ink import SeparatedInk
from formreader.records import FieldImage, FieldKind, Print

SHAPE = (200, 500)
FRAME = Box(20, 20, 480, 180)
Mask = npt.NDArray[np.uint8]


def draw(*places: tuple[int, int, int]) -> Mask:
    """Draw rings: left, top and height of each."""
    drawn = np.zeros(SHAPE, np.uint8)
    for left, top, tall in places:
        middle = (left + tall // 3, top + tall // 2)
        cv2.ellipse(drawn, middle, (tall // 3, tall // 2), 0, 0, 360, 255, 2)
    return drawn


def drop(pen: Mask, print_: Mask, unsure: Mask) -> FieldImage:
    """Drop the caption of a box that shows all of this ink."""
    nothing = np.zeros(SHAPE, np.uint8)
    inks = SeparatedInk(pen, print_, nothing, unsure, nothing)
    both = np.asarray(pen | print_, np.uint8)
    field = FieldImage("", pen, FRAME, FieldKind.BOX, print_like=Print.PERHAPS)
    field = replace(field, by_geometry=replace(field, ink=both))
    [cleaned] = drop_captions(inks, [field])
    return cleaned


NUMBER = draw((100, 100, 60), (150, 100, 60), (200, 100, 60))
LETTERS = draw((40, 30, 24), (80, 30, 24), (100, 30, 24))
TAKEN = draw((60, 30, 24))  # a letter of the caption, taken for the pen's
NOTHING = draw()


def test_a_letter_amid_a_caption_goes_and_the_number_stays() -> None:
    field = drop(np.asarray(NUMBER | TAKEN), LETTERS, TAKEN)
    assert np.array_equal(field.ink, NUMBER)
    assert field.print_like is Print.NO


def test_the_caption_goes_from_the_field_as_read_by_its_lines_too() -> None:
    field = drop(np.asarray(NUMBER | TAKEN), LETTERS, TAKEN)
    assert field.by_geometry is not None
    assert np.array_equal(field.by_geometry.ink, NUMBER)


def test_print_level_with_the_number_stays_for_the_second_look() -> None:
    printed = draw((250, 100, 60))
    field = drop(NUMBER, printed, NOTHING)
    assert np.array_equal(field.ink, NUMBER)
    assert field.by_geometry is not None
    assert np.array_equal(field.by_geometry.ink, NUMBER | printed)


def test_a_box_without_print_keeps_all_its_ink() -> None:
    both = np.asarray(NUMBER | TAKEN)
    field = drop(both, NOTHING, NOTHING)
    assert np.array_equal(field.ink, both)


def test_small_writing_below_a_caption_stays() -> None:
    small = draw((100, 100, 30), (130, 100, 30))
    field = drop(small, LETTERS, NOTHING)
    assert np.array_equal(field.ink, small)


def test_writing_above_the_box_does_not_make_a_caption_of_what_stands_in_it() -> None:
    above = draw((300, 0, 18), (320, 0, 18))
    inside = draw((100, 100, 40), (140, 100, 40))
    field = drop(np.asarray(above | inside), draw((180, 100, 40)), inside)
    assert np.array_equal(field.ink[20:], inside[20:])


def test_a_box_that_holds_print_alone_keeps_its_doubt() -> None:
    both = np.asarray(NUMBER | LETTERS, np.uint8)
    nothing = np.zeros(SHAPE, np.uint8)
    inks = SeparatedInk(nothing, both, nothing, nothing, nothing)
    field = FieldImage("", both, FRAME, FieldKind.BOX, print_like=Print.LIKELY)
    [kept] = drop_captions(inks, [field])
    assert kept.print_like is Print.LIKELY
