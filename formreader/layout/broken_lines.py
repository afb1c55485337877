"""Mend straight lines that a light copy, a crease or a speck has broken.

People see a box whose lines have small gaps as a box. To one who looks for what lines
enclose, it is open, and the digits in it are lost or, worse, the rest of its row passes
for the whole number.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["mend_lines"]

_RUNS_A_SIDE = 140  # of the page: 12 pixels, or 1.5 mm, on A4 at 200 dpi
_RUN_PX = (8, 20)
_LONGEST_GAP = 1.0  # of the shortest run
_SHORTEST_LINE = 3.0  # the same, of a line with its gaps


def mend_lines(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Close the gaps in level and upright lines.

    Args:
        ink: (H, W) uint8, 255 = ink.

    Returns:
        (H, W) uint8, 255 = ink; `ink` with the gaps filled. Good to find lines in, not
        to read from.
    """
    run_px = int(np.clip(min(ink.shape) // _RUNS_A_SIDE, *_RUN_PX))
    level, upright = (_close_gaps(ink, run_px, level=way) for way in (True, False))
    return ink | level | upright


def _close_gaps(
    ink: npt.NDArray[np.uint8], run_px: int, *, level: bool
) -> npt.NDArray[np.uint8]:
    """Find the long lines of one direction, with their gaps closed.

    The ink is first thickened across the direction, so that a line that steps by a
    pixel now and then still counts as one run.
    """

    def along(length: float, across: int = 1) -> npt.NDArray[np.uint8]:
        shape = (across, round(length))
        return np.ones(shape if level else shape[::-1], np.uint8)

    thick = cv2.dilate(ink, along(1, across=3))
    runs = cv2.morphologyEx(thick, cv2.MORPH_OPEN, along(run_px))
    closed = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, along(_LONGEST_GAP * run_px + 1))
    long = cv2.morphologyEx(closed, cv2.MORPH_OPEN, along(_SHORTEST_LINE * run_px))
    return np.asarray(cv2.erode(long, along(1, across=3)), dtype=np.uint8)
