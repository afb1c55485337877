"""Mend straight lines that a light copy, a crease or a speck has broken.

People see a box whose lines have small gaps as a box. To one who looks for what lines
enclose, it is open, and the digits in it are lost or, worse, the rest of its row passes
for the whole number.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.layout.settings import SETTINGS

__all__ = ["bridge_pen", "mend_lines"]

_LINES = SETTINGS.broken_lines


def mend_lines(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Close the gaps in level and upright lines.

    Args:
        ink: (H, W) uint8, 255 = ink.

    Returns:
        (H, W) uint8, 255 = ink; `ink` with the gaps filled. Good to find lines in, not
        to read from.
    """
    run_px = int(np.clip(min(ink.shape) // _LINES.runs_a_side, *_LINES.run_px))
    level, upright = (_close_gaps(ink, run_px, level=way) for way in (True, False))
    return ink | level | upright


def bridge_pen(
    rule: npt.NDArray[np.uint8], pen: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Go on with lines under the pen, where it ran along or across them.

    Only between two ends of one straight line: a stroke between a line above and
    another below joins nothing.

    Args:
        rule: (H, W) uint8, 255 = a line of the form.
        pen: (H, W) uint8, 255 = ink of the pen.

    Returns:
        (H, W) uint8, `rule` with the lines under the pen.
    """
    run_px = int(np.clip(min(rule.shape) // _LINES.runs_a_side, *_LINES.run_px))
    size = 2 * _LINES.around_pen_px + 1
    covered = cv2.dilate(pen, np.ones((size, size), np.uint8))
    ways = (np.ones((1, run_px), np.uint8), np.ones((run_px, 1), np.uint8))
    level, upright = (cv2.morphologyEx(rule, cv2.MORPH_OPEN, way) for way in ways)
    thick = cv2.bitwise_and(level, upright)  # and corners; a line of no direction
    bridged = rule
    longest = round(_LINES.longest_bridge * run_px)
    for runs, shape in ((level, (1, longest)), (upright, (longest, 1))):
        thin = cv2.bitwise_and(runs, cv2.bitwise_not(thick))
        closed = cv2.morphologyEx(thin, cv2.MORPH_CLOSE, np.ones(shape, np.uint8))
        under = cv2.bitwise_and(closed, covered)
        bridged = np.asarray(cv2.max(bridged, under), np.uint8)
    return bridged


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
    gap, least = _LINES.longest_gap * run_px, _LINES.shortest_line * run_px
    closed = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, along(gap + 1))
    long = cv2.morphologyEx(closed, cv2.MORPH_OPEN, along(least))
    return np.asarray(cv2.erode(long, along(1, across=3)), dtype=np.uint8)
