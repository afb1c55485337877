"""Tell whether writing goes on beside a field, in a place that belongs to no field.

Where the box of a digit was not found, because a stroke runs along its line or the
print is faint, the boxes beside it make a number of their own: a part of what was
written, and nothing about it looks wrong. Ink as tall as the field's own, level with it
and right beside it, gives that away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bound_components, transform_points
from formreader.layout.settings import SETTINGS
from formreader.records import FieldImage

__all__ = ["mark_writing_beside"]

_BESIDE = SETTINGS.surroundings


def mark_writing_beside(
    ink: npt.NDArray[np.uint8], fields: Sequence[FieldImage]
) -> list[FieldImage]:
    """Mark the fields beside which writing goes on.

    Args:
        ink: (H, W) uint8, 255 = ink; the page.
        fields: All fields of the page.

    Returns:
        The fields in the same order.
    """
    boxes = np.array(
        [(f.box.left, f.box.top, f.box.right, f.box.bottom) for f in fields]
    ).reshape(-1, 4)
    return [
        replace(field, writing_beside=True)
        if field.ink.any() and _has_writing_beside(ink, field, boxes)
        else field
        for field in fields
    ]


def _has_writing_beside(
    ink: npt.NDArray[np.uint8], field: FieldImage, boxes: npt.NDArray[np.int_]
) -> bool:
    own = bound_components(field.ink[field.frame.slices])
    own = own[own[:, 3] >= _BESIDE.least_digit * field.frame.height]
    if not len(own):
        return False
    height = float(np.median(own[:, 3]))
    level = field.frame.top + float(np.median(own[:, 1] + own[:, 3] / 2))
    if field.kind.is_open and _crosses_wall(field, level, height):
        return True
    beside = _look_beside(ink, field, level, height)
    left, width = beside[:, 0], beside[:, 2]
    middle = beside[:, 1] + beside[:, 3] / 2
    gap = np.maximum(field.frame.left - (left + width), left - field.frame.right)
    alike = (
        _between(beside[:, 3] / height, _BESIDE.alike)
        & _between(width / height, _BESIDE.width)
        & (np.abs(middle - level) <= _BESIDE.level * height)
        & _between(gap / field.frame.height, (0.0, _BESIDE.near))
    )
    alike |= _are_minuses(beside, field, level, height)
    if not alike.any():
        return False
    centres = np.stack([left + width / 2, middle], axis=1)[alike]
    x, y = transform_points(centres, field.to_page).T[..., None]
    taken = (
        (boxes[:, 0] <= x) & (x < boxes[:, 2]) & (boxes[:, 1] <= y) & (y < boxes[:, 3])
    )
    return not bool(taken.any(axis=1).all())


def _are_minuses(
    beside: npt.NDArray[np.int32], field: FieldImage, level: float, height: float
) -> npt.NDArray[np.bool_]:
    """Tell which component may be a minus before the field: a dash alone on its left.

    Args:
        beside: (N, 4) int32 left, top, width and height in the frame of `field.ink`.
        field: The field.
        level: Row of `field.ink` on which its digits are centred.
        height: Of its digits, in pixels.
    """
    left, top, width, tall = beside.T.astype(np.float64)
    before = left + width <= field.frame.left + 1
    dash = before & _between(width / height, _BESIDE.dash)
    dash &= tall <= _BESIDE.flat * width
    dash &= np.abs(top + tall / 2 - level) <= _BESIDE.level * height
    gap = field.frame.left - (left + width)
    dash &= gap <= _BESIDE.near * field.frame.height
    return dash if np.count_nonzero(before) == 1 else np.zeros_like(dash)


def _crosses_wall(field: FieldImage, level: float, height: float) -> bool:
    """Tell whether what may be a digit stands in a wall, most of it beyond.

    Args:
        field: The field.
        level: Row of `field.ink` on which its digits are centred.
        height: Of its digits, in pixels.
    """
    frame = field.frame
    left, top, width, tall = bound_components(field.ink).T.astype(np.float64)
    inside = np.minimum(left + width, frame.right) - np.maximum(left, frame.left)
    alike = _between(tall / height, _BESIDE.alike)
    alike &= np.abs(top + tall / 2 - level) <= _BESIDE.level * height
    crosses = (inside >= _BESIDE.reaches_in * height) & (inside < width / 2)
    return bool((alike & crosses).any())


def _look_beside(
    ink: npt.NDArray[np.uint8], field: FieldImage, level: float, height: float
) -> npt.NDArray[np.int32]:
    """Find the components of ink to both sides of a field, in its own upright frame.

    Only where digits like the field's own could be: what reaches farther is
    larger or lies elsewhere, and what reaches into the frame is not beside it.

    Args:
        ink: (H, W) uint8, 255 = ink; the page.
        field: The field.
        level: Row of `field.ink` on which its digits are centred.
        height: Of its digits, in pixels.

    Returns:
        (N, 4) int32 left, top, width and height in the frame of `field.ink`.
    """
    frame = field.frame
    reach = int(np.ceil(_BESIDE.near * frame.height + _BESIDE.width[1] * height)) + 2
    half = (_BESIDE.level + _BESIDE.alike[1] / 2) * height
    top = max(0, int(level - half) - 2)
    bottom = min(len(field.ink), int(level + half) + 3)
    sides = (
        Box(frame.left - reach, top, frame.left + 1, bottom),
        Box(frame.right - 1, top, frame.right + reach, bottom),
    )
    return np.concatenate([_find_whole(ink, field, side) for side in sides])


def _find_whole(
    ink: npt.NDArray[np.uint8], field: FieldImage, part: Box
) -> npt.NDArray[np.int32]:
    """Find the components that lie in a part of a field's surroundings as a whole.

    Returns:
        (N, 4) int32 left, top, width and height in the frame of `field.ink`; what is
        cut off where the field's margin ends counts as whole.
    """
    place = np.array([[1, 0, part.left], [0, 1, part.top], [0, 0, 1]], np.float64)
    drawn = cv2.warpPerspective(
        ink,
        field.to_page @ place,
        (part.width, part.height),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
    )
    components = bound_components(np.asarray(drawn, dtype=np.uint8))
    components += np.array([part.left, part.top, 0, 0], np.int32)
    left, top, width, height = components.T
    whole = (left > part.left) & (left + width < part.right)
    whole &= (top > part.top) | (part.top == 0)
    whole &= (top + height < part.bottom) | (part.bottom == len(field.ink))
    return np.asarray(components[whole], dtype=np.int32)


def _between(
    values: npt.NDArray[np.float64], limits: tuple[float, float]
) -> npt.NDArray[np.bool_]:
    return np.asarray((limits[0] <= values) & (values <= limits[1]))
