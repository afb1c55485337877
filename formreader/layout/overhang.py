"""Clears boxes of what was written in another one and hangs over their walls.

The foot of a 7 in the row above, or of a word in the cell beside, is ink in a box that
nobody wrote in. A stroke belongs to where most of it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, label_components, transform_points
from formreader.layout.field_cutting import erase_ink
from formreader.layout.layered_fields import sees_pen
from formreader.layout.page_strokes import PageStrokes
from formreader.layout.settings import SETTINGS
from formreader.records import FieldImage

__all__ = ["clear_overhang"]

Mask = npt.NDArray[np.uint8]

_OVERHANG = SETTINGS.overhang


def clear_overhang(
    strokes: PageStrokes, fields: Sequence[FieldImage]
) -> list[FieldImage]:
    """Clear open boxes that hold nothing but what hangs over into them.

    Args:
        strokes: The pen's strokes on the page.
        fields: The fields, each with the pen's ink.

    Returns:
        The fields in the same order.
    """
    return [
        _clear(strokes, field) if field.kind.is_open and field.ink.any() else field
        for field in fields
    ]


def _clear(page: PageStrokes, field: FieldImage) -> FieldImage:
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
    page: PageStrokes, field: FieldImage, stroke: npt.NDArray[np.bool_]
) -> bool:
    """Tell whether most of a stroke stands beyond the walls of a field."""
    rows, columns = np.nonzero(stroke[field.frame.slices])
    if not len(rows):
        return False
    inside = np.stack([columns, rows], axis=1)
    places = inside + np.array([field.frame.left, field.frame.top])
    owners = np.bincount(page.find_at(transform_points(places, field.to_page)))
    owners[0] = 0
    owner = int(owners.argmax())
    area = float(page.stats[owner, 4]) if owner else 0.0
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
