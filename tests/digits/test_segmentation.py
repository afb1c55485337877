from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from drawn_pages import Pixels
from fake_classifier import answer
from hypothesis import given, settings
from hypothesis import strategies as st

from formreader.digits.segmentation import cut_writing, segment_field
from formreader.geometry import Box
from formreader.records import (
    ClassifiedField,
    FieldImage,
    FieldKind,
    FieldSegments,
    Flag,
)

HEIGHT = 80
MARGIN = 30


def empty_field(width: int = 500) -> Pixels:
    return np.zeros((HEIGHT + 2 * MARGIN, width + 2 * MARGIN), dtype=np.uint8)


def as_field(ink: Pixels, cells: int = 0) -> FieldImage:
    width = ink.shape[1] - 2 * MARGIN
    frame = Box(MARGIN, MARGIN, MARGIN + width, MARGIN + HEIGHT)
    step = width // max(cells, 1)
    boxes = tuple(
        Box(MARGIN + i * step, MARGIN, MARGIN + (i + 1) * step, MARGIN + HEIGHT)
        for i in range(cells)
    )
    kind = FieldKind.CELLS if cells else FieldKind.BOX
    return FieldImage("field", ink, frame, kind, boxes)


def bar(ink: Pixels, left: int, top: int, width: int = 20, height: int = 50) -> None:
    ink[MARGIN + top : MARGIN + top + height, MARGIN + left :][:, :width] = 255


def test_each_separate_digit_is_a_segment_from_left_to_right() -> None:
    ink = empty_field()
    for left in (300, 20, 160):
        bar(ink, left, 15)
    found = segment_field(as_field(ink))
    assert [segment.box.left - MARGIN for segment in found.segments] == [20, 160, 300]
    assert not found.flags


def proposed(found: FieldSegments) -> set[tuple[int, int]]:
    """List the columns of all segments, within the field's frame."""
    return {(s.box.left - MARGIN, s.box.right - MARGIN) for s in found.segments}


def test_a_detached_bar_alone_and_with_its_digit_compete() -> None:
    ink = empty_field()
    bar(ink, 100, 25, height=40)  # the body of a 5
    bar(ink, 104, 12, width=26, height=5)  # its bar, lifted
    bar(ink, 200, 15)
    found = segment_field(as_field(ink))
    assert proposed(found) == {(100, 120), (104, 130), (100, 130), (200, 220)}
    both = next(s for s in found.segments if s.last - s.first == 2)
    assert both.box.top == MARGIN + 12


def test_slanted_digits_that_share_columns_can_be_told_apart() -> None:
    ink = empty_field()
    for foot, head in ((100, 130), (122, 152)):
        start, end = (MARGIN + foot, MARGIN + 70), (MARGIN + head, MARGIN + 10)
        cv2.line(ink, start, end, 255, 6)
    found = segment_field(as_field(ink))
    assert found.steps == 2
    assert sum(segment.last - segment.first == 1 for segment in found.segments) == 2


def test_digits_far_apart_do_not_compete() -> None:
    ink = empty_field()
    for left in (20, 160, 300):
        bar(ink, left, 15)
    found = segment_field(as_field(ink))
    assert all(segment.last - segment.first == 1 for segment in found.segments)


def test_a_broad_component_may_be_one_digit_or_two() -> None:
    ink = empty_field()
    cv2.circle(ink, (MARGIN + 60, MARGIN + 40), 24, 255, 5)
    cv2.circle(ink, (MARGIN + 125, MARGIN + 40), 24, 255, 5)
    cv2.line(ink, (MARGIN + 84, MARGIN + 40), (MARGIN + 101, MARGIN + 40), 255, 5)
    found = segment_field(as_field(ink))
    cut = [s for s in found.segments if s.shape is not None and s.shape.cut]
    assert any(abs(s.box.right - MARGIN - 92) <= 12 and s.first == 0 for s in cut)
    assert any(abs(s.box.left - MARGIN - 92) <= 12 for s in cut)


def test_each_cell_has_one_segment_and_blank_cells_none() -> None:
    ink = empty_field(400)
    bar(ink, 110, 10)
    bar(ink, 310, 10)
    bar(ink, 340, 30, width=8)  # a second component in the last cell
    found = segment_field(as_field(ink, cells=4))
    assert [segment.first for segment in found.segments] == [1, 3]


def test_ink_that_leaves_its_cell_goes_to_the_cell_that_holds_most_of_it() -> None:
    ink = empty_field(400)
    bar(ink, 60, 20, width=46, height=6)  # 6 of 46 columns lie in the second cell
    bar(ink, 60, 20, width=12)
    found = segment_field(as_field(ink, cells=4))
    (segment,) = found.segments
    assert segment.first == 0
    assert segment.box.width == 46
    assert not found.flags


def test_ink_across_two_cells_is_cut_at_the_border_and_flagged() -> None:
    ink = empty_field(400)
    bar(ink, 70, 20, width=60)
    found = segment_field(as_field(ink, cells=4))
    assert [segment.first for segment in found.segments] == [0, 1]
    assert Flag.TOUCHING in found.flags


def test_ink_of_a_neighbour_in_the_margin_is_left_out() -> None:
    ink = empty_field()
    bar(ink, 50, -28, height=30)  # the label above reaches in by two rows
    bar(ink, 150, 15)
    assert len(segment_field(as_field(ink)).segments) == 1


def test_writing_that_runs_out_of_the_picture_is_flagged() -> None:
    ink = empty_field()
    ink[MARGIN + 20 :, 200:220] = 255
    assert Flag.CLIPPED in segment_field(as_field(ink)).flags


def test_specks_leave_a_blank_a_blank_but_lower_its_confidence() -> None:
    clean = segment_field(as_field(empty_field()))
    ink = empty_field()
    bar(ink, 100, 40, width=7, height=7)
    specked = segment_field(as_field(ink))
    assert clean.segments == specked.segments == ()
    assert specked.blank_confidence < clean.blank_confidence


def test_a_crowd_of_specks_is_not_taken_for_a_blank() -> None:
    ink = empty_field()
    for left in range(50, 450, 40):
        bar(ink, left, 40, width=6, height=8)
    assert len(segment_field(as_field(ink)).segments) == 10


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_ink_makes_it_fail_and_segments_hold_ink(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ink = empty_field(300)
    for _ in range(rng.integers(0, 12)):
        first, second = rng.integers(0, [ink.shape[1], ink.shape[0]], (2, 2)).tolist()
        cv2.line(ink, first, second, 255, int(rng.integers(1, 7)))
    for cells in (0, 5):
        found = segment_field(as_field(ink, cells))
        for segment in found.segments:
            assert segment.ink.any()
            assert segment.ink.shape == (segment.box.height, segment.box.width)
        owners = [segment.first for segment in found.segments]
        assert cells == 0 or len(set(owners)) == len(owners)


def test_digits_in_cells_are_moved_together_for_the_string_reader() -> None:
    ink = empty_field(400)
    bar(ink, 30, 10)
    bar(ink, 310, 20)
    field = as_field(ink, cells=4)
    cut = segment_field(field)

    def cut_as(*classes: str) -> Pixels | None:
        return cut_writing(ClassifiedField(field, cut, answer(classes)))

    strip = cut_as("1", "7")
    assert strip is not None
    assert strip.shape[0] == 60  # from the top of the one to the bottom of the other
    assert strip.shape[1] < 100
    assert np.count_nonzero(strip) == np.count_nonzero(ink)
    alone = cut_as("1", "crossed")
    assert alone is not None
    assert np.count_nonzero(alone) == np.count_nonzero(strip) / 2
    assert cut_as("other", "crossed") is None


def test_cells_compete_with_and_without_strokes_on_their_lines() -> None:
    ink = empty_field(400)
    bar(ink, 30, 10)
    bar(ink, 310, 20)
    restored = ink.copy()
    bar(restored, 20, 10, width=10)
    field = replace(as_field(ink, cells=4), restored=restored)
    found = segment_field(field)
    assert sorted(segment.first for segment in found.segments) == [0, 0, 3]
    assert found.steps == 4


def test_a_digit_that_hangs_on_a_line_outside_is_cut_off_and_doubted() -> None:
    ink = empty_field()
    ink[MARGIN - 12 : MARGIN - 2] = 255  # the line of a table around
    bar(ink, 200, -4, height=60)
    found = segment_field(as_field(ink, cells=5))
    assert [(s.first, s.box.width) for s in found.segments] == [(2, 20)]
    assert Flag.CLIPPED in found.flags


def test_a_line_just_inside_the_frame_is_no_digit() -> None:
    ink = empty_field()
    ink[:, MARGIN - 12 : MARGIN + 5] = 255
    ink[MARGIN + HEIGHT - 4 :] = 255
    found = segment_field(as_field(ink, cells=5))
    assert not found.segments
    assert not found.flags


def test_what_lines_leave_where_they_meet_is_no_writing() -> None:
    ink = empty_field()
    for x in range(0, 501, 100):
        for y in (0, HEIGHT):
            cv2.circle(ink, (MARGIN + x, MARGIN + y), 3, 255, -1)
    assert not segment_field(as_field(ink, cells=5)).segments


def test_many_specks_in_the_cells_are_writing() -> None:
    ink = empty_field()
    for x in range(30, 80, 8):
        cv2.circle(ink, (MARGIN + x, MARGIN + 40), 2, 255, -1)
    assert segment_field(as_field(ink, cells=5)).segments
