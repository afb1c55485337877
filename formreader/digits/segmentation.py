"""Cut the ink of a field into segments, one for each digit.

Pieces of ink are connected components. Where the form prints a cell for each digit, a
piece belongs to the cell that holds most of it. In an open box the pieces themselves
say where one digit ends: fragments join the digit that they lie over, and a piece too
wide for one digit is cut where the ink is thinnest.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, measure_stroke_width
from formreader.records import FieldImage, FieldSegments, Flag, Segment

_SPECK = 0.12  # of the field's height; a smaller piece is dirt
_CLEAN_BLANK = 0.999  # probability that a place without any speck is blank
_SPECK_DOUBT = 0.2  # that a place with the largest speck is not blank after all
_CROWD = 5  # specks that size up to _CROWD_SPECK; more, and they are writing
_CROWD_SPECK = 0.3  # of the largest speck
_FRAGMENT = 0.45  # of the digits' height; a lower piece is part of a digit, or a mark
_REACH = 0.15  # of the digits' height; how far a fragment may lie from its digit
_SPANNING = 0.2  # of a piece's ink in a second cell: it belongs to both
_OVERLAP = 0.6  # of the narrower piece's columns; more, and one is above the other,
_SIDE_BY_SIDE = 0.5  # unless they share as much of the lower piece's rows
_WIDE_DIGIT = 1.15  # width / height; a wider piece may be two digits
_WIDEST_DIGIT = 1.4  # a wider piece is two digits
_DOT = 0.9  # of the pen's width; a smaller speck is dirt
_TYPICAL_PITCH = 0.9  # width of a digit and its gap / height


@dataclass(frozen=True, eq=False)
class _Piece:
    """One connected component: its mask within `box`."""

    mask: npt.NDArray[np.bool_]
    box: Box
    area: int


def segment_field(field: FieldImage) -> FieldSegments:
    """Cut a field into segments.

    Args:
        field: The field, box lines removed.

    Returns:
        Its segments, boxes in the frame of `field.ink`.
    """
    pieces, specks = _find_pieces(field)
    if not pieces and len(specks) > _CROWD:
        pieces, specks = specks, []
    flags = {Flag.CLIPPED} if _is_clipped(pieces, field.ink.shape) else set()
    if field.cells is None:
        segments, more = _segment_open_box(pieces)
    else:
        segments, more = _segment_cells(pieces, field.cells)
    if _has_dot(specks, pieces):
        flags.add(Flag.SEPARATOR)
    return FieldSegments(
        tuple(segments), frozenset(flags | more), _blank_confidence(specks, field)
    )


def _find_pieces(field: FieldImage) -> tuple[list[_Piece], list[_Piece]]:
    """Find the components that belong to the field, from left to right.

    Returns:
        The pieces, and the larger ones of the specks.
    """
    speck_px = _largest_speck_px(field)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(field.ink)
    pieces: list[_Piece] = []
    specks: list[_Piece] = []
    for label in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[label])
        size = max(width, height)
        if size < _CROWD_SPECK * speck_px:
            continue
        box = Box(left, top, left + width, top + height)
        mask = labels[box.slices] == label
        if 2 * _count_inside(mask, box, field.frame) < area:
            continue  # the ink of a neighbour that reaches into the margin
        (specks if size < speck_px else pieces).append(_Piece(mask, box, area))
    pieces.sort(key=lambda piece: piece.box.centre[0])
    specks.sort(key=lambda piece: piece.box.centre[0])
    return pieces, specks


def _has_dot(specks: list[_Piece], pieces: list[_Piece]) -> bool:
    """Tell whether a pen made a dot between or before the digits.

    A dot is as wide as the pen and stands free; dirt is smaller, and what a dry pen
    leaves of a stroke lies close to the rest of it.
    """
    if not specks or not pieces:
        return False
    pen_px = float(np.median([measure_stroke_width(piece.mask) for piece in pieces]))
    last = max(piece.box.left for piece in pieces)
    return any(
        min(speck.box.width, speck.box.height) >= _DOT * pen_px
        and speck.box.right <= last
        and all(_horizontal_gap(speck.box, piece.box) > pen_px for piece in pieces)
        for speck in specks
    )


def _largest_speck_px(field: FieldImage) -> float:
    return max(3.0, _SPECK * field.frame.height)


def _blank_confidence(specks: list[_Piece], field: FieldImage) -> float:
    """Doubt a blank the more, the nearer its largest speck comes to a stroke."""
    sizes = [max(speck.box.width, speck.box.height) for speck in specks]
    share = max(sizes, default=0) / _largest_speck_px(field)
    return _CLEAN_BLANK - _SPECK_DOUBT * share**2


def _count_inside(mask: npt.NDArray[np.bool_], box: Box, frame: Box) -> int:
    """Count the ink of a component that lies inside a frame."""
    inner = frame.shifted(-box.left, -box.top).clipped(mask.shape)
    return int(np.count_nonzero(mask[inner.slices]))


def _is_clipped(pieces: list[_Piece], shape: tuple[int, ...]) -> bool:
    """Tell whether a piece runs out of the picture."""
    return any(
        piece.box.left == 0
        or piece.box.top == 0
        or piece.box.right == shape[1]
        or piece.box.bottom == shape[0]
        for piece in pieces
    )


def _segment_cells(
    pieces: list[_Piece], cells: tuple[Box, ...]
) -> tuple[list[Segment], set[Flag]]:
    """Give each piece to the cell that holds most of it."""
    flags: set[Flag] = set()
    owned: dict[int, list[_Piece]] = {}
    borders = [
        round((cell.right + following.left) / 2) for cell, following in pairwise(cells)
    ]
    for piece in pieces:
        parts = _split_at(piece, borders)
        shares = [part.area / piece.area for _, part in parts]
        if sum(share >= _SPANNING for share in shares) > 1:
            flags.add(Flag.TOUCHING)
        else:
            parts = [(parts[int(np.argmax(shares))][0], piece)]
        for cell, part in parts:
            owned.setdefault(cell, []).append(part)
    return [_join(owned[cell], cell) for cell in sorted(owned)], flags


def _split_at(piece: _Piece, borders: list[int]) -> list[tuple[int, _Piece]]:
    """Cut a piece at given columns; parts without ink are left out.

    Returns:
        For each part the index of the interval between borders, and the part.
    """
    edges = [piece.box.left, *borders, piece.box.right]
    parts = []
    for index, (first, last) in enumerate(pairwise(edges)):
        first, last = max(first, piece.box.left), min(last, piece.box.right)
        if first >= last:
            continue
        mask = piece.mask[:, first - piece.box.left : last - piece.box.left]
        area = int(np.count_nonzero(mask))
        if area:
            box = Box(first, piece.box.top, last, piece.box.bottom)
            parts.append((index, _Piece(mask, box, area)))
    return parts


def _segment_open_box(
    pieces: list[_Piece],
) -> tuple[list[Segment], set[Flag]]:
    """Find the digits of a box without printed cells."""
    if not pieces:
        return [], set()
    flags: set[Flag] = set()
    digit_height = _typical_height(pieces)
    groups, marks = _group_pieces(pieces, digit_height)
    if marks and min(mark.box.left for mark in marks) < groups[-1][0].box.left:
        flags.add(Flag.SEPARATOR)
    segments = []
    for group in groups:
        segment = _join(group, None)
        parts = _cut_wide(segment, digit_height)
        widest = max(part.box.width for part in parts)
        if len(parts) > 1 or widest > _WIDE_DIGIT * digit_height:
            flags.add(Flag.TOUCHING)
        segments += parts
    return segments, flags


def _typical_height(pieces: list[_Piece]) -> float:
    """Take the median height of the pieces that are no fragments."""
    heights = np.array([piece.box.height for piece in pieces], dtype=np.float64)
    return float(np.median(heights[heights >= 0.5 * heights.max()]))


def _group_pieces(
    pieces: list[_Piece], digit_height: float
) -> tuple[list[list[_Piece]], list[_Piece]]:
    """Join pieces that make up one digit.

    Returns:
        Groups from left to right, and the marks that belong to no digit.
    """
    whole = [p for p in pieces if p.box.height >= _FRAGMENT * digit_height]
    groups: list[list[_Piece]] = []
    for piece in whole:
        if groups and _is_stacked(_cover(groups[-1]), piece.box):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    marks = []
    for fragment in pieces:
        if fragment in whole:
            continue
        gaps = [_horizontal_gap(_cover(group), fragment.box) for group in groups]
        nearest = int(np.argmin(gaps))
        if gaps[nearest] <= _REACH * digit_height:
            groups[nearest].append(fragment)
        else:
            marks.append(fragment)
    return groups, marks


def _cover(group: list[_Piece]) -> Box:
    box = group[0].box
    for piece in group[1:]:
        box = box.union(piece.box)
    return box


def _is_stacked(box: Box, other: Box) -> bool:
    """Tell whether two pieces lie one above the other, as parts of one digit do.

    Slanted digits share columns as well, but stand side by side.
    """
    columns = -_horizontal_gap(box, other) / min(box.width, other.width)
    shared_rows = min(box.bottom, other.bottom) - max(box.top, other.top)
    rows = shared_rows / min(box.height, other.height)
    return columns > _OVERLAP and rows < _SIDE_BY_SIDE


def _horizontal_gap(box: Box, other: Box) -> int:
    """Count the columns between two boxes; negative if they overlap."""
    return max(box.left, other.left) - min(box.right, other.right)


def _cut_wide(segment: Segment, digit_height: float) -> list[Segment]:
    """Cut a segment that is too wide for one digit where the ink is thinnest."""
    width = segment.box.width
    if width <= _WIDEST_DIGIT * max(digit_height, segment.box.height):
        return [segment]
    count = max(2, round(width / (_TYPICAL_PITCH * digit_height)))
    profile = np.count_nonzero(segment.ink, axis=0).astype(np.float64)
    reach = width / (3 * count)
    columns = np.arange(width)
    cuts = []
    for index in range(1, count):
        ideal = index * width / count
        distance = np.abs(columns - ideal)
        cost = np.where(distance <= reach, profile + distance / reach, np.inf)
        cuts.append(int(np.argmin(cost)))
    parts = []
    for first, last in pairwise([0, *cuts, width]):
        ink = segment.ink[:, first:last]
        if ink.any():
            box = Box(
                segment.box.left + first,
                segment.box.top,
                segment.box.left + last,
                segment.box.bottom,
            )
            parts.append(Segment(ink, box))
    return parts


def _join(pieces: list[_Piece], cell: int | None) -> Segment:
    """Draw pieces into one segment."""
    box = _cover(pieces)
    ink = np.zeros((box.height, box.width), dtype=np.uint8)
    for piece in pieces:
        ink[piece.box.shifted(-box.left, -box.top).slices][piece.mask] = 255
    return Segment(ink, box, cell)
