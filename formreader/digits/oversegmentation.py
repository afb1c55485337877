"""Competing segments of a box without printed cells.

Every piece is cut wherever a digit might end. A segment is a run of neighbouring parts:
a whole piece, a part of one, or several that together may be a digit whose strokes do
not meet. Which segments are the digits is for the lattice to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from formreader.digits.cutting import Part, cut_piece
from formreader.digits.pieces import (
    Piece,
    horizontal_gap,
    join_ink,
    measure_pen,
)
from formreader.records import Segment, SegmentShape

__all__ = ["propose_segments"]

_TALL = 0.5  # of the highest piece; lower ones say nothing about the digits' height
_MOST_PARTS = 5  # in a segment
_WIDEST = 1.6  # width / height of the digits; a wider run of parts is no digit
_WIDEST_GAP = 0.3  # of the digits' height, between two parts of a digit


def propose_segments(pieces: list[Piece]) -> tuple[list[Segment], int]:
    """Propose segments for all digits that the pieces may be.

    Args:
        pieces: The pieces of a field, from left to right.

    Returns:
        The segments, and the number of parts that they are runs of.
    """
    if not pieces:
        return [], 0
    digit_height = _typical_height(pieces)
    pen_px = measure_pen(pieces)
    parts = [
        _Placed(part, owner, _find_centre(part.piece))
        for owner, piece in enumerate(pieces)
        for part in cut_piece(piece, digit_height, pen_px)
    ]
    parts.sort(key=lambda placed: placed.centre)
    segments = []
    for first in range(len(parts)):
        for last in range(first + 1, min(len(parts), first + _MOST_PARTS) + 1):
            run = parts[first:last]
            segment = _propose(run, first, last, digit_height)
            if segment is None:
                break
            segments.append(segment)
    return segments, len(parts)


@dataclass(frozen=True, eq=False)
class _Placed:
    """A part, the piece that it comes from, and the column of its centre of mass."""

    part: Part
    owner: int
    centre: float


def _find_centre(piece: Piece) -> float:
    columns = np.count_nonzero(piece.mask, axis=0)
    return piece.box.left + float(
        np.average(np.arange(piece.box.width), weights=columns)
    )


def _propose(
    run: list[_Placed], first: int, last: int, digit_height: float
) -> Segment | None:
    """Make a segment of a run of parts, or none if they are no digit."""
    ink, box = join_ink([placed.part.piece for placed in run])
    boxes = [placed.part.piece.box for placed in run]
    gaps = [horizontal_gap(box, following) for box, following in pairwise(boxes)]
    gap = max(0, *gaps, 0) / digit_height
    single = len(run) == 1
    if not single and (box.width > _WIDEST * digit_height or gap > _WIDEST_GAP):
        return None
    shape = SegmentShape(
        width=box.width / digit_height,
        height=box.height / digit_height,
        gap=gap,
        cut=_crossed(run),
    )
    return Segment(ink, box, first, last, shape)


def _crossed(run: list[_Placed]) -> float:
    """Add up the ink that the cuts at both ends of a run cross, in pen widths."""
    crossed = 0.0
    for owner in {placed.owner for placed in run}:
        own = [placed.part for placed in run if placed.owner == owner]
        crossed += own[0].before + own[-1].after
    return crossed


def _typical_height(pieces: list[Piece]) -> float:
    """Take the median height of the pieces that are no fragments."""
    heights = np.array([piece.box.height for piece in pieces], dtype=np.float64)
    return float(np.median(heights[heights >= _TALL * heights.max()]))
