"""Ruled cells, rows of them, and the cells that follow from others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from formreader.geometry import (
    Box,
    bounding_box,
)
from formreader.records import FieldKind, read_only


@dataclass(frozen=True, eq=False)
class Cell:
    """One ruled cell.

    Attributes:
        corners: (4, 2) inner corners (x, y) in pixels of the page, clockwise from the
            upper left; read-only.
        upright: The cell in its frame turned upright.
        line_px: Thickness of the frame's lines in pixels.
        name: What it is called in its table, such as `t1_r03_c02`; empty in none.
        in_doubt: Whether its number may go on in cells that are not of its row.
    """

    corners: npt.NDArray[np.float64]
    upright: Box
    line_px: float
    name: str = ""
    in_doubt: bool = False

    def __post_init__(self) -> None:
        """Make the array read-only."""
        object.__setattr__(self, "corners", read_only(self.corners))

    @cached_property
    def box(self) -> Box:
        """The upright box around the cell in pixels of the page."""
        return bounding_box(self.corners)


class Row(tuple[Cell, ...]):
    """Adjoining cells of one digit each, left to right; or one cell alone."""

    __slots__ = ()

    @property
    def kind(self) -> FieldKind:
        """What a field is that has these cells."""
        if len(self) > 1:
            return FieldKind.CELLS
        return FieldKind.CELL if self[0].name else FieldKind.BOX

    @property
    def name(self) -> str:
        """What a field is called that has these cells; empty outside a table."""
        return self[0].name

    @property
    def in_doubt(self) -> bool:
        """Whether its number may go on beside it."""
        return any(cell.in_doubt for cell in self)

    @property
    def outline(self) -> npt.NDArray[np.float64]:
        """(4, 2) corners (x, y) on the page, clockwise from the upper left."""
        first, last = self[0].corners, self[-1].corners
        return np.array([first[0], last[1], last[2], first[3]])

    @property
    def line_px(self) -> float:
        """Thickness of the thickest line in pixels."""
        return max(cell.line_px for cell in self)


def list_boxes(rows: list[Row]) -> npt.NDArray[np.int_]:
    """List left, top, right and bottom of the boxes around cells, as (N, 4)."""
    boxes = [cell.box for row in rows for cell in row]
    sides = [(box.left, box.top, box.right, box.bottom) for box in boxes]
    return np.array(sides, dtype=np.int_).reshape(-1, 4)


def measure_shared(box: Box, others: npt.NDArray[np.int_]) -> npt.NDArray[np.float64]:
    """Measure the area that a box shares with each of others, in square pixels."""
    low = np.maximum(others[:, :2], (box.left, box.top))
    high = np.minimum(others[:, 2:], (box.right, box.bottom))
    shared = np.clip(high - low, 0, None).prod(axis=1)
    return np.asarray(shared, dtype=np.float64)


def extrapolate(inner: Cell, outer: Cell) -> Cell:
    """Make the cell that would follow two others at the same distance."""
    step = outer.corners - inner.corners
    return Cell(outer.corners + step, outer.upright, outer.line_px)


def join_cells(left: Cell, right: Cell) -> Cell:
    """Make one cell of two that stand side by side."""
    corners = [left.corners[0], right.corners[1], right.corners[2], left.corners[3]]
    return Cell(np.array(corners), left.upright, left.line_px)


def swap_cell(cell: Cell) -> Cell:
    """Make the cell whose corners have their x and y changed about."""
    return replace(cell, corners=cell.corners[_MIRRORED][:, ::-1])


def cut_across(cell: Cell, count: int) -> Row:
    """Cut a cell into cells of equal width, side by side."""
    return Row(
        Cell(part, cell.upright, cell.line_px)
        for part in _cut_evenly(cell.corners, count)
    )


def cut_at(cell: Cell, shares: npt.ArrayLike) -> Row:
    """Cut a cell at shares of its width, ascending in (0, 1), into cells side by side.

    The parts keep the name of the whole.
    """
    edges = np.concatenate([[0.0], np.asarray(shares, np.float64), [1.0]])
    return Row(replace(cell, corners=part) for part in _cut(cell.corners, edges))


def cut_down(cell: Cell, count: int) -> Row:
    """Cut a cell into cells of equal height, one below the other."""
    on_its_side = cell.corners[_MIRRORED]
    return Row(
        Cell(part[_MIRRORED], cell.upright, cell.line_px)
        for part in _cut_evenly(on_its_side, count)
    )


def cut_down_at(cell: Cell, shares: npt.ArrayLike) -> Row:
    """Cut a cell at shares of its height, ascending in (0, 1), one below the other."""
    edges = np.concatenate([[0.0], np.asarray(shares, np.float64), [1.0]])
    return Row(
        replace(cell, corners=part[_MIRRORED])
        for part in _cut(cell.corners[_MIRRORED], edges)
    )


def fill_between(left: Cell, right: Cell, count: int) -> Row:
    """Put cells of equal width into the gap between two cells."""
    ends = [left.corners[1], right.corners[0], right.corners[3], left.corners[2]]
    return Row(
        Cell(part, left.upright, left.line_px)
        for part in _cut_evenly(np.array(ends), count)
    )


_MIRRORED = [0, 3, 2, 1]  # corners of an outline whose level sides become upright


def _cut_evenly(
    corners: npt.NDArray[np.float64], count: int
) -> Iterator[npt.NDArray[np.float64]]:
    """Cut a four-sided outline (4, 2) into equal ones, side by side."""
    return _cut(corners, np.linspace(0, 1, count + 1))


def _cut(
    corners: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]
) -> Iterator[npt.NDArray[np.float64]]:
    """Cut a four-sided outline (4, 2) at shares of its width, from 0 to 1."""
    upper_left, upper_right, lower_right, lower_left = corners
    shares = edges[:, None]
    tops = upper_left + shares * (upper_right - upper_left)
    feet = lower_left + shares * (lower_right - lower_left)
    for top, foot in zip(pairwise(tops), pairwise(feet), strict=True):
        yield np.array([*top, *foot[::-1]])
