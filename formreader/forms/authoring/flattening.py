"""Make a reference page out of a photo, and out of a page that is filled in.

The best reference is a clean scan or the PDF. Where there is none, the sides of the
boxes on a photo tell how it was slanted: on paper they are level and upright. What was
written into boxes can be painted out.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from formreader.errors import InputError
from formreader.geometry import Box, bounding_box, transform_points
from formreader.layout.cells import Cell
from formreader.layout.fields import find_fields, find_rows
from formreader.layout.prepared_page import PreparedPage
from formreader.layout.slant import (
    FEWEST_EDGES,
    TooSteepError,
    find_edges,
    measure_slant,
    sort_edges,
)
from formreader.pages.limits import MAX_PIXELS
from formreader.records import Print

__all__ = ["erase_writing", "flatten_page"]

Pixels = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

_FEWEST_CELLS = 4
_EDGE_PX = 15  # around the sheet, whose own edges may be torn or curled
_UNSEEN = (
    "too few boxes are seen to tell how the photo was slanted; scan the form, or take "
    "the photo from straight above, in good light"
)
_STEEP = "the photo is taken at too steep a slant; take it from above"
_SHEET_PX = 400  # longer side of the picture in which the sheet is sought
_SHEET_BLUR_PX = 9
_SHEET_STEP = 3  # grey levels between neighbours on the sheet
_RIM = 0.1  # of a cell's side, where its lines may lie
_PAPER = 0.75  # quantile of the brightness in a cell


def flatten_page(pixels: Pixels) -> Pixels:
    """Show a photographed page as a scanner would.

    Args:
        pixels: (H, W) uint8, 0 = black; the page upright, at a slant.

    Returns:
        (h, w) uint8, at about the resolution of the photo in its middle; white where
        the sheet ends.

    Raises:
        InputError: If there are too few boxes to tell the slant by.
    """
    rows = find_rows(PreparedPage(pixels))
    cells = [cell for row in rows for cell in row]
    if len(cells) < _FEWEST_CELLS:
        raise InputError(_UNSEEN)
    sheet = _find_sheet(pixels, cells)
    whole = cv2.bitwise_or(pixels, cv2.bitwise_not(sheet))
    sides = _find_sides(pixels, sheet)
    try:
        matrix = measure_slant(sides, pixels.shape)
    except TooSteepError:
        raise InputError(_STEEP) from None
    points = cv2.findNonZero(sheet).reshape(-1, 2).astype(np.float64)
    hull = cv2.convexHull(points.astype(np.float32)).reshape(-1, 2)
    there = transform_points(hull.astype(np.float64), matrix)
    left, top = np.floor(there.min(axis=0)).astype(int)
    right, bottom = np.ceil(there.max(axis=0)).astype(int)
    if (right - left) * (bottom - top) > MAX_PIXELS:
        raise InputError(_STEEP)
    shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]])
    flat = cv2.warpPerspective(
        whole,
        shift @ matrix,
        (int(right - left), int(bottom - top)),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255,),
    )
    return np.asarray(flat, dtype=np.uint8)


def erase_writing(pixels: Pixels) -> Pixels:
    """Paint out what stands in the boxes of a page, but for printed words.

    Args:
        pixels: (H, W) uint8, 0 = black.

    Returns:
        A copy.
    """
    cleaned = pixels.copy()
    for field in find_fields(PreparedPage(pixels)):
        if field.print_like is Print.NO:
            for cell in field.cells or (field.frame,):
                _erase_cell(cleaned, transform_points(cell.corners, field.to_page))
    return cleaned


def erase_boxes(pixels: Pixels, boxes: Iterable[Box]) -> Pixels:
    """Paint out what stands in some boxes of a page.

    Args:
        pixels: (H, W) uint8, 0 = black.
        boxes: On the page.

    Returns:
        A copy.
    """
    cleaned = pixels.copy()
    for box in boxes:
        _erase_cell(cleaned, box.corners)
    return cleaned


def _erase_cell(pixels: Pixels, corners: Matrix) -> None:
    """Paint over what four corners enclose, but for a rim, in place."""
    around = bounding_box(corners).clipped(pixels.shape)
    part = pixels[around.slices]
    middle = corners.mean(axis=0)
    inner = middle + (1 - 2 * _RIM) * (corners - middle) - (around.left, around.top)
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(inner).astype(np.int32), (255,))
    if mask.any():
        part[mask > 0] = np.quantile(part[mask > 0], _PAPER)


def _find_sheet(pixels: Pixels, cells: list[Cell]) -> Pixels:
    """Mark the sheet that the boxes are printed on.

    From the boxes on, the paper's brightness changes little from place to place, until
    the sheet ends.

    Returns:
        (H, W) uint8, 255 = sheet.
    """
    scale = min(1.0, _SHEET_PX / max(pixels.shape))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    smooth = cv2.dilate(small, np.ones((3, 3), np.uint8))
    smooth = cv2.medianBlur(smooth, _SHEET_BLUR_PX)
    height, width = smooth.shape
    mask = np.zeros((height + 2, width + 2), np.uint8)
    for cell in cells:
        x, y = (cell.corners.mean(axis=0) * scale).astype(int)
        if not mask[y + 1, x + 1]:
            step = (_SHEET_STEP,)
            flags = 4 | cv2.FLOODFILL_MASK_ONLY | 255 << 8
            cv2.floodFill(smooth, mask, (int(x), int(y)), (255,), step, step, flags)
    contours, _ = cv2.findContours(
        mask[1:-1, 1:-1], cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    hull = cv2.convexHull(np.concatenate(contours))
    sheet = np.zeros_like(smooth)
    cv2.fillConvexPoly(sheet, hull, (255,))
    # Its edge is blurred, and the sheet may curl there.
    sheet = cv2.erode(sheet, np.ones((5, 5), np.uint8), borderValue=(255,))
    grown = cv2.resize(sheet, pixels.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.compare(grown, np.array(127), cv2.CMP_GT), dtype=np.uint8)


def _find_sides(pixels: Pixels, sheet: Pixels) -> tuple[Matrix, Matrix]:
    """Find the straight edges of print on the sheet.

    Returns:
        Those that are about level, and those about upright: (N, 2, 2) ends (x, y).

    Raises:
        InputError: If there are too few of one kind.
    """
    inner = np.asarray(cv2.erode(sheet, np.ones((_EDGE_PX, _EDGE_PX), np.uint8)))
    level, upright = sort_edges(find_edges(pixels, inner.astype(np.uint8)))
    if min(len(level), len(upright)) < FEWEST_EDGES:
        raise InputError(_UNSEEN)
    return level, upright
