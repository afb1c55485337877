from __future__ import annotations

import cv2
import numpy as np
import pytest

from formreader.forms.crossings import mark_crossing
from formreader.geometry import Box
from formreader.records import FieldImage, FieldKind


def make_field(*digits: tuple[str, int, int]) -> FieldImage:
    """Draw digits by their left side and base line; the frame is 40 to 260."""
    ink = np.zeros((120, 300), np.uint8)
    for text, left, base in digits:
        cv2.putText(ink, text, (left, base), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (255,), 4)
    return FieldImage("sum", ink, Box(40, 20, 260, 100), FieldKind.BOX)


WRITTEN = (("5", 170, 80), ("8", 205, 80))


@pytest.mark.parametrize("left", [250, 254])
def test_a_digit_across_the_wall_beside_the_others_goes_on(left: int) -> None:
    assert mark_crossing(make_field(*WRITTEN, ("6", left, 80))).writing_beside


def test_a_digit_of_the_neighbour_is_no_doubt() -> None:
    assert not mark_crossing(make_field(*WRITTEN, ("6", 268, 80))).writing_beside


def test_what_crosses_the_wall_on_another_line_is_the_neighbours() -> None:
    field = make_field(*WRITTEN, ("6", 246, 124))
    assert not mark_crossing(field).writing_beside


def test_what_crosses_the_wall_far_from_the_number_is_the_neighbours() -> None:
    field = make_field(("5", 60, 80), ("6", 246, 80))
    assert not mark_crossing(field).writing_beside


def test_a_blank_field_has_no_number_that_goes_on() -> None:
    assert not mark_crossing(make_field(("6", 246, 80))).writing_beside
