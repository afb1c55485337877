"""Finds strokes that say that nothing stands in a field, or that a number is void.

A digit network sees one shape at a time, and takes a dash for a 1 and a number with a
line through it for a longer one. Such strokes are told by their shape: one that means
"nothing" is all the ink there is; one that strikes a number out is longer than any
stroke of a digit, straight, and has ink on both sides; a scribble closes in more holes
than digits have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.components import (
    Component,
    find_components,
    join_ink,
    measure_pen,
)
from formreader.digits.settings import SETTINGS
from formreader.geometry import Box
from formreader.readings import DigitReading, FieldReading, order_flags
from formreader.records import CROSSED, FieldImage, FieldKind, Flag

__all__ = ["Strike", "find_strike", "heed_strike"]

Mask = npt.NDArray[np.bool_]

_STRIKES = SETTINGS.strikes


@dataclass(frozen=True, eq=False)
class Strike:
    """What strokes through a field say.

    Attributes:
        is_void: Whether a number is struck out; else the field was never written in.
        cells: Of each printed cell, whether a stroke goes through it; one entry where
            there are no cells.
        rest: The field without what is struck out; None if nothing else stands in it.
        leads: Whether what is struck out stands left of the rest.
    """

    is_void: bool
    cells: tuple[bool, ...]
    rest: FieldImage | None = None
    leads: bool = True


def find_strike(field: FieldImage) -> Strike | None:
    """Find strokes through a field; None if there are none.

    A field without a box is never empty: a lone stroke in it is none of these.
    """
    if field.kind not in _READ:
        return None
    components, _ = find_components(field)
    if not components:
        return None
    if field.kind is FieldKind.CELLS:
        return _strike_cells(components, field)
    if field.kind in _BOXES and _means_nothing(components, field.frame):
        return Strike(is_void=False, cells=(True,))
    return _strike_number(components, field)


_BOXES = frozenset({FieldKind.BOX, FieldKind.CELL})
_READ = _BOXES | {FieldKind.CELLS, FieldKind.LINE, FieldKind.PLAIN}


def _strike_number(components: list[Component], field: FieldImage) -> Strike | None:
    """Find the components that are struck out, with what lies under their strokes."""
    height = _usual_height(components)
    pen = measure_pen(components)
    struck = [one for one in components if _is_struck(one, height, pen)]
    if not struck:
        return None
    under = [one for one in components if any(_covers(s.box, one.box) for s in struck)]
    rest = [one for one in components if one not in under]
    if not rest:
        return Strike(is_void=True, cells=(True,))
    ink = field.ink.copy()
    for one in under:
        ink[one.box.slices][one.mask] = 0
    left = replace(field, ink=ink, pixels=None, restored=None, by_geometry=None)
    leads = min(one.box.left for one in struck) < min(one.box.left for one in rest)
    return Strike(is_void=True, cells=(True,), rest=left, leads=leads)


def heed_strike(
    reading: FieldReading, strike: Strike, rest: FieldReading | None
) -> FieldReading:
    """Say of a field that it is crossed out, or that its number is struck out.

    Args:
        reading: The field as it was read, strokes and all.
        strike: The strokes.
        rest: What the field reads without what is struck out; None if nothing is left.

    Returns:
        The reading without a value, or with that of the rest; never one to accept.
    """
    flags = {Flag.CROSSED_OUT, *({Flag.STRUCK_OUT} if strike.is_void else ())}
    flags |= set(reading.flags) & {Flag.CLIPPED}
    out = DigitReading(CROSSED, SETTINGS.decoding.doubt)
    confidence = min(reading.confidence, SETTINGS.decoding.doubt)
    if rest is not None and rest.value:
        digits = (out, *rest.digits) if strike.leads else (*rest.digits, out)
        flags |= set(rest.flags)
        confidence = min(rest.confidence, SETTINGS.decoding.doubt)
    elif len(reading.digits) == len(strike.cells):
        digits = tuple(
            out if is_out else digit
            for digit, is_out in zip(reading.digits, strike.cells, strict=True)
        )
    else:
        digits = (out,) * len(strike.cells)
    return replace(
        reading,
        value="" if rest is None else rest.value,
        confidence=confidence,
        flags=order_flags(flags),
        digits=digits,
        alternatives=(),
    )


def _strike_cells(components: list[Component], field: FieldImage) -> Strike | None:
    """Find cells that are left out by a stroke each, or a stroke through several."""
    owned = [
        [one for one in components if cell.left <= one.box.centre[0] < cell.right]
        for cell in field.cells
    ]
    written = [bool(own) for own in owned]
    if all(
        _means_nothing(own, cell)
        for own, cell in zip(owned, field.cells, strict=True)
        if own
    ):
        return Strike(is_void=False, cells=tuple(written)) if any(written) else None
    run = _find_run(components, field.cells)
    if run is not None:
        crossed = tuple(run.covers_part(cell) for cell in field.cells)
        return Strike(is_void=not run.is_alone, cells=crossed)
    scribbled = tuple(
        any(_count_holes(one) > _STRIKES.most_holes for one in own) for own in owned
    )
    if sum(scribbled) < max(2, _STRIKES.scribbled * sum(written)):
        return None
    return Strike(is_void=True, cells=tuple(written))


def _find_run(components: list[Component], cells: tuple[Box, ...]) -> _Run | None:
    """Find a stroke through several cells, broken where walls were taken out."""
    if len(cells) < _STRIKES.least_cells:
        return None
    width = float(np.median([cell.width for cell in cells]))
    pitch = (cells[-1].left - cells[0].left) / (len(cells) - 1)
    length = min(_STRIKES.crossed_cells, len(cells) - _STRIKES.wall) * pitch
    ink, box = join_ink(components)
    if box.width < length:
        return None
    wall = round(_STRIKES.wall * width)
    is_wall = np.ones(box.width, dtype=np.bool_)
    for cell in cells:
        inner = cell.left + wall - box.left, cell.right - wall - box.left
        is_wall[max(0, inner[0]) : max(0, inner[1])] = False
    if not _has_run((ink > 0).any(axis=0) | is_wall, length):
        return None
    run = _find_line(ink > 0, length, measure_pen(components), is_wall)
    if run is None or not (run.has_ink_beside or run.is_alone):
        return None
    return run.shifted(box.left)


def _means_nothing(components: Sequence[Component], frame: Box) -> bool:
    """Tell whether all that stands in a box is a dash, a slash, or an X."""
    if all(_is_dash_or_slash(one, frame) for one in components):
        return True
    ink, box = join_ink(components)
    return len(components) <= 2 and _is_cross(ink > 0, box, frame)


def _is_dash_or_slash(one: Component, frame: Box) -> bool:
    """Tell whether a component is one straight stroke that is no 1.

    An upright stroke is a 1; one that leans as a 1 may is none if it goes through the
    whole box.
    """
    box = one.box
    rim = _STRIKES.rim * frame.height
    if not frame.top + rim < box.centre[1] < frame.bottom - rim:
        return False  # what is left of a line
    if max(box.width, box.height) < _STRIKES.shortest * frame.height:
        return False
    y, x = np.nonzero(one.mask)
    spread = np.cov(np.stack([x, y]).astype(np.float64)) + 0.08 * np.eye(2)
    values, vectors = np.linalg.eigh(spread)
    thick, long = np.sqrt(12 * values)
    pen = one.pen_px
    if thick > min(_STRIKES.straight * long, _STRIKES.thickest * pen):
        return False
    dx, dy = np.abs(vectors[:, 1])
    lean = float(np.degrees(np.arctan2(dx, dy)))
    through = min(box.width / frame.width, box.height / frame.height)
    least = _STRIKES.slash_through if through >= _STRIKES.through else _STRIKES.slash
    return lean >= least


def _is_cross(ink: Mask, box: Box, frame: Box) -> bool:
    """Tell whether ink lies along both diagonals of its box, and nowhere else."""
    low = min(box.width, box.height)
    if low < _STRIKES.shortest * min(frame.width, frame.height):
        return False
    size = _STRIKES.cross_px
    small = cv2.resize(ink.astype(np.uint8), (size, size), interpolation=cv2.INTER_AREA)
    seen = small > 0
    steps = np.arange(size)
    apart = np.abs(steps[:, None] - steps)
    down = apart <= _STRIKES.cross_width * size
    both = down | down[:, ::-1]
    if (seen & both).sum() < _STRIKES.cross_share * seen.sum():
        return False
    return all(
        (seen & band).any(axis=1).mean() >= _STRIKES.cross_share
        and (seen & band).any(axis=0).mean() >= _STRIKES.cross_share
        for band in (down, down[:, ::-1])
    )


def _is_struck(one: Component, height: float, pen: float) -> bool:
    """Tell whether a component is writing with a stroke or a scribble over it."""
    # Digits that a writer joins have their holes together.
    digits = 1 + int(one.box.width / (_STRIKES.digit_width * height))
    if _count_holes(one) > _STRIKES.most_holes * digits:
        return True
    length = _STRIKES.length * height
    if one.box.width < length:
        return False
    run = _find_line(one.mask, length, pen)
    return run is not None and run.has_ink_beside


@dataclass(frozen=True)
class _Run:
    """A straight stroke: its columns, and the shares of their ink off its sides."""

    first: int
    last: int
    above: float
    below: float

    @property
    def has_ink_beside(self) -> bool:
        return min(self.above, self.below) >= _STRIKES.least_beside

    @property
    def is_alone(self) -> bool:
        return self.above + self.below < _STRIKES.least_beside

    @property
    def length(self) -> int:
        return self.last - self.first

    def covers_part(self, cell: Box) -> bool:
        """Tell whether it goes through a cell, if not all of it."""
        shared = min(self.last, cell.right) - max(self.first, cell.left)
        return shared > _STRIKES.part * cell.width

    def shifted(self, by: int) -> _Run:
        """Count its columns from elsewhere."""
        return replace(self, first=self.first + by, last=self.last + by)


def _find_line(
    ink: Mask, length: float, pen: float, missing: Mask | None = None
) -> _Run | None:
    """Find a straight stroke that is level or slants; None if there is none as long.

    Args:
        ink: (h, w) bool.
        length: Least length in columns.
        pen: Width of the strokes in pixels.
        missing: (w,) bool, columns in which the stroke need not be seen; or None.
    """
    step = max(1, int(pen / _STRIKES.coarse))
    ink, length, pen = _coarsen(ink, step), length / step, pen / step
    width = ink.shape[1]
    if missing is not None:
        missing = _coarsen(np.tile(missing, (step, 1)), step)[0]
    pad = round(_STRIKES.steepest * width / 2) + 1
    padded = np.pad(ink.astype(np.uint8), ((pad, pad), (0, 0)))
    x = np.arange(width)
    thick = np.ones((max(1, round(pen / 2)), 1), np.uint8)
    long = np.ones((1, min(width, round(length))), np.uint8)
    longest: _Run | None = None
    for slope in np.linspace(-_STRIKES.steepest, _STRIKES.steepest, _STRIKES.slopes):
        offset = np.round(slope * (x - width / 2)).astype(np.intp)
        rows = np.arange(len(padded))[:, None] + offset  # past the end is blank, too
        level = padded[rows % len(padded), x]
        lines: npt.NDArray[np.uint8] = np.asarray(cv2.dilate(level, thick), np.uint8)
        if missing is not None:
            lines[:, missing] = 1
        opened = cv2.morphologyEx(lines, cv2.MORPH_OPEN, long, borderValue=0)
        lines = np.asarray(opened, np.uint8)
        lengths = lines.sum(axis=1)
        if lengths.max() > (longest.length if longest else 0):
            longest = _look_beside(level, lines, int(lengths.argmax()), pen)
    return longest and replace(
        longest, first=longest.first * step, last=longest.last * step
    )


def _coarsen(ink: Mask, step: int) -> Mask:
    """Put squares of pixels into one; it has ink where one of them has."""
    height, width = ink.shape[0] // step, ink.shape[1] // step
    squares = ink[: height * step, : width * step].reshape(height, step, width, step)
    return np.asarray(squares.any(axis=(1, 3)))


def _has_run(columns: Mask, length: float) -> bool:
    """Tell whether so many neighbouring columns are all set."""
    edges = np.flatnonzero(np.diff(np.pad(columns.astype(np.int8), 1)))
    return bool((edges[1::2] - edges[::2] >= length).any())


def _look_beside(
    level: npt.NDArray[np.uint8],
    lines: npt.NDArray[np.uint8],
    row: int,
    pen: float,
) -> _Run:
    """Measure how much ink lies above and below the level stroke in a row."""
    columns = lines[row] > 0
    rows = np.flatnonzero(lines[:, columns].sum(axis=1) >= columns.sum() / 2)
    middle = float(rows.mean())
    ink = level[:, columns].sum(axis=1)
    y = np.arange(len(level))
    away = _STRIKES.beside * pen
    every = max(1, int(ink.sum()))
    above, below = ink[y < middle - away].sum(), ink[y > middle + away].sum()
    first, last = np.flatnonzero(columns)[[0, -1]].tolist()
    return _Run(first, last + 1, int(above) / every, int(below) / every)


def _count_holes(one: Component) -> int:
    """Count the holes of a component that are more than roughness of its ink."""
    padded = np.pad(~one.mask, 1, constant_values=True).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(padded, connectivity=4)
    least = _STRIKES.least_hole * one.box.height**2
    return int(np.count_nonzero(stats[1:, cv2.CC_STAT_AREA] >= least)) - 1


def _covers(struck: Box, other: Box) -> bool:
    """Tell whether most of a box lies in the columns of one that is struck out."""
    shared = min(struck.right, other.right) - max(struck.left, other.left)
    return shared * 2 > other.width


def _usual_height(components: Sequence[Component]) -> float:
    """Take the median height of what is no fragment, in pixels."""
    heights = np.array([one.box.height for one in components], dtype=np.float64)
    return float(np.median(heights[heights >= 0.5 * heights.max()]))
