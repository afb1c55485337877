"""Tells the caption of a box from what was written below or beside it.

On many forms the caption stands inside the box. What of it is called print is left out
already; the letters of it that were taken for the pen's are told by where they stand:
amid print of their own height, on another level than the writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.field_cutting import cut_like, erase_ink
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.layout.strokes import (
    Strokes,
    find_strokes,
    group_level,
    span_of,
    stands_beside,
)
from formreader.records import FieldImage, Print

__all__ = ["drop_captions"]

Mask = npt.NDArray[np.uint8]

_WRITING = SETTINGS.writing
_CAPTIONS = SETTINGS.captions


def drop_captions(inks: SeparatedInk, fields: Sequence[FieldImage]) -> list[FieldImage]:
    """Leave only what was written in boxes that hold a caption.

    Args:
        inks: The ink of the page by whose it is.
        fields: The fields, each with the pen's ink.

    Returns:
        The fields in the same order.
    """
    return [
        _drop_caption(inks, field) if _may_hold_both(field) else field
        for field in fields
    ]


def _may_hold_both(field: FieldImage) -> bool:
    """Tell whether a field may hold writing beside print; some hold print alone."""
    is_print = field.print_like is Print.LIKELY
    return field.kind.is_open and not is_print and bool(field.ink.any())


def _drop_caption(inks: SeparatedInk, field: FieldImage) -> FieldImage:
    """Leave only what was written in one box."""
    printed = cut_like(inks.print_, field)
    inked = np.count_nonzero(printed[field.frame.slices])
    if inked < SETTINGS.layered_fields.least_ink * field.frame.height**2:
        return field
    strokes = find_strokes(field.ink)
    unsure = strokes.count(cut_like(inks.unsure, field)) / strokes.areas
    pieces = find_strokes(printed)
    lines = group_level(strokes.boxes)
    written, captions = _part_lines(lines, strokes, unsure, pieces.boxes)
    spans = [span_of(strokes.boxes[line]) for line in written]
    if not any(_lies_inside(span, field.frame) for span in spans):
        return field  # all that stands in the box would be its caption
    dropped = _draw(strokes, np.concatenate([*captions, np.array([], np.intp)]))
    aside = np.ones(len(pieces.boxes), np.bool_)
    for line in written:
        span = span_of(strokes.boxes[line])
        aside &= ~stands_beside(pieces.boxes, span, _WRITING.pen_gap)
    removed = np.maximum(dropped, _draw(pieces, np.flatnonzero(aside)))
    other = field.by_geometry
    own = np.concatenate(written)
    share = float((unsure[own] * strokes.areas[own]).sum() / strokes.areas[own].sum())
    is_sure = share <= SETTINGS.layered_fields.unsure_ink
    return replace(
        field,
        ink=np.where(dropped > 0, 0, field.ink).astype(np.uint8),
        print_like=Print.NO if captions and is_sure else field.print_like,
        by_geometry=None if other is None else erase_ink(other, removed),
    )


def _lies_inside(span: npt.NDArray[np.float64], frame: Box) -> bool:
    """Tell whether the middle of a line of strokes lies in a box."""
    x, y = (span[:2] + span[2:]) / 2
    return bool(frame.left < x < frame.right and frame.top < y < frame.bottom)


def _part_lines(
    lines: Sequence[npt.NDArray[np.intp]],
    strokes: Strokes,
    unsure: npt.NDArray[np.float64],
    pieces: npt.NDArray[np.float64],
) -> tuple[list[npt.NDArray[np.intp]], list[npt.NDArray[np.intp]]]:
    """Part lines of strokes into what was written and pieces of a caption.

    Args:
        lines: Positions of the strokes of each.
        strokes: All strokes of the field.
        unsure: (N,) share of each stroke that may be print as well.
        pieces: (M, 4) left, top, right, bottom of each piece of print.

    Returns:
        The lines that were written, and the others.
    """
    spans = [span_of(strokes.boxes[line]) for line in lines]
    tallest = max(span[3] - span[1] for span in spans)
    written: list[npt.NDArray[np.intp]] = []
    captions: list[npt.NDArray[np.intp]] = []
    for line, span in zip(lines, spans, strict=True):
        areas = strokes.areas[line]
        doubt = float((unsure[line] * areas).sum() / areas.sum())
        is_small = span[3] - span[1] < _CAPTIONS.small * tallest
        amid_print = bool(stands_beside(pieces, span, _WRITING.print_gap).any())
        is_caption = amid_print and (is_small or doubt > _WRITING.perhaps_print)
        is_caption |= is_small and doubt > _WRITING.likely_print
        (captions if is_caption else written).append(line)
    return written, captions


def _draw(strokes: Strokes, chosen: npt.NDArray[np.intp]) -> Mask:
    """Draw some strokes, (h, w) uint8, 255 = ink."""
    mask = np.isin(strokes.labels, chosen + 1)
    return np.asarray(mask, np.uint8) * np.uint8(255)
