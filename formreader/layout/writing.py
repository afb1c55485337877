"""Finds lines of writing that stand in no field: on ruled lines, on blank paper.

What the pen wrote hangs together as strokes do. Strokes of like height that stand side
by side on one level are a line of writing; whether it is a number, how it reads tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.signs import find_signs
from formreader.geometry import Box, bound_components, transform_points
from formreader.layout.foreign_ink import find_foreign
from formreader.layout.level_sheet import LevelSheet, lay_level
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.layout.strokes import (
    Strokes,
    group_level,
    span_of,
    stands_beside,
)
from formreader.records import FieldImage, FieldKind, Print

__all__ = ["find_writing"]

Mask = npt.NDArray[np.uint8]

_WRITING = SETTINGS.writing


def find_writing(
    inks: SeparatedInk,
    fields: Sequence[FieldImage],
    scale: float,
    pixels: Mask | None = None,
) -> list[FieldImage]:
    """Find the lines of writing that stand in no field.

    Args:
        inks: The ink of the page by whose it is.
        fields: The fields that were found; what is in them is theirs.
        scale: Pixels at which handwriting is 20 to 30 high, to one of the page.
        pixels: (H, W) or (H, W, 3) uint8, dark on light, by whose colour print amid
            writing is told.

    Returns:
        Fields without a name, one for each line of writing, words among them.
    """
    if not inks.pen.any():
        return []
    outlines = [field.outline for field in fields]
    sheet = lay_level(inks, outlines)
    free = _find_free(sheet, outlines, scale)
    lines = _join_lines(sheet.strokes.boxes, free, scale)
    is_parted = np.zeros(len(free), np.bool_)
    if pixels is not None:
        lines, is_parted = _part_at_print(sheet, lines, free, scale, pixels)
    blanks = [_find_blank(sheet, _box_of(sheet, line)) for line in lines]
    cut = [
        _cut_line(sheet, line, free, blank)
        for line, blank in zip(lines, blanks, strict=True)
    ]
    return [
        replace(
            field,
            in_column=bool(is_parted[line].any())
            or (field.kind is FieldKind.LINE and _repeats(one, blanks)),
        )
        for field, line, one in zip(cut, lines, blanks, strict=True)
    ]


def _part_at_print(
    sheet: LevelSheet,
    lines: Sequence[npt.NDArray[np.intp]],
    free: npt.NDArray[np.bool_],
    scale: float,
    pixels: Mask,
) -> tuple[list[npt.NDArray[np.intp]], npt.NDArray[np.bool_]]:
    """Part lines of writing at what is printed between their digits.

    Args:
        sheet: The page.
        lines: The strokes of each line.
        free: (N,) bool, which strokes may be part of one; print no longer may.
        scale: As for `find_writing`.
        pixels: The same.

    Returns:
        The strokes of each line, and (N,) bool, which strokes are of a part of one.
    """
    is_parted = np.zeros(len(free), np.bool_)
    foreign = [_find_foreign(sheet, line, pixels, scale) for line in lines]
    if not any(len(found) for found in foreign):
        return list(lines), is_parted
    free[np.concatenate(foreign)] = False
    parts = _join_lines(sheet.strokes.boxes, free, scale)
    for line in lines:
        inside = [part for part in parts if np.isin(part, line).any()]
        if len(inside) > 1:
            is_parted[np.concatenate(inside)] = True
    return parts, is_parted


def _find_foreign(
    sheet: LevelSheet, line: npt.NDArray[np.intp], pixels: Mask, scale: float
) -> npt.NDArray[np.intp]:
    """Find the strokes of a line of writing that are of the ink of print."""
    tall = np.diff(sheet.strokes.boxes[line][:, [1, 3]], axis=1)[:, 0]
    bodies = tall >= _WRITING.height_px[0] / scale
    if len(line) < 2:
        return line[:0]
    box = _box_of(sheet, line)
    reach = round(SETTINGS.foreign_ink.around * box.height)
    part = box.expanded(reach, box.height).clipped(sheet.pen.shape)
    foreign = find_foreign(
        sheet.draw(pixels, part),
        sheet.strokes.labels[part.slices],
        line + 1,
        bodies,
        sheet.draw(sheet.inks.print_, part) > 127,
    )
    return line[foreign]


def _box_of(sheet: LevelSheet, line: npt.NDArray[np.intp]) -> Box:
    """Give the box around the strokes of a line of writing."""
    return Box(*span_of(sheet.strokes.boxes[line]).astype(int).tolist())


def _repeats(
    blank: tuple[int, int] | None, others: Sequence[tuple[int, int] | None]
) -> bool:
    """Tell whether enough lines to write on begin and end where one does."""
    if blank is None:
        return False
    slack = _WRITING.aligned * (blank[1] - blank[0])
    alike = [
        other is not None
        and max(abs(other[0] - blank[0]), abs(other[1] - blank[1])) <= slack
        for other in others
    ]
    return sum(alike) >= _WRITING.in_column


def _find_free(
    sheet: LevelSheet, outlines: Sequence[npt.NDArray[np.float64]], scale: float
) -> npt.NDArray[np.bool_]:
    """Tell which strokes lie in no field and are large enough for a mark, (N,) bool."""
    taken = np.zeros_like(sheet.pen)
    for outline in outlines:
        corners = np.round(transform_points(outline, sheet.turn)).astype(np.int32)
        cv2.fillConvexPoly(taken, corners, (255,))
    strokes = sheet.strokes
    large = strokes.areas >= (_WRITING.least_mark_px / scale) ** 2
    inside = strokes.count(np.asarray(cv2.bitwise_and(sheet.pen, taken), np.uint8))
    return large & (2 * inside < strokes.areas)


def _join_lines(
    boxes: npt.NDArray[np.float64], free: npt.NDArray[np.bool_], scale: float
) -> list[npt.NDArray[np.intp]]:
    """Join strokes that stand side by side.

    Args:
        boxes: (N, 4) left, top, right, bottom of each stroke.
        free: (N,) bool, whether it may be part of a line.
        scale: As for `find_writing`.

    Returns:
        For each line of writing the positions of its components.
    """
    tall, wide = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    low, high = (px / scale for px in _WRITING.height_px)
    bodies = free & (low <= tall) & (tall <= high)
    marks = free & (tall < low) & (wide < high)
    strokes = np.flatnonzero(bodies | marks)
    groups = [strokes[group] for group in group_level(boxes[strokes])]
    lines = [group for group in groups if bodies[group].any()]
    return [
        _add_marks(boxes, line[bodies[line]], np.flatnonzero(marks)) for line in lines
    ]


def _add_marks(
    boxes: npt.NDArray[np.float64],
    line: npt.NDArray[np.intp],
    marks: npt.NDArray[np.intp],
) -> npt.NDArray[np.intp]:
    """Add the points, dashes and fragments that stand in a line of writing."""
    left, top, right, bottom = span_of(boxes[line])
    tall = float(np.median(boxes[line, 3] - boxes[line, 1]))
    x = boxes[marks][:, [0, 2]].mean(axis=1)
    y = boxes[marks][:, [1, 3]].mean(axis=1)
    reach = _WRITING.mark_reach * tall
    near = (left - reach <= x) & (x <= right + reach)
    near &= (top <= y) & (y <= bottom + _WRITING.mark_below * tall)
    return np.concatenate([line, marks[near]])


def _cut_line(
    sheet: LevelSheet,
    line: npt.NDArray[np.intp],
    free: npt.NDArray[np.bool_],
    blank: tuple[int, int] | None,
) -> FieldImage:
    """Cut a line of writing out, nothing but its own strokes in it."""
    span = span_of(sheet.strokes.boxes[line])
    box = _box_of(sheet, line)
    own = np.isin(sheet.strokes.labels[box.slices], line + 1)
    # What the pen left at the rim of its strokes tells of their edges when enlarged.
    rim = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8))
    ink = sheet.pen[box.slices] * rim
    times = max(1, SETTINGS.fields.smallest_px // box.height)
    margin = round(SETTINGS.fields.margin * box.height * times)
    size = box.width * times, box.height * times
    ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    shrink = np.diag([1 / times, 1 / times, 1.0])
    shrink[:2, 2] = box.left - margin / times, box.top - margin / times
    on_line = blank is not None or _stands_on_line(sheet, box)
    return FieldImage(
        name="",
        ink=np.pad(np.where(ink > 127, 255, 0).astype(np.uint8), margin),
        frame=Box(margin, margin, margin + size[0], margin + size[1]),
        kind=FieldKind.LINE if on_line else FieldKind.PLAIN,
        to_page=np.asarray(sheet.to_page @ shrink, np.float64),
        print_like=_suspect_print(sheet, own, box, blank),
        writing_beside=_goes_on(sheet.strokes, line, span, free),
    )


def _stands_on_line(sheet: LevelSheet, box: Box) -> bool:
    """Tell whether a line of the form runs below a line of writing, or through it.

    It runs on at both ends, so that the ring of a bubble is none; gaps as in a dotted
    line are passed over.
    """
    above, below = (round(share * box.height) for share in _WRITING.line_below)
    aside = round(_WRITING.runs_on * box.height)
    feet = Box(box.left - aside, box.bottom - above, box.right + aside, box.bottom)
    part = feet.union(feet.shifted(0, below)).clipped(sheet.strokes.labels.shape)
    slack, gap = (max(1, round(s * box.height)) for s in _WRITING.line_slack)
    rule = sheet.draw(sheet.inks.rule, part)
    band = cv2.dilate(rule, np.ones((slack, gap), np.uint8))
    return bool(float(band.mean(axis=1).max(initial=0)) > 255 * _WRITING.ruled)


def _find_blank(sheet: LevelSheet, box: Box) -> tuple[int, int] | None:
    """Find the short line of the form that a line of writing was written on.

    A line to write on goes on before the writing or after it, and it ends: whatever is
    longer parts the page, or is a side of something. Where the pen hides it, its layer
    has gaps.

    Returns:
        The columns of its ends; None if there is none.
    """
    high = box.height
    above, below = (round(share * high) for share in _WRITING.line_below)
    least, most = (share * high for share in _WRITING.blank_length)
    feet = Box(
        box.left - round(most), box.bottom - above, box.right + round(most), box.bottom
    )
    part = feet.union(feet.shifted(0, below)).clipped(sheet.strokes.labels.shape)
    slack, gap = (max(1, round(s * high)) for s in _WRITING.line_slack)
    rule = sheet.draw(sheet.inks.rule, part)
    closed = cv2.morphologyEx(rule, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    for left, _, width, tall in bound_components(np.asarray(closed, np.uint8)):
        start, end = part.left + int(left), part.left + int(left + width)
        is_whole = start > part.left and end < part.right
        over = max(box.left - start, end - box.right)
        away = max(start - box.right, box.left - end)
        length = max(end, box.right) - min(start, box.left)
        if tall > slack + _WRITING.thin_line * width or not is_whole:
            continue
        if least <= length <= most and over >= _WRITING.runs_on * high and away <= gap:
            return min(start, box.left), max(end, box.right)
    return None


def _suspect_print(
    sheet: LevelSheet,
    own: npt.NDArray[np.bool_],
    box: Box,
    blank: tuple[int, int] | None,
) -> Print:
    """Tell whether a line of writing may be a piece of a line of print.

    Args:
        sheet: The page.
        own: (h, w) bool, the ink of the line within `box`.
        box: Where it stands.
        blank: The ends of the line of the form below it, if it is a short one; print
            beyond them is its label.
    """
    doubted = sheet.draw(sheet.inks.unsure, box)[own] > 127
    unsure = float(doubted.mean())
    span = np.array([box.left, box.top, box.right, box.bottom], np.float64)
    printed = sheet.find_print(box)
    if blank is not None:
        middles = printed[:, [0, 2]].mean(axis=1)
        printed = printed[(blank[0] <= middles) & (middles <= blank[1])]
    beside = stands_beside(printed, span, _WRITING.print_gap)
    if beside.any():
        return Print.WORDS if unsure > _WRITING.perhaps_print else Print.PERHAPS
    return Print.PERHAPS if unsure > _WRITING.likely_print else Print.NO


def _goes_on(
    strokes: Strokes,
    line: npt.NDArray[np.intp],
    span: npt.NDArray[np.float64],
    free: npt.NDArray[np.bool_],
) -> bool:
    """Tell whether writing goes on beside a line of writing; a sign is none."""
    beside = stands_beside(strokes.boxes, span, _WRITING.pen_gap)
    beside |= free & stands_beside(strokes.boxes, span, _WRITING.pen_gap, marks=True)
    beside[line] = False
    if not beside.any():
        return False
    every = np.concatenate([line, np.flatnonzero(beside)])
    every = every[np.argsort(strokes.boxes[every][:, [0, 2]].mean(axis=1))]
    around = [strokes.cut(index) for index in every.tolist()]
    asked = np.flatnonzero(beside[every]).tolist()
    return not bool(find_signs(around, asked).all())
