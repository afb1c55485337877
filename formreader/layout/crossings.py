"""Gives a stroke that crosses the wall between two cells to one of them.

Who writes more than a cell takes writes across its wall. A digit there belongs to the
cell that holds most of it, and digits of both cells that touch are parted where a
single stroke joins them. Both cells then are read of the same ink only once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import (
    Box,
    bound_components,
    bounding_box,
    measure_stroke_width,
    transform_points,
)
from formreader.layout.field_cutting import cut_like, erase_ink
from formreader.layout.layered_fields import sees_pen
from formreader.layout.page_strokes import PageStrokes
from formreader.layout.settings import SETTINGS
from formreader.records import FieldImage, FieldKind

__all__ = ["share_crossings"]

_CROSSINGS = SETTINGS.crossings

_WALLED = {FieldKind.CELL, FieldKind.BOX}

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


class _Side(Enum):
    LEFT = 0
    RIGHT = 1


def share_crossings(
    strokes: PageStrokes, fields: Sequence[FieldImage]
) -> list[FieldImage]:
    """Give what crosses a wall between two fields to one of them.

    Args:
        strokes: The pen's strokes on the page.
        fields: The fields, each with the pen's ink.

    Returns:
        The fields in the same order; those in doubt with writing beside them.
    """
    changes = [_Changes() for _ in fields]
    for left, right in _find_neighbours(fields):
        wall = _Wall(fields[left], fields[right])
        for label in wall.find_crossing(strokes):
            stroke = _Stroke.of(strokes, label)
            wall.share(stroke, changes[left], changes[right])
    return [
        change.apply(strokes, one) if change else one
        for change, one in zip(changes, fields, strict=True)
    ]


def _find_neighbours(fields: Sequence[FieldImage]) -> Iterator[tuple[int, int]]:
    """Find fields with ink that share an upright wall.

    Yields:
        The place of the one to the left of it, and of that to the right.
    """
    places = [
        i for i, one in enumerate(fields) if one.kind in _WALLED and one.ink.any()
    ]
    boxes = [fields[i].box for i in places]
    sides = np.array([(b.left, b.top, b.right, b.bottom) for b in boxes], np.float64)
    left, top, _, bottom = sides.reshape(-1, 4).T
    for index, box in enumerate(boxes):
        shared = np.minimum(bottom, box.bottom) - np.maximum(top, box.top)
        level = shared >= _CROSSINGS.beside * np.minimum(bottom - top, box.height)
        near = np.abs(left - box.right) <= _CROSSINGS.wall * box.height
        for other in np.flatnonzero(level & near).tolist():
            if other != index:
                yield places[index], places[other]


@dataclass
class _Changes:
    """What is to be changed in a field.

    Attributes:
        gone: What is another field's, and where on the page.
        own: Where on the page what is its own lies, across its wall.
        doubtful: Whether it may have lost or won a digit.
    """

    gone: list[tuple[Mask, Box]] = field(default_factory=list)
    own: list[Box] = field(default_factory=list)
    doubtful: bool = False

    def __bool__(self) -> bool:
        """Tell whether anything is to be changed."""
        return bool(self.gone or self.own or self.doubtful)

    def apply(self, strokes: PageStrokes, one: FieldImage) -> FieldImage:
        """Change a field."""
        other = one.by_geometry
        if self.gone:
            layer = np.zeros(strokes.labels.shape, np.uint8)
            for mask, box in self.gone:
                layer[box.slices][mask] = 255
            one = erase_ink(one, cut_like(layer, one))
            if other is not None:
                other = erase_ink(other, cut_like(layer, other))
        for box in self.own:
            one = _widen(one, box)
            other = None if other is None else _widen(other, box)
        return replace(
            one,
            by_geometry=other,
            pen_seen=sees_pen(strokes.inks, one),
            writing_beside=one.writing_beside or self.doubtful,
        )


def _widen(one: FieldImage, box: Box) -> FieldImage:
    """Widen the frame of a field to hold its own stroke beyond a wall."""
    from_page = np.asarray(np.linalg.inv(one.to_page), np.float64)
    place = bounding_box(transform_points(box.corners, from_page))
    place = place.clipped(one.ink.shape)
    if 2 * place.intersection_area(one.frame) > place.area:
        return one  # which is enough to be taken for its own
    left = min(one.frame.left, place.left)
    right = max(one.frame.right, place.right)
    return replace(one, frame=Box(left, one.frame.top, right, one.frame.bottom))


@dataclass(frozen=True, eq=False)
class _Stroke:
    """Ink that hangs together.

    Attributes:
        mask: (h, w) bool, the ink within `box`.
        box: Where it lies on the page.
    """

    mask: Mask
    box: Box

    @staticmethod
    def of(strokes: PageStrokes, label: int) -> _Stroke:
        """Take a stroke of a page."""
        left, top, width, height, _ = strokes.stats[label].tolist()
        box = Box(left, top, left + width, top + height)
        return _Stroke(strokes.labels[box.slices] == label, box)

    def part(self, x: int) -> tuple[_Stroke, _Stroke]:
        """Part it at a column of the page, the first of the right part."""
        at = x - self.box.left
        columns = np.arange(self.box.width)
        return self._take(columns < at), self._take(columns >= at)

    def _take(self, columns: Mask) -> _Stroke:
        mask = self.mask & columns
        left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
        inner = Box(left, top, left + width, top + height)
        return _Stroke(mask[inner.slices], inner.shifted(self.box.left, self.box.top))


@dataclass(frozen=True, eq=False)
class _Wall:
    """The wall between two fields."""

    left: FieldImage
    right: FieldImage

    def _ends(self, side: _Side) -> Floats:
        """(2, 2) upper and lower end of the wall on one side of it, x and y."""
        if side is _Side.LEFT:
            return self.left.outline[[1, 2]]
        return self.right.outline[[0, 3]]

    @property
    def height(self) -> float:
        """Of the lower field, in pixels of the page."""
        ends = (self._ends(side) for side in _Side)
        return float(min(side[1, 1] - side[0, 1] for side in ends))

    def find_crossing(self, strokes: PageStrokes) -> list[int]:
        """Find the strokes that reach some way into both fields."""
        reach = np.array([max(2.0, _CROSSINGS.reach * self.height), 0.0])
        found: list[set[int]] = []
        for side, away in ((_Side.LEFT, -reach), (_Side.RIGHT, reach)):
            first, last = self._ends(side) + away
            places = np.linspace(first, last, max(2, round(self.height)))
            found.append(set(strokes.find_at(places).tolist()))
        return sorted((found[0] & found[1]) - {0})

    def share(self, stroke: _Stroke, left: _Changes, right: _Changes) -> None:
        """Say what is to be changed because a stroke crosses the wall."""
        box = stroke.box
        size = min(float(box.height), self.height)
        if size < _CROSSINGS.least_digit * self.height:
            return  # a dash, or a line that strikes out
        x = self._at(box.centre[1])
        cut = None
        if box.width > _CROSSINGS.widest * size:
            cut = _find_joint(stroke, x, size)
        if cut is not None:
            before, after = stroke.part(cut)
            left.gone.append((after.mask, after.box))
            right.gone.append((before.mask, before.box))
            left.doubtful = right.doubtful = True
        elif box.width <= _CROSSINGS.widest_lone * size:
            self._give(stroke, x, size, left, right)
        else:
            left.doubtful = right.doubtful = True

    def _at(self, y: float) -> float:
        """Find the middle of the wall at a level."""
        ends = np.mean([self._ends(side) for side in _Side], axis=0)
        return float(np.interp(y, ends[:, 1], ends[:, 0]))

    def _give(
        self, stroke: _Stroke, x: float, size: float, left: _Changes, right: _Changes
    ) -> None:
        """Give a stroke as a whole to the field that holds most of it."""
        at = int(np.clip(round(x) - stroke.box.left, 0, stroke.box.width))
        share = np.count_nonzero(stroke.mask[:, :at]) / np.count_nonzero(stroke.mask)
        gaps = [_measure_gap(one, stroke.box) for one in (self.left, self.right)]
        owner = _choose_owner(share, (gaps[0], gaps[1]), _CROSSINGS.near * size)
        changes = (left, right)
        if owner is None:
            left.doubtful = right.doubtful = True
            return
        changes[1 - owner].gone.append((stroke.mask, stroke.box))
        changes[owner].own.append(stroke.box)
        is_even = abs(share - 0.5) <= _CROSSINGS.even
        if is_even or owner != int(share < 0.5):
            left.doubtful = right.doubtful = True
        elif gaps[1 - owner] <= _CROSSINGS.near * size:
            changes[1 - owner].doubtful = True


def _choose_owner(share: float, gaps: tuple[float, float], near: float) -> int | None:
    """Choose whose a stroke is that crosses a wall.

    Args:
        share: Of it, left of the wall.
        gaps: To the other digits of the field at the left, and of that at the right.
        near: Widest gap between digits of a number.

    Returns:
        0 for the left field, 1 for the right one; None if it may be either's.
    """
    most = int(share < 0.5)
    if np.isinf(gaps[most]) and gaps[1 - most] <= near:
        return 1 - most  # the other holds nothing else: no number goes on there
    if abs(share - 0.5) > _CROSSINGS.even:
        return most
    closest = int(gaps[1] < gaps[0])
    is_clear = gaps[closest] <= _CROSSINGS.closer * gaps[1 - closest]
    return closest if is_clear and gaps[closest] <= near else None


def _measure_gap(one: FieldImage, box: Box) -> float:
    """Measure how far a stroke stands from the other digits of a field.

    Args:
        one: The field.
        box: Where the stroke lies on the page.

    Returns:
        Pixels of the page; infinite if there are none.
    """
    from_page = np.asarray(np.linalg.inv(one.to_page), np.float64)
    place = bounding_box(transform_points(box.corners, from_page))
    # What is called print in one way of cleaning stands there all the same.
    other = one if one.by_geometry is None else one.by_geometry
    whole = one.ink if other.ink.shape != one.ink.shape else one.ink | other.ink
    left, top, width, height = bound_components(whole).T
    middle = left + width / 2
    own = height >= _CROSSINGS.least_digit * one.frame.height
    own &= (one.frame.left <= middle) & (middle <= one.frame.right)
    own &= (middle < place.left) | (middle > place.right)
    own &= np.minimum(top + height, place.bottom) > np.maximum(top, place.top)
    if not own.any():
        return float("inf")
    gaps = np.maximum(place.left - (left + width), left - place.right)[own]
    return float(max(0, gaps.min()) * one.scale)


def _find_joint(stroke: _Stroke, x: float, size: float) -> int | None:
    """Find where a single stroke joins the digits on both sides of a wall.

    Args:
        stroke: They and what joins them.
        x: Of the wall.
        size: Height of a digit.

    Returns:
        The first column right of the joint; None if there is none.
    """
    counts = np.count_nonzero(stroke.mask, axis=0)
    edges = np.diff(stroke.mask.astype(np.int8), axis=0, prepend=0) > 0
    is_single = np.count_nonzero(edges, axis=0) == 1
    pen_px = measure_stroke_width(stroke.mask)
    columns = np.arange(len(counts)) + stroke.box.left
    away = np.abs(columns - x) / size
    thin = is_single & (counts <= _CROSSINGS.joint * pen_px)
    thin &= away <= _CROSSINGS.joint_away
    costs = np.where(thin, away + _CROSSINGS.thickness * counts / pen_px, np.inf)
    for at in np.argsort(costs)[: int(np.count_nonzero(thin))].tolist():
        cut = int(columns[at])
        if all(_is_digit(part.box, size) for part in stroke.part(cut)):
            return cut
    return None


def _is_digit(box: Box, size: float) -> bool:
    """Tell whether ink is as large as a digit of some height."""
    is_high = box.height >= _CROSSINGS.like_height * size
    return is_high and box.width >= _CROSSINGS.narrowest * size
