from __future__ import annotations

import pytest

from formreader.geometry import Box
from formreader.loose_pieces import doubt_pieces
from formreader.readings import DigitReading, FieldReading
from formreader.records import FieldKind, Flag


def read(left: int, kind: FieldKind) -> FieldReading:
    digits = (DigitReading("7", 0.99),)
    box = Box(left, 100, left + 80, 140)
    return FieldReading("a", "7", 0.99, (), digits, box, box.corners, kind)


BOXES = read(100, FieldKind.CELLS)


def test_writing_right_beside_a_row_of_boxes_puts_both_in_doubt() -> None:
    near, far = read(190, FieldKind.PLAIN), read(400, FieldKind.PLAIN)
    marked = [Flag.CLIPPED in one.flags for one in doubt_pieces([BOXES, near, far])]
    assert marked == [True, True, False]


def test_ink_that_was_not_read_may_be_a_part_of_a_number() -> None:
    unread = FieldReading.of_unread_ink(Box(190, 100, 230, 140))
    assert Flag.CLIPPED in doubt_pieces([BOXES, unread])[0].flags


@pytest.mark.parametrize("kind", [FieldKind.CELLS, FieldKind.CELL])
def test_boxes_beside_boxes_are_fields_of_their_own(kind: FieldKind) -> None:
    other = read(190, kind)
    assert doubt_pieces([BOXES, other]) == [BOXES, other]
