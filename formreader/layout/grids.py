"""Finds out which cells share walls, and in which row and column each of them stands.

Two cells that stand side by side or one above the other share a wall, and walls that
go on from cell to cell are one line of the table, though it may wobble. Where a cell
was not found, the line is known from the other cells along it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.geometry import measure_sides
from formreader.layout.cells import Cell
from formreader.layout.settings import SETTINGS

__all__ = ["Grid", "Place", "find_grids"]

_GRIDS = SETTINGS.grids

_BLOCK = 64  # cells that are compared with all others at once
_SWAPPED = (0, 3, 2, 1)  # corners of an outline whose x and y change places

Points = npt.NDArray[np.float64]
Pairs = npt.NDArray[np.int_]


@dataclass(frozen=True)
class Place:
    """Where a cell stands in its grid.

    Attributes:
        row: Its first row, from 0 at the top.
        column: Its first column, from 0 at the left.
        rows: How many rows it covers.
        columns: How many columns it covers.
    """

    row: int
    column: int
    rows: int = 1
    columns: int = 1

    @property
    def is_single(self) -> bool:
        """Whether it covers one row and one column."""
        return self.rows == 1 and self.columns == 1


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells that share walls.

    Attributes:
        cells: The cells, in no particular order.
        places: Where each of them stands.
    """

    cells: tuple[Cell, ...]
    places: tuple[Place, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns it has."""
        return (
            max((at.row + at.rows for at in self.places), default=0),
            max((at.column + at.columns for at in self.places), default=0),
        )

    def slots(self) -> npt.NDArray[np.int_]:
        """Show which cell lies in each row and column, as an (R, C) index or -1."""
        slots = np.full(self.shape, -1, dtype=np.int_)
        for index, at in enumerate(self.places):
            rows = slice(at.row, at.row + at.rows)
            slots[rows, at.column : at.column + at.columns] = index
        return slots


def find_grids(cells: Sequence[Cell]) -> list[Grid]:
    """Group cells that share walls, and place each in a row and a column.

    Args:
        cells: Cells of a page, none within another.

    Returns:
        The grids of two and more cells. A cell that stands alone, or that fits in no
        row and column beside those that it touches, is in none of them.
    """
    if len(cells) < 2:
        return []
    corners = np.array([cell.corners for cell in cells], np.float64)
    beside = _find_pairs(corners)
    stacked = _find_pairs(_swap(corners))
    joined = _join(len(cells), np.concatenate([beside, stacked]))
    walls = _number_walls(corners, beside, stacked)
    across = _number_walls(_swap(corners), stacked, beside)
    grids = []
    for label in range(int(joined.max()) + 1):
        members = np.flatnonzero(joined == label).tolist()
        if len(members) < 2:
            continue
        rows = _rank_walls(corners[members], walls[members])
        columns = _rank_walls(_swap(corners[members]), across[members])
        grids.append(_place([cells[i] for i in members], rows, columns))
    return [grid for grid in grids if len(grid.cells) > 1]


def _swap(corners: Points) -> Points:
    """Swap x and y, so that what stands below another stands to the right of it."""
    return np.asarray(corners[:, _SWAPPED, ::-1], np.float64)


def _place(cells: list[Cell], rows: Pairs, columns: Pairs) -> Grid:
    """Place cells between the walls (N, 2) that come before and after each of them."""
    sound = (rows[:, 1] > rows[:, 0]) & (columns[:, 1] > columns[:, 0])
    taken: set[tuple[int, int]] = set()
    kept, places = [], []
    for index in np.flatnonzero(sound).tolist():
        (top, bottom), (left, right) = rows[index].tolist(), columns[index].tolist()
        slots = {(r, c) for r in range(top, bottom) for c in range(left, right)}
        if slots & taken:
            continue
        taken |= slots
        kept.append(cells[index])
        places.append(Place(top, left, bottom - top, right - left))
    return Grid(tuple(kept), tuple(places))


def _find_pairs(corners: Points) -> Pairs:
    """Find the cells that share an upright wall.

    Args:
        corners: (N, 4, 2) corners of cells.

    Returns:
        (P, 2) the cell to the left of the wall, and the one to the right of it.
    """
    sizes = measure_sides(corners)
    pairs = []
    for start in range(0, len(corners), _BLOCK):
        left, right = corners[start : start + _BLOCK, None], corners[None]
        own, other = sizes[start : start + _BLOCK, None], sizes[None]
        top = np.maximum(left[..., 1, 1], right[..., 0, 1])
        bottom = np.minimum(left[..., 2, 1], right[..., 3, 1])
        height = np.minimum(own[..., 1], other[..., 1])
        middle = (top + bottom) / 2
        gap = _at_level(right[..., 0, :], right[..., 3, :], middle) - _at_level(
            left[..., 1, :], left[..., 2, :], middle
        )
        thickest = _GRIDS.thickest_wall * np.minimum(own, other).min(axis=2)
        shares = (bottom - top >= _GRIDS.shared * height) & (np.abs(gap) <= thickest)
        pairs.append(np.argwhere(shares) + np.array([start, 0]))
    found = np.concatenate(pairs)
    return np.asarray(found[found[:, 0] != found[:, 1]], np.int_)


def _at_level(start: Points, end: Points, level: Points) -> Points:
    """Find the x at which a side from `start` to `end` reaches a y."""
    rise = end[..., 1] - start[..., 1]
    share = (level - start[..., 1]) / np.where(np.abs(rise) < 1, 1, rise)
    return np.asarray(
        start[..., 0] + np.clip(share, 0, 1) * (end[..., 0] - start[..., 0]), np.float64
    )


def _join(count: int, pairs: Pairs) -> npt.NDArray[np.int_]:
    """Number the groups that pairs of `count` things join."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(pairs), np.int8)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    return np.asarray(labels, np.int_)


def _number_walls(corners: Points, beside: Pairs, stacked: Pairs) -> Pairs:
    """Number the level walls, those that go on from cell to cell alike.

    Args:
        corners: (N, 4, 2) corners of cells.
        beside: (P, 2) cells to the left and right of one wall.
        stacked: (Q, 2) cells above and below one wall.

    Returns:
        (N, 2) number of the wall above each cell, and of that below it.
    """
    count = len(corners)
    heights = measure_sides(corners)[:, 1]
    left, right = beside.T
    slack = _GRIDS.slack * np.minimum(heights[left], heights[right])
    level = np.abs(corners[left, 1, 1] - corners[right, 0, 1]) <= slack
    foot = np.abs(corners[left, 2, 1] - corners[right, 3, 1]) <= slack
    same = [beside[level], beside[foot] + count, stacked + np.array([count, 0])]
    return _join(2 * count, np.concatenate(same)).reshape(2, count).T


def _rank_walls(corners: Points, walls: Pairs) -> Pairs:
    """Number the level walls of one grid from the top.

    Args:
        corners: (N, 4, 2) corners of its cells.
        walls: (N, 2) number of the wall above each cell, and of that below it.

    Returns:
        (N, 2) the same, walls at one level with one number, the upmost 0.
    """
    # Both ends of both walls of each cell: (N, wall, end, 2).
    points = corners[:, [[0, 1], [3, 2]]].reshape(-1, 2)
    _, number = np.unique(np.repeat(walls.ravel(), 2), return_inverse=True)
    levels = _level_walls(points, number)
    lowest = np.full(len(levels), np.inf)
    heights = measure_sides(corners)[:, 1]
    np.minimum.at(lowest, number, np.repeat(heights, 4))
    order = np.argsort(levels)
    steps = np.diff(levels[order])
    least = _GRIDS.slack * np.minimum(lowest[order][1:], lowest[order][:-1])
    ranks = np.empty(len(levels), np.int_)
    ranks[order] = np.concatenate([[0], np.cumsum(steps > least)])
    return np.asarray(ranks[number].reshape(-1, 2, 2)[:, :, 0], np.int_)


def _level_walls(points: Points, number: npt.NDArray[np.int_]) -> Points:
    """Measure the level of each wall, with the tilt and the bend of all taken out.

    Args:
        points: (P, 2) points (x, y) on walls.
        number: (P,) the wall on which each lies, from 0.

    Returns:
        (W,) the y at which each wall would lie, were all of them level and straight.
    """
    counts = np.bincount(number)

    def centre(values: Points) -> Points:
        return np.asarray(values - (np.bincount(number, values) / counts)[number])

    x, y = ((points - points.mean(axis=0)) / np.maximum(np.ptp(points, axis=0), 1)).T
    terms = np.stack([x, x * x, x * y], axis=1)
    inner = np.stack([centre(term) for term in terms.T], axis=1)
    bend, *_ = np.linalg.lstsq(inner, centre(points[:, 1]), rcond=None)
    return np.asarray(np.bincount(number, points[:, 1] - terms @ bend) / counts)
