"""Erases what is printed at one place of the boxes of a column, whole or in fragments.

Small print on a photo breaks into other fragments in each box, so that no two of its
strokes look alike. Laid over each other, boxes show it all the same: what most of them
have at the same distance from their walls, no hand wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import label_components, side_lengths
from formreader.layout.field_cutting import cut_like, erase_ink
from formreader.layout.layered_fields import sees_pen
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.records import FieldImage

__all__ = ["drop_column_print"]

_COLUMN = SETTINGS.column_print

Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Corner:
    """A lower corner of the boxes of a column, at one scale.

    Attributes:
        right: Whether it is the right corner; else the left one.
        size: Height and width of what is looked at.
        box_width: Width of a box of the column.
        scales: (N,) pixels of it to one of each field's image.
    """

    right: bool
    size: tuple[int, int]
    box_width: float
    scales: npt.NDArray[np.float64]

    def place(self, field: FieldImage, index: int) -> npt.NDArray[np.float64]:
        """Give the (2, 3) affine map from the image of a field."""
        height, width = self.size
        scale = float(self.scales[index])
        x = width - scale * field.frame.right if self.right else 0.0
        x = x if self.right else -scale * field.frame.left
        return np.array(
            [[scale, 0.0, x], [0.0, scale, height - scale * field.frame.bottom]]
        )

    def draw(self, layer: Mask, field: FieldImage, index: int) -> Floats:
        """Draw a layer of a field, as (h, w) float32 in [0, 1], without its margin."""
        inside = np.zeros_like(layer)
        inside[field.frame.slices] = layer[field.frame.slices]
        height, width = self.size
        drawn = cv2.warpAffine(inside, self.place(field, index), (width, height))
        return np.asarray(drawn, np.float32) / np.float32(255)


@dataclass(frozen=True, eq=False)
class _Repeat:
    """What stands at the same place of the boxes of a column.

    Attributes:
        support: (h, w) uint8, 255 = where it stands.
        shifts: (N, 2) by how many rows and columns each box's lies off that; 0 in boxes
            with hardly any ink.
        shows: (N,) bool, whether a box shows it as it is elsewhere.
    """

    support: Mask
    shifts: npt.NDArray[np.intp]
    shows: npt.NDArray[np.bool_]


def drop_column_print(
    inks: SeparatedInk, fields: Sequence[FieldImage]
) -> list[FieldImage]:
    """Erase from the boxes of columns what is printed into most of them.

    Args:
        inks: The ink of the page by whose it is.
        fields: The fields, each with the pen's ink.

    Returns:
        The fields in the same order.
    """
    kept = list(fields)
    for column in _find_columns(fields):
        for right in (True, False):
            boxes = [kept[index] for index in column]
            cleaned = _clean_corner(inks, boxes, _lay_out(boxes, right))
            for index, field in zip(column, cleaned, strict=True):
                kept[index] = field
    return kept


def _find_columns(fields: Sequence[FieldImage]) -> list[list[int]]:
    """Group open boxes whose left and right walls lie below each other."""
    sides = {}
    for index, field in enumerate(fields):
        if field.kind.is_open:
            corners = field.outline
            left, right = corners[[0, 3], 0].mean(), corners[[1, 2], 0].mean()
            sides[index] = corners[:, 1].mean(), float(left), float(right)
    columns: list[list[int]] = []
    for index in sorted(sides, key=lambda one: sides[one]):
        _, left, right = sides[index]
        slack = _COLUMN.aligned * (right - left)
        for column in columns:
            _, upper_left, upper_right = sides[column[-1]]
            if max(abs(left - upper_left), abs(right - upper_right)) <= slack:
                column.append(index)
                break
        else:
            columns.append([index])
    return [column for column in columns if len(column) >= _COLUMN.fewest]


def _lay_out(boxes: Sequence[FieldImage], right: bool) -> _Corner:
    """Choose the size at which the corners of boxes are compared."""
    sides = np.array([side_lengths(box.outline) for box in boxes], np.float64)
    frames = np.array([box.frame.height for box in boxes], np.float64)
    # Boxes of one column are of one width; in a photo they differ by what is nearer.
    near = float(np.median(sides[:, 0])) / sides[:, 0]
    height = max(1, int((sides[:, 1] * near).min()))
    whole = float(np.median(sides[:, 0]))
    size = height, max(1, int(min(_COLUMN.reach * height, whole)))
    return _Corner(right, size, whole, near * sides[:, 1] / frames)


def _clean_corner(
    inks: SeparatedInk, boxes: Sequence[FieldImage], corner: _Corner
) -> list[FieldImage]:
    """Erase what repeats in one corner of the boxes of a column."""
    every = [
        np.asarray(cv2.max(box.ink, cut_like(inks.print_, box)), np.uint8)
        for box in boxes
    ]
    drawn = np.array(
        [corner.draw(ink, *one) for ink, one in zip(every, _count(boxes), strict=True)]
    )
    repeat = _find_repeat(drawn)
    if repeat is None or not _leaves_room(corner, repeat):
        return list(boxes)
    if not _is_print(inks, boxes, corner, drawn, repeat):
        return list(boxes)
    return [_erase(inks, box, corner, repeat, index) for box, index in _count(boxes)]


def _count(boxes: Sequence[FieldImage]) -> list[tuple[FieldImage, int]]:
    return [(box, index) for index, box in enumerate(boxes)]


def _find_repeat(drawn: Floats) -> _Repeat | None:
    """Find what most of some boxes with ink have at the same place.

    Args:
        drawn: (N, h, w) float32 in [0, 1], their ink, 1 = ink.

    Returns:
        What repeats; None if nothing does.
    """
    height = drawn.shape[1]
    inked = drawn.sum(axis=(1, 2)) >= _COLUMN.least_ink * height**2
    if np.count_nonzero(inked) < _COLUMN.fewest:
        return None
    blur = max(1.0, _COLUMN.blur * height)
    soft = np.array([cv2.GaussianBlur(one, (0, 0), blur) for one in drawn[inked]])
    reach = max(_COLUMN.least_slack_px, round(_COLUMN.slack * height))
    shifts, moved = np.zeros((len(drawn), 2), np.intp), soft
    for _ in range(_COLUMN.rounds):
        mean = moved.mean(axis=0)
        shifts[inked] = [_find_shift(one, mean, reach) for one in soft]
        moved = np.array(
            [_shift(one, shift) for one, shift in zip(soft, shifts[inked], strict=True)]
        )
    common = np.median(moved, axis=0)
    if common.max() < _COLUMN.least_common:
        return None
    support = common >= common.max() * _COLUMN.rim
    rows, columns = (np.flatnonzero(support.any(axis=axis)) for axis in (1, 0))
    tall = int(rows[-1] - rows[0]) + 1
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    shows = inked.copy()
    shows[inked] = [_compare(one[part], common[part]) >= _COLUMN.alike for one in moved]
    many = max(_COLUMN.fewest, _COLUMN.share * np.count_nonzero(inked))
    if np.count_nonzero(shows) < many or tall < _COLUMN.least_height * height:
        return None
    if shifts[shows].std(axis=0).max() > max(_COLUMN.exact_px, _COLUMN.exact * tall):
        return None
    return _Repeat(support.astype(np.uint8) * np.uint8(255), shifts, shows)


def _find_shift(soft: Floats, mean: Floats, reach: int) -> tuple[int, int]:
    """Find by how many rows and columns a picture lies off the mean of all."""
    around = cv2.copyMakeBorder(soft, *(reach,) * 4, cv2.BORDER_CONSTANT, value=0)
    fit = cv2.matchTemplate(around, mean.astype(np.float32), cv2.TM_CCORR)
    row, column = np.unravel_index(int(fit.argmax()), fit.shape)
    return int(row) - reach, int(column) - reach


def _shift(picture: Floats, shift: npt.NDArray[np.intp]) -> Floats:
    """Move a picture back by how far it lies off."""
    height, width = picture.shape
    matrix = np.array([[1, 0, -shift[1]], [0, 1, -shift[0]]], np.float64)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height)), np.float32)


def _compare(one: Floats, other: npt.NDArray[np.floating]) -> float:
    """Give the cosine between two pictures."""
    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float((one * other).sum()) / max(lengths, 1e-9)


def _leaves_room(corner: _Corner, repeat: _Repeat) -> bool:
    """Tell whether a number can be written beside what repeats in a box."""
    columns = np.flatnonzero(repeat.support.any(axis=0))
    height, width = corner.size
    taken = width - int(columns[0]) if corner.right else int(columns[-1]) + 1
    return corner.box_width - taken >= _COLUMN.room * height


def _is_print(
    inks: SeparatedInk,
    boxes: Sequence[FieldImage],
    corner: _Corner,
    drawn: Floats,
    repeat: _Repeat,
) -> bool:
    """Tell whether the ink network takes enough of what repeats for print."""
    if inks.print_share is None:
        return False
    total = weight = 0.0
    for box, index in _count(boxes):
        if repeat.shows[index]:
            share = corner.draw(cut_like(inks.print_share, box), box, index)
            ink = (drawn[index] > 0.5) & (repeat.support > 0)
            total += float(share[ink].sum())
            weight += int(np.count_nonzero(ink))
    return total >= _COLUMN.printed * max(weight, 1.0)


def _erase(
    inks: SeparatedInk, box: FieldImage, corner: _Corner, repeat: _Repeat, index: int
) -> FieldImage:
    """Erase what repeats from both ways in which a box was cleaned.

    Where it is not seen as it is elsewhere, or runs into other ink, the box is doubted.
    """
    at = repeat.shifts[index] if repeat.shows[index] else np.zeros(2, np.intp)
    slack = 1 + 2 * max(1, round(_COLUMN.slack * corner.size[0] / 2))
    around = np.ones((slack, slack), np.uint8)
    wide = np.asarray(cv2.dilate(repeat.support, around), np.uint8)
    erased, is_whole = _erase_within(box, corner, wide, index, at)
    other = box.by_geometry
    if other is not None:
        other, _ = _erase_within(other, corner, wide, index, at)
    if erased is box:
        return box
    doubted = not (is_whole and repeat.shows[index])
    return replace(
        erased,
        pen_seen=sees_pen(inks, erased),
        by_geometry=other,
        writing_beside=box.writing_beside or (doubted and bool(erased.ink.any())),
    )


def _erase_within(
    box: FieldImage,
    corner: _Corner,
    wide: Mask,
    index: int,
    shift: npt.NDArray[np.intp],
) -> tuple[FieldImage, bool]:
    """Erase the components that lie within what repeats.

    Returns:
        The box, and whether nothing is left that reaches into that.
    """
    moved = np.array([[1, 0, shift[1]], [0, 1, shift[0]], [0, 0, 1]], np.float64)
    to_corner = np.vstack([corner.place(box, index), [0.0, 0.0, 1.0]])
    back = (np.linalg.inv(to_corner) @ moved)[:2]
    size = box.ink.shape[1], box.ink.shape[0]
    near = cv2.warpAffine(wide, back, size, flags=cv2.INTER_NEAREST) > 127
    labels, stats, _ = label_components(box.ink)
    inside = np.bincount(labels[near], minlength=len(stats))
    share = inside / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    gone = share >= _COLUMN.within
    gone[0] = False
    if not gone.any():
        return box, True
    rest = (share > 1 - _COLUMN.within) & ~gone
    erased = erase_ink(box, gone[labels].astype(np.uint8) * np.uint8(255))
    return erased, not bool(rest[1:].any())
