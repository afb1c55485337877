from __future__ import annotations

import cv2
import numpy as np
import pytest

from formreader.geometry import Box
from formreader.layout.cells import Cell, Row
from formreader.layout.chains import join_chains
from formreader.layout.separated_ink import SeparatedInk

SHAPE = (400, 1200)
TOP, HEIGHT = 100, 50

Mask = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def make_row(left: int, *widths: int, gap: int = 3, top: int = TOP) -> Row:
    cells = []
    for width in widths:
        box = Box(left, top, left + width, top + HEIGHT)
        cells.append(Cell(box.corners, box, 3.0))
        left += width + gap
    return Row(cells)


def draw(rows: list[Row], *, written: bool = True) -> dict[str, Mask]:
    """Draw walls around cells, and a stroke into each."""
    layers: dict[str, Mask] = {
        name: np.zeros(SHAPE, np.uint8) for name in ("pen", "print_", "rule")
    }
    for cell in (cell for row in rows for cell in row):
        box = cell.box
        cv2.rectangle(
            layers["rule"],
            (box.left - 2, box.top - 2),
            (box.right + 1, box.bottom + 1),
            (255,),
            2,
        )
        if written:
            x = (box.left + box.right) // 2
            layers["pen"][box.top + 10 : box.bottom - 10, x : x + 4] = 255
    return layers


def join(
    rows: list[Row], layers: dict[str, Mask], marks: Mask | None = None
) -> list[Row]:
    none = np.zeros(SHAPE, np.uint8)
    pen, print_, rule = (layers[name] for name in ("pen", "print_", "rule"))
    inks = SeparatedInk(pen, print_, rule, unsure=none, rest=none)
    faint = np.maximum(layers["pen"], layers["rule"])
    if marks is not None:
        faint = np.maximum(faint, marks)
    return join_chains(rows, inks, faint)


def test_adjoining_boxes_of_uneven_width_are_one_number() -> None:
    rows = [make_row(100, 40, 40, 40), make_row(229, 55), make_row(287, 32, 30)]
    (row,) = join(rows, draw(rows))
    assert len(row) == 6
    assert not row.in_doubt


@pytest.mark.parametrize("side", [12, 4])
def test_groups_with_a_printed_mark_between_are_one_number(side: int) -> None:
    rows = [make_row(100, 40, 40, 40), make_row(265, 40, 40), make_row(387, 40, 40)]
    marks = np.zeros(SHAPE, np.uint8)
    for x in (245, 366):
        marks[122 : 122 + side, x - side // 2 : x + side // 2] = 255
    (row,) = join(rows, draw(rows), marks)
    assert len(row) == 7


def test_groups_with_nothing_between_are_one_number_in_doubt() -> None:
    rows = [make_row(100, 40, 40, 40), make_row(265, 40, 40)]
    (row,) = join(rows, draw(rows))
    assert (len(row), row.in_doubt) == (5, True)


def test_groups_farther_apart_than_a_box_stay_apart() -> None:
    rows = [make_row(100, 40, 40, 40), make_row(300, 40, 40)]
    joined = join(rows, draw(rows))
    assert [len(row) for row in joined] == [3, 2]


def test_a_blank_group_belongs_to_the_number_beside_it() -> None:
    rows = [make_row(100, 40, 40, 40), make_row(265, 40, 40)]
    layers = draw(rows)
    layers["pen"][:, 250:] = 0
    (row,) = join(rows, layers)
    assert (len(row), row.in_doubt) == (5, False)


def test_blank_groups_are_in_no_doubt() -> None:
    rows = [make_row(100, 40, 40, 40), make_row(265, 40, 40)]
    (row,) = join(rows, draw(rows, written=False))
    assert (len(row), row.in_doubt) == (5, False)


def test_a_wall_between_groups_parts_two_numbers() -> None:
    rows = [make_row(100, 40, 40, 40), make_row(265, 40, 40)]
    layers = draw(rows)
    layers["rule"][60:200, 244:247] = 255
    joined = join(rows, layers, layers["rule"])
    assert [(len(row), row.in_doubt) for row in joined] == [(3, False), (2, False)]


def test_a_label_between_groups_parts_two_numbers() -> None:
    rows = [make_row(100, 40, 40, 40), make_row(275, 40, 40)]
    layers = draw(rows)
    for x in (240, 250, 260):
        layers["print_"][110:140, x : x + 6] = 255
    joined = join(rows, layers, layers["print_"])
    assert [(len(row), row.in_doubt) for row in joined] == [(3, False), (2, False)]


def test_a_piece_beside_a_row_that_is_lower_puts_both_in_doubt() -> None:
    rows = [make_row(100, 40, 40, 40), make_row(229, 40, 40, top=TOP + 20)]
    joined = join(rows, draw(rows))
    assert [(len(row), row.in_doubt) for row in joined] == [(3, True), (2, True)]


def test_two_wide_boxes_side_by_side_are_two_numbers() -> None:
    rows = [make_row(100, 180), make_row(283, 180)]
    joined = join(rows, draw(rows))
    assert [(len(row), row.in_doubt) for row in joined] == [(1, False), (1, False)]


def test_two_halves_of_a_comb_are_parted_at_their_teeth() -> None:
    rows = [make_row(100, 97), make_row(200, 97)]
    layers = draw(rows)
    for x in (148, 248):
        layers["rule"][TOP : TOP + 10, x - 1 : x + 2] = 255
        layers["rule"][TOP + HEIGHT - 10 : TOP + HEIGHT, x - 1 : x + 2] = 255
    (row,) = join(rows, layers)
    assert len(row) == 4


def test_digits_printed_into_boxes_are_not_part_of_a_number() -> None:
    rows = [make_row(100, 40, 40, 40), make_row(265, 40, 40)]
    layers = draw(rows)
    layers["print_"][:, 250:] = layers["pen"][:, 250:]
    layers["pen"][:, 250:] = 0
    marks = np.zeros(SHAPE, np.uint8)
    marks[140:146, 243:249] = 255
    joined = join(rows, layers, np.asarray(cv2.max(marks, layers["print_"])))
    assert [len(row) for row in joined] == [3, 2]
