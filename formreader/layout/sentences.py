"""Leaves cells that hold a sentence with gaps to be found as lines of writing.

"from 03/04/2020 to 05/04/2020" in one box is two numbers with print between them. The
box is no field; each number is one, and a line of writing.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from formreader.geometry import side_lengths
from formreader.layout.cells import Row
from formreader.layout.field_cutting import cut_layer
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.layout.strokes import find_strokes

__all__ = ["drop_sentences"]

_SENTENCES = SETTINGS.sentences

Floats = npt.NDArray[np.float64]


def drop_sentences(rows: list[Row], inks: SeparatedInk) -> list[Row]:
    """Leave out the cells in which words are printed between what was written.

    Args:
        rows: Rows of boxes and single cells.
        inks: The ink of the page by whose it is.

    Returns:
        The other rows, in the same order.
    """
    return [row for row in rows if len(row) > 1 or not _is_sentence(row, inks)]


def _is_sentence(row: Row, inks: SeparatedInk) -> bool:
    """Tell whether a word is printed between two strokes of the pen.

    Digits that are called print are as high as those of the pen; words are lower.
    """
    width, height = side_lengths(row.outline)
    if width < _SENTENCES.widest_number * height:
        return False
    written = _list_inside(row, inks.pen)
    printed = _list_inside(row, inks.print_)
    if len(written) < 2 or not len(printed):
        return False
    tall = written[:, 3] - written[:, 1]
    digits = written[tall >= _SENTENCES.like_height * tall.max()]
    usual = float(np.median(digits[:, 3] - digits[:, 1]))
    digits = digits[np.argsort(digits[:, 0])]
    return any(
        _measure_words(printed, before, after, usual) >= _SENTENCES.least_word * usual
        for before, after in pairwise(digits)
    )


def _list_inside(row: Row, layer: npt.NDArray[np.uint8]) -> Floats:
    """List the boxes (N, 4) of what lies in a cell."""
    cut = cut_layer(layer, row, "")
    boxes = find_strokes(cut.ink).boxes
    frame = cut.frame
    x, y = boxes[:, [0, 2]].mean(axis=1), boxes[:, [1, 3]].mean(axis=1)
    inside = (x > frame.left) & (x < frame.right) & (y > frame.top)
    return np.asarray(boxes[inside & (y < frame.bottom)], np.float64)


def _measure_words(
    printed: Floats, before: Floats, after: Floats, usual: float
) -> float:
    """Measure the width of the letters between two strokes, on their level."""
    left, top, right, bottom = printed.T
    low, high = (share * usual for share in _SENTENCES.letter)
    tall, middle = bottom - top, (top + bottom) / 2
    between = (left >= before[2]) & (right <= after[0])
    level = (middle > min(before[1], after[1])) & (middle < max(before[3], after[3]))
    chosen = between & level & (low <= tall) & (tall <= high)
    return float((right - left)[chosen].sum())
