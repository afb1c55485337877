"""Signs beside drawn digits, told by the network that ships."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from formreader.digits.signs import UnsignedField, lift_signs
from formreader.geometry import Box
from formreader.records import FieldImage, FieldKind
from formreader.training.drawing.digit_shapes import VARIANTS
from formreader.training.drawing.handwriting import Writer, draw_digit
from formreader.training.signs.drawing import draw_sign

Ink = npt.NDArray[np.uint8]
HEIGHT, TOP, LEFT = 48, 30, 90
NEAT = Writer(
    slant=0.05,
    pen_width=0.09,
    size=1.0,
    aspect=1.0,
    roundness=0.7,
    jitter=0.008,
    darkness=1.0,
    habit_seed=0,
    variants=tuple(next(iter(VARIANTS[digit])) for digit in range(10)),
)


def write(text: str) -> tuple[Ink, int]:
    """Write digits from `LEFT` on; gives the ink and where they end."""
    rng = np.random.default_rng(3)
    ink = np.zeros((HEIGHT + 2 * TOP, 2 * LEFT + len(text) * 60), np.uint8)
    x = LEFT
    for name in text:
        digit = draw_digit(int(name), NEAT, rng, HEIGHT)
        left, _, width, _ = cv2.boundingRect(digit)
        ink[TOP : TOP + len(digit), x : x + width] = digit[:, left : left + width]
        x += width + 12
    return np.asarray(ink > 127, np.uint8) * np.uint8(255), x


def stroke(ink: Ink, points: npt.ArrayLike, left: float) -> None:
    """Draw a stroke given in heights of a digit."""
    path = np.round(np.array(points) * HEIGHT + (left, TOP)).astype(np.int32)
    cv2.polylines(ink, [path], False, (255,), 4)


def lift(ink: Ink, kind: FieldKind = FieldKind.BOX) -> UnsignedField:
    frame = Box(2, 2, ink.shape[1] - 2, ink.shape[0] - 2)
    cells = (frame,) if kind is FieldKind.CELLS else ()
    [lifted] = lift_signs([FieldImage("", ink, frame, kind, cells=cells)])
    return lifted


@pytest.mark.parametrize("sign", ["$", "€", "£"])
def test_a_sign_of_currency_before_a_number_is_taken_out(sign: str) -> None:
    ink, _ = write("2358")
    bare = ink.copy()
    for one in draw_sign(sign, np.random.default_rng(5)):
        stroke(ink, one, LEFT - 62)
    lifted = lift(ink)
    assert np.array_equal(lifted.image.ink, bare)
    assert not lifted.is_unsure


@pytest.mark.parametrize("sign", ["€", "%"])
def test_a_sign_behind_a_number_is_taken_out(sign: str) -> None:
    ink, end = write("2358")
    bare = ink.copy()
    for one in draw_sign(sign, np.random.default_rng(2)):
        stroke(ink, one, end + 14)
    assert np.array_equal(lift(ink).image.ink, bare)


def test_a_sign_that_touches_a_digit_is_cut_off_and_the_number_doubted() -> None:
    ink, end = write("2358")
    bare = ink.copy()
    for one in draw_sign("%", np.random.default_rng(2)):
        stroke(ink, one, end - 2)
    cv2.line(ink, (end - 16, TOP + 24), (end + 16, TOP + 20), (255,), 3)
    lifted = lift(ink)
    lost = cv2.subtract(bare, lifted.image.ink)
    assert np.count_nonzero(lost) < 0.05 * np.count_nonzero(bare)
    assert np.count_nonzero(lifted.image.ink) < 1.1 * np.count_nonzero(bare)
    assert lifted.is_unsure


@pytest.mark.parametrize("text", ["2358", "1", "88", "96", "5005", "8640"])
def test_digits_alone_hold_no_sign(text: str) -> None:
    ink, _ = write(text)
    lifted = lift(ink)
    assert np.array_equal(lifted.image.ink, ink)
    assert not (lifted.struck_before or lifted.struck_after)


def test_a_digit_struck_out_before_another_is_taken_out_and_told() -> None:
    ink, _ = write("6")
    bare = ink.copy()
    digit, _ = write("3")
    ink[:, :LEFT] = np.maximum(ink[:, :LEFT], digit[:, 60 : 60 + LEFT])
    for ends in ([(0.0, 0.0), (0.5, 1.0)], [(0.5, 0.0), (0.0, 1.0)]):
        stroke(ink, ends, LEFT - 62)
    lifted = lift(ink)
    assert np.array_equal(lifted.image.ink, bare)
    assert (lifted.struck_before, lifted.struck_after) == (True, False)


def test_boxes_for_a_digit_each_are_left_as_they_are() -> None:
    ink, _ = write("2358")
    for one in draw_sign("$", np.random.default_rng(5)):
        stroke(ink, one, LEFT - 62)
    assert np.array_equal(lift(ink, FieldKind.CELLS).image.ink, ink)


def test_a_sign_alone_is_left_to_the_digits_reader() -> None:
    ink, _ = write("")
    for one in draw_sign("$", np.random.default_rng(5)):
        stroke(ink, one, LEFT - 62)
    assert np.array_equal(lift(ink).image.ink, ink)


def test_of_a_sign_before_another_both_are_taken_out() -> None:
    ink, _ = write("2358")
    bare = ink.copy()
    for left in (LEFT - 84, LEFT - 46):
        for one in draw_sign("$", np.random.default_rng(5)):
            stroke(ink, one, left)
    assert np.array_equal(lift(ink).image.ink, bare)


def test_of_two_signs_beside_each_other_one_is_left_to_read() -> None:
    ink, _ = write("")
    for left in (LEFT - 62, LEFT + 8):
        for one in draw_sign("€", np.random.default_rng(5)):
            stroke(ink, one, left)
    assert lift(ink).image.ink.any()
