"""Tells rows of boxes for one digit each from the rows of a table.

Cells of one size that adjoin are a number with a digit in each box, or cells of a table
with a number in each. What stands in them tells: where cells of a block hold several
digits side by side, its cells are fields of their own.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from formreader.layout.cells import Cell, Row
from formreader.layout.settings import SETTINGS
from formreader.records import FieldKind

__all__ = ["part_at_gaps", "part_tables"]

_TABLES = SETTINGS.tables


def part_tables(rows: list[Row], pen: npt.NDArray[np.uint8]) -> list[Row]:
    """Part rows of cells that hold a number each into fields of one cell.

    Args:
        rows: Rows of cells, in any order.
        pen: (H, W) uint8, 255 = ink of the pen.

    Returns:
        The rows in the same order, those of tables in pieces of one cell.
    """
    blocks = _find_blocks(rows)
    characters = _find_characters(pen)
    parted: set[int] = set()
    for block in blocks:
        counts = [
            _count_side_by_side(cell, characters) for i in block for cell in rows[i]
        ]
        filled = [count for count in counts if count]
        several = [count for count in filled if count > 1]
        if len(several) >= _TABLES.fewest and len(several) >= _TABLES.share * len(
            filled
        ):
            parted.update(block)
    return [
        part
        for index, row in enumerate(rows)
        for part in ([Row((cell,)) for cell in row] if index in parted else [row])
    ]


def part_at_gaps(rows: list[Row]) -> list[Row]:
    """Part rows of boxes where they stand further apart than within a number.

    Args:
        rows: Rows of cells, each from left to right.

    Returns:
        The rows in the same order, in pieces where a gap is wider than others.
    """
    return [part for row in rows for part in _part_row(row)]


def _part_row(row: Row) -> list[Row]:
    if len(row) < _TABLES.shortest:
        return [row]
    gaps = [
        float(np.hypot(*(right.corners[0] - left.corners[1])))
        for left, right in pairwise(row)
    ]
    width = float(np.median([cell.upright.width for cell in row]))
    limit = max(_TABLES.wider * min(gaps), _TABLES.least_gap * width)
    ends = [index + 1 for index, gap in enumerate(gaps) if gap > limit]
    places = pairwise([0, *ends, len(row)])
    return [Row(row[first:last]) for first, last in places]


def _find_blocks(rows: list[Row]) -> list[list[int]]:
    """Group rows of cells that stand right above one another, by place in the list."""
    joined = {
        index: [index] for index, row in enumerate(rows) if row.kind is FieldKind.CELLS
    }
    ordered = sorted(joined)
    for one in ordered:
        for other in ordered:
            if other > one and _are_stacked(rows[one], rows[other]):
                if joined[one] is joined[other]:
                    continue
                joined[one] += joined[other]
                for index in joined[other]:
                    joined[index] = joined[one]
    return list({id(block): block for block in joined.values()}.values())


def _are_stacked(one: Row, other: Row) -> bool:
    """Tell whether one row of cells stands right below another, cell below cell."""
    if one.outline[0, 1] > other.outline[0, 1]:
        one, other = other, one
    upper, lower = one.outline, other.outline
    height = max(1.0, float(upper[3, 1] - upper[0, 1]))
    width = float(upper[1, 0] - upper[0, 0]) / len(one)
    near = abs(lower[0, 1] - upper[3, 1]) < _TABLES.slack * height
    starts = (lower[0, 0] - upper[3, 0]) / max(1.0, width)
    aligned = abs(starts - round(starts)) < _TABLES.slack
    overlap = min(lower[1, 0], upper[1, 0]) - max(lower[0, 0], upper[0, 0])
    return bool(near and aligned and overlap > width / 2)


def _find_characters(pen: npt.NDArray[np.uint8]) -> npt.NDArray[np.int_]:
    """List left, top, width and height of the connected components, as (N, 4)."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(pen, connectivity=8)
    return np.asarray(stats[1:, :4], dtype=np.int_)


def _count_side_by_side(cell: Cell, characters: npt.NDArray[np.int_]) -> int:
    """Count what stands side by side in a cell and is as high as a digit."""
    box = cell.box
    left, top, width, height = characters.T
    x, y = left + width / 2, top + height / 2
    inside = (box.left < x) & (x < box.right) & (box.top < y) & (y < box.bottom)
    inside &= height >= _TABLES.least_digit * box.height
    count, end = 0, -1
    for index in np.flatnonzero(inside)[np.argsort(left[inside])]:
        if left[index] > end:
            count += 1
        end = max(end, int(left[index] + width[index]))
    return count
