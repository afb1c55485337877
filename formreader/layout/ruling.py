"""Remove printed box lines from a field and keep the strokes that touch them."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.layout.settings import SETTINGS

_RULING = SETTINGS.ruling


def remove_ruling(
    ink: npt.NDArray[np.uint8],
    frame: Box,
    cells: tuple[Box, ...],
    line_px: float,
) -> npt.NDArray[np.uint8]:
    """Erase the lines around a field and between its cells.

    Along each line the ink is looked at in cuts across it. Most cuts are line alone, so
    their median is the line's thickness. Cuts that are hardly longer are erased; in a
    longer one a stroke touches or crosses the line, and it stays whole.

    Args:
        ink: (h, w) uint8, 255 = ink; the field turned upright, with a margin.
        frame: Inner edge of the box within `ink`.
        cells: Inner edges of the printed cells, left to right; none in an open field.
        line_px: About how thick the lines are, in pixels.

    Returns:
        A copy of `ink` without the lines.
    """
    reach = int(np.ceil(line_px)) + _RULING.slack_px
    cleaned = ink.copy()
    columns = slice(max(0, frame.left - reach), frame.right + reach)
    rows = slice(max(0, frame.top - reach), frame.bottom + reach)
    for y, outward in ((frame.top, -1), (frame.bottom, 1)):
        _erase_line(ink[:, columns], cleaned[:, columns], y, outward, reach)
    for x, outward in _vertical_edges(frame, cells):
        _erase_line(ink[rows].T, cleaned[rows].T, x, outward, reach)
    return cleaned


def restore_strokes(
    ink: npt.NDArray[np.uint8],
    cleaned: npt.NDArray[np.uint8],
    cells: tuple[Box, ...],
    line_px: float,
) -> npt.NDArray[np.uint8] | None:
    """Restore the strokes that ran along a line and went with it.

    Where strokes reach a side of a cell in two places near each other, the stroke
    between the two may lie on the line. It may also not exist, so this is another
    guess beside `cleaned`, not a better one.

    Args:
        ink: (h, w) uint8, 255 = ink, the field with its lines.
        cleaned: (h, w) uint8, the field as `remove_ruling` leaves it.
        cells: Inner edges of the printed cells.
        line_px: About how thick the lines are, in pixels.

    Returns:
        A copy of `cleaned` with the ink of lines restored between such places; None if
        there are none.
    """
    reach = int(np.ceil(line_px)) + _RULING.slack_px
    restored = cleaned.copy()
    for cell in cells:
        columns, rows = slice(cell.left, cell.right), slice(cell.top, cell.bottom)
        longest = _RULING.longest_stroke * cell.height
        for y, outward in ((cell.top, -1), (cell.bottom, 1)):
            views = ink[:, columns], cleaned[:, columns], restored[:, columns]
            _restore_line(*views, _band(y, outward, reach, len(ink)), outward, longest)
        for x, outward in ((cell.left, -1), (cell.right, 1)):
            views = ink[rows].T, cleaned[rows].T, restored[rows].T
            band = _band(x, outward, reach, ink.shape[1])
            _restore_line(*views, band, outward, longest)
    return None if np.array_equal(restored, cleaned) else restored


def _restore_line(
    ink: npt.NDArray[np.uint8],
    cleaned: npt.NDArray[np.uint8],
    restored: npt.NDArray[np.uint8],
    band: tuple[int, int],
    outward: int,
    longest: float,
) -> None:
    """Restore one side of a cell between the places that strokes reach, in place."""
    first, last = band
    near = slice(first, last + _RULING.slack_px)
    if outward > 0:
        near = slice(max(0, first - _RULING.slack_px), last)
    places = np.flatnonzero(cleaned[near].any(axis=0))
    for start, end in pairwise(places.tolist()):
        if 1 < end - start <= longest:
            between = slice(start, end + 1)
            restored[first:last, between] = np.maximum(
                cleaned[first:last, between], ink[first:last, between]
            )


def _band(edge: int, outward: int, reach: int, size: int) -> tuple[int, int]:
    """Say which rows a line takes up at most, given the inner edge of a cell."""
    first, last = edge - reach, edge + _RULING.slack_px
    if outward > 0:
        first, last = edge - _RULING.slack_px, edge + reach
    return max(0, first), min(size, last)


def remove_frame_lines(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Erase the lines of a table around a field that has no dark lines of its own.

    Args:
        ink: (h, w) uint8, 255 = ink; the field turned upright, with a margin.

    Returns:
        A copy of `ink` without level and upright lines that run through all of it.
    """
    without_level = remove_long_lines(ink, _RULING.whole_line)
    upright = np.ascontiguousarray(without_level.T)
    return np.ascontiguousarray(remove_long_lines(upright, _RULING.whole_line).T)


def remove_long_lines(
    ink: npt.NDArray[np.uint8], share: float = _RULING.long_line
) -> npt.NDArray[np.uint8]:
    """Erase level lines that run through much of a strip, wherever they are.

    Args:
        ink: (h, w) uint8, 255 = ink.
        share: Of the strip's width, that a line runs along at least.

    Returns:
        A copy of `ink` without the lines; strokes that cross them stay whole.
    """
    height, width = ink.shape
    length = max(_RULING.shortest_line_px, round(share * width))
    if width < length or height < 3:
        return ink.copy()
    # A line that is not quite level climbs a row every few columns.
    thick = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    long = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, length), dtype=np.uint8))
    count, labels = cv2.connectedComponents(long)
    runs = _run_lengths(ink)
    cleaned = ink.copy()
    for label in range(1, count):
        line = (labels == label) & (runs > 0)
        if not line.any():
            continue
        thickness = float(np.median(runs[line]))
        limit = thickness + max(1.0, _RULING.unevenness * thickness)
        if thickness <= _RULING.thickest_line * height:
            cleaned[line & (runs <= limit)] = 0
    return cleaned


def _vertical_edges(frame: Box, cells: tuple[Box, ...]) -> list[tuple[int, int]]:
    """List the lines as x and the side on which the line lies, -1 left or 1 right."""
    edges = [(frame.left, -1), (frame.right, 1)]
    for cell in cells:
        edges += [(cell.left, -1), (cell.right, 1)]
    return sorted(set(edges))


def _erase_line(
    ink: npt.NDArray[np.uint8],
    cleaned: npt.NDArray[np.uint8],
    edge: int,
    outward: int,
    reach: int,
) -> None:
    """Erase one horizontal line.

    Args:
        ink: (h, w) uint8, 255 = ink.
        cleaned: (h, w) uint8, erased in place.
        edge: Row of the cell's inner edge.
        outward: Side of the edge on which the line lies, -1 above or 1 below.
        reach: Farthest row of the line from the edge.
    """
    first, last = _band(edge, outward, reach, len(ink))
    window = slice(max(0, first - reach), last + reach)
    runs = _run_lengths(ink[window])
    band = slice(first - window.start, last - window.start)
    thickest = runs[band].max(axis=0)
    if not thickest.any():
        return
    thickness = float(np.median(thickest[thickest > 0]))
    limit = thickness + max(1.0, _RULING.unevenness * thickness)
    erased = (runs > 0) & (runs <= limit)
    _keep_touching(erased, band)
    cleaned[window][erased] = 0


def _keep_touching(marked: npt.NDArray[np.bool_], band: slice) -> None:
    """Unmark the vertical runs that lie outside a band of rows altogether, in place.

    A line that is not quite level leaves the band here and there, and goes with it.
    """
    for row in range(band.stop, len(marked)):
        marked[row] &= marked[row - 1]
    for row in range(band.start - 1, -1, -1):
        marked[row] &= marked[row + 1]


def _run_lengths(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Measure for each ink pixel the vertical run that it belongs to.

    Returns:
        (h, w) int32, 0 where there is no ink.
    """
    height, width = ink.shape
    # Column by column, with a free row between, so that no run goes on in the next.
    columns = np.zeros((width, height + 1), dtype=np.int8)
    np.not_equal(ink.T, 0, out=columns[:, :height], casting="unsafe")
    flat = columns.ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=np.int8(0)) > 0)
    ends = np.flatnonzero(np.diff(flat) < 0) + 1
    lengths = (ends - starts).astype(np.int32)
    runs = np.zeros(flat.size, dtype=np.int32)
    runs[flat > 0] = np.repeat(lengths, lengths)
    return np.ascontiguousarray(runs.reshape(columns.shape)[:, :height].T)
