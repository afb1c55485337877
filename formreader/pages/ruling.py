"""Remove printed box lines from a field and keep the strokes that touch them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box

_SLACK_PX = 2


def remove_ruling(
    ink: npt.NDArray[np.uint8],
    frame: Box,
    cells: tuple[Box, ...] | None,
    line_px: float,
) -> npt.NDArray[np.uint8]:
    """Erase the lines around a field and between its cells.

    Along each line the ink is looked at in cuts across it. A cut no longer than the
    line is thick is line alone and is erased; in a longer one a stroke touches or
    crosses the line, and it stays whole.

    Args:
        ink: (h, w) uint8, 255 = ink; the field turned upright, with a margin.
        frame: Inner edge of the box within `ink`.
        cells: Inner edges of the printed cells, left to right, or None.
        line_px: Thickness of the lines in pixels.

    Returns:
        A copy of `ink` without the lines.
    """
    reach = int(np.ceil(line_px)) + _SLACK_PX
    longest = int(np.ceil(1.3 * line_px)) + 1
    lines = np.zeros_like(ink)
    rows = slice(max(0, frame.top - reach), frame.bottom + reach)
    columns = slice(max(0, frame.left - reach), frame.right + reach)
    for y in (frame.top, frame.bottom):
        outward = -1 if y == frame.top else 1
        band = _band(y, outward, reach, ink.shape[0])
        lines[band, columns] |= _short_runs(ink, band, longest, 0)[:, columns]
    for x, outward in _vertical_edges(frame, cells):
        band = _band(x, outward, reach, ink.shape[1])
        lines[rows, band] |= _short_runs(ink, band, longest, 1)[rows]
    return np.where(lines > 0, 0, ink).astype(np.uint8)


def _vertical_edges(
    frame: Box, cells: tuple[Box, ...] | None
) -> list[tuple[int, int]]:
    """List the lines as x and the side on which the line lies, -1 left or 1 right."""
    edges = [(frame.left, -1), (frame.right, 1)]
    for cell in cells or ():
        edges += [(cell.left, -1), (cell.right, 1)]
    return sorted(set(edges))


def _band(edge: int, outward: int, reach: int, limit: int) -> slice:
    """Cover the line beyond an inner edge, and a little of the inside."""
    first, last = (edge - reach, edge + _SLACK_PX)
    if outward > 0:
        first, last = (edge - _SLACK_PX, edge + reach)
    return slice(max(0, first), min(limit, last))


def _short_runs(
    ink: npt.NDArray[np.uint8], band: slice, longest: int, axis: int
) -> npt.NDArray[np.uint8]:
    """Find the ink in a band whose run across the band is short.

    Args:
        ink: (h, w) uint8, 255 = ink.
        band: Rows (`axis` 0) or columns (`axis` 1) of the band.
        longest: Longest run in pixels that counts as line alone.
        axis: Along which axis runs are measured.

    Returns:
        The band of `ink`, 255 where a short run passes.
    """
    size = (1, longest + 1) if axis == 0 else (longest + 1, 1)
    kernel = np.ones(size[::-1], np.uint8)
    margin = longest + 1
    wide = slice(max(0, band.start - margin), band.stop + margin)
    around = ink[wide] if axis == 0 else ink[:, wide]
    # An opening keeps just the runs that are too long to be line alone.
    long_runs = cv2.morphologyEx(
        around, cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_REPLICATE
    )
    short = cv2.subtract(around, long_runs)
    inner = slice(band.start - wide.start, band.stop - wide.start)
    return short[inner] if axis == 0 else short[:, inner]
