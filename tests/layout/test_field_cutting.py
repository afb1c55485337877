from __future__ import annotations

import numpy as np

from formreader.geometry import Box
from formreader.layout.cells import Cell, Row
from formreader.layout.field_cutting import cut_layer
from formreader.records import read_only

BOX = Box(20, 20, 120, 60)
ROW = Row((Cell(BOX.corners, BOX, 2.0),))


def test_a_page_that_can_change_is_drawn_anew_and_one_that_cannot_once() -> None:
    layer = np.zeros((80, 140), np.uint8)
    layer[30:50, 40:45] = 255
    kept = read_only(layer.copy())
    before, first = (cut_layer(one, ROW, "a").ink.sum() for one in (layer, kept))
    layer[30:50, 80:85] = 255
    assert before == first == cut_layer(kept, ROW, "a").ink.sum()
    assert cut_layer(layer, ROW, "a").ink.sum() == 2 * before


def test_what_was_drawn_of_a_page_is_not_shown_for_another() -> None:
    for count in (1, 2):
        layer = np.zeros((80, 140), np.uint8)
        layer[30:50, 40 : 40 + 5 * count] = 255
        # The second may take the place of the first in memory.
        assert cut_layer(read_only(layer), ROW, "a").ink[30:].any()
        cut = cut_layer(read_only(layer), ROW, "a").ink
        assert np.count_nonzero(cut.any(axis=0)) == 5 * count
