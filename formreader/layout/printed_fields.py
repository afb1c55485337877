"""Tells fields that hold print from those that were written in, by all of their ink.

Stroke by stroke, print counts less than the pen, since a number that is lost is worse
than one too many. What was read of a field as a whole tells more: if the ink network
takes most of it for print, it is print. And what a form prints into one cell, as the
number of a row, it prints into the others of the column: they are judged together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.aligned_print import share_along_lines
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.layout.trace import LayoutTrace, Reason, note_drop
from formreader.records import FieldImage, Print

__all__ = ["drop_printed", "find_columns"]

Floats = npt.NDArray[np.float64]

_PRINTED = SETTINGS.printed_fields
_UNKNOWN = np.nan  # share of a field without ink


def drop_printed(
    inks: SeparatedInk, fields: Sequence[FieldImage], trace: LayoutTrace | None = None
) -> list[FieldImage]:
    """Leave out fields that hold print, and doubt those that may.

    Rows of boxes always stay: whatever is in them stands where a digit belongs.

    Args:
        inks: The ink of the page by whose it is.
        fields: The fields, each with the ink that is to be read.
        trace: Where it is said what was dropped, if anybody asks.

    Returns:
        The fields that are left, in the same order.
    """
    if inks.print_share is None:
        return list(fields)
    print_share = share_along_lines(inks.strokes, inks.print_share)
    shares = np.array([_measure_share(print_share, field) for field in fields])
    likely = shares >= _PRINTED.likely
    doubted, together = likely.copy(), np.nan_to_num(shares)
    for column in _judge_together(fields, shares):
        low = float(np.quantile(shares[column], _PRINTED.lowest, method="lower"))
        mean = float(shares[column].mean())
        if low >= _PRINTED.least_low:
            together[column] = np.maximum(together[column], mean)
        is_print = low >= _PRINTED.doubted_low and mean >= _PRINTED.doubted_mean
        doubted[column] |= is_print
        likely[column] = False  # columns are where people write: doubt is enough
    kept = []
    for place, field in enumerate(fields):
        if shares[place] >= _PRINTED.sure and field.kind.is_open:
            note_drop(trace, field.outline, Reason.PRINT)
            continue
        looks = field.print_like
        if doubted[place] and looks in (Print.NO, Print.PERHAPS):
            is_likely = likely[place] and field.kind.is_open
            looks = Print.LIKELY if is_likely else Print.PERHAPS
        share = float(together[place])
        kept.append(replace(field, print_like=looks, print_share=share))
    return kept


def _measure_share(print_share: npt.NDArray[np.uint8], field: FieldImage) -> float:
    """Measure how much of a field's ink is print, in [0, 1]; NaN if it has none."""
    size = field.ink.shape[1], field.ink.shape[0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shares = cv2.warpPerspective(print_share, field.to_page, size, flags=flags)
    inside = field.frame.slices
    ink = field.ink[inside] > 0
    known = ink & (shares[inside] > 0)
    if not known.any():
        return 0.0 if ink.any() else _UNKNOWN
    return float(shares[inside][ink].mean() / 255)


def _judge_together(
    fields: Sequence[FieldImage], shares: Floats
) -> list[npt.NDArray[np.intp]]:
    """Give the positions of the fields with ink of each column that has enough."""
    boxes = [field.box if field.kind.is_open else None for field in fields]
    columns = [np.array(column, np.intp) for column in find_columns(boxes)]
    inked = [column[~np.isnan(shares[column])] for column in columns]
    return [column for column in inked if len(column) >= _PRINTED.least_rows]


def find_columns(boxes: Sequence[Box | None]) -> list[list[int]]:
    """Group boxes that stand below each other, one as wide as the other.

    Args:
        boxes: Upright boxes on a page; None stands in no column.

    Returns:
        The positions of each group, from top to bottom.
    """
    known = [
        (box.top, place, box) for place, box in enumerate(boxes) if box is not None
    ]
    columns: list[list[tuple[int, Box]]] = []
    for _, place, box in sorted(known, key=lambda one: one[:2]):
        column = next((c for c in columns if _continues(box, c[-1][1])), None)
        if column is None:
            columns.append([(place, box)])
        else:
            column.append((place, box))
    return [[place for place, _ in column] for column in columns]


def _continues(box: Box, upper: Box) -> bool:
    """Tell whether a box stands right below another, as wide as that."""
    slack = _PRINTED.aligned * box.height
    is_aligned = abs(box.left - upper.left) <= slack
    is_aligned &= abs(box.right - upper.right) <= slack
    gap = box.top - upper.bottom
    return bool(is_aligned and -slack <= gap <= _PRINTED.gap * upper.height)
