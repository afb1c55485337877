"""Marks beside drawn digits, told by the network that ships."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from formreader.digits.components import find_components
from formreader.digits.expected_marks import ExpectedMarks
from formreader.digits.marks import (
    FEATURES,
    describe_components,
    lift_marks,
    load_mark_model,
)
from formreader.geometry import Box
from formreader.records import FieldImage, FieldKind
from formreader.training.drawing.digit_shapes import VARIANTS
from formreader.training.drawing.handwriting import Writer, draw_digit

Ink = npt.NDArray[np.uint8]
HEIGHT, GAP = 48, 26
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
TOP, BASE = 20, 20 + HEIGHT


def write(text: str) -> tuple[Ink, list[int]]:
    """Write digits; gives the ink and the columns between them."""
    rng = np.random.default_rng(3)
    ink = np.zeros((HEIGHT + 50, 40 + len(text) * (HEIGHT + GAP)), np.uint8)
    x, gaps = 30, [14]
    for name in text:
        digit = draw_digit(int(name), NEAT, rng, HEIGHT)
        left, _, width, _ = cv2.boundingRect(digit)
        crop = digit[:, left : left + width]
        ink[TOP : TOP + crop.shape[0], x : x + width] = crop
        x += width + GAP
        gaps.append(x - GAP // 2)
    return np.asarray(ink[:, : x + 10] > 127, np.uint8) * np.uint8(255), gaps


def dot(ink: Ink, x: int) -> None:
    cv2.circle(ink, (x, BASE - 3), 3, (255,), -1)


def comma(ink: Ink, x: int) -> None:
    cv2.line(ink, (x + 2, BASE - 4), (x - 3, BASE + 9), (255,), 4)


def dash(ink: Ink, x: int) -> None:
    cv2.line(ink, (x - 9, BASE - 22), (x + 9, BASE - 23), (255,), 4)


def slash(ink: Ink, x: int) -> None:
    cv2.line(ink, (x + 9, TOP - 6), (x - 9, BASE + 7), (255,), 4)


def colon(ink: Ink, x: int) -> None:
    for y in (BASE - 30, BASE - 5):
        cv2.circle(ink, (x, y), 3, (255,), -1)


def make_field(ink: Ink) -> FieldImage:
    frame = Box(2, 2, ink.shape[1] - 2, ink.shape[0] - 2)
    return FieldImage("", ink, frame, FieldKind.BOX)


@pytest.mark.parametrize(
    ("draw", "character"),
    [(dot, "."), (comma, ","), (dash, "-"), (slash, "/"), (colon, ":")],
)
def test_a_mark_between_digits_is_named_and_lifted(
    draw: Callable[[Ink, int], None], character: str
) -> None:
    ink, gaps = write("2358")
    bare = ink.copy()
    draw(ink, gaps[2])
    lifted = lift_marks(make_field(ink))
    assert [mark.character for mark in lifted.marks] == [character]
    assert np.array_equal(lifted.image.ink, bare)


@pytest.mark.parametrize("draw", [dot, comma, dash, slash])
def test_a_clear_mark_is_no_doubt(draw: Callable[[Ink, int], None]) -> None:
    ink, gaps = write("2358")
    draw(ink, gaps[2])
    assert not lift_marks(make_field(ink)).is_unsure


def test_a_minus_before_the_digits_is_a_mark() -> None:
    ink, gaps = write("605")
    dash(ink, gaps[0])
    assert [mark.character for mark in lift_marks(make_field(ink)).marks] == ["-"]


@pytest.mark.parametrize("place", [0, 3])
def test_a_slash_before_or_behind_the_digits_may_be_a_one(place: int) -> None:
    ink, gaps = write("605")
    slash(ink, gaps[place])
    assert lift_marks(make_field(ink)).marks == ()


@pytest.mark.parametrize("text", ["2358", "1", "117", "40", "9071"])
def test_digits_alone_have_no_marks(text: str) -> None:
    ink, _ = write(text)
    field = make_field(ink)
    lifted = lift_marks(field)
    assert lifted.marks == ()
    assert lifted.image is field


def test_a_dash_alone_is_left_to_the_digits_reader() -> None:
    ink = np.zeros((80, 120), np.uint8)
    dash(ink, 60)
    assert lift_marks(make_field(ink)).marks == ()


def test_dirt_smaller_than_the_pen_is_no_point() -> None:
    ink, gaps = write("24")
    ink[30:32, gaps[1] : gaps[1] + 2] = 255
    lifted = lift_marks(make_field(ink))
    assert lifted.marks == ()
    assert not lifted.is_unsure


def test_descriptions_do_not_depend_on_the_size() -> None:
    ink, gaps = write("236")
    comma(ink, gaps[2])
    large = np.repeat(np.repeat(ink, 3, axis=0), 3, axis=1)
    small, big = (
        describe_components(find_components(make_field(i))[0]) for i in (ink, large)
    )
    assert small.shape == big.shape == (4, FEATURES)
    assert np.abs(small - big).max() < 0.2


def test_a_model_whose_layers_do_not_fit_is_refused() -> None:
    model = load_mark_model()
    with pytest.raises(ValueError, match="fit together"):
        replace(model, layers=model.layers[1:])
    with pytest.raises(ValueError, match="not positive"):
        replace(model, deviation=(0.0, *model.deviation[1:]))


def test_marks_that_a_field_does_not_hold_are_digits() -> None:
    ink, gaps = write("2358")
    slash(ink, gaps[2])
    numbers = ExpectedMarks((".,", "-"))
    assert lift_marks(make_field(ink), expected=numbers).marks == ()


def test_a_date_takes_its_likeliest_strokes_for_its_marks() -> None:
    digit, slash_, doubtful = (
        [0, 0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0.9, 0, 0.1, 0],
        [0, 0, 0, 0.2, 0, 0.8, 0],
    )
    rows = np.array([digit, doubtful, digit, slash_, digit])
    alone = ExpectedMarks(("./-",)).choose(rows)
    of_date = ExpectedMarks(("./-",), count=2).choose(rows)
    assert [mark for mark, _ in alone] == ["", "", "", "/", ""]
    assert [mark for mark, _ in of_date] == ["", "/", "", "/", ""]


def test_digits_alone_stay_digits_where_a_date_is_asked_for() -> None:
    rows = np.array([[0, 0, 0, 0.01, 0, 0.99, 0]] * 8)
    chosen = ExpectedMarks(("./-",), count=2).choose(rows)
    assert {mark for mark, _ in chosen} == {""}


def test_there_is_no_doubt_between_marks_that_mean_the_same() -> None:
    rows = np.array([[0.5, 0.45, 0, 0, 0, 0.05, 0]])
    ((_, apart),) = ExpectedMarks().choose(rows)
    ((_, together),) = ExpectedMarks((".,", "-")).choose(rows)
    assert apart == pytest.approx(0.5)
    assert together == pytest.approx(0.95)
