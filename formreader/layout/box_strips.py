"""Puts rows of boxes together whose walls the pen has hidden.

In small boxes digits run over the walls, and what is left of these encloses nothing:
the row comes out in fragments. Its upper and lower line are seen all the same, as far
apart as those of the form's other rows, and as long as a whole number of its boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import bounding_box, label_components, measure_sides
from formreader.layout.cells import Cell, Row, cut_at, list_boxes
from formreader.layout.runs import find_runs
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS

__all__ = ["mend_strips", "settle_strips"]

_STRIPS = SETTINGS.box_strips

Mask = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Measure:
    """How a form draws the boxes of its rows.

    Attributes:
        height: Between the lines above and below, inside, in pixels.
        pitch: From the left wall of a box to that of the next.
        line_px: Thickness of the lines.
    """

    height: float
    pitch: float
    line_px: float


def mend_strips(
    rows: list[Row], inks: SeparatedInk, others: Sequence[Cell] = ()
) -> list[Row]:
    """Put together the rows of boxes of which parts alone were found.

    Args:
        rows: Rows of boxes and single cells, none of a table.
        inks: The ink of the page by whose it is.
        others: Cells of tables; where they are, no boxes are put in.

    Returns:
        The rows; those put together are in doubt unless all of their walls are seen
        (see `settle_strips`).
    """
    measures = _agree([_measure(row) for row in rows if len(row) >= _STRIPS.shortest])
    if not measures:
        return rows
    taken = np.array([cell.corners.mean(axis=0) for cell in others]).reshape(-1, 2)
    outlines = [
        outline
        for outline in _find_outlines(inks, measures)
        if not _surrounds(outline, taken).any()
    ]
    parted = [_part(outline, inks, measures) for outline in outlines]
    known = [row.outline for row in (*rows, *parted) if row and len(row) > 1]
    mended = rows
    for outline, strip in zip(outlines, parted, strict=True):
        if strip is None and _continues(outline, known):
            # The pen may hide all of a wall where another group shows what is meant.
            strip = _part(outline, inks, measures, hidden=True)
        if strip is not None:
            mended = _put_in(strip, mended)
    return mended


def settle_strips(rows: Sequence[Row]) -> list[Row]:
    """Take the doubt from rows of boxes that end where paper begins.

    A row that was put together and has boxes right beside it may be a piece of a longer
    one; between the numbers of a form, or the groups of a number, there is a gap.

    Args:
        rows: Rows of boxes and single cells, as they will be read.
    """
    boxes = list_boxes(list(rows)).astype(np.float64)
    return [
        Row(replace(cell, in_doubt=False) for cell in row)
        if len(row) > 1 and row.in_doubt and not _adjoins(row, boxes)
        else row
        for row in rows
    ]


def _adjoins(row: Row, boxes: npt.NDArray[np.float64]) -> bool:
    """Tell whether a box stands right beside a row of boxes.

    Args:
        row: The row.
        boxes: (N, 4) left, top, right and bottom of all cells.
    """
    box = bounding_box(row.outline)
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    height = bottom - top
    shared = np.minimum(boxes[:, 3], bottom) - np.maximum(boxes[:, 1], top)
    gap = np.maximum(boxes[:, 0] - right, left - boxes[:, 2])
    pitch = (right - left) / len(row)
    near = (gap > -pitch / 2) & (gap < _STRIPS.adjoining * pitch)
    return bool((near & (shared > height / 2)).any())


def _continues(outline: Points, known: Sequence[Points]) -> bool:
    """Tell whether a row of boxes as high stands beside an outline, with a gap."""
    others = np.array(known).reshape(-1, 4, 2)
    height = measure_sides(outline[None])[0, 1]
    after = others[:, 0] - outline[1], others[:, 3] - outline[2]
    before = outline[0] - others[:, 1], outline[3] - others[:, 2]
    beside = np.zeros(len(others), np.bool_)
    for upper, lower in (after, before):
        gap = np.minimum(upper[:, 0], lower[:, 0]) / height
        level = np.maximum(np.abs(upper[:, 1]), np.abs(lower[:, 1])) / height
        low, high = _STRIPS.between
        beside |= (low <= gap) & (gap <= high) & (level <= _STRIPS.alike)
    return bool(beside.any())


def _measure(row: Row) -> _Measure:
    corners = np.array([cell.corners for cell in row])
    height = float(np.median(measure_sides(corners)[:, 1]))
    steps = np.linalg.norm(np.diff(corners[:, 0], axis=0), axis=1)
    return _Measure(height, float(np.median(steps)), row.line_px)


def _agree(measures: Sequence[_Measure]) -> list[_Measure]:
    """Keep the measures of which the form has several in the same proportion."""
    shapes = np.array([one.pitch / one.height for one in measures])
    return [
        one
        for one, shape in zip(measures, shapes, strict=True)
        if np.count_nonzero(np.abs(shapes - shape) <= _STRIPS.like_shape * shape)
        >= _STRIPS.fewest
    ]


def _find_outlines(inks: SeparatedInk, measures: Sequence[_Measure]) -> list[Points]:
    """Find pairs of level lines, as high and about as long as rows of boxes.

    Returns:
        (4, 2) corners (x, y) of each, clockwise from the upper left.
    """
    lines = _find_lines(inks, measures)
    low = (1 - _STRIPS.alike) * min(one.height for one in measures)
    high = (1 + _STRIPS.alike) * max(one.height for one in measures)
    slack = _STRIPS.ragged * max(one.pitch for one in measures)
    found = []
    for upper in lines:
        drop = lines - upper
        below = (drop[:, :, 1] > low) & (drop[:, :, 1] < high)
        near = below.all(axis=1) & (np.abs(drop[:, :, 0]) <= slack).all(axis=1)
        if near.any():
            candidates = np.flatnonzero(near)
            lower = lines[candidates[drop[candidates, 0, 1].argmin()]]
            found.append(_square(upper, lower))
    return found


def _find_lines(inks: SeparatedInk, measures: Sequence[_Measure]) -> Points:
    """Find the level lines that may bound several boxes, as (N, 2, 2) end points."""
    pitch = min(one.pitch for one in measures)
    # A line that lies askew goes on a little higher or lower where the pen ends.
    tall = 2 * max(1, round(_STRIPS.askew * pitch)) + 1
    thick = np.asarray(cv2.dilate(inks.rule, np.ones((tall, 1), np.uint8)), np.uint8)
    # Of odd length, so that the ends of lines stay where they are.
    runs = find_runs(thick).opened(max(3, round(_STRIPS.run * pitch)) | 1)
    around = np.ones((2 * tall - 1, tall), np.uint8)
    bridged = cv2.bitwise_and(runs.closed(round(pitch)).draw(), _cover(inks, around))
    lines = np.asarray(cv2.max(runs.draw(), bridged), np.uint8)
    labels, stats, _ = label_components(lines)
    ends = []
    for label, (left, top, width, height, _) in enumerate(stats[1:].tolist(), 1):
        if width < _STRIPS.shortest_line * pitch or height > width / 2:
            continue
        own = labels[top : top + height, left : left + width] == label
        tip = max(1, round(_STRIPS.run * pitch / 2))
        levels = [np.nonzero(part)[0].mean() for part in (own[:, :tip], own[:, -tip:])]
        ends.append([[left, top + levels[0]], [left + width, top + levels[1]]])
    return np.array(ends, np.float64).reshape(-1, 2, 2)


def _cover(inks: SeparatedInk, around: Mask) -> Mask:
    """Give where the pen may hide a line, (H, W) uint8."""
    return np.asarray(cv2.dilate(inks.pen, around), np.uint8)


def _square(upper: Points, lower: Points) -> Points:
    """Make an outline of two lines, where the pen hides an end of one of them."""
    along = (upper[1] - upper[0]) + (lower[1] - lower[0])
    along /= np.linalg.norm(along)
    # Walls stand across the lines; the longer line says where.
    across = np.array([-along[1], along[0]])
    corners = np.array([upper[0], upper[1], lower[1], lower[0]])
    level, depth = corners @ along, corners @ across
    left, right = min(level[0], level[3]), max(level[1], level[2])
    squared = np.array([left, right, right, left])
    return np.asarray(squared[:, None] * along + depth[:, None] * across, np.float64)


def _surrounds(outline: Points, points: Points) -> npt.NDArray[np.bool_]:
    """Tell which points (N, 2) lie in an outline."""
    box = bounding_box(outline)
    x, y = points.T
    inside = (box.left < x) & (x < box.right) & (box.top < y) & (y < box.bottom)
    return np.asarray(inside, np.bool_)


def _part(
    outline: Points,
    inks: SeparatedInk,
    measures: Sequence[_Measure],
    *,
    hidden: bool = False,
) -> Row | None:
    """Part an outline into boxes as the form draws them; None if it is no row.

    Args:
        outline: Its corners.
        inks: The ink of the page by whose it is.
        measures: How the form draws its boxes.
        hidden: Whether the pen may hide all of its inner walls.
    """
    width, height = measure_sides(outline[None])[0]
    counts: dict[int, _Measure] = {}
    for one in measures:
        outer = one.height + one.line_px
        steps = float((width - one.line_px) * outer / (height * one.pitch))
        count = round(steps)
        is_alike = abs(outer - height) <= _STRIPS.alike * height
        if is_alike and count > 1 and abs(steps - count) <= _STRIPS.whole:
            counts.setdefault(count, one)
    best: tuple[float, Row] | None = None
    for count, one in counts.items():
        seen = _look_for_walls(outline, inks, count)
        if seen is None or not (hidden or _shows_walls(seen)):
            continue
        if best is None or seen.mean() > best[0]:
            is_sure = bool((seen >= _STRIPS.sure).all())
            best = float(seen.mean()), _cut(outline, one, count, is_sure)
    return None if best is None else best[1]


def _look_for_walls(
    outline: Points, inks: SeparatedInk, count: int
) -> npt.NDArray[np.float64] | None:
    """Measure how much of the wall after each box is seen, in [0, 1].

    Returns:
        The share of each; None if one is neither seen nor hidden by the pen, or if a
        wall stands where none belongs.
    """
    width, height = (round(float(side)) for side in measure_sides(outline[None])[0])
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    to_page = cv2.getPerspectiveTransform(frame, outline.astype(np.float32))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    rule, pen = (
        cv2.warpPerspective(layer, to_page, (width, height), flags=flags) > 127
        for layer in (inks.rule, inks.pen)
    )
    rim = round(_STRIPS.rim * height)
    rule, pen = rule[rim : height - rim], pen[rim : height - rim]
    pitch = width / count
    slack = max(2, round(_STRIPS.off * pitch))
    seen, covered = [], []
    known = np.zeros(width, np.bool_)
    for place in np.linspace(0, width, count + 1):
        near = slice(max(0, round(place) - slack), round(place) + slack + 1)
        known[near] = True
        of_rule, of_pen = rule[:, near].any(axis=1), pen[:, near].any(axis=1)
        seen.append(float(of_rule.mean()))
        covered.append(float((of_rule | of_pen).mean()))
    if min(covered) < _STRIPS.covered or (rule.mean(axis=0)[~known] > 0.5).any():
        return None
    return np.array(seen[1:-1])


def _shows_walls(seen: npt.NDArray[np.float64]) -> bool:
    """Tell whether something is seen of enough inner walls."""
    return bool(np.mean(seen >= _STRIPS.trace) >= _STRIPS.traced)


def _cut(outline: Points, one: _Measure, count: int, is_sure: bool) -> Row:
    """Cut an outline into boxes, the lines between them left out."""
    whole = Cell(outline, bounding_box(outline), one.line_px, in_doubt=not is_sure)
    cells = []
    for cell in cut_at(whole, np.arange(1, count) / count):
        middle = cell.corners.mean(axis=0)
        left = 1 - one.line_px / measure_sides(cell.corners[None])[0]
        corners = middle + (cell.corners - middle) * left
        cells.append(replace(cell, corners=corners, upright=bounding_box(corners)))
    return Row(cells)


def _put_in(strip: Row, rows: list[Row]) -> list[Row]:
    """Put a row of boxes in the place of its fragments; as it was, if it was whole."""
    kept, touched = [], []
    for row in rows:
        middles = np.array([cell.corners.mean(axis=0) for cell in row])
        within = _surrounds(strip.outline, middles)
        if not within.any():
            kept.append(row)
            continue
        touched.append(row)
        first, last = np.flatnonzero(within)[[0, -1]]
        rest = row[:first], row[last + 1 :]
        kept += [Row(cells) for cells in rest if cells]
    if any(_is_whole(row, strip) for row in touched):
        return rows
    doubted = any(row.in_doubt for row in touched)
    whole = Row(replace(cell, in_doubt=cell.in_doubt or doubted) for cell in strip)
    return [*kept, whole]


def _is_whole(row: Row, strip: Row) -> bool:
    """Tell whether a row has a box wherever a row put together has one."""
    middles = np.array([cell.corners.mean(axis=0) for cell in row])
    if np.count_nonzero(_surrounds(strip.outline, middles)) != len(strip):
        return False
    return all(_surrounds(cell.corners, middles).any() for cell in strip)
