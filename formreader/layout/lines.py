"""Whether a printed line runs from one point to another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["follow_line"]


def follow_line(
    ink: npt.NDArray[np.uint8],
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
    reach: int,
    *,
    level: bool = True,
) -> npt.NDArray[np.bool_]:
    """Tell where along a straight way there is ink on it or close beside it.

    Args:
        ink: (H, W) uint8, 255 = ink; what lies off the page is taken for its edge.
        start: First point (x, y), in pixels.
        end: Last point.
        reach: Pixels to either side, across the line, that count.
        level: Whether the line is about level; else it is about upright.

    Returns:
        (N,) bool, one for each pixel of the way, at least two.

    Example:
        >>> ink = np.zeros((9, 8), np.uint8)
        >>> ink[4, :5] = 255
        >>> way = np.array([0.0, 3.0]), np.array([7.0, 3.0])
        >>> [int(there) for there in follow_line(ink, *way, 1)]
        [1, 1, 1, 1, 0, 0, 0]
    """
    count = max(2, round(float(np.linalg.norm(end - start))))
    way = np.round(np.linspace(start, end, count)).astype(np.intp)
    off = np.arange(-reach, reach + 1)
    x = way[:, 0, None] + (0 if level else off)
    y = way[:, 1, None] + (off if level else 0)
    height, width = ink.shape
    seen = ink[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    return np.asarray(seen.any(axis=1), dtype=np.bool_)
