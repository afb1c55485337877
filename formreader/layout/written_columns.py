"""Gives back to the pen what a tidy hand wrote into the columns that people write in.

The ink network looks at each stroke by itself, and takes tidy digits for print. A
column of cells in which others are the pen's was written in, and type would be of one
height and on one level, as no hand keeps to: what varies there was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.cells import Row
from formreader.layout.printed_fields import find_columns
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.layout.strokes import Strokes, find_strokes
from formreader.records import FieldKind

__all__ = ["claim_columns"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.uint8]

_COLUMNS = SETTINGS.written_columns


def claim_columns(inks: SeparatedInk, rows: Sequence[Row]) -> SeparatedInk:
    """Give what is called print in columns that were written in to the pen.

    Args:
        inks: The ink of the page by whose it is.
        rows: The cells of its fields.

    Returns:
        The ink; of what was given back it is not known whether the pen left it.
    """
    boxes = [row[0].box if row.kind is not FieldKind.CELLS else None for row in rows]
    columns = [
        [box for box in (boxes[place] for place in column) if box is not None]
        for column in find_columns(boxes)
        if len(column) >= _COLUMNS.fewest
    ]
    if not columns:
        return inks
    pen, printed = find_strokes(inks.pen), find_strokes(inks.print_)
    claimed = [_claim(cells, pen, printed) for cells in columns]
    chosen = np.concatenate(claimed)
    if not len(chosen):
        return inks
    is_chosen = np.zeros(len(printed.boxes) + 1, np.bool_)
    is_chosen[chosen + 1] = True
    return _give(inks, np.where(is_chosen[printed.labels], 255, 0).astype(np.uint8))


def _give(inks: SeparatedInk, given: Mask) -> SeparatedInk:
    """Give some print, (H, W) uint8, 255 = it, to the pen."""
    share = inks.print_share
    if share is not None:
        halved = (_COLUMNS.print_left * share).astype(np.uint8)
        share = np.where(given > 0, halved, share).astype(np.uint8)
    return replace(
        inks,
        pen=np.asarray(cv2.max(inks.pen, given), np.uint8),
        print_=np.asarray(cv2.subtract(inks.print_, given), np.uint8),
        unsure=np.asarray(cv2.max(inks.unsure, given), np.uint8),
        print_share=share,
    )


@dataclass(frozen=True, eq=False)
class _Characters:
    """What is as high as a digit in the cells of a column.

    Attributes:
        strokes: (N,) the position of each among the strokes of its ink.
        cells: (N,) the cell that it stands in.
        places: (N, 4) its left, right and bottom sides, as they lie off the left, right
            and lower wall of its cell, and its height.
        areas: (N,) pixels of each.
    """

    strokes: npt.NDArray[np.intp]
    cells: npt.NDArray[np.intp]
    places: Floats
    areas: npt.NDArray[np.int64]

    @property
    def heights(self) -> Floats:
        """(N,) the height of each."""
        return np.asarray(self.places[:, 3])


def _find_characters(cells: Sequence[Box], strokes: Strokes) -> _Characters:
    """Find what is as high as a digit in the cells of a column."""
    left, top, right, bottom = strokes.boxes.T
    x, y, tall = (left + right) / 2, (top + bottom) / 2, bottom - top
    found, owners, places = [], [], []
    for number, cell in enumerate(cells):
        inside = (cell.left < x) & (x < cell.right) & (cell.top < y) & (y < cell.bottom)
        inside &= _COLUMNS.least_digit * cell.height <= tall
        inside &= (tall <= cell.height) & (right - left <= cell.width)
        chosen = np.flatnonzero(inside)
        found.append(chosen)
        owners.append(np.full_like(chosen, number))
        sides = np.array([cell.left, cell.right, cell.bottom])
        places.append(
            np.column_stack([strokes.boxes[chosen][:, [0, 2, 3]] - sides, tall[chosen]])
        )
    every = np.concatenate(found)
    return _Characters(
        every,
        np.concatenate(owners),
        np.concatenate(places),
        strokes.areas[every],
    )


def _claim(
    cells: Sequence[Box], pen: Strokes, printed: Strokes
) -> npt.NDArray[np.intp]:
    """Say which strokes that are called print were written into a column.

    Args:
        cells: Of the column.
        pen: The pen's strokes on the page.
        printed: Those that are called print.

    Returns:
        Their positions among the latter; none where the column may be printed.
    """
    own, other = _find_characters(cells, pen), _find_characters(cells, printed)
    if not len(other.strokes) or not _is_written(own, other, len(cells)):
        return np.array([], np.intp)
    low, high = np.array(_COLUMNS.like_height) * np.median(own.heights)
    free = ~_find_repeated(other)
    free &= (low <= other.heights) & (other.heights <= high)
    if _measure_likeness(other.places[free]) > _COLUMNS.most_alike:
        return np.array([], np.intp)
    return np.asarray(other.strokes[free])


def _is_written(own: _Characters, other: _Characters, count: int) -> bool:
    """Tell whether most cells of a column, and most of its ink, are the pen's.

    Args:
        own: What the pen left in it.
        other: What is called print.
        count: Cells in the column.
    """
    if len(np.unique(own.cells)) < _COLUMNS.fewest:
        return False
    areas = [np.bincount(one.cells, one.areas, count) for one in (own, other)]
    inked = areas[0] + areas[1] > 0
    of_pen = areas[0] >= _COLUMNS.least_pen * (areas[0] + areas[1])
    total = [float(area.sum()) for area in areas]
    is_most = total[0] >= _COLUMNS.least_pen * sum(total)
    return bool(is_most and of_pen[inked].mean() >= _COLUMNS.least_cells)


def _find_repeated(characters: _Characters) -> npt.NDArray[np.bool_]:
    """Tell what stands at the same place of several cells: it is part of the form."""
    places, cells = characters.places, characters.cells
    slack = _slack_of(characters.heights)[:, None]
    away = np.abs(places[:, None] - places[None])
    same = np.minimum(away[..., 0], away[..., 1]) <= slack
    same &= (away[..., 2] <= slack) & (away[..., 3] <= slack)
    same &= cells[:, None] != cells[None]
    return np.asarray(np.count_nonzero(same, axis=1) >= _COLUMNS.repeated)


def _measure_likeness(places: Floats) -> float:
    """Measure how many pairs of characters are of one height and level, in [0, 1]."""
    count = len(places)
    if count < 2:
        return 0.0
    slack = _slack_of(places[:, 3])[:, None]
    away = np.abs(places[:, None] - places[None])
    alike = (away[..., 2] <= slack) & (away[..., 3] <= slack)
    return float((np.count_nonzero(alike) - count) / (count * (count - 1)))


def _slack_of(heights: Floats) -> Floats:
    """Say by how many pixels type of some heights lies off its place."""
    return np.asarray(_COLUMNS.slack_px + _COLUMNS.slack * heights)
