"""Joins what is one number: rows of boxes that adjoin, and groups with a mark between.

Pieces that could belong together and are not joined are in doubt: a part of a number
must never pass for the whole.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bounding_box, label_components, measure_sides
from formreader.layout.cells import Row
from formreader.layout.combs import part_at_teeth
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS

__all__ = ["is_walled", "join_chains"]

_CHAINS = SETTINGS.chains

Mask = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]


def join_chains(rows: list[Row], inks: SeparatedInk, faint_ink: Mask) -> list[Row]:
    """Join rows of boxes that are one number, and mark those that may be.

    Args:
        rows: Rows of boxes and single cells, none of a table.
        inks: The ink of the page by whose it is.
        faint_ink: (H, W) uint8, 255 = ink; marks between groups may be pale.

    Returns:
        The rows; the cells of those beside which a number may go on are in doubt.
    """
    chain: dict[int, Row] = dict(enumerate(rows))
    for left in sorted(chain, key=lambda index: rows[index].outline[0, 0]):
        while left in chain:
            right = _find_next(chain, left)
            if right is None:
                break
            joined = _join(chain[left], chain[right], inks, faint_ink)
            if joined is None:
                break
            chain[left] = joined
            del chain[right]
    return _mark_doubtful(list(chain.values()), inks)


def _find_next(chain: dict[int, Row], index: int) -> int | None:
    """Find the row that comes next to the right, at the same level and as high."""
    row = chain[index]
    others = np.array([other for other in chain if other != index])
    if not others.size:
        return None
    outlines = np.array([chain[other].outline for other in others.tolist()])
    height = _height_of(row)
    near = _follow(row, outlines)
    near &= np.abs(measure_sides(outlines)[:, 1] - height) <= _CHAINS.alike * height
    slack = _CHAINS.slack * height
    near &= np.abs(outlines[:, 0, 1] - row.outline[1, 1]) <= slack
    near &= np.abs(outlines[:, 3, 1] - row.outline[2, 1]) <= slack
    if not near.any():
        return None
    return int(others[np.where(near, outlines[:, 0, 0], np.inf).argmin()])


def _follow(row: Row, outlines: Points) -> npt.NDArray[np.bool_]:
    """Tell which outlines (N, 4, 2) begin beside the right end of a row."""
    gap = outlines[:, 0, 0] - row.outline[1, 0]
    near = gap <= _CHAINS.widest_gap * _typical_width(row)
    return np.asarray(near & (gap > -_CHAINS.slack * _height_of(row)), np.bool_)


def _mark_doubtful(rows: list[Row], inks: SeparatedInk) -> list[Row]:
    """Mark the rows beside which the same number may go on."""
    outlines = np.array([row.outline for row in rows]).reshape(-1, 4, 2)
    doubtful: set[int] = set()
    for index, row in enumerate(rows):
        top = np.maximum(outlines[:, 0, 1], row.outline[1, 1])
        bottom = np.minimum(outlines[:, 3, 1], row.outline[2, 1])
        heights = np.minimum(measure_sides(outlines)[:, 1], _height_of(row))
        level = bottom - top >= _CHAINS.beside * heights
        for other in np.flatnonzero(level & _follow(row, outlines)).tolist():
            if other != index and _may_be_one(row, rows[other], inks):
                doubtful |= {index, other}
    return [
        Row(replace(cell, in_doubt=True) for cell in row) if index in doubtful else row
        for index, row in enumerate(rows)
    ]


def _typical_width(row: Row) -> float:
    """Give the width of a box of a row, but no more than a digit needs."""
    sizes = measure_sides(np.array([cell.corners for cell in row]))
    width, height = np.median(sizes, axis=0)
    return float(min(width, _CHAINS.aspect[1] * height))


def _join(left: Row, right: Row, inks: SeparatedInk, faint_ink: Mask) -> Row | None:
    """Join two rows if they are one number for certain."""
    both = Row((*left, *right))
    adjoin = _do_adjoin(left, right)
    widths, heights = measure_sides(np.array([cell.corners for cell in both])).T
    low, high = _CHAINS.aspect
    shaped = bool(((low * heights <= widths) & (widths <= high * heights)).all())
    uneven = float(widths.max() / widths.min())
    if adjoin:
        parted = part_at_teeth(both, inks.rule)
        is_whole = len(parted) > len(both) or (shaped and uneven <= _CHAINS.uneven)
        return parted if is_whole else None
    alike = shaped and uneven <= 1 + _CHAINS.alike
    longer = min(len(left), len(right)) > 1 or len(both) > _CHAINS.least_group
    is_filled = not _is_printed(left, inks) and not _is_printed(right, inks)
    if not (alike and longer and is_filled):
        return None
    if _has_mark_between(left, right, inks, faint_ink):
        return both
    if _is_parted(left, right, inks):
        return None
    if min(len(left), len(right)) == 1:
        return None
    # A blank group changes nothing of the number, and must not pass for all of it.
    if not (_is_written(left, inks) and _is_written(right, inks)):
        return both
    # Its mark may be too pale to be seen; or there are two numbers.
    return Row(replace(cell, in_doubt=True) for cell in both)


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
    narrow = any(len(row) > 1 or _is_for_digit(row, inks) for row in (left, right))
    if not narrow or not all(_is_written(row, inks) for row in (left, right)):
        return False
    if _do_adjoin(left, right):
        return True
    return not _is_parted(left, right, inks)


def _is_for_digit(row: Row, inks: SeparatedInk) -> bool:
    """Tell whether a row is no wider than a box for one digit, and holds no more."""
    width, height = measure_sides(row.outline[None])[0]
    if width > _CHAINS.aspect[1] * height:
        return False
    inside = bounding_box(row.outline).clipped(inks.pen.shape).slices
    stats = label_components(inks.pen[inside])[1][1:]
    tall = stats[stats[:, cv2.CC_STAT_HEIGHT] >= _CHAINS.letter * height]
    lefts, widths = tall[:, cv2.CC_STAT_LEFT], tall[:, cv2.CC_STAT_WIDTH]
    return not bool((lefts.max(initial=0) >= (lefts + widths)).any())


def _is_written(row: Row, inks: SeparatedInk) -> bool:
    """Tell whether the pen was in a row."""
    inside = bounding_box(row.outline).clipped(inks.pen.shape).slices
    least = _CHAINS.least_pen * _height_of(row) ** 2
    return bool(np.count_nonzero(inks.pen[inside]) >= least)


def _is_printed(row: Row, inks: SeparatedInk) -> bool:
    """Tell whether digits are printed into all boxes of a row, and nothing written."""
    least = _CHAINS.least_pen * _height_of(row) ** 2
    printed = [
        np.count_nonzero(inks.print_[cell.box.clipped(inks.print_.shape).slices])
        for cell in row
    ]
    return bool(min(printed) >= least) and not _is_written(row, inks)


def _height_of(row: Row) -> float:
    return float(measure_sides(row.outline[None])[0, 1])


def _is_parted(left: Row, right: Row, inks: SeparatedInk) -> bool:
    """Tell whether a wall or print stands between two rows."""
    if is_walled(left, right, inks.rule):
        return True
    printed = _cut_between(left, right, inks.print_)
    sizes = _list_components(printed)
    return bool((sizes[:, 1] >= _CHAINS.letter * len(printed)).any())


def is_walled(left: Row, right: Row, rule: Mask) -> bool:
    """Tell whether a wall that is not their own stands between two rows.

    Args:
        left: Cells of one row.
        right: Those of another, to the right of it.
        rule: (H, W) uint8, 255 = a line of the form.
    """
    between = _cut_between(left, right, rule)
    return bool(between.size) and float(between.mean(axis=0).max()) >= _CHAINS.walled


def _has_mark_between(
    left: Row, right: Row, inks: SeparatedInk, faint_ink: Mask
) -> bool:
    """Tell whether nothing but a dash, a slash, a point or a comma is between two."""
    if is_walled(left, right, inks.rule):
        return False
    marks = _list_components(_cut_between(left, right, faint_ink))
    return 0 < len(marks) <= _CHAINS.most_marks


def _cut_between(left: Row, right: Row, layer: Mask) -> npt.NDArray[np.bool_]:
    """Cut out what stands between two rows, without the lines at their ends."""
    inset = int(np.ceil(max(left.line_px, right.line_px))) + _CHAINS.line_slack_px
    x = left.outline[1, 0] + inset, right.outline[0, 0] - inset
    y = (
        max(left.outline[1, 1], right.outline[0, 1]),
        min(left.outline[2, 1], right.outline[3, 1]),
    )
    box = Box(round(x[0]), round(y[0]), round(max(x)), round(max(y)))
    inside = layer[box.clipped(layer.shape).slices]
    return np.asarray(inside > 0, np.bool_)


def _list_components(ink: npt.NDArray[np.bool_]) -> npt.NDArray[np.int_]:
    """List width and height of what is more than a speck, as (N, 2)."""
    if not ink.size:
        return np.empty((0, 2), np.int_)
    _, stats, _ = label_components(ink.astype(np.uint8))
    found = stats[1:]
    least = max(_CHAINS.least_mark_px, (_CHAINS.speck * len(ink)) ** 2)
    return np.asarray(found[found[:, 4] >= least, 2:4], np.int_)
