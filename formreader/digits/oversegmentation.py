"""Competing segments of a box without printed cells.

Every component is cut wherever a digit might end. A segment is a run of neighbouring
parts: a whole component, a part of one, or several that together may be a digit whose
strokes do not meet. Which segments are the digits is for the lattice to say.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from formreader.digits.components import (
    Component,
    horizontal_gap,
    join_ink,
    measure_pen,
)
from formreader.digits.cutting import Part, cut_component
from formreader.digits.settings import SETTINGS
from formreader.geometry import Box
from formreader.records import Segment, SegmentShape

__all__ = ["find_broad", "propose_segments"]

_PROPOSALS = SETTINGS.proposals


def propose_segments(
    components: list[Component], broad: Container[Box] | None = None
) -> tuple[list[Segment], int]:
    """Propose segments for all digits that the components may be.

    Args:
        components: The components of a field, from left to right.
        broad: Boxes of the components to cut; None are all. The others stay whole, and
            are joined only with what overlaps them, and with fragments.

    Returns:
        The segments, and the number of parts that they are runs of.
    """
    if not components:
        return [], 0
    digit_height = _typical_height(components)
    is_cut = [broad is None or component.box in broad for component in components]
    pen_px = measure_pen(components) if any(is_cut) else 0.0
    parts = [
        _Placed(part, owner, component.box, _find_centre(part.component))
        for owner, component in enumerate(components)
        for part in (
            cut_component(component, digit_height, pen_px)
            if is_cut[owner]
            else [Part(component)]
        )
    ]
    parts.sort(key=lambda placed: placed.centre)
    segments = []
    for first in range(len(parts)):
        end = min(len(parts), first + _PROPOSALS.most_parts)
        for last in range(first + 1, end + 1):
            run = parts[first:last]
            shape = _measure_shape(run, digit_height)
            if shape is None:
                break
            if broad is None or _belong_together(run, broad, digit_height):
                ink, box = join_ink([placed.part.component for placed in run])
                segments.append(Segment(ink, box, first, last, shape))
    return segments, len(parts)


@dataclass(frozen=True, eq=False)
class _Placed:
    """A part, the component it comes from, and the column of its centre of mass."""

    part: Part
    owner: int
    whole: Box
    centre: float


def find_broad(
    segments: Sequence[Segment], certainty: npt.NDArray[np.float32]
) -> frozenset[Box]:
    """Find the components that may be more than one digit, so that cutting makes sense.

    Args:
        segments: Segments of whole components.
        certainty: (N,) the probability of the likeliest digit of each.

    Returns:
        The boxes of these components.
    """
    return frozenset(
        segment.box
        for segment, sure in zip(segments, certainty, strict=True)
        if segment.shape is not None
        and segment.last - segment.first == 1
        and segment.shape.width >= SETTINGS.cuts.narrowest
        and (segment.shape.width > _PROPOSALS.broad or sure < _PROPOSALS.certain)
    )


def _belong_together(
    run: list[_Placed], broad: Container[Box], digit_height: float
) -> bool:
    """Tell whether whole components overlap, or one of each two is a fragment."""
    low = _PROPOSALS.fragment * digit_height
    return all(
        one.whole in broad
        or other.whole in broad
        or horizontal_gap(one.whole, other.whole) < 0
        or min(one.whole.height, other.whole.height) < low
        for one, other in pairwise(run)
    )


def _find_centre(component: Component) -> float:
    columns = np.count_nonzero(component.mask, axis=0)
    return component.box.left + float(columns @ np.arange(len(columns)) / columns.sum())


def _measure_shape(run: list[_Placed], digit_height: float) -> SegmentShape | None:
    """Measure the shape of a run of parts; None if they are no digit."""
    boxes = [placed.part.component.box for placed in run]
    box = reduce(Box.union, boxes)
    gaps = [horizontal_gap(box, following) for box, following in pairwise(boxes)]
    gap = max(0, *gaps, 0) / digit_height
    is_wide = box.width > _PROPOSALS.widest * digit_height
    if len(run) > 1 and (is_wide or gap > _PROPOSALS.widest_gap):
        return None
    return SegmentShape(
        width=box.width / digit_height,
        height=box.height / digit_height,
        gap=gap,
        cut=_crossed(run),
    )


def _crossed(run: list[_Placed]) -> float:
    """Add up the ink that the cuts at both ends of a run cross, in pen widths."""
    crossed = 0.0
    for owner in {placed.owner for placed in run}:
        own = [placed.part for placed in run if placed.owner == owner]
        crossed += own[0].before + own[-1].after
    return crossed


def _typical_height(components: list[Component]) -> float:
    """Take the median height of the components that are no fragments."""
    heights = np.array(
        [component.box.height for component in components], dtype=np.float64
    )
    return float(np.median(heights[heights >= _PROPOSALS.tall * heights.max()]))
