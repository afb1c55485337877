from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from fake_classifier import FakeClassifier

from formreader.acceptance import AcceptancePolicy, accept
from formreader.digits.strikes import find_strike
from formreader.field_reader import FieldReader
from formreader.geometry import Box
from formreader.records import FieldImage, FieldKind, Flag

Ink = npt.NDArray[np.uint8]
Point = tuple[int, int]

SIDE = 80
CELLS = tuple(Box(n * SIDE + 2, 2, (n + 1) * SIDE - 2, SIDE - 2) for n in range(5))


def write(text: str, pitch: int = 45, left: int = 30) -> Ink:
    """Draw digits that stand apart, 46 pixels high, in a box of 600 by 80."""
    ink = np.zeros((SIDE, 600), np.uint8)
    for n, digit in enumerate(text):
        at = (left + n * pitch, 62)
        cv2.putText(ink, digit, at, cv2.FONT_HERSHEY_SIMPLEX, 2, 255, 4)
    return ink


def draw(ink: Ink, points: Sequence[Point]) -> Ink:
    line = [np.array(points, np.int32)]
    return np.asarray(cv2.polylines(ink, line, False, 255, 4), np.uint8)


def box(ink: Ink, kind: FieldKind = FieldKind.BOX) -> FieldImage:
    return FieldImage("number", ink, Box(0, 0, ink.shape[1], SIDE), kind)


def row(ink: Ink) -> FieldImage:
    """Make a row of five boxes; the pen's ink on their walls is gone."""
    ink = np.ascontiguousarray(ink[:, : 5 * SIDE])
    for cell in CELLS:
        ink[:, cell.right : cell.right + 4] = 0
    frame = Box(0, 0, 5 * SIDE, SIDE)
    return FieldImage("number", ink, frame, FieldKind.CELLS, CELLS)


def square(*strokes: Sequence[Point], kind: FieldKind = FieldKind.CELL) -> FieldImage:
    ink = np.zeros((SIDE, SIDE), np.uint8)
    for points in strokes:
        draw(ink, points)
    return box(ink, kind)


DASH = [(15, 40), (65, 38)]
SLASH = [(12, 68), (66, 12)]
CROSS = [(15, 15), (65, 65)], [(15, 65), (65, 15)]


@pytest.mark.parametrize("kind", [FieldKind.CELL, FieldKind.BOX])
@pytest.mark.parametrize("strokes", [(DASH,), (SLASH,), CROSS])
def test_a_lone_dash_slash_or_cross_means_nothing(
    strokes: tuple[Sequence[Point], ...], kind: FieldKind
) -> None:
    strike = find_strike(square(*strokes, kind=kind))
    assert strike is not None
    assert not strike.is_void
    assert strike.rest is None


@pytest.mark.parametrize("lean", [-12, 0, 12, 20])
def test_a_lone_one_is_no_slash(lean: int) -> None:
    assert find_strike(square([(40 - lean, 65), (40 + lean, 15)])) is None


def test_a_stroke_without_a_box_is_not_said_to_be_an_empty_one() -> None:
    assert find_strike(square(DASH, kind=FieldKind.LINE)) is None


@pytest.mark.parametrize("text", ["0123456789", "7777", "4444", "888", "1", "4", "8"])
def test_a_number_is_not_struck_out_by_its_own_strokes(text: str) -> None:
    assert find_strike(box(write(text))) is None
    assert find_strike(row(write(text[:5], SIDE, 15))) is None


@pytest.mark.parametrize("rise", [-40, -20, 0, 20, 40])
def test_a_number_with_a_line_through_it_is_never_accepted(rise: int) -> None:
    ink = draw(write("47293"), [(15, 42 + rise // 2), (270, 42 - rise // 2)])
    [reading] = FieldReader(FakeClassifier("4729347293"), None, 0.9).read([box(ink)])
    assert Flag.STRUCK_OUT in reading.flags
    assert reading.value == ""
    assert set(reading.raw) == {"X"}
    assert accept(reading, AcceptancePolicy(0.0)).needs_review


def test_the_number_beside_a_struck_out_one_is_given_for_review() -> None:
    ink = write("47293") | write("86", left=350)
    field = box(draw(ink, [(15, 44), (270, 40)]))
    strike = find_strike(field)
    assert strike is not None
    assert strike.rest is not None
    assert not strike.rest.ink[:, :300].any()
    assert np.array_equal(strike.rest.ink[:, 330:], field.ink[:, 330:])


def test_several_strokes_strike_one_digit_out() -> None:
    ink = np.zeros((SIDE, 600), np.uint8)
    for middle in (24, 56):
        cv2.circle(ink, (40, middle), 16, 255, 3)
    assert find_strike(box(ink)) is None
    for stroke in ([(20, 24), (60, 24)], [(20, 56), (60, 56)], [(40, 5), (40, 75)]):
        draw(ink, stroke)
    strike = find_strike(box(ink))
    assert strike is not None
    assert strike.is_void


@pytest.mark.parametrize("rise", [0, 30])
def test_a_row_of_boxes_with_a_line_through_it_has_no_number(rise: int) -> None:
    ink = write("47293", SIDE, 15)
    field = row(draw(ink, [(0, 42 + rise // 2), (400, 42 - rise // 2)]))
    [reading] = FieldReader(FakeClassifier("4729347293"), None, 0.9).read([field])
    assert (reading.value, reading.raw) == ("", "XXXXX")
    assert Flag.STRUCK_OUT in reading.flags
    assert Flag.BLANK not in reading.flags


def test_a_line_through_empty_boxes_means_nothing() -> None:
    field = row(draw(np.zeros((SIDE, 400), np.uint8), [(0, 42), (400, 38)]))
    [reading] = FieldReader(FakeClassifier("11111"), None, 0.9).read([field])
    assert (reading.value, reading.raw) == ("", "XXXXX")
    assert Flag.CROSSED_OUT in reading.flags
    assert Flag.STRUCK_OUT not in reading.flags
