from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from formreader.geometry import Box
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.writing import find_writing
from formreader.records import FieldImage, FieldKind, Print

WIDTH, HEIGHT = 600, 300
TALL = 30  # of a digit, as the ink network sees one
Mask = npt.NDArray[np.uint8]


def empty() -> Mask:
    return np.zeros((HEIGHT, WIDTH), np.uint8)


def write(layer: Mask, left: int, top: int, count: int = 1, gap: int = 8) -> int:
    """Write zeros side by side; gives where the last of them ends."""
    for _ in range(count):
        cv2.ellipse(
            layer, (left + 9, top + TALL // 2), (9, TALL // 2), 0, 0, 360, 255, 3
        )
        left += 18 + gap
    return left - gap


def separate(
    pen: Mask,
    rule: Mask | None = None,
    print_: Mask | None = None,
    unsure: Mask | None = None,
) -> SeparatedInk:
    given = (print_, rule, unsure, None)
    return SeparatedInk(pen, *[empty() if one is None else one for one in given])


def find(inks: SeparatedInk, *fields: FieldImage) -> list[FieldImage]:
    return find_writing(inks, fields, 1.0)


def make_field(box: Box) -> FieldImage:
    place = np.array([[1, 0, box.left], [0, 1, box.top], [0, 0, 1]], np.float64)
    frame = Box(0, 0, box.width, box.height)
    ink = np.zeros((box.height, box.width), np.uint8)
    return FieldImage("", ink, frame, FieldKind.BOX, to_page=place)


def test_strokes_side_by_side_are_one_line_where_they_stand() -> None:
    pen = empty()
    end = write(pen, 100, 120, 4)
    [line] = find(separate(pen))
    assert line.kind is FieldKind.PLAIN
    assert abs(line.box.left - 98) <= 2
    assert abs(line.box.right - end) <= 3
    assert abs(line.box.height - TALL) <= 5


def test_strokes_on_two_levels_are_two_lines() -> None:
    pen = empty()
    write(pen, 100, 60, 3)
    write(pen, 100, 110, 3)
    assert len(find(separate(pen))) == 2


def test_a_dash_holds_together_what_stands_on_both_its_sides() -> None:
    pen = empty()
    end = write(pen, 100, 120, 2)
    write(pen, end + 28, 120, 2)
    assert len(find(separate(pen))) == 2
    cv2.line(pen, (end + 8, 135), (end + 20, 135), 255, 3)
    assert len(find(separate(pen))) == 1


def test_what_stands_in_a_field_is_its_own() -> None:
    pen = empty()
    write(pen, 100, 120, 3)
    assert find(separate(pen), make_field(Box(90, 110, 300, 160))) == []


def test_a_line_of_the_form_below_makes_it_a_line_to_write_on() -> None:
    pen, rule = empty(), empty()
    write(pen, 100, 120, 3)
    cv2.line(rule, (60, 155), (400, 155), 255, 2)
    [line] = find(separate(pen, rule))
    assert line.kind is FieldKind.LINE


def test_a_digit_at_one_end_of_a_short_line_stands_on_it() -> None:
    pen, rule = empty(), empty()
    write(pen, 100, 120)
    cv2.line(rule, (116, 149), (220, 149), 255, 2)  # hidden by the pen below the digit
    [line] = find(separate(pen, rule))
    assert line.kind is FieldKind.LINE


@pytest.mark.parametrize(
    ("ends", "expected"), [((220,) * 3, True), ((220, 330), False)]
)
def test_short_lines_of_one_length_below_each_other_are_a_column(
    ends: tuple[int, ...], expected: bool
) -> None:
    pen, rule = empty(), empty()
    for row, end in enumerate(ends):
        top = 40 + 60 * row
        write(pen, 100, top)
        cv2.line(rule, (116, top + 29), (end, top + 29), 255, 2)
    found = find(separate(pen, rule))
    assert [line.in_column for line in found] == [expected] * len(ends)


def test_a_line_that_ends_at_the_digit_is_none_to_write_on() -> None:
    pen, rule = empty(), empty()
    write(pen, 100, 120)
    cv2.line(rule, (101, 149), (117, 149), 255, 2)
    [line] = find(separate(pen, rule))
    assert line.kind is FieldKind.PLAIN


@pytest.mark.parametrize(("start", "doubt"), [(100, Print.NO), (70, Print.PERHAPS)])
def test_print_before_a_short_line_is_its_label(start: int, doubt: Print) -> None:
    pen, rule, print_ = empty(), empty(), empty()
    write(pen, 100, 120)
    write(print_, 75, 120)
    cv2.line(rule, (start, 149), (220, 149), 255, 2)
    [line] = find(separate(pen, rule, print_))
    assert line.print_like is doubt


def test_a_stroke_that_was_not_taken_in_makes_both_sides_doubtful() -> None:
    pen = empty()
    end = write(pen, 100, 120, 3)
    write(pen, end + 28, 120)
    lines = find(separate(pen))
    assert [line.writing_beside for line in lines] == [True, True]


def test_a_dash_beside_that_leads_nowhere_is_reason_for_doubt() -> None:
    pen = empty()
    end = write(pen, 100, 120, 3)
    cv2.line(pen, (end + 22, 135), (end + 34, 135), 255, 3)
    [line] = find(separate(pen))
    assert line.writing_beside


def test_writing_far_away_is_no_reason_for_doubt() -> None:
    pen = empty()
    end = write(pen, 100, 120, 3)
    write(pen, end + 120, 120, 3)
    lines = find(separate(pen))
    assert [line.writing_beside for line in lines] == [False, False]


def test_a_doubtful_stroke_amid_print_looks_like_words() -> None:
    pen, print_ = empty(), empty()
    write(pen, 200, 120)
    write(print_, 226, 120, 5)
    [line] = find(separate(pen, print_=print_, unsure=pen.copy()))
    assert line.print_like is Print.WORDS


def test_clear_writing_beside_print_is_only_doubted() -> None:
    pen, print_ = empty(), empty()
    write(pen, 200, 120, 3)
    write(print_, 175, 120)
    [line] = find(separate(pen, print_=print_))
    assert line.print_like is Print.PERHAPS


@pytest.mark.parametrize("angle", [-12.0, 7.0])
def test_a_line_on_a_page_that_lies_askew_is_cut_out_level(angle: float) -> None:
    pen, rule = empty(), empty()
    write(pen, 200, 120, 6)
    cv2.line(rule, (100, 160), (500, 160), 255, 2)
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), angle, 1.0)
    pen, rule = (
        np.asarray(cv2.warpAffine(layer, turn, (WIDTH, HEIGHT)), np.uint8)
        for layer in (pen, rule)
    )
    [line] = find(separate(pen, rule))
    assert line.kind is FieldKind.LINE
    assert abs(line.frame.height / (line.frame.width / 148) - TALL) <= 6
    middle = line.outline.mean(axis=0)
    expected = turn @ np.array([274.0, 135.0, 1.0])
    assert np.abs(middle - expected).max() < 4


def test_small_writing_is_enlarged_and_its_place_is_kept() -> None:
    pen = empty()
    for left in (100, 110, 120):
        cv2.rectangle(pen, (left, 50), (left + 5, 61), 255, 2)
    [line] = find(separate(pen))
    assert line.frame.height >= 48
    assert abs(line.box.left - 99) <= 2
    assert line.box.height <= 16


def test_a_page_without_writing_has_no_line() -> None:
    assert find(separate(empty())) == []
