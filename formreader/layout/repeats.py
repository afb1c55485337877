"""Tells what is printed into many fields alike: units, cents, currency signs, guides.

No hand writes the same shape at the same place of several cells. Where that is so, and
the ink network takes some of it for print, all of it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, side_lengths
from formreader.layout.field_cutting import cut_like, erase_ink
from formreader.layout.layered_fields import sees_pen
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.layout.strokes import Strokes, find_strokes
from formreader.records import FieldImage

__all__ = ["drop_repeated"]

_REPEATS = SETTINGS.repeats

Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Pieces:
    """What stands in fields, piece by piece.

    Attributes:
        fields: (N,) the field of each.
        labels: (N,) its component there.
        places: (N, 4) from the left, top, right and bottom of its box, in pixels of the
            page.
        sizes: (N, 2) width and height, likewise.
        shapes: (N, S) its mask, scaled to one size, of length 1.
        printed: (N,) share of it that is called print.
        boxed: (N,) bool, whether it stands in a box for one digit, where the pen's
            shapes are much alike.
        heights: (N,) height of that box, or of the field's, in pixels of the page.
        slots: (N,) which box of its field that is, counted from the last.
    """

    fields: npt.NDArray[np.intp]
    labels: npt.NDArray[np.intp]
    places: Floats
    sizes: Floats
    shapes: Floats
    printed: Floats
    boxed: npt.NDArray[np.bool_]
    heights: Floats
    slots: npt.NDArray[np.intp]


def drop_repeated(inks: SeparatedInk, fields: Sequence[FieldImage]) -> list[FieldImage]:
    """Erase from fields what is printed into several of them.

    Args:
        inks: The ink of the page by whose it is.
        fields: The fields, each with the pen's ink.

    Returns:
        The fields in the same order.
    """
    found = [_list_strokes(inks, field) for field in fields]
    pieces = _join(
        [_list_pieces(*one, i) for i, one in enumerate(zip(fields, found, strict=True))]
    )
    if pieces is None:
        return list(fields)
    repeated = _fill_up(pieces, _spread(pieces, _find_repeated(pieces)))
    repeated = _drop_lone_marks(pieces, repeated)
    kept = []
    for index, (field, (strokes, _)) in enumerate(zip(fields, found, strict=True)):
        own = pieces.fields == index
        labels = pieces.labels[repeated & own]
        if labels.size:
            gone = np.isin(strokes.labels, labels).astype(np.uint8) * np.uint8(255)
            field = _erase(inks, field, gone)
            if field.kind.is_open and _leaves_rest(pieces, own, repeated):
                field = replace(field, writing_beside=True)
        kept.append(field)
    return kept


def _erase(inks: SeparatedInk, field: FieldImage, gone: Mask) -> FieldImage:
    """Erase print from both ways in which a field was cleaned."""
    erased = erase_ink(field, gone)
    other = field.by_geometry
    return replace(
        erased,
        pen_seen=sees_pen(inks, erased),
        by_geometry=None if other is None else erase_ink(other, gone),
    )


def _leaves_rest(
    pieces: _Pieces, own: npt.NDArray[np.bool_], repeated: npt.NDArray[np.bool_]
) -> bool:
    """Tell whether other ink is left between what is print and the wall next to it.

    That is more of the same print, of which some was not told from the pen.
    """
    rest = pieces.places[own & ~repeated]
    for place in pieces.places[own & repeated]:
        side = 0 if place[0] < place[2] else 2
        if (rest[:, side] < place[side] - _REPEATS.least_slack_px).any():
            return True
    return False


def _list_strokes(inks: SeparatedInk, field: FieldImage) -> tuple[Strokes, Floats]:
    """List what stands in a field, and how much of each piece is called print."""
    printed = cut_like(inks.print_, field)
    strokes = find_strokes(np.asarray(cv2.max(field.ink, printed), np.uint8))
    return strokes, strokes.count(printed) / strokes.areas


def _list_pieces(
    field: FieldImage, found: tuple[Strokes, Floats], index: int
) -> _Pieces | None:
    """List the pieces near the left and right wall of each box of a field."""
    strokes, printed = found
    _, height = side_lengths(field.outline)
    scale = height / field.frame.height
    places, chosen, slots = [], [], []
    boxes = field.cells or (field.frame,)
    for slot, box in enumerate(reversed(boxes)):
        inside = np.flatnonzero(_lie_in(strokes.boxes, box))
        own = strokes.boxes[inside]
        place = np.abs(own - [box.left, box.top, box.right, box.bottom]) * scale
        near = place[:, [0, 2]].min(axis=1) <= _REPEATS.reach * height
        places.append(place[near])
        chosen.append(inside[near])
        slots.append(np.full(np.count_nonzero(near), slot))
    labels = np.concatenate(chosen)
    if not labels.size:
        return None
    own = strokes.boxes[labels]
    shapes = [_draw(strokes, label) for label in labels.tolist()]
    return _Pieces(
        np.full(len(labels), index),
        labels + 1,
        np.concatenate(places),
        (own[:, 2:] - own[:, :2]) * scale,
        np.array(shapes),
        printed[labels],
        np.full(len(labels), not field.kind.is_open),
        np.full(len(labels), float(height)),
        np.concatenate(slots),
    )


def _lie_in(boxes: Floats, frame: Box) -> npt.NDArray[np.bool_]:
    """Tell which boxes (N, 4) have their middle in a frame."""
    x, y = boxes[:, [0, 2]].mean(axis=1), boxes[:, [1, 3]].mean(axis=1)
    inside = (frame.left < x) & (x < frame.right) & (frame.top < y) & (y < frame.bottom)
    return np.asarray(inside, np.bool_)


def _draw(strokes: Strokes, index: int) -> Floats:
    """Draw one piece at a fixed size, as a vector of length 1."""
    box = Box(*strokes.boxes[index].astype(int).tolist())
    mask = (strokes.labels[box.slices] == index + 1).astype(np.float32)
    side = _REPEATS.side_px
    drawn = cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA).ravel()
    return np.asarray(drawn / np.linalg.norm(drawn), np.float64)


def _join(several: Sequence[_Pieces | None]) -> _Pieces | None:
    """Join the pieces of all fields; None if there are none."""
    found = [one for one in several if one is not None]
    if not found:
        return None
    names = [one.name for one in dataclass_fields(_Pieces)]
    return _Pieces(
        *(np.concatenate([getattr(one, name) for one in found]) for name in names)
    )


def _find_repeated(pieces: _Pieces) -> npt.NDArray[np.bool_]:
    """Tell which pieces stand in several fields alike and are print, (N,) bool."""
    repeated = np.zeros(len(pieces.fields), np.bool_)
    # Where the network takes much of what was written for print, that proves little.
    usual = _REPEATS.clearly * float(pieces.printed.mean())
    few, many = max(_REPEATS.printed[1], usual), _REPEATS.printed[0]
    for index in range(len(repeated)):
        alike, near = _find_alike(pieces, index)
        count, around = (len(np.unique(pieces.fields[one])) for one in (alike, near))
        # The pen's shapes that look alike lie about, not all at the very same place.
        if count < max(_REPEATS.fewest, _REPEATS.exact * around):
            continue
        is_many, is_boxed = count >= _REPEATS.many, bool(pieces.boxed[index])
        if is_many or not is_boxed:
            least = many if is_many and not is_boxed else few
            repeated[index] = pieces.printed[alike].mean() >= least
    return repeated


def _spread(pieces: _Pieces, repeated: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Add the pieces that are more of the same print, though blurred or broken."""
    every = repeated.copy()
    beside = np.isin(pieces.fields, pieces.fields[repeated])
    beside &= ~repeated & ~pieces.boxed
    for index in np.flatnonzero(beside).tolist():
        alike, _ = _find_alike(pieces, index, _REPEATS.blurred, times=2)
        others = np.unique(pieces.fields[alike[repeated[alike]]])
        every[index] = len(others) >= _REPEATS.fewest
    return every


def _fill_up(pieces: _Pieces, repeated: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Add what stands between print and the wall next to it, as print does elsewhere.

    Two letters that run together, or one in fragments, look like none of the others.
    """
    every = repeated.copy()
    feet, heads = pieces.places[:, 3], pieces.places[:, 3] + pieces.sizes[:, 1]
    for index in np.flatnonzero(repeated & ~pieces.boxed).tolist():
        place, height = pieces.places[index], pieces.sizes[index, 1]
        side = 0 if place[0] < place[2] else 2
        slack = max(_REPEATS.least_slack_px, _REPEATS.slack * height)
        ends = pieces.places[:, side] + pieces.sizes[:, 0]
        beyond = (ends <= place[side] + slack) & ~pieces.boxed
        rest = beyond & ~repeated & (pieces.fields == pieces.fields[index])
        if not rest.any():
            continue
        alike, _ = _find_alike(pieces, index)
        known = beyond & repeated & np.isin(pieces.fields, pieces.fields[alike])
        if len(np.unique(pieces.fields[known])) < _REPEATS.fewest:
            continue
        low, high = feet[known].min() - slack, heads[known].max() + slack
        every |= rest & (low <= feet) & (heads <= high)
    return every


def _drop_lone_marks(
    pieces: _Pieces, repeated: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Leave points alone beside which nothing larger repeats: they all look alike."""
    kept = repeated.copy()
    for index in np.flatnonzero(repeated).tolist():
        larger = pieces.sizes[:, 1] >= _REPEATS.larger * pieces.sizes[index, 1]
        larger &= repeated & (pieces.fields == pieces.fields[index])
        height = pieces.sizes[index, 1]
        is_large = height >= _REPEATS.least_height * pieces.heights[index]
        kept[index] = is_large or larger.any()
    return kept


def _find_alike(
    pieces: _Pieces, index: int, least: float = _REPEATS.alike, times: float = 1
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Find the pieces with the size, the place and the shape of one.

    Args:
        pieces: All pieces.
        index: The position of the one.
        least: Cosine between the pictures of two that are alike.
        times: What the slack of size and place is multiplied by.

    Returns:
        Their positions; and those of all whose place is at least about the same.
    """
    size = pieces.sizes[index]
    slack = times * max(_REPEATS.least_slack_px, _REPEATS.slack * size[1])
    same = (np.abs(pieces.sizes - size) <= slack).all(axis=1)
    sized = np.flatnonzero(same & (pieces.slots == pieces.slots[index]))
    cosines = pieces.shapes[sized] @ pieces.shapes[index]
    shaped = sized[cosines >= least]
    off = np.abs(pieces.places[shaped] - pieces.places[index])
    aside = np.minimum(off[:, :2], off[:, 2:]).max(axis=1)
    around = max(slack, _REPEATS.around * float(size.max()))
    return shaped[aside <= slack], shaped[aside <= around]
