"""Describe windows by the directions of their edges, so that turning is exact.

A window turned by a quarter, or mirrored, has the same features in another order. So
all views of a window are described at the price of one, and none is preferred.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from formreader.orientation.turning import Side
from formreader.orientation.windows import SIDE

__all__ = ["FEATURES", "SIDES", "describe_windows", "turn_features"]

Features = npt.NDArray[np.float32]

SIDES = tuple(Side(turns, mirrored) for mirrored in (False, True) for turns in range(4))
"""All that may be done to a page so that it stands upright."""

_CELLS = 8  # along a window's side
_DIRECTIONS = 8  # of edges, from paper to ink, a multiple of 45 degrees each
FEATURES = _CELLS * _CELLS * _DIRECTIONS
"""How many numbers describe a window."""

_LENGTH = 8.0  # of a description, whatever the contrast
_STEP = 2 * np.pi / _DIRECTIONS


def describe_windows(windows: npt.NDArray[np.uint8]) -> Features:
    """Describe windows by histograms of oriented gradients [1].

    Each direction of an edge counts by itself, from paper to ink, and is shared between
    the two nearest multiples of 45 degrees.

    Args:
        windows: (N, 40, 40) uint8, 255 = ink.

    Returns:
        (N, 512) float32.

    References:
        [1] Dalal, Triggs, "Histograms of oriented gradients for human detection", Proc.
        CVPR 2005. doi:10.1109/CVPR.2005.177
    """
    strength, direction = _find_edges(windows)
    lower = np.floor(direction)
    upper_share = direction - lower
    nearest = lower.astype(np.int8) % _DIRECTIONS
    cells = np.empty((len(windows), _CELLS, _CELLS, _DIRECTIONS), np.float32)
    shape = len(windows), _CELLS, SIDE // _CELLS, _CELLS, SIDE // _CELLS
    for one in range(_DIRECTIONS):
        share = np.where(nearest == one, 1 - upper_share, 0)
        share += np.where(nearest == (one - 1) % _DIRECTIONS, upper_share, 0)
        cells[..., one] = (strength * share).reshape(shape).mean(axis=(2, 4))
    features = np.sqrt(cells.reshape(len(windows), FEATURES))
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(_LENGTH * features / np.maximum(length, 1e-6), np.float32)


def turn_features(features: Features) -> Features:
    """Give the features of all views of windows.

    Args:
        features: (N, 512) float32.

    Returns:
        (N, 8, 512) float32, as if each window had been turned by each of `SIDES`.
    """
    return np.asarray(features[:, _ORDERS])


def _find_edges(windows: npt.NDArray[np.uint8]) -> tuple[Features, Features]:
    """Find strength and direction of the edges, in steps of 45 degrees."""
    ink = np.pad(windows.astype(np.float32) / 255, ((0, 0), (1, 1), (1, 1)))
    across = ink[:, 1:-1, 2:] - ink[:, 1:-1, :-2]
    down = ink[:, 2:, 1:-1] - ink[:, :-2, 1:-1]
    direction = np.arctan2(down, across) / np.float32(_STEP)
    return np.hypot(across, down), np.asarray(direction, np.float32)


def _order(side: Side) -> npt.NDArray[np.int64]:
    """Say which feature of a window each feature of a view of it is."""
    order = np.arange(FEATURES).reshape(_CELLS, _CELLS, _DIRECTIONS)
    directions = np.arange(_DIRECTIONS)
    if side.mirrored:
        order = order[:, ::-1, (_DIRECTIONS // 2 - directions) % _DIRECTIONS]
    turned = np.rot90(order, side.quarter_turns)
    quarter = _DIRECTIONS // 4 * side.quarter_turns
    return turned[..., (directions + quarter) % _DIRECTIONS].ravel()


_ORDERS = np.stack([_order(side) for side in SIDES])
