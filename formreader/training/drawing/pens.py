"""Digits written from recorded strokes, with any pen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.normalization import INK_SIDE, SIDE

__all__ = ["Nib", "choose_nib", "draw_stroke", "slash_zero", "write_strokes"]

Gray = npt.NDArray[np.uint8]
Stroke = npt.NDArray[np.float64]
Rng = np.random.Generator

_WIDTHS_MM = (0.2, 1.0)
_HEIGHTS_MM = (3.5, 9.0)  # of digits
_WIDTHS = (0.03, 0.25)  # of the height
_FLAT = 0.2  # of the pens
_SUPERSAMPLING = 3
_PIECES = 8  # of a stroke; each has a width of its own
_SHIFT = 3  # bits after the point in the coordinates of cv2
_SLANT = 0.08


@dataclass(frozen=True)
class Nib:
    """The tip of a pen; lengths are fractions of the height of what is written.

    Attributes:
        width: Of the widest stroke.
        flatness: Width of the thinnest stroke over that of the widest; 1 is round.
        angle: Which way a flat nib is held, in radians.
        pressure: How much the width varies within a stroke, 0 to 1.
    """

    width: float
    flatness: float
    angle: float
    pressure: float


def choose_nib(rng: Rng) -> Nib:
    """Choose a pen of 0.2 to 1 mm for digits of 3.5 to 9 mm; one in five is flat."""
    width, height = (
        np.exp(rng.uniform(*np.log(limits))) for limits in (_WIDTHS_MM, _HEIGHTS_MM)
    )
    is_flat = rng.random() < _FLAT
    return Nib(
        width=float(np.clip(width / height, *_WIDTHS)),
        flatness=float(rng.uniform(0.2, 0.6)) if is_flat else 1.0,
        angle=float(rng.normal(-0.7, 0.3)),
        pressure=float(rng.uniform(0, 0.5)),
    )


def write_strokes(strokes: Sequence[Stroke], nib: Nib, rng: Rng, side: int) -> Gray:
    """Write strokes with a pen.

    Args:
        strokes: (N, 2) arrays, at least one: x and y downwards, of any size.
        nib: The pen.
        rng: Source of slant and pressure.
        side: Side S of the image.

    Returns:
        (S, S) uint8, 255 = ink; the ink fills S * 20 / 28, and is centred.
    """
    room = side * _SUPERSAMPLING * INK_SIDE / SIDE
    slanted = _slant(strokes, rng.normal(0, _SLANT))
    points = np.vstack(slanted)
    origin, extent = points.min(axis=0), np.ptp(points, axis=0)
    width = max(1.0, nib.width * room)
    scale = (room - width) / max(float(extent.max()), 1e-6)
    corner = (side * _SUPERSAMPLING - extent * scale) / 2
    canvas = np.zeros((side * _SUPERSAMPLING,) * 2, np.uint8)
    for stroke in slanted:
        draw_stroke((stroke - origin) * scale + corner, width, nib, rng, canvas)
    return cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA).astype(
        np.uint8
    )


def slash_zero(strokes: Sequence[Stroke], rng: Rng) -> list[Stroke]:
    """Put a slash through a zero, as many do; it stays a zero."""
    points = np.vstack(strokes)
    middle, extent = (points.min(axis=0) + points.max(axis=0)) / 2, np.ptp(points, 0)
    reach = rng.uniform(0.3, 0.7, 2) * extent
    middle = middle + rng.normal(0, 0.05, 2) * extent
    ends = np.array([[-reach[0], reach[1]], [reach[0], -reach[1]]])
    return [*strokes, middle + ends]


def _slant(strokes: Sequence[Stroke], by: float) -> list[Stroke]:
    """Lean strokes to the right, by the tangent of an angle."""
    lean = np.array([[1.0, 0.0], [-by, 1.0]])
    return [stroke @ lean for stroke in strokes]


def draw_stroke(path: Stroke, width: float, nib: Nib, rng: Rng, canvas: Gray) -> None:
    """Draw one stroke, thinner and thicker along its way.

    Args:
        path: (N, 2) points in pixels of the canvas.
        width: Of the widest stroke, in pixels.
        nib: The pen.
        rng: Source of the pressure.
        canvas: (H, W) uint8; the stroke is drawn on it with 255.
    """
    fixed = np.rint(path * (1 << _SHIFT)).astype(np.int32)
    pieces = max(1, min(_PIECES, (len(fixed) - 1) // 3))
    bounds = np.linspace(0, len(fixed) - 1, pieces + 1).astype(int).tolist()
    hold = 1 - nib.pressure * rng.uniform(0, 1, _PIECES // 2)
    at = np.linspace(0, len(hold) - 1, pieces)
    widths = width * np.interp(at, range(len(hold)), hold / hold.max())
    slant = np.array([np.cos(nib.angle), np.sin(nib.angle)]) * (1 << _SHIFT)
    for (start, end), thick in zip(pairwise(bounds), widths, strict=True):
        piece = fixed[start : end + 1]
        thin = max(1, round(thick * nib.flatness))
        reach = (thick - thin) / 2
        offsets = np.linspace(-reach, reach, 1 + int(2 * reach / thin + 0.99))
        lines = [piece + np.rint(slant * offset).astype(np.int32) for offset in offsets]
        cv2.polylines(canvas, lines, False, 255, thin, cv2.LINE_8, _SHIFT)
