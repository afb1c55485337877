"""Mend straight lines that a light copy, a crease or a speck has broken.

People see a box whose lines have small gaps as a box. To one who looks for what lines
enclose, it is open, and the digits in it are lost or, worse, the rest of its row passes
for the whole number.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.layout.runs import Runs, find_runs
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
    rule: npt.NDArray[np.uint8],
    pen: npt.NDArray[np.uint8],
    runs: tuple[Runs, Runs] | None = None,
) -> npt.NDArray[np.uint8]:
    """Go on with lines under the pen, where it ran along or across them.

    Only between two ends of one straight line: a stroke between a line above and
    another below joins nothing.

    Args:
        rule: (H, W) uint8, 255 = a line of the form.
        pen: (H, W) uint8, 255 = ink of the pen.
        runs: The runs of `rule` along rows and along columns, if they are known.

    Returns:
        (H, W) uint8, `rule` with the lines under the pen.
    """
    run_px = int(np.clip(min(rule.shape) // _LINES.runs_a_side, *_LINES.run_px))
    size = 2 * _LINES.around_pen_px + 1
    covered = cv2.dilate(pen, np.ones((size, size), np.uint8))
    known = runs or (find_runs(rule), find_runs(rule, level=False))
    level, upright = (found.opened(run_px).draw() for found in known)
    thick = cv2.bitwise_and(level, upright)  # and corners; a line of no direction
    bridged = rule
    longest = round(_LINES.longest_bridge * run_px)
    for long, way in ((level, True), (upright, False)):
        thin = np.asarray(cv2.bitwise_and(long, cv2.bitwise_not(thick)), np.uint8)
        closed = find_runs(thin, level=way).closed(longest).draw()
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
    across = np.ones((3, 1) if level else (1, 3), np.uint8)
    thick = np.asarray(cv2.dilate(ink, across), np.uint8)
    gap, least = _LINES.longest_gap * run_px, _LINES.shortest_line * run_px
    runs = find_runs(thick, level=level).opened(run_px)
    long = runs.closed(round(gap + 1)).opened(round(least)).draw()
    return np.asarray(cv2.erode(long, across), dtype=np.uint8)
