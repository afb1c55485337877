"""Cut the ink of a field into segments, one for each digit.

Where the form prints a cell for each digit, a connected component belongs to the cell
that holds most of it. In an open box segments compete.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from functools import reduce
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from formreader.digits.components import (
    Component,
    Found,
    find_components,
    join_ink,
    largest_speck_px,
)
from formreader.digits.model import DIGITS
from formreader.digits.oversegmentation import propose_segments
from formreader.digits.settings import SETTINGS
from formreader.digits.strip_normalization import darkness
from formreader.geometry import Box
from formreader.records import (
    ClassifiedField,
    FieldImage,
    FieldKind,
    FieldSegments,
    Flag,
    Segment,
)

_SEGMENTS = SETTINGS.segments


def segment_field(
    field: FieldImage,
    broad: Container[Box] | None = None,
    found: Found | None = None,
) -> FieldSegments:
    """Cut a field into segments.

    Args:
        field: The field, box lines removed.
        broad: Boxes of the components that may be cut, in an open box; None are all.
        found: Its components and specks, if they are known.

    Returns:
        Its segments, boxes in the frame of `field.ink`.
    """
    components, specks = found or find_components(field)
    flags = {Flag.CLIPPED} if _is_clipped(components, field.ink.shape) else set()
    if field.kind is FieldKind.CELLS:
        segments = _segment_cells(components, field.cells, flags)
        steps = len(field.cells)
        if field.restored is not None:
            segments = _add_restored(segments, field, field.restored)
    else:
        segments, steps = propose_segments(components, broad)
    return FieldSegments(
        tuple(segments), steps, frozenset(flags), _blank_confidence(specks, field)
    )


def cut_writing(
    classified: ClassifiedField, shown: FieldImage | None = None
) -> npt.NDArray[np.uint8] | None:
    """Cut out all the writing of a field, for the string reader.

    The digits in printed cells are moved together, as if written without them.

    Args:
        classified: The field and its segments; what looks like no digit in a cell is
            passed over.
        shown: The field with its marks, to be cut out instead, if it has no cells.

    Returns:
        (h, w) uint8, 255 = ink, 0 = paper; grey where the field's pixels are known.
        None if there is nothing to read.
    """
    field, cut = shown or classified.image, classified.cut
    if field.kind is FieldKind.CELLS:
        return _close_up(_choose_digits(cut.segments, classified.probabilities))
    if not cut.segments:
        # Ink too pale to be told from paper may still be read.
        return None if field.pixels is None else darkness(field.pixels)
    box = cut.segments[0].box
    for segment in cut.segments[1:]:
        box = box.union(segment.box)
    if shown is not None:
        box = reduce(Box.union, (mark.box for mark in classified.marks), box)
    margin = round(_SEGMENTS.writing_margin * box.height)
    around = box.expanded(margin, margin).clipped(field.ink.shape)
    if field.pixels is not None:
        return darkness(field.pixels[around.slices])
    return field.ink[around.slices]


def _choose_digits(
    segments: tuple[Segment, ...], probabilities: npt.NDArray[np.float32]
) -> list[Segment]:
    """Choose the segment of each cell that most looks like a digit, left to right."""
    best: dict[int, tuple[float, Segment]] = {}
    for segment, row in zip(segments, probabilities, strict=True):
        certainty = float(row[: len(DIGITS)].max())
        is_better = segment.first not in best or certainty > best[segment.first][0]
        if is_better and certainty >= float(row[len(DIGITS) :].max()):
            best[segment.first] = certainty, segment
    return [best[cell][1] for cell in sorted(best)]


def _close_up(segments: list[Segment]) -> npt.NDArray[np.uint8] | None:
    """Put what stands in the cells side by side, each at its height."""
    if not segments:
        return None
    top = min(segment.box.top for segment in segments)
    height = max(segment.box.bottom for segment in segments) - top
    gap = np.zeros((height, round(_SEGMENTS.close_gap * height)), np.uint8)
    canvas = [gap]
    for segment in segments:
        column = np.zeros((height, segment.box.width), np.uint8)
        first = segment.box.top - top
        column[first : first + segment.box.height] = segment.ink
        canvas += [column, gap]
    return np.hstack(canvas)


def _blank_confidence(specks: list[Component], field: FieldImage) -> float:
    """Doubt a blank the more, the nearer its largest speck comes to a stroke."""
    sizes = [max(speck.box.width, speck.box.height) for speck in specks]
    share = max(sizes, default=0) / largest_speck_px(field)
    return _SEGMENTS.clean_blank - _SEGMENTS.speck_doubt * share**2


def _is_clipped(components: list[Component], shape: tuple[int, ...]) -> bool:
    """Tell whether a component runs out of the field, or of the picture."""
    return any(
        component.cut
        or component.box.left == 0
        or component.box.top == 0
        or component.box.right == shape[1]
        or component.box.bottom == shape[0]
        for component in components
    )


def _segment_cells(
    components: list[Component], cells: tuple[Box, ...], flags: set[Flag]
) -> list[Segment]:
    """Give each component to the cell that holds most of it; flag one in two cells."""
    owned: dict[int, list[Component]] = {}
    borders = [
        round((cell.right + following.left) / 2) for cell, following in pairwise(cells)
    ]
    for component in components:
        parts = _split_at(component, borders)
        shares = [part.area / component.area for _, part in parts]
        if sum(share >= _SEGMENTS.spanning for share in shares) > 1:
            flags.add(Flag.TOUCHING)
        else:
            parts = [(parts[int(np.argmax(shares))][0], component)]
        for cell, part in parts:
            owned.setdefault(cell, []).append(part)
    return [Segment(*join_ink(owned[cell]), cell, cell + 1) for cell in sorted(owned)]


def _add_restored(
    segments: list[Segment], field: FieldImage, restored: npt.NDArray[np.uint8]
) -> list[Segment]:
    """Let cells compete with and without the strokes that may lie on their lines."""
    components, _ = find_components(replace(field, ink=restored))
    others = _segment_cells(components, field.cells, set())
    known = {segment.first: segment for segment in segments}
    return segments + [
        other
        for other in others
        if other.first in known
        and not np.array_equal(other.ink, known[other.first].ink)
    ]


def _split_at(component: Component, borders: list[int]) -> list[tuple[int, Component]]:
    """Cut a component at given columns; parts without ink are left out.

    Returns:
        For each part the index of the interval between borders, and the part.
    """
    edges = [component.box.left, *borders, component.box.right]
    parts = []
    for index, (first, last) in enumerate(pairwise(edges)):
        first, last = max(first, component.box.left), min(last, component.box.right)
        if first >= last:
            continue
        mask = component.mask[:, first - component.box.left : last - component.box.left]
        area = int(np.count_nonzero(mask))
        if area:
            box = Box(first, component.box.top, last, component.box.bottom)
            parts.append((index, Component(mask, box, area)))
    return parts
