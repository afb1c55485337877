"""Find ruled boxes and tables, at whatever small angle they lie on the page.

A frame is one connected component of ruling: a single box, a row of adjoining boxes or
a table. Each frame is turned upright by an angle of its own, since a row of boxes may
lie at another angle than the text around it. Its long straight runs are its lines, and
what the lines enclose are its cells; handwriting that touches a line does not matter,
since its runs are short.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import (
    Box,
    bounding_box,
    measure_stroke_width,
    transform_points,
)
from formreader.layout.cells import Cell
from formreader.layout.settings import SETTINGS
from formreader.layout.skew import estimate_skew
from formreader.layout.trace import LayoutTrace, Reason, note_drop

_FRAMES = SETTINGS.frames


@dataclass(frozen=True, eq=False)
class Frame:
    """One connected component of ruling and the cells that it encloses.

    Attributes:
        cells: In no particular order.
        skew_deg: Angle at which it lies on the page, clockwise.
    """

    cells: tuple[Cell, ...]
    skew_deg: float


@dataclass(frozen=True)
class _Hole:
    """What a component encloses, as it lies on the page.

    Attributes:
        box: The box around it, in pixels of the page.
        fill: Share of the smallest turned rectangle that its hull fills.
    """

    box: Box
    fill: float


def find_frames(
    ink: npt.NDArray[np.uint8], trace: LayoutTrace | None = None
) -> list[Frame]:
    """Find the frames of a page that enclose at least one cell.

    Args:
        ink: (H, W) uint8, 255 = ink.
        trace: Where it is said what was found and dropped, if anybody asks.

    Returns:
        The frames, in no particular order.
    """
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    smallest_lone_px = min(ink.shape) / _FRAMES.lone_cells_a_side
    frames = []
    thick = np.asarray(closed, dtype=np.uint8)
    candidates = _find_candidates(thick, smallest_lone_px, trace)
    for component, origin, cell_height in candidates:
        skew_deg = estimate_skew(component)
        cells = _find_cells(component, origin, skew_deg, cell_height, trace)
        if len(cells) <= _FRAMES.few_cells:
            cells = _keep_large(cells, smallest_lone_px, trace)
        if cells:
            frames.append(Frame(tuple(cells), skew_deg))
            if trace is not None:
                trace.add_component(component, origin)
    return frames


def _keep_large(
    cells: list[Cell], least_px: float, trace: LayoutTrace | None
) -> list[Cell]:
    """Keep the cells that are as high as a box that stands alone must be."""
    for cell in cells:
        if cell.upright.height < least_px:
            note_drop(trace, cell.corners, Reason.LONE_SMALL)
    return [cell for cell in cells if cell.upright.height >= least_px]


def _find_candidates(
    ink: npt.NDArray[np.uint8], smallest_lone_px: float, trace: LayoutTrace | None
) -> Iterator[tuple[npt.NDArray[np.uint8], tuple[int, int], int]]:
    """Cut out the components with a hole of a cell's size and about a cell's shape.

    Most letters are left out here, before anything costly is done with them.

    Yields:
        The component alone (h, w) uint8, its upper left corner (x, y) on the page, and
        the typical height of its holes.
    """
    contours, hierarchy = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    parents = _list_parents(hierarchy)
    holes: dict[int, list[_Hole]] = {}
    small: dict[int, list[Box]] = {}
    for contour, parent in zip(contours, parents.tolist(), strict=True):
        if parent < 0:
            continue
        left, top, width, height = cv2.boundingRect(contour)
        box = Box(left, top, left + width, top + height)
        if min(width, height) >= _FRAMES.least_cell_px:
            fill = _measure_fill(contour)
            if fill >= _FRAMES.least_boxy:
                holes.setdefault(parent, []).append(_Hole(box, fill))
            else:
                note_drop(trace, box.corners, Reason.NOT_BOXY)
        elif trace is not None and _is_almost_a_cell(contour, box):
            small.setdefault(parent, []).append(box)
    for boxes in small.values():
        for box in boxes if len(boxes) > _FRAMES.few_cells else ():  # or a letter
            note_drop(trace, box.corners, Reason.TOO_SMALL)
    for parent, found in holes.items():
        fault = _find_lone_fault(found, contours[parent], smallest_lone_px)
        if fault is not None:
            for hole in found:
                note_drop(trace, hole.box.corners, fault)
            continue
        inner = np.flatnonzero(parents == parent).tolist()
        outlines = [contours[parent], *(contours[index] for index in inner)]
        mask, origin = _draw_component(outlines)
        yield mask, origin, _typical_height(found)


def _is_almost_a_cell(contour: npt.NDArray[Any], box: Box) -> bool:
    """Tell whether a hole is a rectangle that is only somewhat small for a cell."""
    if min(box.width, box.height) < _FRAMES.almost * _FRAMES.least_cell_px:
        return False
    return _measure_fill(contour) >= _FRAMES.least_fill


def _find_lone_fault(
    holes: list[_Hole], outline: npt.NDArray[Any], smallest_lone_px: float
) -> Reason | None:
    """Say why a component with few holes is no frame, but rather a letter."""
    if len(holes) > _FRAMES.few_cells:
        return None
    if max(hole.box.height for hole in holes) < smallest_lone_px:
        return Reason.LONE_SMALL
    # A stroke may cut a corner off the inside of a box, or stick out of it; an oval
    # fills no rectangle either way.
    fills = [hole.fill for hole in holes] + [_measure_fill(outline)]
    return Reason.LONE_ROUND if max(fills) < _FRAMES.least_fill else None


def _list_parents(hierarchy: npt.NDArray[Any] | None) -> npt.NDArray[np.int32]:
    """List for each contour the one that it is a hole of, or -1."""
    if hierarchy is None:  # no contours
        return np.empty(0, dtype=np.int32)
    return np.asarray(hierarchy[0, :, 3], dtype=np.int32)


def _draw_component(
    outlines: list[npt.NDArray[Any]],
) -> tuple[npt.NDArray[np.uint8], tuple[int, int]]:
    """Draw a component alone.

    Args:
        outlines: Its outer contour, and those of all its holes.

    Returns:
        The mask (h, w) uint8 and its upper left corner (x, y) on the page.
    """
    left, top, width, height = cv2.boundingRect(outlines[0])
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(mask, outlines, (255,), offset=(-left, -top))
    return mask, (left, top)


def _typical_height(holes: list[_Hole]) -> int:
    """Take the height of the lower holes, so that cells of all rows are found.

    Holes count by their area, since those inside digits that touch a line are small.
    """
    sizes = sorted((hole.box.height, hole.box.area) for hole in holes)
    heights, areas = np.array(sizes).T
    share = np.cumsum(areas) / areas.sum()
    return int(heights[np.searchsorted(share, _FRAMES.lower_holes)])


def _measure_fill(contour: npt.NDArray[Any]) -> float:
    """Measure the share of the rectangle around a contour that its hull fills."""
    _, (width, height), _ = cv2.minAreaRect(contour)
    hull_area = cv2.contourArea(cv2.convexHull(contour))
    return float(hull_area / (width * height)) if width * height > 0 else 0.0


def _find_cells(
    component: npt.NDArray[np.uint8],
    origin: tuple[int, int],
    skew_deg: float,
    cell_height: int,
    trace: LayoutTrace | None,
) -> list[Cell]:
    """Find what the lines of one component enclose."""
    upright, to_page = _turn_upright(component, origin, skew_deg)
    run_px = np.clip(
        _FRAMES.straight * cell_height, _FRAMES.least_cell_px, _FRAMES.longest_run_px
    )
    lines = _find_lines(upright, int(run_px))
    line_px = measure_stroke_width(upright & lines)
    holes = list(_find_holes(lines))
    if not holes:
        height, width = component.shape
        around = Box(0, 0, width, height).shifted(*origin)
        note_drop(trace, around.corners, Reason.NO_LINES)
    cells = []
    for box, region in holes:
        fault = _find_fault(upright, box, region, line_px)
        if fault is not None:
            note_drop(trace, transform_points(box.corners, to_page), fault)
            continue
        corners = np.add(_find_corners(region), (box.left, box.top))
        cells.append(Cell(transform_points(corners, to_page), box, line_px))
    if len(cells) > _FRAMES.few_cells:
        return cells
    straight = [cell for cell in cells if _has_straight_sides(upright, cell)]
    for cell in cells:
        if cell not in straight:
            note_drop(trace, cell.corners, Reason.CROOKED_SIDES)
    return straight


def _find_fault(
    upright: npt.NDArray[np.uint8],
    box: Box,
    region: npt.NDArray[np.bool_],
    line_px: float,
) -> Reason | None:
    """Say why what lines enclose is no cell."""
    if np.count_nonzero(region) < _FRAMES.least_fill * box.area:
        return Reason.NOT_CLOSED
    if line_px > _FRAMES.thickest_line * box.height:
        return Reason.THICK_LINE
    if not _has_corners(upright, box, line_px):
        return Reason.NO_CORNERS
    return None


def _find_holes(
    lines: npt.NDArray[np.uint8],
) -> Iterator[tuple[Box, npt.NDArray[np.bool_]]]:
    """Find what lines enclose, if it is large enough for a cell.

    Yields:
        The box around each hole, and (h, w) bool, the hole itself within the box.
    """
    contours, hierarchy = cv2.findContours(
        lines, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE
    )
    for contour, parent in zip(contours, _list_parents(hierarchy), strict=True):
        if parent < 0:
            continue
        # The contour of a hole runs on the ink around it.
        left, top, width, height = cv2.boundingRect(contour)
        box = Box(left + 1, top + 1, left + width - 1, top + height - 1)
        if min(box.width, box.height) < _FRAMES.least_cell_px:
            continue
        filled = np.zeros((box.height, box.width), dtype=np.uint8)
        offset = (-box.left, -box.top)
        cv2.fillPoly(filled, [contour], (255,), offset=offset)
        yield box, (filled > 0) & (lines[box.slices] == 0)


def _has_corners(mask: npt.NDArray[np.uint8], box: Box, line_px: float) -> bool:
    """Tell whether there is ink diagonally outside all four corners of a cell.

    A box has it; the inside of a hand-written 0 or of the letters D and O does not.
    """
    rows, columns = _outer_strips(box, line_px)
    return all(mask[y, x].any() for y in rows for x in columns)


def _has_straight_sides(mask: npt.NDArray[np.uint8], cell: Cell) -> bool:
    """Tell whether thin straight lines run along all four sides of a cell.

    The inside of a letter such as R may have corners, but the stroke around it leaves
    its sides, or is too thick for ruling of that size.
    """
    box = cell.upright
    if cell.line_px > _FRAMES.thickest_lone * box.height:
        return False
    rows, columns = _outer_strips(box, cell.line_px)
    inner_rows, inner_columns = box.slices
    sides = [mask[strip, inner_columns].any(axis=0) for strip in rows]
    sides += [mask[inner_rows, strip].any(axis=1) for strip in columns]
    return all(float(side.mean()) >= _FRAMES.side_coverage for side in sides)


def _outer_strips(
    box: Box, line_px: float
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Find the rows above and below a cell, and the columns left and right of it."""
    size = int(np.ceil(line_px)) + 1
    return (
        (slice(max(0, box.top - size), box.top), slice(box.bottom, box.bottom + size)),
        (slice(max(0, box.left - size), box.left), slice(box.right, box.right + size)),
    )


def _turn_upright(
    component: npt.NDArray[np.uint8], origin: tuple[int, int], skew_deg: float
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """Turn a component by its angle, with a free rim of two pixels.

    Returns:
        The turned mask and the (3, 3) matrix from it to the page.
    """
    height, width = component.shape
    cos, sin = np.cos(np.deg2rad(skew_deg)), np.sin(np.deg2rad(skew_deg))
    turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    around = bounding_box(transform_points(Box(0, 0, width, height).corners, turn))
    turn[:2, 2] = 2 - around.left, 2 - around.top
    size = (around.width + 4, around.height + 4)
    turned = cv2.warpAffine(component, turn[:2], size, flags=cv2.INTER_LINEAR)
    _, upright = cv2.threshold(turned, 127, 255, cv2.THRESH_BINARY)
    shift = np.array([[1.0, 0.0, origin[0]], [0.0, 1.0, origin[1]], [0.0, 0.0, 1.0]])
    return np.asarray(upright, dtype=np.uint8), shift @ np.linalg.inv(turn)


def _find_lines(upright: npt.NDArray[np.uint8], run_px: int) -> npt.NDArray[np.uint8]:
    """Keep the long horizontal and vertical runs, gaps in them closed.

    The mask is first thickened across the line's direction, so that a line that steps
    by a pixel now and then still counts as one run.
    """
    found = np.zeros_like(upright)
    for across, along in (((1, 3), (run_px, 1)), ((3, 1), (1, run_px))):
        thick = cv2.dilate(upright, np.ones(across[::-1], np.uint8))
        run = np.ones(along[::-1], np.uint8)
        runs = cv2.morphologyEx(thick, cv2.MORPH_OPEN, run)
        closed = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, run)
        found = np.asarray(cv2.bitwise_or(found, closed), dtype=np.uint8)
    return found


def _find_corners(region: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Find the four corners of a nearly upright four-sided region.

    Returns:
        (4, 2) points (x, y), clockwise from the upper left; edges of pixels, so a
        region of one pixel has corners one pixel apart.
    """
    y = np.flatnonzero(region.any(axis=1))
    left = region[y].argmax(axis=1)
    right = region.shape[1] - 1 - region[y, ::-1].argmax(axis=1)
    corners = []
    for x, x_sign, y_sign in (
        (left, -1, -1),
        (right, 1, -1),
        (right, 1, 1),
        (left, -1, 1),
    ):
        best = int(np.argmax(x_sign * x + y_sign * y))
        corners.append((x[best] + (x_sign > 0), y[best] + (y_sign > 0)))
    return np.array(corners, dtype=np.float64)
