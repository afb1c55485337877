"""Parts cells in which numbers stand one above the other.

Where the line between two rows of a form is dotted, pale or not printed at all, what
encloses them looks like one cell. What was written in it shows the rows: strokes of
like height on levels that do not overlap. Among print, it is left to be found as lines
of writing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.cells import Row, cut_down_at
from formreader.layout.field_cutting import cut_layer
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.layout.strokes import find_strokes, stands_beside

__all__ = ["part_at_levels"]

_LEVELS = SETTINGS.levels

Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Level:
    """What was written side by side in a cell.

    Attributes:
        span: Left, top, right and bottom of its strokes.
        has_print: Whether print stands beside it on the same level.
    """

    span: Floats
    has_print: bool


def part_at_levels(rows: list[Row], inks: SeparatedInk) -> list[Row]:
    """Part cells with several lines of writing, one above the other.

    Args:
        rows: Rows of boxes and single cells.
        inks: The ink of the page by whose it is.

    Returns:
        The rows in the same order, such cells in their parts, without a name. Parts
        with no line of the form between them are in doubt if they are hardly wider than
        a digit, as the boxes of a longer number are; there is none where print stands
        beside the writing.
    """
    return [
        part
        for row in rows
        for part in (_part_cell(row, inks) if len(row) == 1 else [row])
    ]


def _part_cell(row: Row, inks: SeparatedInk) -> list[Row]:
    """Part one cell; the cell itself if its writing is on one level."""
    cut = cut_layer(inks.pen, row, "")
    levels = _find_levels(cut.ink, cut_layer(inks.print_, row, "").ink, cut.frame)
    if len(levels) < 2:
        return [row]
    inside = cut_layer(inks.rule, row, "").ink[cut.frame.slices] > 0
    cuts = [_cut_between(one, other, inside) for one, other in pairwise(levels)]
    ends = [(0.0, True), *cuts, (float(cut.frame.height), True)]
    parts = []
    for level, (top, above), (foot, below) in zip(levels, ends, ends[1:], strict=False):
        if level.has_print:
            continue
        room = _LEVELS.room * (level.span[3] - level.span[1])
        first, last = max(top, level.span[1] - room), min(foot, level.span[3] + room)
        shares = first / cut.frame.height, last / cut.frame.height
        part = cut_down_at(replace(row[0], name=""), shares)[1]
        wide = _LEVELS.for_digit * (level.span[3] - level.span[1])
        is_sure = (above and below) or cut.frame.width > wide
        parts.append(Row((replace(part, in_doubt=part.in_doubt or not is_sure),)))
    return parts


def _find_levels(pen: Mask, printed: Mask, frame: Box) -> list[_Level]:
    """Find the lines of writing in a cell, from top to bottom."""
    boxes = _list_inside(pen, frame)
    tall = boxes[:, 3] - boxes[:, 1]
    if not len(boxes) or tall.max() > _LEVELS.highest * frame.height:
        return []
    bodies = boxes[tall >= _LEVELS.like_height * tall.max()]
    pieces = _list_inside(printed, frame)
    levels: list[Floats] = []
    for box in bodies[np.argsort(bodies[:, 1])]:
        last = levels[-1] if levels else None
        if last is not None and _overlaps(last, box):
            last[:] = [*np.minimum(last[:2], box[:2]), *np.maximum(last[2:], box[2:])]
        else:
            levels.append(box.copy())
    return [_Level(span, _is_amid(pieces, span)) for span in levels]


def _list_inside(layer: Mask, frame: Box) -> Floats:
    """List the boxes (N, 4) of what lies in a frame, by its own corner."""
    boxes = find_strokes(layer).boxes - [frame.left, frame.top] * 2
    x, y = boxes[:, [0, 2]].mean(axis=1), boxes[:, [1, 3]].mean(axis=1)
    inside = (x > 0) & (x < frame.width) & (y > 0) & (y < frame.height)
    return np.asarray(boxes[inside], np.float64)


def _overlaps(span: Floats, box: Floats) -> bool:
    """Tell whether a stroke stands on the level of others, if but partly."""
    shared = min(span[3], box[3]) - max(span[1], box[1])
    return bool(shared > _LEVELS.shared * min(span[3] - span[1], box[3] - box[1]))


def _is_amid(pieces: Floats, span: Floats) -> bool:
    """Tell whether print of like height stands on the level of writing."""
    if not len(pieces):
        return False
    wide = span.copy()
    wide[[0, 2]] = pieces[:, 0].min(), pieces[:, 2].max()
    return bool(stands_beside(pieces, wide, 0.0).any())


def _cut_between(
    one: _Level, other: _Level, rule: npt.NDArray[np.bool_]
) -> tuple[float, bool]:
    """Say where two lines of writing part, and whether a line of the form is there."""
    top, bottom = one.span[3], other.span[1]
    middle = (top + bottom) / 2
    slack = _LEVELS.slack * (other.span[3] - other.span[1])
    first = max(0, round(min(top, middle) - slack))
    last = min(len(rule), round(max(bottom, middle) + slack))
    band = rule[first:last]
    if not band.size:
        return middle, False
    near = max(1, round(slack))
    # A line may lie askew by a few pixels, and have gaps.
    seen = np.array([band[y : y + near].any(axis=0).mean() for y in range(len(band))])
    best = int(seen.argmax())
    if seen[best] < _LEVELS.ruled:
        return middle, False
    return float(
        np.clip(first + best + near / 2, min(top, middle), max(bottom, middle))
    ), True
