"""Cells and lines of tables, drawn for tests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import bounding_box
from formreader.layout.cells import Cell

LINE_PX = 3


def make_cell(corners: npt.NDArray[np.float64]) -> Cell:
    return Cell(corners, bounding_box(corners), float(LINE_PX))


def make_table(
    widths: Sequence[int],
    heights: Sequence[int],
    tilt: float = 0.0,
    origin: tuple[int, int] = (60, 80),
) -> dict[tuple[int, int], Cell]:
    """Make the cells of a table by row and column, from 0.

    Args:
        widths: Of the columns, in pixels.
        heights: Of the rows.
        tilt: By which lines climb, as a share of their length.
        origin: Upper left corner (x, y).
    """
    x = np.concatenate([[0], np.cumsum(widths)]) + origin[0]
    y = np.concatenate([[0], np.cumsum(heights)]) + origin[1]
    half = LINE_PX / 2
    cells = {}
    for row, (top, bottom) in enumerate(pairwise(y.tolist())):
        for column, (left, right) in enumerate(pairwise(x.tolist())):
            box = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
            inner = box + half * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
            turned = inner @ np.array([[1.0, tilt], [-tilt, 1.0]])
            cells[row, column] = make_cell(turned + 200 * abs(tilt))
    return cells


def draw_lines(
    cells: Sequence[Cell], shape: tuple[int, int] = (1600, 1600)
) -> npt.NDArray[np.uint8]:
    """Draw the lines around cells."""
    lines = np.zeros(shape, np.uint8)
    for cell in cells:
        centre = cell.corners.mean(axis=0)
        away = cell.corners + np.sign(cell.corners - centre) * LINE_PX / 2
        around = np.round(away).astype(np.int32)
        cv2.polylines(lines, [around], True, (255,), LINE_PX)
    return lines
