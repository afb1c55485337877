"""Pens, and how their strokes look on paper."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from formreader.training.ink.pages.sheet import Ink, Sheet

__all__ = ["Pen", "PenLayer", "draw_pen", "wavy"]

Gray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Stroke = npt.NDArray[np.float64]
Rng = np.random.Generator

_SURE_WIDTH, _MOST_GAIN = 1.5, 1.8  # thin strokes hardly cover a pixel
_TILE = 256  # pixels of noise along each side
_SHIFT = 4  # bits after the point in the coordinates of cv2
_COLORS = {
    "black": (0.12, 0.12, 0.13),
    "blue": (0.13, 0.22, 0.66),
    "dark blue": (0.12, 0.14, 0.36),
    "light blue": (0.25, 0.42, 0.80),
    "red": (0.80, 0.15, 0.16),
    "green": (0.12, 0.48, 0.26),
    "violet": (0.42, 0.18, 0.58),
    "grey": (0.36, 0.36, 0.38),
    "brown": (0.42, 0.27, 0.18),
}
_COLOR_SHARES = (0.30, 0.27, 0.13, 0.04, 0.12, 0.04, 0.03, 0.05, 0.02)


@dataclass(frozen=True)
class Pen:
    """A pen or pencil.

    Attributes:
        kind: pencil, ballpoint, gel, fibre or marker.
        ink: Its colour at full strength.
        width: Width of its stroke in units.
        strength: How much of the paper a stroke hides, 0 to 1.
        grain: How uneven the stroke is; 0 is even, 1 full of gaps.
        pressure: How much the width varies within a stroke, 0 to 1.
    """

    kind: str
    ink: Ink
    width: float
    strength: float
    grain: float
    pressure: float


def draw_pen(rng: Rng, digit_height: float) -> Pen:
    """Choose a pen that suits digits of this height, in units."""
    kind = str(
        rng.choice(
            ["ballpoint", "gel", "fibre", "marker", "pencil"],
            p=[0.42, 0.16, 0.13, 0.10, 0.19],
        )
    )
    low, high = {
        "pencil": (0.35, 0.75),
        "ballpoint": (0.25, 0.65),
        "gel": (0.35, 0.8),
        "fibre": (0.4, 1.0),
        "marker": (0.8, 1.4),
    }[kind]
    unit_per_mm = digit_height / rng.uniform(3.8, 6.5)
    width = float(
        np.clip(rng.uniform(low, high) * unit_per_mm, 0.65, 0.24 * digit_height)
    )
    name = (
        "grey" if kind == "pencil" else str(rng.choice(list(_COLORS), p=_COLOR_SHARES))
    )
    color = np.clip(
        np.array(_COLORS[name]) * rng.uniform(0.6, 1.5, 3) ** 0.5, 0.02, 0.92
    )
    strength = {
        "pencil": rng.uniform(0.35, 0.85),
        "ballpoint": rng.uniform(0.55, 1.0),
        "marker": rng.uniform(0.7, 1.0),
    }.get(kind, rng.uniform(0.8, 1.0))
    grain = {"pencil": rng.uniform(0.3, 0.9), "ballpoint": rng.uniform(0.0, 0.6)}
    return Pen(
        kind=kind,
        ink=Ink((float(color[0]), float(color[1]), float(color[2]))),
        width=width,
        strength=float(strength),
        grain=float(grain.get(kind, rng.uniform(0, 0.15))),
        pressure=float(rng.uniform(0, 0.45)),
    )


class PenLayer:
    """What one pen has written on a sheet.

    Attributes:
        pen: The pen.
        ink: (2H, 2W) uint8, 255 = ink, at the detail of pen layers.
    """

    def __init__(self, sheet: Sheet, pen: Pen) -> None:
        """Start with no stroke."""
        self.sheet, self.pen = sheet, pen
        self.ink = sheet.blank_pen_layer()

    def stroke(self, points: Stroke, rng: Rng, thickness: float = 1.0) -> None:
        """Draw a stroke.

        Args:
            points: (N, 2), x and y in units of the sheet.
            rng: Source of the changes in pressure.
            thickness: Factor of the pen's width.
        """
        if points[:, 0].min() > self.sheet.limits[1]:
            return  # another column stands there
        scale = self.sheet.pen_scale
        width = self.pen.width * scale * thickness
        path = np.rint(points * (scale * (1 << _SHIFT))).astype(np.int32)
        if len(path) == 1:
            radius = max(1, round(0.7 * width * (1 << _SHIFT)))
            center = (int(path[0, 0]), int(path[0, 1]))
            cv2.circle(self.ink, center, radius, 255, -1, cv2.LINE_AA, _SHIFT)
            return
        pieces = max(1, min(6, len(path) // 4)) if self.pen.pressure > 0.05 else 1
        bounds = np.linspace(0, len(path) - 1, pieces + 1).astype(int)
        for start, end in itertools.pairwise(bounds):
            factor = 1 + self.pen.pressure * rng.uniform(-0.5, 0.4)
            size = max(1, round(width * factor))
            cv2.polylines(
                self.ink, [path[start : end + 1]], False, 255, size, cv2.LINE_AA, _SHIFT
            )

    def fill(self, points: Stroke) -> None:
        """Fill an area, as a bubble that was blackened."""
        scale = self.sheet.pen_scale
        path = np.rint(points * (scale * (1 << _SHIFT))).astype(np.int32)
        cv2.fillPoly(self.ink, [path], 255, cv2.LINE_AA, _SHIFT)

    def stamp(self, image: Gray, left: float, top: float, height: float) -> None:
        """Lay an image of real ink, (h, w) uint8, at this height in units."""
        if left > self.sheet.limits[1]:
            return
        scale = self.sheet.pen_scale
        factor = height * scale / image.shape[0]
        size = (max(2, round(image.shape[1] * factor)), max(2, round(height * scale)))
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        patch = cv2.resize(image, size, interpolation=how).astype(np.uint8)
        x, y = round(left * scale), round(top * scale)
        rows, columns = self.ink.shape
        y0, x0 = max(0, y), max(0, x)
        y1, x1 = min(rows, y + patch.shape[0]), min(columns, x + patch.shape[1])
        if y1 > y0 and x1 > x0:
            area = self.ink[y0:y1, x0:x1]
            np.maximum(area, patch[y0 - y : y1 - y, x0 - x : x1 - x], out=area)

    def settle(self, rng: Rng) -> Gray:
        """Let the ink dry on the sheet.

        Returns:
            (H, W) uint8 coverage at the sheet's own detail, before the grain.
        """
        rows, columns = self.sheet.shape
        cover = cv2.resize(self.ink, (columns, rows), interpolation=cv2.INTER_AREA)
        places = np.nonzero(cover)
        part = cover[places].astype(np.float32) * np.float32(self.pen.strength / 255)
        part *= _grain(places, self.pen, self.sheet.unit, rng)
        color = np.asarray(self.pen.ink.color, np.float32)
        self.sheet.image[places] *= 1 - part[:, None] * (1 - color)
        thin = self.pen.width * self.sheet.unit
        gain = float(np.clip(_SURE_WIDTH / thin, 1.0, _MOST_GAIN))
        return cv2.convertScaleAbs(cover, alpha=gain).astype(np.uint8)


def _grain(
    places: tuple[npt.NDArray[np.intp], ...], pen: Pen, unit: float, rng: Rng
) -> Floats:
    """Make the unevenness of a pen's strokes, a factor in [0, 1] for each place."""
    slow = _noise(30 * unit, rng)
    factor = 1 - 0.12 * np.abs(_look_up(slow, places))
    if pen.grain > 0.05:
        pencil = pen.kind == "pencil"
        fine = _look_up(_noise((1.2 if pencil else 2.5) * unit, rng), places)
        depth, level = (0.45, -0.4) if pencil else (0.6, 0.5)
        factor -= pen.grain * depth * np.clip(fine - level, 0, 2)
    return np.clip(factor, 0.08, 1).astype(np.float32)


def _noise(grain: float, rng: Rng) -> Floats:
    """Draw a tile of smooth noise, deviation about 1, with this grain in pixels."""
    coarse = max(2, round(_TILE / max(1.0, grain)))
    noise = rng.standard_normal((coarse, coarse), dtype=np.float32)
    return np.asarray(cv2.resize(noise, (_TILE, _TILE)), dtype=np.float32)


def _look_up(tile: Floats, places: tuple[npt.NDArray[np.intp], ...]) -> Floats:
    """Read a tile at places, as if it were repeated over the sheet."""
    return tile[places[0] % _TILE, places[1] % _TILE]


def wavy(points: Sequence[tuple[float, float]], rng: Rng, by: float) -> Stroke:
    """Draw a hand's line through points: bent a little by the unsteady hand."""
    corners = np.array(points, dtype=np.float64)
    count = 5 * (len(corners) - 1) + 1
    at = np.linspace(0, len(corners) - 1, count)
    line = np.column_stack(
        [np.interp(at, range(len(corners)), corners[:, axis]) for axis in (0, 1)]
    )
    drift = np.cumsum(rng.normal(0, by / 2, line.shape), axis=0)
    drift -= np.linspace(0, 1, count)[:, None] * drift[-1]
    return line + drift
