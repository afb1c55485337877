"""Cleans fields by whose ink stands in them: the pen's, print, or the form's lines.

The ink network judges by what is near, and may take an upright stroke for a line, or
tidy digits for print. Where ink stands in its box tells better: a line inside a box
that reaches none of its walls is a stroke, and what is as high as the pen's digits and
level with them was written with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bound_components, label_components
from formreader.layout.cells import Row
from formreader.layout.dropout_ink import PenInk
from formreader.layout.field_cutting import cut_layer, cut_pixels
from formreader.layout.layered_marks import join_marks
from formreader.layout.prepared_page import PreparedPage
from formreader.layout.print_detection import measure_text, suspect_print
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.layout.trace import LayoutTrace, Reason, note_drop
from formreader.records import FieldImage, Print

__all__ = ["clean_boxes_by_layers", "clean_by_layers", "sees_pen"]

Mask = npt.NDArray[np.uint8]

_LAYERED = SETTINGS.layered_fields


@dataclass(frozen=True, eq=False)
class _Page:
    """What of a page its fields are cleaned by.

    Attributes:
        pixels: (H, W) uint8, 0 = black.
        inks: Its ink, by whose it is.
        letter_px: Height of its printed text; None where there is little.
    """

    pixels: Mask
    inks: SeparatedInk
    letter_px: float | None

    def cut(self, layer: Mask, row: Row) -> Mask:
        """Cut one field out of a layer."""
        return cut_layer(layer, row, "").ink


def clean_by_layers(
    page: PreparedPage,
    rows: Sequence[Row],
    cut: Sequence[FieldImage],
    dark: PenInk | None = None,
    trace: LayoutTrace | None = None,
    inks: SeparatedInk | None = None,
) -> list[FieldImage]:
    """Take the pen's ink of each field, and leave out those that hold print alone.

    Args:
        page: The page, with layers of ink.
        rows: The cells of its fields.
        cut: The same fields, their lines erased by their place alone.
        dark: The ink that is darker than drop-out ink, if the page has both.
        trace: Where it is said what was dropped, if anybody asks.
        inks: The page's ink, if its fields told more of whose it is.

    Returns:
        The fields that are left, each with the one it was as `by_geometry`, if its ink
        is another.
    """
    inks = inks or page.inks
    if inks is None:
        return list(cut)
    letter_px = measure_text(page.ink, [field.box for field in cut])
    seen = _Page(page.pixels, inks, letter_px)
    kept = []
    for row, field in zip(rows, cut, strict=True):
        cleaned = _clean(seen, row, field, dark)
        if cleaned is None:
            note_drop(trace, field.outline, Reason.PRINT)
        else:
            kept.append(cleaned)
    return kept


def clean_boxes_by_layers(
    page: PreparedPage,
    rows: Sequence[Row],
    cut: Sequence[FieldImage],
    dark: PenInk | None = None,
) -> list[FieldImage]:
    """Take the pen's ink of each box that a template names, and leave out none.

    Args:
        page: The page, with layers of ink.
        rows: The cells of its fields.
        cut: The same fields, their lines erased by their place alone.
        dark: The ink that is darker than drop-out ink, if the page has both.

    Returns:
        The fields in the same order. Those with printed cells stay as they were, since
        a template says where their lines are and what guides they have; so does what
        holds print alone: it is a tidy hand's, as likely as not.
    """
    if not any(field.kind.is_open for field in cut):
        return list(cut)  # without asking the network, which takes time
    inks = page.inks
    if inks is None:
        return list(cut)
    seen = _Page(page.pixels, inks, None)
    cleaned = [
        _clean(seen, row, field, dark) if field.kind.is_open else None
        for row, field in zip(rows, cut, strict=True)
    ]
    return [
        field if one is None else replace(one, print_like=Print.NO)
        for field, one in zip(cut, cleaned, strict=True)
    ]


def _clean(
    page: _Page, row: Row, field: FieldImage, dark: PenInk | None
) -> FieldImage | None:
    """Clean a field by the layers of ink; None if it holds print alone."""
    if dark is not None and dark.is_dropout(row):
        cleaned = _clean_dark(page, row, field)
    elif field.kind.is_open:
        cleaned = _clean_open(page, row, field)
    else:
        cleaned = _clean_cells(page, row, field)
    if cleaned is None:
        return None
    cleaned = replace(cleaned, writing_beside=field.writing_beside)
    other = None if np.array_equal(cleaned.ink, field.ink) else field
    pen_seen = sees_pen(page.inks, cleaned)
    return replace(cleaned, pen_seen=pen_seen, by_geometry=other)


def _clean_cells(page: _Page, row: Row, field: FieldImage) -> FieldImage:
    """Clean boxes for a digit each: whatever is there stands where one belongs."""
    cleaned = cut_layer(page.inks.pen, row, field.name)
    pen = _restore(cleaned.ink, page.cut(page.inks.rest, row), cleaned.cells)
    printed = page.cut(page.inks.print_, row)
    pen = _join_touching(pen, printed)
    inside = cleaned.frame.slices
    if not _holds_ink(pen[inside]) and _holds_ink(printed[inside]):
        return replace(cleaned, ink=printed, print_like=Print.PERHAPS)
    return replace(cleaned, ink=_join_alike(pen, printed, cleaned.frame, page, row))


def _clean_open(page: _Page, row: Row, field: FieldImage) -> FieldImage | None:
    """Clean a box with any number of digits; None if it holds print alone."""
    inks = page.inks
    cleaned = cut_layer(inks.pen, row, field.name)
    inside = cleaned.frame.slices
    pen = _restore(cleaned.ink, page.cut(inks.rest, row), (cleaned.frame,))
    printed = page.cut(inks.print_, row)
    pen = _join_touching(pen, printed)
    suspicion = suspect_print(field.ink, field.frame, page.letter_px)
    if not _holds_ink(pen[inside]) and _holds_ink(printed[inside]):
        if suspicion is not Print.NO:
            return None
        return replace(cleaned, ink=printed, print_like=Print.LIKELY)
    pen = _join_alike(pen, printed, cleaned.frame, page, row)
    pen = _join_marks(pen, cleaned.frame, page, row)
    doubted = _count(page.cut(inks.unsure, row)[inside])
    is_unsure = doubted > _LAYERED.unsure_ink * _count(pen[inside])
    # Where a single character stands, its size says too little against the doubt.
    is_lone = len(_list_characters(pen, cleaned.frame)) < 2
    if is_unsure and (is_lone or suspicion is not Print.NO):
        return replace(cleaned, ink=pen, print_like=Print.PERHAPS)
    return replace(cleaned, ink=pen)


def _clean_dark(page: _Page, row: Row, field: FieldImage) -> FieldImage | None:
    """Clean a box of drop-out ink, whose tone tells lines and guides from the pen.

    Args:
        page: The page.
        row: The cells of the field.
        field: The field, without its drop-out ink.

    Returns:
        The field; None if it holds print alone.
    """
    if not field.kind.is_open:
        return field
    printed = page.cut(page.inks.print_, row)
    other = np.asarray(cv2.bitwise_and(field.ink, cv2.bitwise_not(printed)), np.uint8)
    of_print = np.asarray(cv2.bitwise_and(field.ink, printed), np.uint8)
    pen = _join_touching(other, of_print)
    inside = field.frame.slices
    if _holds_ink(of_print[inside]) and not _holds_ink(pen[inside]):
        return None
    return replace(field, ink=pen)


def _restore(strokes: Mask, rest: Mask, cells: Sequence[Box]) -> Mask:
    """Restore what was taken for a line, though it reaches no wall of its cell.

    What is as high as a digit comes back, and what touches a stroke; the dots and the
    level lines of guides in a box do not.

    Args:
        strokes: (h, w) uint8, 255 = ink of the pen in a field.
        rest: (h, w) uint8, 255 = its other ink that is no print.
        cells: The boxes in it.
    """
    labels, stats, _ = label_components(rest)
    near = cv2.dilate(strokes, np.ones((3, 3), np.uint8))
    restored = strokes.copy()
    for label, (left, top, width, height, _) in enumerate(stats[1:].tolist(), 1):
        box = Box(left, top, left + width, top + height)
        cell = next((c for c in cells if _lies_free(box, c)), None)
        if cell is None or width > cell.height:
            continue
        mask = labels[box.slices] == label
        is_digit = height >= _LAYERED.least_digit * cell.height
        if is_digit or bool(near[box.slices][mask].any()):
            restored[box.slices][mask] = 255
    return restored


def _lies_free(box: Box, cell: Box) -> bool:
    """Tell whether ink lies in a cell and reaches none of its walls."""
    rim = max(1, round(_LAYERED.rim * cell.height))
    return (
        box.left >= cell.left + rim
        and box.top >= cell.top + rim
        and box.right <= cell.right - rim
        and box.bottom <= cell.bottom - rim
    )


def _join_touching(pen: Mask, printed: Mask) -> Mask:
    """Make strokes whole of which most is the pen's and parts are called print.

    Args:
        pen: (h, w) uint8, 255 = ink of the pen in a field.
        printed: The same of print.
    """
    if not pen.any() or not printed.any():
        return pen
    strokes = np.asarray(cv2.max(pen, printed), np.uint8)
    count, labels = cv2.connectedComponents(strokes, connectivity=8)
    flat = labels.ravel()
    every = np.bincount(flat, minlength=count)
    of_pen = np.bincount(flat[pen.ravel() > 0], minlength=count)
    whole = of_pen >= _LAYERED.mostly * np.maximum(every, 1)
    whole[0] = False
    return np.asarray(np.where(whole[labels], strokes, pen), np.uint8)


def _join_alike(pen: Mask, printed: Mask, frame: Box, page: _Page, row: Row) -> Mask:
    """Add what is called print to the pen's ink if it looks like more of the same.

    It must be as high as the pen's digits, level with them and as dark.

    Args:
        pen: (h, w) uint8, 255 = ink of the pen in a field.
        printed: The same of print.
        frame: The box in it.
        page: The page.
        row: The cells of the field.
    """
    others = _list_characters(printed, frame) if printed.any() else []
    own = _list_characters(pen, frame) if others else []
    if not own:
        return pen
    height = float(np.median([box.height for box, _ in own]))
    level = float(np.median([box.centre[1] for box, _ in own]))
    tones = cut_pixels(page.pixels, row)
    dark = [float(np.median(tones[box.slices][mask])) for box, mask in own]
    paper = float(np.median(tones[frame.slices]))
    contrast = abs(paper - float(np.median(dark)))
    low, high = _LAYERED.alike
    joined = pen.copy()
    for box, mask in others:
        tone = abs(paper - float(np.median(tones[box.slices][mask])))
        is_level = abs(box.centre[1] - level) <= _LAYERED.level * height
        is_high = low * height <= box.height <= high * height
        if is_level and is_high and tone >= _LAYERED.as_dark * contrast:
            joined[box.slices][mask] = 255
    return joined


def _join_marks(pen: Mask, frame: Box, page: _Page, row: Row) -> Mask:
    """Add the marks of a number that are called print or a line to the pen's ink."""
    digits = _list_characters(pen, frame)
    every = cv2.max(page.cut(page.inks.print_, row), page.cut(page.inks.rest, row))
    others = np.asarray(cv2.bitwise_and(every, cv2.bitwise_not(pen)), np.uint8)
    return join_marks(pen, others, frame, cut_pixels(page.pixels, row), digits)


def _list_characters(ink: Mask, frame: Box) -> list[tuple[Box, npt.NDArray[np.bool_]]]:
    """List what is as high as a digit in a box, and its ink."""
    labels, stats, centres = label_components(ink)
    found = []
    for label, (left, top, width, height, _) in enumerate(stats[1:].tolist(), 1):
        x, y = centres[label]
        is_inside = frame.left < x < frame.right and frame.top < y < frame.bottom
        if is_inside and height >= _LAYERED.least_digit * frame.height:
            box = Box(left, top, left + width, top + height)
            found.append((box, labels[box.slices] == label))
    return found


def sees_pen(inks: SeparatedInk, field: FieldImage) -> bool:
    """Tell whether the pen left anything in a field or across its walls.

    A stroke, however little of it, or many specks: a single one is dirt.

    Args:
        inks: The ink of the page by whose it is.
        field: The field, with the pen's ink.
    """
    height = field.frame.height
    wall = max(_LAYERED.least_wall_px, round(_LAYERED.wall * height))
    around = field.frame.expanded(wall, wall).clipped(field.ink.shape)
    ink = field.ink[around.slices]
    if _count(ink) < _LAYERED.least_pen * height**2:
        return False
    lengths = bound_components(ink)[:, 2:].max(axis=1) * inks.scale * field.scale
    is_stroke = lengths.max() >= _LAYERED.least_stroke_px
    return bool(is_stroke or lengths.sum() >= _LAYERED.specks_px)


def _count(ink: Mask) -> int:
    return int(np.count_nonzero(ink))


def _holds_ink(ink: Mask) -> bool:
    """Tell whether there is as much ink as a character has."""
    return bool(_count(ink) >= _LAYERED.least_ink * ink.shape[0] ** 2)
