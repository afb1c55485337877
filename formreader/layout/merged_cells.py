"""Part cells that ran together, and join cells that a stroke cut in two.

A line that is broken joins the cells beside it; a stroke that reaches from line to
line looks like another line. What is left of a line, and the size of the cells beside
it, say what the cells were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product

import numpy as np
import numpy.typing as npt

from formreader.geometry import measure_sides, side_lengths
from formreader.layout.cells import Cell, Row, cut_across, cut_down, join_cells
from formreader.layout.lines import follow_line
from formreader.layout.settings import SETTINGS
from formreader.records import FieldKind

__all__ = ["join_split", "part_tall", "part_wide"]

_MERGED = SETTINGS.merged_cells

_BLOCK = 64  # cells that are compared with all others at once
_BUCKET_PX = 16
_BESIDE = ((0, 1), (1, 0), (2, 3), (3, 2))  # own corner, and that of the cell beside

Point = npt.NDArray[np.float64]


def part_tall(cells: list[Cell], ink: npt.NDArray[np.uint8]) -> list[Cell]:
    """Part cells that are as high as several of the cells beside them.

    Args:
        cells: All cells of a page.
        ink: (H, W) uint8, 255 = ink; the page.

    Returns:
        The cells, those that ran together replaced by their parts.
    """
    buckets = _sort_corners(cells)
    parted: list[Cell] = []
    for cell in cells:
        parted += _part_beside(cell, _find_beside(cell, buckets), ink)
    return parted


def join_split(rows: list[Row]) -> list[Row]:
    """Join cells beside a row that together are as wide as one of its cells.

    Args:
        rows: Rows of cells of one size, and cells that stand alone.

    Returns:
        The rows; cells that were joined stand alone.
    """
    alone = [row[0] for row in rows if row.kind is FieldKind.BOX]
    longer = [row for row in rows if row.kind is FieldKind.CELLS]
    if len(alone) < 2 or not longer:
        return rows
    corners = np.array([cell.corners for cell in alone])
    firsts = np.array([row[0].corners for row in longer])
    lasts = np.array([row[-1].corners for row in longer])
    taken: set[int] = set()
    joined: list[Row] = []
    for left, right in np.argwhere(_touches(corners, corners)).tolist():
        whole = join_cells(alone[left], alone[right])
        outline = whole.corners[None]
        is_beside = _touches(lasts, outline)[:, 0] | _touches(outline, firsts)[0]
        sizes = measure_sides(firsts[is_beside])
        off = np.abs(sizes - side_lengths(whole.corners)) / np.maximum(sizes, 1)
        is_alike = (off <= _MERGED.size_tolerance).all(axis=1).any()
        if is_alike and not taken & {left, right}:
            taken |= {left, right}
            joined.append(Row((whole,)))
    kept = [Row((cell,)) for i, cell in enumerate(alone) if i not in taken]
    return [*longer, *kept, *joined]


def _part_beside(cell: Cell, others: Iterable[Cell], ink: npt.NDArray[np.uint8]) -> Row:
    """Part one cell into cells as high as one of those beside it, if lines say so."""
    _, height = side_lengths(cell.corners)
    for other in others:
        _, step = side_lengths(other.corners)
        count, error = _count_parts(height, step, cell.line_px)
        if 1 < count <= _MERGED.most_cells and error <= _MERGED.size_tolerance:
            parts = cut_down(cell, count)
            parts = _part_at_lines(parts, cell, ink, downwards=True)
            if len(parts) > 1:
                return parts
    return Row((cell,))


def part_wide(rows: list[Row], ink: npt.NDArray[np.uint8]) -> list[Row]:
    """Part cells that go on with a row and are as wide as several of its cells.

    Args:
        rows: Rows of cells of one size, and cells that stand alone.
        ink: (H, W) uint8, 255 = ink; the page.

    Returns:
        As many rows; those of one cell may have become longer.
    """
    alone = [i for i, row in enumerate(rows) if row.kind is FieldKind.BOX]
    longer = [row for row in rows if row.kind is FieldKind.CELLS]
    if not alone or not longer:
        return rows
    corners = np.array([rows[index][0].corners for index in alone])
    is_right = _touches(np.array([row[-1].corners for row in longer]), corners).T
    is_left = _touches(corners, np.array([row[0].corners for row in longer]))
    parted = list(rows)
    for place, neighbour in np.argwhere(is_right | is_left).tolist():
        index = alone[place]
        if parted[index].kind is FieldKind.BOX:
            parted[index] = _part_like(rows[index][0], longer[neighbour], ink)
    return parted


def _touches(
    left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Tell which cells share a side but for a line.

    Args:
        left: (N, 4, 2) corners.
        right: (M, 4, 2) corners.

    Returns:
        (N, M) bool: the left side of the right one is the right side of the left one.
    """
    reach = _MERGED.touching * measure_sides(left)[:, 1:]
    touches = np.zeros((len(left), len(right)), dtype=np.bool_)
    for start in range(0, len(left), _BLOCK):
        block = slice(start, start + _BLOCK)
        top = np.linalg.norm(right[None, :, 0] - left[block, None, 1], axis=2)
        bottom = np.linalg.norm(right[None, :, 3] - left[block, None, 2], axis=2)
        touches[block] = np.maximum(top, bottom) <= reach[block]
    return touches


def _part_like(cell: Cell, row: Row, ink: npt.NDArray[np.uint8]) -> Row:
    """Part one cell into cells of a row's size.

    A long row and an exact fit say enough even if nothing is left of the lines.
    """
    step = float(np.median([side_lengths(other.corners)[0] for other in row]))
    width, _ = side_lengths(cell.corners)
    count, error = _count_parts(width, step, cell.line_px)
    if count < 2 or error > _MERGED.size_tolerance:
        return Row((cell,))
    if len(row) >= _MERGED.long_row and error <= _MERGED.exact:
        return cut_across(cell, count)
    return _part_at_lines(cut_across(cell, count), cell, ink, downwards=False)


def _find_beside(
    cell: Cell, buckets: dict[tuple[int, int], list[tuple[int, Cell]]]
) -> Iterator[Cell]:
    """Find the cells that meet one at a corner of its left or right side."""
    slack = cell.line_px + _BUCKET_PX / 2
    for own, others in _BESIDE:
        x, y = cell.corners[own]
        for bucket in _buckets_around(x, y):
            for corner, other in buckets.get(bucket, ()):
                if corner == others and other is not cell:
                    off = np.abs(other.corners[corner] - (x, y)).max()
                    if off <= slack:
                        yield other


def _sort_corners(
    cells: list[Cell],
) -> dict[tuple[int, int], list[tuple[int, Cell]]]:
    """Sort the corners of cells by where they lie, in squares of the page."""
    buckets: dict[tuple[int, int], list[tuple[int, Cell]]] = defaultdict(list)
    for cell in cells:
        for corner, (x, y) in enumerate(cell.corners):
            place = int(x) // _BUCKET_PX, int(y) // _BUCKET_PX
            buckets[place].append((corner, cell))
    return buckets


def _buckets_around(x: float, y: float) -> Iterator[tuple[int, int]]:
    column, row = int(x) // _BUCKET_PX, int(y) // _BUCKET_PX
    return product(range(column - 1, column + 2), range(row - 1, row + 2))


def _count_parts(size: float, step: float, line_px: float) -> tuple[int, float]:
    """Count how many cells of one size, with lines between, another is as large as.

    Returns:
        The number, and by how much of a cell it is off.
    """
    count = round((size + line_px) / (step + line_px))
    if count < 1:
        return 0, 1.0
    return count, abs((size + line_px) / count / (step + line_px) - 1)


def _part_at_lines(
    parts: Row, cell: Cell, ink: npt.NDArray[np.uint8], *, downwards: bool
) -> Row:
    """Give the parts of a cell if there is a rest of a line between each two."""
    ends = (3, 2) if downwards else (1, 2)
    for part in parts[:-1]:
        start, end = part.corners[list(ends)]
        if not _is_divided(start, end, cell.line_px, ink, level=downwards):
            return Row((cell,))
    return parts


def _is_divided(
    start: Point,
    end: Point,
    line_px: float,
    ink: npt.NDArray[np.uint8],
    *,
    level: bool,
) -> bool:
    """Tell whether the rest of a line runs between two points (x, y), to one of them.

    Writing that stands there hardly ever reaches the lines around its cell.
    """
    reach = int(np.ceil(line_px)) + _MERGED.slack_px
    is_inked = follow_line(ink, start, end, reach, level=level)
    tip = max(1, round(_MERGED.end_share * len(is_inked)))
    is_whole = bool(is_inked[:tip].all() or is_inked[-tip:].all())
    return is_whole and float(is_inked.mean()) >= _MERGED.left_share
