from __future__ import annotations

import cv2
import numpy as np
import pytest

from formreader.digits.slashes import find_slashes
from formreader.geometry import Box
from formreader.records import Segment


def stroke(height: int, lean_deg: float) -> Segment:
    """Draw a straight stroke that leans to the right."""
    across = round(height * np.tan(np.radians(lean_deg)))
    ink = np.zeros((height + 20, abs(across) + 20), dtype=np.uint8)
    foot = 10 if across >= 0 else 10 - across
    cv2.line(ink, (foot, height + 10), (foot + across, 10), 255, 4)
    return Segment(ink, Box(0, 0, ink.shape[1], ink.shape[0]))


def number(
    text: str, middle: Segment, lean_deg: float = 5
) -> list[tuple[str, Segment]]:
    """A number of upright strokes around another one."""
    around = [(character, stroke(40, lean_deg)) for character in text]
    half = len(around) // 2
    return [*around[:half], ("1", middle), *around[half:]]


def test_a_tall_leaning_stroke_between_digits_is_a_slash() -> None:
    assert find_slashes(number("1254", stroke(54, 35)))


@pytest.mark.parametrize(
    ("height", "lean_deg", "others_deg"),
    [
        (40, 35, 5),  # no taller than the digits
        (54, 10, 5),  # as upright as they are
        (54, 35, 25),  # they lean as well
        (54, -35, 5),  # to the left
    ],
)
def test_a_one_stands_as_the_other_digits_do(
    height: int, lean_deg: float, others_deg: float
) -> None:
    assert not find_slashes(number("1254", stroke(height, lean_deg), others_deg))


def test_what_is_not_read_as_a_one_is_no_slash() -> None:
    seven = [("7" if c == "1" else c, s) for c, s in number("2254", stroke(54, 35))]
    assert not find_slashes(seven)


def test_the_last_digit_is_no_slash() -> None:
    digits = [("2", stroke(40, 5)), ("5", stroke(40, 5)), ("1", stroke(54, 35))]
    assert not find_slashes(digits)


def test_one_digit_alone_says_nothing() -> None:
    assert not find_slashes([("1", stroke(54, 35))])
    assert not find_slashes([])
