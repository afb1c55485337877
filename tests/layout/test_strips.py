from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels

from formreader.layout.strips import cut_strip, measure_darkness
from formreader.pages.loading import page_from_array
from formreader.records import FieldKind


def patterned(height: int = 60, width: int = 240, paper: int = 190) -> Pixels:
    """Paper with slanted hair lines and a shadow from left to right."""
    rows, columns = np.indices((height, width))
    grey = paper - 40 * columns / width - 14 * ((columns + 2 * rows) % 9 < 2)
    return grey.astype(np.uint8)


def write(pixels: Pixels, grey: int = 60) -> Pixels:
    """Write two strokes; returns where."""
    marks = np.zeros_like(pixels)
    cv2.circle(marks, (70, 30), 16, 255, 4)
    cv2.line(marks, (160, 12), (150, 48), 255, 4)
    pixels[marks > 0] = grey
    return marks


def ink_of(pixels: Pixels) -> Pixels:
    return cut_strip(page_from_array(pixels, "strip"), "amount").ink


@pytest.mark.parametrize("grey", [20, 60, 100])
def test_writing_is_told_from_patterned_paper(grey: int) -> None:
    pixels = patterned()
    marks = write(pixels, grey) > 0
    ink = ink_of(pixels) > 0
    assert np.count_nonzero(ink & marks) > 0.9 * np.count_nonzero(marks)
    far = ~cv2.dilate(marks.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    assert np.count_nonzero(ink & far) < 0.02 * np.count_nonzero(marks)


def test_light_writing_on_dark_is_turned_around() -> None:
    pixels = patterned()
    write(pixels)
    dark, light = ink_of(255 - pixels), ink_of(pixels)
    assert np.mean(dark == light) > 0.99


@pytest.mark.parametrize("noise", [0, 2, 6])
def test_paper_alone_holds_no_ink(noise: int) -> None:
    rng = np.random.default_rng(noise)
    grey = 180 + noise * rng.standard_normal((60, 240))
    assert not ink_of(grey.clip(0, 255).astype(np.uint8)).any()


def test_a_bilevel_strip_is_taken_as_it_is() -> None:
    pixels = np.full((60, 240), 255, np.uint8)
    marks = write(pixels, 0)
    assert np.array_equal(ink_of(pixels), marks)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (4, 4), (700, 900)])
def test_strips_of_any_size_are_measured(shape: tuple[int, int]) -> None:
    pixels = np.full(shape, 200, np.uint8)
    assert measure_darkness(pixels).shape == shape
    assert not ink_of(pixels).any()


def test_the_field_is_the_whole_picture() -> None:
    field = cut_strip(page_from_array(patterned(), "strip"), "amount")
    assert (field.name, field.kind) == ("amount", FieldKind.STRIP)
    assert (field.box.width, field.box.height) == (240, 60)
