from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from formreader.geometry import Box
from formreader.layout.printed_fields import drop_printed
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.trace import LayoutTrace, Reason
from formreader.records import FieldImage, FieldKind, Print

SHAPE = (900, 400)
HIGH, WIDE, MARGIN = 40, 80, 10


def make_page(
    shares: Sequence[float | None], kind: FieldKind = FieldKind.BOX, pitch: int = 44
) -> tuple[SeparatedInk, list[FieldImage]]:
    """Make fields below each other, whose ink is print by so much; None is blank."""
    print_share, fields = np.zeros(SHAPE, np.uint8), []
    for number, share in enumerate(shares):
        left, top = 60, 20 + pitch * number
        to_page = np.array([[1.0, 0, left - MARGIN], [0, 1, top - MARGIN], [0, 0, 1]])
        ink = np.zeros((HIGH + 2 * MARGIN, WIDE + 2 * MARGIN), np.uint8)
        if share is not None:
            ink[20:45, 30:50] = 255
            rows = slice(top - MARGIN + 20, top - MARGIN + 45)
            print_share[rows, left + 20 : left + 40] = round(255 * share)
        frame = Box(MARGIN, MARGIN, MARGIN + WIDE, MARGIN + HIGH)
        cells = (frame,) if kind is FieldKind.CELLS else ()
        fields.append(FieldImage(str(number), ink, frame, kind, cells, to_page))
    none = np.zeros(SHAPE, np.uint8)
    return SeparatedInk(none, none, none, none, none, print_share), fields


def judge(
    shares: Sequence[float | None], kind: FieldKind = FieldKind.BOX, pitch: int = 44
) -> dict[str, Print]:
    inks, fields = make_page(shares, kind, pitch)
    return {field.name: field.print_like for field in drop_printed(inks, fields)}


def test_a_box_whose_ink_is_print_is_left_out_and_it_is_said() -> None:
    trace = LayoutTrace()
    inks, fields = make_page([0.97])
    assert drop_printed(inks, fields, trace) == []
    assert [box.reason for box in trace.dropped] == [Reason.PRINT]


def test_a_row_of_boxes_stays_with_doubt() -> None:
    assert judge([0.97], FieldKind.CELLS) == {"0": Print.PERHAPS}


def test_the_pen_alone_is_no_doubt_and_a_blank_box_neither() -> None:
    assert judge([0.1, None]) == {"0": Print.NO, "1": Print.NO}


def test_what_is_more_print_than_pen_must_read_clearly() -> None:
    assert judge([0.8]) == {"0": Print.LIKELY}


def test_a_column_that_may_be_print_is_doubted_as_a_whole() -> None:
    doubted = judge([0.45, 0.5, 0.4, 0.8])
    assert set(doubted.values()) == {Print.PERHAPS}
    assert len(doubted) == 4


def test_a_column_that_was_written_bears_with_one_tidy_number() -> None:
    seen = judge([0.05, 0.1, 0.8, 0.04, 0.08])
    assert seen.pop("2") is Print.PERHAPS
    assert set(seen.values()) == {Print.NO}


def test_the_share_of_print_is_that_of_the_column_if_no_row_is_the_pens() -> None:
    for shares, least in (([0.2, 0.6, 0.7, 0.5], 0.5), ([0.02, 0.6, 0.7, 0.5], 0.0)):
        first, *_ = drop_printed(*make_page(shares))
        assert first.print_share is not None
        assert least <= first.print_share <= least + 0.05


def test_boxes_far_apart_are_no_column() -> None:
    assert set(judge([0.3, 0.5, 0.25, 0.5], pitch=150).values()) == {Print.NO}


def test_without_shares_of_print_nothing_is_left_out() -> None:
    inks, fields = make_page([0.97])
    bare = SeparatedInk(inks.pen, inks.print_, inks.rule, inks.unsure, inks.rest)
    assert drop_printed(bare, fields) == fields
