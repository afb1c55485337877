"""The connected components of a field's ink, without dirt and neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from formreader.digits.settings import SETTINGS
from formreader.geometry import Box, label_components, measure_stroke_width
from formreader.records import FieldImage

__all__ = [
    "Component",
    "Found",
    "find_components",
    "horizontal_gap",
    "join_ink",
    "largest_speck_px",
    "measure_pen",
]

_COMPONENTS = SETTINGS.components


@dataclass(frozen=True, eq=False)
class Component:
    """Ink that hangs together, or a part of it.

    Attributes:
        mask: (h, w) bool, the ink within `box`.
        box: Where it lies in the field.
        area: Pixels of ink.
        cut: Whether most of it, outside the field, was cut off.
    """

    mask: npt.NDArray[np.bool_]
    box: Box
    area: int
    cut: bool = False

    @cached_property
    def pen_px(self) -> float:
        """Width of the pen in pixels."""
        return measure_stroke_width(self.mask)


Found = tuple[list[Component], list[Component]]
"""The components of a field from left to right, and the larger ones of its specks."""


def find_components(field: FieldImage) -> Found:
    """Find the components that belong to the field, from left to right.

    One that lies mostly outside the field's frame is a neighbour's; if it reaches far
    in, writing may hang on a line there, and what is inside is kept. If nothing is
    larger than a speck and there are many specks, the specks are the writing.

    Several stages ask for them, so they are kept for as long as the field is.

    Returns:
        The components, and the larger ones of the specks; not to be changed.
    """
    found = _FOUND.get(field)
    if found is None:
        found = _FOUND[field] = _find_components(field)
    return found


_FOUND: WeakKeyDictionary[FieldImage, Found] = WeakKeyDictionary()


def _find_components(field: FieldImage) -> Found:
    """Find the components of a field of which nobody asked before."""
    speck_px = largest_speck_px(field)
    labels, stats, _ = label_components(field.ink)
    components: list[Component] = []
    specks: list[Component] = []
    sizes = stats[:, 2:4].max(axis=1)
    large = sizes >= _COMPONENTS.written_speck * speck_px
    large[0] = False  # the paper
    for label in np.flatnonzero(large).tolist():
        left, top, width, height, area = stats[label].tolist()
        size = max(width, height)
        box = Box(left, top, left + width, top + height)
        mask = labels[box.slices] == label
        whole = field.frame.union(box) == field.frame
        if not whole and 2 * _count_inside(mask, box, field.frame) < area:
            components += _cut_inside(mask, box, field.frame)
            continue
        (specks if size < speck_px else components).append(Component(mask, box, area))
    components.sort(key=lambda component: component.box.centre[0])
    specks.sort(key=lambda component: component.box.centre[0])
    written = [speck for speck in specks if _is_off_lines(speck, field)]
    if not components and len(written) > _COMPONENTS.fewest_written:
        return written, []
    return components, specks


def _is_off_lines(speck: Component, field: FieldImage) -> bool:
    """Tell whether a speck lies inside a cell; lines leave some where they meet."""
    x, y = speck.box.centre
    for cell in field.cells or (field.frame,):
        rim = _COMPONENTS.rim * min(cell.width, cell.height)
        if cell.left + rim < x < cell.right - rim:
            return cell.top + rim < y < cell.bottom - rim
    return False


def largest_speck_px(field: FieldImage) -> float:
    """Say how large a component may be and still be dirt, in pixels of the field."""
    return max(_COMPONENTS.least_speck_px, _COMPONENTS.speck * field.frame.height)


def measure_pen(components: Sequence[Component]) -> float:
    """Measure the width of the pen in pixels; there must be a component."""
    return float(np.median([component.pen_px for component in components]))


def horizontal_gap(box: Box, other: Box) -> int:
    """Count the columns between two boxes; negative if they overlap."""
    return max(box.left, other.left) - min(box.right, other.right)


def join_ink(components: Sequence[Component]) -> tuple[npt.NDArray[np.uint8], Box]:
    """Draw components into one picture.

    Returns:
        (h, w) uint8, 255 = ink, and where it lies in the field.
    """
    box = components[0].box
    for component in components[1:]:
        box = box.union(component.box)
    ink = np.zeros((box.height, box.width), dtype=np.uint8)
    for component in components:
        ink[component.box.shifted(-box.left, -box.top).slices][component.mask] = 255
    return ink, box


def _cut_inside(mask: npt.NDArray[np.bool_], box: Box, frame: Box) -> list[Component]:
    """Cut out what a component has inside a frame and is as high as a digit may be.

    Lines that lie a little inside the frame are none.
    """
    rim = round(_COMPONENTS.rim * min(frame.width, frame.height))
    inner = frame.expanded(-rim, -rim).shifted(-box.left, -box.top).clipped(mask.shape)
    if not inner.area:
        return []
    inside = np.ascontiguousarray(mask[inner.slices]).astype(np.uint8)
    labels, stats, _ = label_components(inside)
    components = []
    for label in range(1, len(stats)):
        left, top, width, height, area = stats[label].tolist()
        if height >= _COMPONENTS.reaching * frame.height:
            part = Box(left, top, left + width, top + height)
            place = part.shifted(box.left + inner.left, box.top + inner.top)
            own = labels[part.slices] == label
            components.append(Component(own, place, area, cut=True))
    return components


def _count_inside(mask: npt.NDArray[np.bool_], box: Box, frame: Box) -> int:
    """Count the ink of a component that lies inside a frame."""
    inner = frame.shifted(-box.left, -box.top).clipped(mask.shape)
    return int(np.count_nonzero(mask[inner.slices]))
