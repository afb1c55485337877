from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from drawn_pages import blank_page, draw_row, fill_row

from formreader import FormReader
from formreader.digits.classification import DigitClassifier
from formreader.orientation.features import SIDES, describe_windows, turn_features
from formreader.orientation.sides import UNSURE, SideFinder, decide_side, weigh_digits
from formreader.orientation.turning import AS_IT_LIES, Side, turn_back
from formreader.orientation.windows import SIDE, cut_marks, cut_windows
from formreader.pages.loading import load_pages, page_from_array
from formreader.readings import PageReading
from formreader.records import PageImage

Pixels = npt.NDArray[np.uint8]

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
LINES = (
    "Please write clearly,",
    "with a dark pen. Thank",
    "you for your help today.",
    "Return the form by post",
    "or bring it to the desk",
    "before the end of June.",
)


def lay(pixels: Pixels, side: Side) -> Pixels:
    """Lay a page so that turning it to `side` makes it upright."""
    turned = np.rot90(pixels, -side.quarter_turns)
    laid = turned[:, ::-1] if side.mirrored else turned
    return np.ascontiguousarray(laid, dtype=np.uint8)


def draw_text(lines: int = len(LINES)) -> Pixels:
    page = blank_page()
    for number, line in enumerate(LINES[:lines]):
        place = 60, 100 + 60 * number
        cv2.putText(page, line, place, cv2.FONT_HERSHEY_COMPLEX, 1.2, 0, 2)
    return page


@cache
def finder() -> SideFinder:
    return SideFinder.load()


def decide(pixels: Pixels) -> tuple[Side, bool]:
    decision = decide_side(pixels, finder(), DigitClassifier.load())
    return decision.side, decision.is_sure


@pytest.mark.parametrize("side", SIDES, ids=str)
def test_features_of_a_turned_window_are_those_of_the_window_reordered(
    side: Side,
) -> None:
    rng = np.random.default_rng(1)
    window = rng.integers(0, 256, (1, SIDE, SIDE), dtype=np.uint8)
    turned = side.turn(window[0])[None]
    expected = turn_features(describe_windows(window))[:, SIDES.index(side)]
    assert np.allclose(describe_windows(turned), expected, atol=0.01)


@pytest.mark.parametrize("side", SIDES, ids=str)
def test_a_few_lines_of_print_tell_which_way_up_a_page_lies(side: Side) -> None:
    assert decide(lay(draw_text(), side)) == (side, True)


@pytest.mark.parametrize("side", SIDES, ids=str)
def test_light_print_on_dark_paper_tells_as_much(side: Side) -> None:
    assert decide(lay(255 - draw_text(), side)) == (side, True)


@pytest.mark.parametrize("side", SIDES[4:], ids=str)
def test_a_line_that_may_be_mirrored_is_never_surely_upright(side: Side) -> None:
    assert decide(lay(draw_text(lines=1), side)) == (AS_IT_LIES, False)


def test_an_empty_page_lies_well() -> None:
    assert decide(blank_page()) == (AS_IT_LIES, True)


def test_a_single_letter_settles_nothing() -> None:
    page = blank_page()
    cv2.putText(page, "R", (200, 200), cv2.FONT_HERSHEY_COMPLEX, 3, 0, 4)
    assert decide(lay(page, Side(2))) == (AS_IT_LIES, False)


@pytest.mark.parametrize("quarter_turns", range(4))
def test_a_page_that_looks_alike_from_all_sides_stays_as_it_lies_and_is_told_of(
    quarter_turns: int,
) -> None:
    page = blank_page()
    draw_row(page, 100, 100, 6)
    for cell in range(6):
        cv2.circle(page, (130 + 60 * cell, 130), 14, 0, 3)
    lying = lay(page, Side(quarter_turns))
    assert decide(lying) == (AS_IT_LIES, False)
    reading = FormReader().read_page(page_from_array(lying, "memory"))
    assert UNSURE in reading.warnings


@pytest.mark.parametrize("quarter_turns", range(4))
def test_two_rows_of_digits_without_any_print_are_enough(quarter_turns: int) -> None:
    page = blank_page()
    fill_row(page, draw_row(page, 100, 100, 6), "357246")
    fill_row(page, draw_row(page, 100, 250, 6), "724953")
    assert decide(lay(page, Side(quarter_turns))) == (Side(quarter_turns), True)


def test_letters_are_no_evidence_of_digits() -> None:
    page = blank_page()
    cv2.putText(page, "MEANWHILE", (60, 100), cv2.FONT_HERSHEY_COMPLEX, 2, 0, 3)
    weights = weigh_digits(cut_marks(page, 64), DigitClassifier.load())
    assert len(cut_marks(page, 64)) == len("MEANWHILE")
    assert not weights.any()


@pytest.mark.parametrize("quarter_turns", range(4))
def test_windows_are_cut_at_the_same_places_from_every_side(quarter_turns: int) -> None:
    page = draw_text()
    side = Side(quarter_turns)
    upright = Counter(window.sum() for window in cut_windows(page, 1000))
    lying = Counter(window.sum() for window in cut_windows(lay(page, side), 1000))
    assert sum((upright & lying).values()) >= 0.7 * sum(upright.values())


@cache
def read_upright(name: str) -> tuple[PageImage, PageReading]:
    page = replace(next(load_pages(SAMPLES / name)), colour=None)
    return page, FormReader().read_page(page)


@pytest.mark.model
@pytest.mark.parametrize("side", SIDES[1:], ids=str)
@pytest.mark.parametrize("name", ["exam-cover-1.jpg", "tally-2.jpg"])
def test_a_sample_is_read_the_same_from_every_side(name: str, side: Side) -> None:
    upright, standing = read_upright(name)
    lying = replace(upright, pixels=lay(upright.pixels, side))
    turned = FormReader().read_page(lying)
    assert standing.warnings == ()
    assert turned.warnings == (side.warning,)
    expected = turn_back(standing.fields, side, lying.pixels.shape)
    for seen, straight in zip(turned.fields, expected, strict=True):
        assert (seen.name, seen.value) == (straight.name, straight.value)
        assert seen.box == straight.box
