"""Clears boxes of what was written in another one and hangs over their walls.

The foot of a 7 in the row above, or of a word in the cell beside, is ink in a box that
nobody wrote in. A stroke belongs to where most of it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, label_components, transform_points
from formreader.layout.field_cutting import erase_ink
from formreader.layout.layered_fields import sees_pen
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.records import FieldImage

__all__ = ["clear_overhang"]

Mask = npt.NDArray[np.uint8]

_OVERHANG = SETTINGS.overhang


def clear_overhang(
    inks: SeparatedInk, fields: Sequence[FieldImage]
) -> list[FieldImage]:
    """Clear open boxes that hold nothing but what hangs over into them.

    Args:
        inks: The ink of the page by whose it is.
        fields: The fields, each with the pen's ink.

    Returns:
        The fields in the same order.
    """
    page = _Strokes(inks)
    return [
        _clear(page, field) if field.kind.is_open and field.ink.any() else field
        for field in fields
    ]


@dataclass(frozen=True, eq=False)
class _Strokes:
    """The strokes of a page, whole across the lines of the form.

    Attributes:
        inks: The ink of the page by whose it is.
    """

    inks: SeparatedInk

    @cached_property
    def labels_and_areas(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """(H, W) the label of each pixel, 0 = paper, and (N,) the area of each label.

        Where a line parts a stroke in two, the ink of the line between joins them.
        """
        size = 2 * _OVERHANG.bridge_px + 1
        near = cv2.dilate(self.inks.pen, np.ones((size, 1), np.uint8))
        near = cv2.max(near, cv2.dilate(self.inks.pen, np.ones((1, size), np.uint8)))
        under = cv2.bitwise_and(near, self.inks.rule)
        labels, stats, _ = label_components(
            np.asarray(cv2.max(self.inks.pen, under), np.uint8)
        )
        return labels, stats[:, 4]

    def measure(self, places: npt.NDArray[np.float64]) -> float:
        """Measure the stroke that runs through most of some places.

        Args:
            places: (N, 2) x and y.

        Returns:
            Its area in pixels; 0 if there is none.
        """
        labels, areas = self.labels_and_areas
        height, width = labels.shape
        x = np.clip(places[:, 0].round().astype(int), 0, width - 1)
        y = np.clip(places[:, 1].round().astype(int), 0, height - 1)
        owners = np.bincount(labels[y, x])
        owners[0] = 0
        owner = int(owners.argmax())
        return float(areas[owner]) if owner else 0.0


def _clear(page: _Strokes, field: FieldImage) -> FieldImage:
    """Clear a field in which nothing stands but what hangs over, and dirt."""
    gone = np.zeros_like(field.ink)
    labels, stats, _ = label_components(field.ink)
    for label in _list_near_walls(stats, field.frame):
        if _hangs_over(page, field, labels == label):
            gone[labels == label] = 255
    rest = erase_ink(field, gone)
    if sees_pen(page.inks, rest):
        return field  # whose digits may reach beyond its walls themselves
    other = field.by_geometry
    return replace(
        rest,
        ink=np.zeros_like(field.ink),
        pen_seen=False,
        writing_beside=False,
        by_geometry=None if other is None else erase_ink(other, gone),
    )


def _hangs_over(
    page: _Strokes, field: FieldImage, stroke: npt.NDArray[np.bool_]
) -> bool:
    """Tell whether most of a stroke stands beyond the walls of a field."""
    rows, columns = np.nonzero(stroke[field.frame.slices])
    if not len(rows):
        return False
    inside = np.stack([columns, rows], axis=1)
    places = inside + np.array([field.frame.left, field.frame.top])
    area = page.measure(transform_points(places, field.to_page))
    return len(places) * field.scale**2 <= _OVERHANG.most_inside * area


def _list_near_walls(stats: npt.NDArray[np.int32], frame: Box) -> Iterator[int]:
    """List the components that lie at a wall of a box and do not reach far into it.

    Yields:
        The label of each.
    """
    deep_x = _OVERHANG.depth * frame.width
    deep_y = _OVERHANG.depth * frame.height
    rim = round(_OVERHANG.rim * frame.height)
    for label, (left, top, width, height, _) in enumerate(stats[1:].tolist(), 1):
        box = Box(left, top, left + width, top + height)
        if box.intersection_area(frame) == 0:
            continue
        from_left = box.left <= frame.left + rim and box.right <= frame.left + deep_x
        from_right = box.right >= frame.right - rim and box.left >= frame.right - deep_x
        from_top = box.top <= frame.top + rim and box.bottom <= frame.top + deep_y
        from_bottom = (
            box.bottom >= frame.bottom - rim and box.top >= frame.bottom - deep_y
        )
        if from_left or from_right or from_top or from_bottom:
            yield label
