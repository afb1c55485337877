"""The sheet that training pages are drawn on: its look, and what each ink is."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

__all__ = [
    "PAPER",
    "PEN",
    "PRINT",
    "RULE",
    "WHITE",
    "Ink",
    "Item",
    "ItemKind",
    "RuleStyle",
    "Sheet",
]

Gray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Color = tuple[float, float, float]
ItemKind = Literal["number", "word", "mark", "print"]
"""What stands somewhere: a written number, word or tick and the like, or print."""

PAPER, PEN, PRINT, RULE = 0, 1, 2, 3

_PEN_DETAIL = 2  # pixels of the pen's layer to one of the sheet, along each side
_GAIN = {PRINT: 1.4, RULE: 2.0}  # thin print and outlines hardly cover a pixel
_SURE_HALF = 0.65  # pixels; thinner lines are labelled as wide as this
_CLOSED_GAP = 3.0  # units; lines with smaller gaps are labelled without them
_SEEN = 90  # of 255: what covers more hides what was drawn before
_DARK = 0.42  # reflectance below which an area is print rather than shaded paper


@dataclass(frozen=True)
class Ink:
    """A colour that is laid on paper.

    Attributes:
        color: Reflectance of red, green and blue, 0 to 1.
        opaque: It hides what is below instead of darkening it, as white on black.
    """

    color: Color
    opaque: bool = False

    @property
    def darkness(self) -> float:
        """How much of the light a full layer takes away, 0 to 1."""
        return 1 - (0.3 * self.color[0] + 0.59 * self.color[1] + 0.11 * self.color[2])


WHITE = Ink((1.0, 1.0, 1.0), opaque=True)


@dataclass(frozen=True)
class RuleStyle:
    """How a line is printed; lengths in units of the sheet.

    Attributes:
        ink: Its colour.
        width: Its thickness.
        period: Length of a dash and its gap; 0 for a solid line.
        duty: Share of the period that is printed.
        double: Two lines beside each other.
    """

    ink: Ink
    width: float
    period: float = 0.0
    duty: float = 0.5
    double: bool = False


@dataclass(frozen=True)
class Item:
    """Something that stands on a sheet.

    Attributes:
        kind: What it is.
        left: Left side, in units; `top`, `right` and `bottom` likewise.
        top: Upper side.
        right: Right side.
        bottom: Lower side.
    """

    kind: ItemKind
    left: float
    top: float
    right: float
    bottom: float


class Sheet:
    """A page being drawn.

    Lengths and places are in units; one unit is a pixel of the finished page.

    Args:
        width: Width in units.
        height: Height in units.
        unit: Pixels of the sheet to a unit, at least 1.

    Attributes:
        limits: Left and right side of the column that is being printed, in units.
        least_tint: Least reflectance of shaded paper; it keeps shades from turning
            black where they would be compared with a threshold.
        image: (H, W, 3) float32, reflectance of what is printed, 1 = white paper.
        printing: (H, W) uint8, coverage by print, 255 = all.
        ruling: (H, W) uint8, coverage by rules.
        items: What was printed and written on it, in order.
        pens: For each pen its colour, grain and coverage (2H, 2W) uint8.
    """

    def __init__(self, width: float, height: float, unit: float = 1.0) -> None:
        """Start with bare white paper."""
        self.width, self.height, self.unit = width, height, unit
        shape = (ceil(height * unit), ceil(width * unit))
        self.shape = shape
        self.image = np.ones((*shape, 3), np.float32)
        self.limits = 0.0, width
        self.least_tint = 0.0
        self.printing = np.zeros(shape, np.uint8)
        self.ruling = np.zeros(shape, np.uint8)
        self.items: list[Item] = []

    def note(
        self, kind: ItemKind, left: float, top: float, width: float, height: float
    ) -> None:
        """Note what stands where, in units."""
        self.items.append(Item(kind, left, top, left + width, top + height))

    def blank_pen_layer(self) -> Gray:
        """Make an empty layer for the strokes of one pen."""
        rows, columns = self.shape
        return np.zeros((rows * _PEN_DETAIL, columns * _PEN_DETAIL), np.uint8)

    @property
    def pen_scale(self) -> float:
        """Pixels of a pen's layer to one unit."""
        return self.unit * _PEN_DETAIL

    def lay(self, cover: Floats, left: int, top: int, ink: Ink, kind: int) -> None:
        """Lay ink on a patch; what lies outside of the sheet is cut off.

        Args:
            cover: (h, w) float32 in [0, 1], 1 where the ink covers all.
            left: First column of the patch, in pixels of the sheet.
            top: First row.
            ink: The colour.
            kind: PRINT or RULE; PAPER for shades that are no ink.
        """
        rows = self.shape[0]
        start, end = self._columns
        y0, x0 = max(0, top), max(start, left)
        y1 = min(rows, top + cover.shape[0])
        x1 = min(end, left + cover.shape[1])
        if y1 <= y0 or x1 <= x0:
            return
        part = cover[y0 - top : y1 - top, x0 - left : x1 - left]
        area = (slice(y0, y1), slice(x0, x1))
        color = np.asarray(ink.color, np.float32)
        seen = part[:, :, None]
        if ink.opaque:
            self.image[area] += seen * (color - self.image[area])
        else:
            self.image[area] *= 1 - seen * (1 - color)
        if kind != PAPER:
            gain = 255 * _GAIN[kind]
            self._label(area, np.minimum(part * gain, 255).astype(np.uint8), kind)

    def rectangle(
        self, left: float, top: float, right: float, bottom: float, ink: Ink, kind: int
    ) -> None:
        """Fill an upright rectangle; its edges may lie between pixels."""
        self._strip(
            _Span.between(left * self.unit, right * self.unit),
            _Span.between(top * self.unit, bottom * self.unit),
            ink,
            kind,
        )

    def shade(
        self, left: float, top: float, right: float, bottom: float, color: Color
    ) -> None:
        """Tint an area; a dark one counts as print, a light one stays paper."""
        if self.least_tint and 1 - Ink(color).darkness >= _DARK:
            red, green, blue = (max(self.least_tint, part) for part in color)
            color = red, green, blue
        ink = Ink(color)
        kind = PRINT if 1 - ink.darkness < _DARK else PAPER
        self.rectangle(left, top, right, bottom, ink, kind)

    def halftone(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        pitch: float,
        grey: float = 0.3,
    ) -> None:
        """Shade an area with the dots of a screen; they are no print."""
        along = _Span.between(left * self.unit, right * self.unit)
        across = _Span.between(top * self.unit, bottom * self.unit)
        along = along.clipped(*self._columns)
        across = across.clipped(0, self.shape[0])
        if not len(across.cover) or not len(along.cover):
            return
        turn = np.float32(2 * np.pi / (pitch * self.unit))
        x = np.cos(turn * np.arange(len(along.cover), dtype=np.float32))
        y = np.cos(turn * np.arange(len(across.cover), dtype=np.float32))
        wave = np.asarray(x[None, :] + y[:, None], np.float32)
        dots = np.asarray(np.clip(1.5 * wave - 1, 0, 1), np.float32)
        screen = Ink((grey, grey, grey))
        self.lay(dots, along.first, across.first, screen, PAPER)

    def rule(
        self, x0: float, y0: float, x1: float, y1: float, style: RuleStyle
    ) -> None:
        """Print a level or upright line from one point to another."""
        if style.double:
            gap = 1.5 * style.width + 0.5
            single = RuleStyle(style.ink, style.width, style.period, style.duty)
            level = y0 == y1
            for side in (-gap, gap):
                dx, dy = (0.0, side) if level else (side, 0.0)
                self.rule(x0 + dx, y0 + dy, x1 + dx, y1 + dy, single)
            return
        half, unit = style.width / 2, self.unit
        sure = max(half, _SURE_HALF / unit)
        closed = style.period * (1 - style.duty) < _CLOSED_GAP
        if y0 == y1:
            along = _Span.between(min(x0, x1) * unit, max(x0, x1) * unit)
            across = _Span.between((y0 - half) * unit, (y0 + half) * unit)
            label = _Span.between((y0 - sure) * unit, (y0 + sure) * unit)
            dashes = along.dashed(style.period * unit, style.duty)
            self._strip(dashes, across, style.ink, PAPER)
            self._strip(along if closed else dashes, label, None, RULE)
        else:
            along = _Span.between(min(y0, y1) * unit, max(y0, y1) * unit)
            across = _Span.between((x0 - half) * unit, (x0 + half) * unit)
            label = _Span.between((x0 - sure) * unit, (x0 + sure) * unit)
            dashes = along.dashed(style.period * unit, style.duty)
            self._strip(across, dashes, style.ink, PAPER)
            self._strip(label, along if closed else dashes, None, RULE)

    def outline(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        style: RuleStyle,
        radius: float = 0.0,
    ) -> None:
        """Print the outline of a box, with round corners if a radius is given."""
        if radius <= 0:
            half = style.width / 2
            for y in (top, bottom):
                self.rule(left - half, y, right + half, y, style)
            for x in (left, right):
                self.rule(x, top - half, x, bottom + half, style)
            return
        scale, edge = 2 * self.unit, style.width + 1
        size = [
            ceil((b - a + 2 * edge) * scale) + 2
            for a, b in ((left, right), (top, bottom))
        ]
        patch = np.zeros((size[1], size[0]), np.uint8)
        points = _round_box(right - left, bottom - top, radius) + edge
        path = np.rint(points * scale * 8).astype(np.int32)
        thickness = max(1, round(style.width * scale))
        cv2.polylines(patch, [path], True, 255, thickness, cv2.LINE_AA, 3)
        self.paste(patch, left - edge, top - edge, style.ink, RULE, 2)

    def paste(
        self, patch: Gray, left: float, top: float, ink: Ink, kind: int, detail: int = 1
    ) -> None:
        """Lay a drawn patch.

        Args:
            patch: (h, w) uint8, 255 = ink.
            left: Its left side in units.
            top: Its upper side.
            ink: The colour.
            kind: PRINT, RULE or PAPER.
            detail: How many times finer than the sheet it is.
        """
        if detail > 1:
            size = (max(1, patch.shape[1] // detail), max(1, patch.shape[0] // detail))
            patch = cv2.resize(patch, size, interpolation=cv2.INTER_AREA).astype(
                np.uint8
            )
        if kind == PRINT or ink.opaque:
            height, width = (side / self.unit for side in patch.shape)
            self.note("print", left, top, width, height)
        x, y = round(left * self.unit), round(top * self.unit)
        cover = patch.astype(np.float32) * np.float32(1 / 255)
        self.lay(np.asarray(cover, np.float32), x, y, ink, kind)

    def _strip(self, along: _Span, across: _Span, ink: Ink | None, kind: int) -> None:
        """Lay the product of two spans, `along` over columns; no ink only labels."""
        across = across.clipped(0, self.shape[0])
        along = along.clipped(*self._columns)
        if not len(across.cover) or not len(along.cover):
            return
        cover = across.cover[:, None] * along.cover[None, :]
        if ink is not None:
            self.lay(cover, along.first, across.first, ink, kind)
            return
        area = (
            slice(across.first, across.first + len(across.cover)),
            slice(along.first, along.first + len(along.cover)),
        )
        self._label(area, (cover * 255).astype(np.uint8), kind)

    @property
    def _columns(self) -> tuple[int, int]:
        """First and last column of pixels within the limits."""
        start, end = (round(limit * self.unit) for limit in self.limits)
        return max(0, start), min(self.shape[1], end)

    def _label(self, area: tuple[slice, slice], cover: Gray, kind: int) -> None:
        """Note what was drawn; it takes the place of what was there before."""
        own = self.printing if kind == PRINT else self.ruling
        other = self.ruling if kind == PRINT else self.printing
        np.maximum(own[area], cover, out=own[area])
        other[area][cover > _SEEN] = 0


@dataclass(frozen=True)
class _Span:
    """Coverage of the pixels along one axis.

    Attributes:
        first: Place of the first pixel.
        cover: (N,) float32 in [0, 1].
    """

    first: int
    cover: Floats

    @classmethod
    def between(cls, start: float, end: float) -> _Span:
        """Cover what lies between two places."""
        first, last = floor(start), ceil(end)
        places = np.arange(first, last, dtype=np.float32)
        cover = np.minimum(places + 1, end) - np.maximum(places, start)
        return cls(first, np.clip(cover, 0, 1).astype(np.float32))

    def dashed(self, period: float, duty: float) -> _Span:
        """Break into dashes; a period of 0 leaves it whole."""
        if period <= 0:
            return self
        phase = np.arange(len(self.cover), dtype=np.float32) % period
        printed = duty * period
        part = np.clip(printed - phase + 0.5, 0, 1) * np.clip(phase + 0.5, 0, 1)
        return _Span(self.first, (self.cover * part).astype(np.float32))

    def clipped(self, first: int, last: int) -> _Span:
        """Cut off what lies outside of `first` to `last`."""
        start = min(max(0, first - self.first), len(self.cover))
        end = max(start, min(len(self.cover), last - self.first))
        return _Span(self.first + start, self.cover[start:end])


def _round_box(width: float, height: float, radius: float) -> npt.NDArray[np.float64]:
    """Trace the outline of a box with round corners, as (N, 2) points."""
    radius = min(radius, width / 2, height / 2)
    angles = np.linspace(0, np.pi / 2, 7)
    corner = np.column_stack([np.cos(angles), np.sin(angles)]) * radius
    parts = []
    for turn, (x, y) in enumerate(
        (
            (width - radius, height - radius),
            (radius, height - radius),
            (radius, radius),
            (width - radius, radius),
        )
    ):
        c, s = np.cos(turn * np.pi / 2), np.sin(turn * np.pi / 2)
        parts.append(corner @ np.array([[c, s], [-s, c]]) + (x, y))
    return np.vstack(parts)
