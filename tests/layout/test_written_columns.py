"""Print in columns that people write in: drawn digits as blocks of some height."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from formreader.geometry import Box
from formreader.layout.cells import Cell, Row
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.written_columns import claim_columns

CELLS = [Box(20, 20 + 60 * row, 220, 80 + 60 * row) for row in range(6)]
ROWS = [Row((Cell(box.corners, box, 2.0, f"t1_r{box.top:03d}_c01"),)) for box in CELLS]
TYPE = ((30, 20), (30, 20), (30, 20))  # heights, and how far off the lower wall

Mask = npt.NDArray[np.uint8]


def draw_hand(layer: Mask, cell: Box, rng: np.random.Generator) -> None:
    """Draw three digits as a hand does, each of its own height and level."""
    x = cell.left + int(rng.integers(10, 90))
    for _ in range(3):
        tall, off = (int(rng.integers(*limits)) for limits in ((22, 40), (3, 16)))
        layer[cell.bottom - off - tall : cell.bottom - off, x : x + 14] = 255
        x += int(rng.integers(20, 30))


def draw_type(layer: Mask, cell: Box, left: int) -> None:
    """Draw three digits as a machine does."""
    for place, (tall, off) in enumerate(TYPE):
        x = cell.left + left + 20 * place
        layer[cell.bottom - off - tall : cell.bottom - off, x : x + 14] = 255


def part_ink(written: Mask, printed: Mask) -> SeparatedInk:
    """Part a page as the ink network would."""
    none = np.zeros_like(written)
    return SeparatedInk(written, printed, none, none, none, printed)


@pytest.fixture(name="layers")
def make_layers() -> tuple[Mask, Mask]:
    """Make empty layers of the pen and of print."""
    return np.zeros((420, 260), np.uint8), np.zeros((420, 260), np.uint8)


@pytest.mark.parametrize("seed", range(8))
def test_tidy_digits_in_a_column_that_was_written_in_are_the_pens(
    layers: tuple[Mask, Mask], seed: int
) -> None:
    written, printed = layers
    rng = np.random.default_rng(seed)
    for place, cell in enumerate(CELLS):
        draw_hand(printed if place == 2 else written, cell, rng)
    claimed = claim_columns(part_ink(written, printed), ROWS)
    assert np.array_equal(claimed.pen, written | printed)
    assert not claimed.print_.any()
    assert claimed.unsure[printed > 0].all()


@pytest.mark.parametrize("printed_in", [(2,), (0, 3), (1, 5)])
def test_type_stays_print_wherever_it_stands_in_the_cells(
    layers: tuple[Mask, Mask], printed_in: Sequence[int]
) -> None:
    written, printed = layers
    rng = np.random.default_rng(3)
    for place, cell in enumerate(CELLS):
        if place in printed_in:
            draw_type(printed, cell, 10 + 17 * place)
        else:
            draw_hand(written, cell, rng)
    inks = part_ink(written, printed)
    assert claim_columns(inks, ROWS) is inks


def test_a_unit_printed_into_each_cell_stays_print(layers: tuple[Mask, Mask]) -> None:
    written, printed = layers
    rng = np.random.default_rng(5)
    for place, cell in enumerate(CELLS):
        tall = 24 + place % 2 * 8  # two signs of unlike height
        printed[cell.bottom - 10 - tall : cell.bottom - 10, 204:214] = 255
        draw_hand(written, cell, rng)
    inks = part_ink(written, printed)
    assert claim_columns(inks, ROWS) is inks


def test_a_column_of_which_most_is_print_is_left(layers: tuple[Mask, Mask]) -> None:
    written, printed = layers
    rng = np.random.default_rng(7)
    for place, cell in enumerate(CELLS):
        draw_hand(written if place < 2 else printed, cell, rng)
    inks = part_ink(written, printed)
    assert claim_columns(inks, ROWS) is inks
