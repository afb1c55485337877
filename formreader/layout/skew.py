"""Measure the angle at which straight lines lie on a page."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from formreader.layout.settings import SETTINGS

__all__ = ["estimate_skew"]

_SKEW = SETTINGS.skew


def estimate_skew(mask: npt.NDArray[np.uint8]) -> float:
    """Measure the angle at which the lines of a mask lie.

    At the right angle the lines fall into few rows and columns of the projection
    profiles, so the sum of the squared profiles is largest.

    Args:
        mask: (H, W) uint8, non-zero = line.

    Returns:
        Degrees clockwise in -15 to 15, to about 0.05.
    """
    points = cv2.findNonZero(mask).reshape(-1, 2)
    wide = np.linspace(-_SKEW.largest_deg, _SKEW.largest_deg, _SKEW.coarse_angles)
    step_deg = float(wide[1] - wide[0])
    # So far a line's ends stray from its row where the angle is half a step off.
    stray_px = float(np.hypot(*mask.shape) * np.deg2rad(step_deg / 2))
    few = _thin_out(points, _SKEW.coarse_points)
    skew_deg = _sharpest(few, wide, max(1.0, stray_px))
    near = np.linspace(-step_deg, step_deg, _SKEW.fine_angles)
    return _sharpest(_thin_out(points, _SKEW.fine_points), skew_deg + near, 1.0)


def _thin_out(points: npt.NDArray[Any], count: int) -> npt.NDArray[np.float32]:
    """Take about so many points out of (N, 2), evenly, as x and y (2, M)."""
    return points[:: max(1, len(points) // count)].T.astype(np.float32, order="C")


def _sharpest(
    points: npt.NDArray[np.float32], angles: npt.NDArray[np.float64], bin_px: float
) -> float:
    """Choose the angle whose two projection profiles are sharpest.

    Args:
        points: (2, N) x and y.
        angles: (A,) degrees.
        bin_px: Width of the profiles' bins.
    """
    radians = np.deg2rad(angles)
    cos, sin = np.cos(radians) / bin_px, np.sin(radians) / bin_px
    across = np.vstack([np.column_stack([-sin, cos]), np.column_stack([cos, sin])])
    # Unlike a matrix product, this takes no other thread.
    positions = np.einsum("ad,dn->an", across.astype(np.float32), points)
    positions -= positions.min(axis=1, keepdims=True)
    bins = int(positions.max()) + 1
    places = positions.astype(np.intp)
    places += bins * np.arange(len(places))[:, None]
    profiles = np.bincount(places.ravel(), minlength=bins * len(places))
    squares = np.square(profiles.astype(np.float64)).reshape(2, len(angles), bins)
    found = squares.sum(axis=(0, 2))
    # Thin lines are equally sharp over a few steps: take the middle of them.
    return float(angles[found >= _SKEW.as_sharp * found.max()].mean())
