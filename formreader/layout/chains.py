"""Joins what is one number: rows of boxes that adjoin, and groups with a mark between.

Pieces that could belong together and are not joined are in doubt: a part of a number
must never pass for the whole.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bounding_box, measure_sides
from formreader.layout.cells import Cell, Row
from formreader.layout.combs import part_at_teeth
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS

__all__ = ["join_chains"]

_CHAINS = SETTINGS.chains

Points = npt.NDArray[np.float64]


def join_chains(rows: list[Row], inks: SeparatedInk) -> list[Row]:
    """Join rows of boxes that are one number, and mark those that may be.

    Args:
        rows: Rows of boxes and single cells, none of a table.
        inks: The ink of the page by whose it is.

    Returns:
        The rows; the cells of those beside which a number may go on are in doubt.
    """
    chain: dict[int, Row] = dict(enumerate(rows))
    doubtful: set[int] = set()
    for left in sorted(chain, key=lambda index: rows[index].outline[0, 0]):
        while left in chain:
            right = _find_next(chain, left)
            if right is None:
                break
            joined = _join(chain[left], chain[right], inks)
            if joined is None:
                if _may_be_one(chain[left], chain[right], inks):
                    doubtful |= {left, right}
                break
            chain[left] = joined
            if right in doubtful:
                doubtful.add(left)
            del chain[right]
    return [
        Row(replace(cell, in_doubt=True) for cell in row) if index in doubtful else row
        for index, row in chain.items()
    ]


def _find_next(chain: dict[int, Row], index: int) -> int | None:
    """Find the row that comes next to the right, at the same level and as high."""
    row = chain[index]
    others = np.array([other for other in chain if other != index])
    if not others.size:
        return None
    outlines = np.array([chain[other].outline for other in others.tolist()])
    height = float(measure_sides(row.outline[None])[0, 1])
    heights = measure_sides(outlines)[:, 1]
    gap = outlines[:, 0, 0] - row.outline[1, 0]
    slack = _CHAINS.slack * height
    near = (gap > -slack) & (gap <= _CHAINS.widest_gap * _typical_width(row))
    near &= np.abs(heights - height) <= _CHAINS.alike * height
    near &= np.abs(outlines[:, 0, 1] - row.outline[1, 1]) <= slack
    near &= np.abs(outlines[:, 3, 1] - row.outline[2, 1]) <= slack
    if not near.any():
        return None
    nearest = np.where(near, gap, np.inf).argmin()
    return int(others[nearest])


def _typical_width(row: Row) -> float:
    """Give the width of a box of a row, but no more than a digit needs."""
    sizes = measure_sides(np.array([cell.corners for cell in row]))
    width, height = np.median(sizes, axis=0)
    return float(min(width, _CHAINS.aspect[1] * height))


def _join(left: Row, right: Row, inks: SeparatedInk) -> Row | None:
    """Join two rows if they are one number for certain."""
    both = Row((*left, *right))
    adjoin = _do_adjoin(left, right)
    widths, heights = measure_sides(np.array([cell.corners for cell in both])).T
    low, high = _CHAINS.aspect
    shaped = bool(((low * heights <= widths) & (widths <= high * heights)).all())
    uneven = float(widths.max() / widths.min())
    if adjoin and shaped and uneven <= _CHAINS.uneven:
        return both
    if adjoin:
        parted = part_at_teeth(both, inks.rule)
        return parted if len(parted) > len(both) else None
    alike = shaped and uneven <= 1 + _CHAINS.alike
    longer = min(len(left), len(right)) > 1 or len(both) > _CHAINS.least_group
    if alike and longer and _has_mark_between(left, right, inks):
        return both
    return None


def _do_adjoin(left: Row, right: Row) -> bool:
    """Tell whether just a line stands between two rows."""
    gap = _measure_gap(left, right)
    width = min(_typical_width(left), _typical_width(right))
    return gap <= _CHAINS.wall * width


def _measure_gap(left: Row, right: Row) -> float:
    return float(right.outline[0, 0] - left.outline[1, 0])


def _may_be_one(left: Row, right: Row, inks: SeparatedInk) -> bool:
    """Tell whether two rows that were not joined may be parts of one number.

    Two boxes for a number each may stand side by side; a row of boxes or a box for one
    digit does not end beside another. Where one is blank, the other is all there is.
    """
    high = _CHAINS.aspect[1]
    narrow = [
        len(row) > 1 or _width_of(row[0]) <= high * _height_of(row[0])
        for row in (left, right)
    ]
    if not any(narrow) or not all(_is_written(row, inks) for row in (left, right)):
        return False
    if _do_adjoin(left, right):
        return True
    return not _is_parted(left, right, inks)


def _is_written(row: Row, inks: SeparatedInk) -> bool:
    """Tell whether the pen was in a row."""
    inside = bounding_box(row.outline).clipped(inks.pen.shape).slices
    least = _CHAINS.least_pen * _height_of(row[0]) ** 2
    return bool(np.count_nonzero(inks.pen[inside]) >= least)


def _width_of(cell: Cell) -> float:
    return float(measure_sides(cell.corners[None])[0, 0])


def _height_of(cell: Cell) -> float:
    return float(measure_sides(cell.corners[None])[0, 1])


def _is_parted(left: Row, right: Row, inks: SeparatedInk) -> bool:
    """Tell whether a wall or print stands between two rows, or boxes of another kind."""
    between = _cut_between(left, right, inks.rule)
    if between.size and float(between.mean(axis=0).max()) >= _CHAINS.walled:
        return True
    printed = _cut_between(left, right, inks.print_)
    sizes = _list_components(printed)
    return bool((sizes[:, 1] >= _CHAINS.letter * len(printed)).any())


def _has_mark_between(left: Row, right: Row, inks: SeparatedInk) -> bool:
    """Tell whether nothing but a dash, a slash, a point or a comma is between two."""
    rule = _cut_between(left, right, inks.rule)
    if rule.size and float(rule.mean(axis=0).max()) >= _CHAINS.walled:
        return False
    ink = _cut_between(left, right, cv2.max(inks.pen, inks.print_))
    marks = _list_components(ink)
    return 0 < len(marks) <= _CHAINS.most_marks


def _cut_between(
    left: Row, right: Row, layer: npt.NDArray[np.uint8] | cv2.typing.MatLike
) -> npt.NDArray[np.bool_]:
    """Cut out what stands between two rows, without the lines at their ends."""
    inset = int(np.ceil(max(left.line_px, right.line_px))) + _CHAINS.line_slack_px
    x = left.outline[1, 0] + inset, right.outline[0, 0] - inset
    y = (
        max(left.outline[1, 1], right.outline[0, 1]),
        min(left.outline[2, 1], right.outline[3, 1]),
    )
    box = Box(round(x[0]), round(y[0]), round(max(x)), round(max(y)))
    inside = np.asarray(layer)[box.clipped(layer.shape).slices]
    return np.asarray(inside > 0, np.bool_)


def _list_components(ink: npt.NDArray[np.bool_]) -> npt.NDArray[np.int_]:
    """List width and height of what is more than a speck, as (N, 2)."""
    if not ink.size:
        return np.empty((0, 2), np.int_)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    found = stats[1:]
    least = max(_CHAINS.least_mark_px, (_CHAINS.speck * len(ink)) ** 2)
    return np.asarray(found[found[:, 4] >= least, 2:4], np.int_)
