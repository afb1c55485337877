"""Whole numbers through the real models: drawn, moved, turned, scaled, dirtied."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels, turn
from hypothesis import given, settings
from hypothesis import strategies as st

from formreader import FormReader
from formreader.pages.loading import page_from_array
from formreader.training.drawing.digit_shapes import VARIANTS
from formreader.training.drawing.handwriting import Writer, draw_digit

HEIGHT = 60
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
NUMBERS = st.text("0123456789", min_size=1, max_size=7)


@pytest.fixture(scope="module")
def reader() -> FormReader:
    return FormReader()


def write_number(number: str) -> Pixels:
    """Write a number neatly, with gaps, on white paper."""
    rng = np.random.default_rng(0)
    digits = [draw_digit(int(name), NEAT, rng, HEIGHT) for name in number]
    tallest = max(len(digit) for digit in digits)
    parts = [np.zeros((tallest, 40), np.uint8)]
    for digit in digits:
        top = (tallest - len(digit)) // 2
        below = tallest - len(digit) - top
        parts += [
            np.pad(digit, ((top, below), (0, 0))),
            np.zeros((tallest, 18), np.uint8),
        ]
    ink = np.pad(np.hstack(parts), ((40, 40), (0, 40)))
    return (255 - ink).astype(np.uint8)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(NUMBERS, st.integers(0, 30), st.integers(-15, 15))
def test_a_shift_does_not_change_a_number(
    reader: FormReader, number: str, right: int, down: int
) -> None:
    pixels = write_number(number)
    moved = np.roll(pixels, (down, right), axis=(0, 1))
    assert reader.read_strip(moved).value == reader.read_strip(pixels).value == number


@settings(max_examples=25, deadline=None, derandomize=True)
@given(NUMBERS, st.sampled_from([-2.0, 2.0]), st.sampled_from([0.75, 1.0, 1.25, 1.5]))
def test_a_turn_and_another_scale_do_not_change_a_number(
    reader: FormReader, number: str, angle_deg: float, scale: float
) -> None:
    turned = turn(write_number(number), angle_deg, scale).pixels
    assert reader.read_strip(turned).value == number


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.floats(0, 8))
def test_blank_paper_stays_blank_under_noise(
    reader: FormReader, seed: int, noise: float
) -> None:
    rng = np.random.default_rng(seed)
    paper = 200 + noise * rng.standard_normal((70, 260))
    reading = reader.read_strip(paper.clip(0, 255).astype(np.uint8))
    assert (reading.value, reading.raw) == ("", "")


@pytest.mark.parametrize("mark", [".", "-", ","])
def test_a_mark_between_digits_is_read_with_them(reader: FormReader, mark: str) -> None:
    left, right = write_number("12"), write_number("5")
    height = min(len(left), len(right))
    pixels = np.hstack([left[:height], right[:height]])
    x, base = left.shape[1], 40 + HEIGHT
    if mark == ".":
        cv2.circle(pixels, (x, base - 4), 4, 0, -1)
    elif mark == ",":
        cv2.line(pixels, (x + 3, base - 6), (x - 3, base + 8), 0, 5)
    else:
        cv2.line(pixels, (x - 12, base - 30), (x + 12, base - 30), 0, 6)
    reading = reader.read_strip(pixels)
    assert reading.value == f"12{mark}5"
    assert reading.raw == f"12{mark}5"
    ignoring = FormReader(ignore_marks=True).read_strip(pixels)
    assert ignoring.value == "125"
    assert "separator" not in ignoring.flags


@pytest.mark.parametrize("number", ["2044", "6845", "3058"])
def test_digits_that_touch_are_told_apart(reader: FormReader, number: str) -> None:
    left, right = write_number(number[:2]), write_number(number[2:])
    height = min(len(left), len(right))
    left, right = left[:height, :-40], right[:height, 40:]
    joined = np.full((height, left.shape[1] + right.shape[1] - 22), 255, np.uint8)
    joined[:, : left.shape[1]] = left
    joined[:, left.shape[1] - 22 :] = np.minimum(joined[:, left.shape[1] - 22 :], right)
    # The page as a box of a form, where ink is told from paper without doubt.
    page = np.pad(joined, 60, constant_values=255)
    cv2.rectangle(page, (40, 40), (page.shape[1] - 40, page.shape[0] - 40), 0, 4)
    (field,) = reader.read_page(page_from_array(page, "touching")).fields
    assert field.value == number
