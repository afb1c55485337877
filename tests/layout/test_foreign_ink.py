"""Print amid writing, told by its ink: strokes drawn as blocks in two colours."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from formreader.layout.foreign_ink import find_foreign
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.writing import find_writing

PAPER = (250, 248, 240)
BLACK, BLUE, RED, GREY = (20, 20, 20), (40, 60, 150), (170, 40, 50), (110, 110, 110)
DIGITS, SLASH = ((84, 24), (95, 24), (119, 24)), (108, 11)  # left side, height

Pixels = npt.NDArray[np.uint8]
Found = tuple[Pixels, npt.NDArray[np.int32], npt.NDArray[np.bool_]]


def draw_line(
    pen: tuple[int, ...], mark: tuple[int, ...], print_: tuple[int, ...] | None
) -> Found:
    """Draw digits with a mark between them, and a printed word beside.

    Args:
        pen: Colour of the digits.
        mark: Colour of the mark.
        print_: Colour of the word; None for no word.
    """
    page = np.full((60, 260, 3), PAPER, np.uint8)
    strokes = np.zeros((60, 260), np.int32)
    colours = (*[pen] * len(DIGITS), mark)
    for number, ((left, tall), tone) in enumerate(
        zip((*DIGITS, SLASH), colours, strict=True), 1
    ):
        part = slice(44 - tall, 44), slice(left, left + 6)
        page[part], strokes[part] = tone, number
    printed = np.zeros((60, 260), np.bool_)
    if print_ is not None:
        printed[30:44, [x for x in range(5, 45) if x % 10 < 6]] = True
        page[printed] = print_
    return np.asarray(cv2.GaussianBlur(page, (3, 3), 0), np.uint8), strokes, printed


def tell(found: Found) -> list[bool]:
    page, strokes, printed = found
    bodies = np.array([True] * len(DIGITS) + [False])
    foreign = find_foreign(page, strokes, np.arange(1, 5), bodies, printed)
    return [bool(one) for one in foreign]


@pytest.mark.parametrize("pen", [BLUE, RED, GREY])
def test_a_black_mark_between_digits_of_another_pen_is_print(
    pen: tuple[int, ...],
) -> None:
    assert tell(draw_line(pen, BLACK, BLACK)) == [False, False, False, True]


@pytest.mark.parametrize("pen", [BLACK, BLUE, RED, GREY])
def test_a_mark_of_the_pen_stays_with_its_digits(pen: tuple[int, ...]) -> None:
    assert not any(tell(draw_line(pen, pen, BLACK)))


def test_a_paler_mark_of_a_pen_that_is_like_print_stays() -> None:
    assert not any(tell(draw_line(BLACK, GREY, BLACK)))


def test_without_print_beside_it_nothing_is_told() -> None:
    assert not any(tell(draw_line(BLUE, BLACK, None)))


def test_a_line_that_is_all_of_the_ink_of_print_stays() -> None:
    found = draw_line(BLACK, BLUE, BLACK)
    assert not any(tell(found)[:3])


@pytest.mark.parametrize(("mark", "parts"), [(BLACK, 2), (BLUE, 1)])
def test_writing_is_parted_at_print_and_both_parts_are_numbers(
    mark: tuple[int, ...], parts: int
) -> None:
    page, strokes, printed = draw_line(BLUE, mark, BLACK)
    pen, print_ = (
        np.where(layer, 255, 0).astype(np.uint8) for layer in (strokes > 0, printed)
    )
    none = np.zeros_like(pen)
    inks = SeparatedInk(pen, print_, none, none, none)
    found = find_writing(inks, [], 1.0, page)
    assert len(found) == parts
    assert all(field.in_column == (parts > 1) for field in found)
