"""Cuts fields out of a page: upright, with a margin, lines removed."""

from __future__ import annotations

import weakref
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bounding_box, side_lengths, transform_points
from formreader.layout.cells import Row
from formreader.layout.dropout_ink import PenInk
from formreader.layout.ruling import remove_frame_lines, remove_ruling, restore_strokes
from formreader.layout.settings import SETTINGS
from formreader.records import FieldImage, FieldKind, read_only

__all__ = ["cut_field", "cut_layer", "cut_like", "cut_pixels", "erase_ink"]

_FIELDS = SETTINGS.fields


def cut_layer(layer: npt.NDArray[np.uint8], row: Row, name: str) -> FieldImage:
    """Cut one field out of a layer of the page's ink, upright, small ones enlarged.

    Args:
        layer: (H, W) uint8, 255 = ink.
        row: Its cells, left to right; several if each holds one digit.
        name: The field's name.
    """
    frame, to_page = _place_enlarged(row)
    size = (frame.right + frame.left, frame.bottom + frame.top)
    turned = _draw_once(layer, to_page, size)
    _, ink = cv2.threshold(turned, 127, 255, cv2.THRESH_BINARY)
    cells = _find_cells(row, to_page) if row.kind is FieldKind.CELLS else ()
    return FieldImage(name, np.asarray(ink, np.uint8), frame, row.kind, cells, to_page)


def cut_like(layer: npt.NDArray[np.uint8], field: FieldImage) -> npt.NDArray[np.uint8]:
    """Cut out of a layer of the page what a field shows, (h, w) uint8."""
    return _draw_once(layer, field.to_page, (field.ink.shape[1], field.ink.shape[0]))


def erase_ink(field: FieldImage, gone: npt.NDArray[np.uint8]) -> FieldImage:
    """Erase ink from a field.

    Args:
        field: The field.
        gone: (h, w) uint8, 255 = what is erased, of the same field, at any scale.
    """
    size = field.ink.shape[1], field.ink.shape[0]
    scaled = cv2.resize(gone, size, interpolation=cv2.INTER_NEAREST)
    wide = cv2.dilate(scaled, np.ones((3, 3), np.uint8))
    ink = np.where(wide > 0, 0, field.ink).astype(np.uint8)
    restored = field.restored
    if restored is not None:
        restored = np.where(wide > 0, 0, restored).astype(np.uint8)
    return replace(field, ink=ink, restored=restored)


def cut_pixels(pixels: npt.NDArray[np.uint8], row: Row) -> npt.NDArray[np.uint8]:
    """Cut the pixels of one field out of the page, as `cut_layer` cuts a layer.

    Args:
        pixels: (H, W) uint8, 0 = black.
        row: Its cells.
    """
    frame, to_page = _place_enlarged(row)
    size = (frame.right + frame.left, frame.bottom + frame.top)
    return _draw_once(pixels, to_page, size)


@lru_cache(maxsize=1024)
def _place_enlarged(row: Row) -> tuple[Box, npt.NDArray[np.float64]]:
    """Place a field in its image, small ones enlarged; many stages ask for it.

    Returns:
        Its box there, and the homography from there to the page, read-only.
    """
    width, height = side_lengths(row.outline)
    scale = max(1, _FIELDS.smallest_px // height)
    frame = _frame_of(width * scale, height * scale)
    matrix = cv2.getPerspectiveTransform(
        frame.corners.astype(np.float32), row.outline.astype(np.float32)
    )
    return frame, read_only(np.asarray(matrix, dtype=np.float64))


_Drawn = dict[tuple[tuple[int, int], bytes], npt.NDArray[np.uint8]]
"""What was drawn of a page, by the size of the picture and the homography."""

_DRAWN: dict[int, _Drawn] = {}
"""What was drawn of each page in memory that nobody can change, by its identity."""


def _draw_once(
    pixels: npt.NDArray[np.uint8],
    to_page: npt.NDArray[np.float64],
    size: tuple[int, int],
) -> npt.NDArray[np.uint8]:
    """Draw a part of a page upright, and keep it: several stages look at the same.

    It is kept for as long as the page is.

    Args:
        pixels: (H, W) uint8.
        to_page: (3, 3) float64, from the picture to the page.
        size: Width and height of the picture.

    Returns:
        (h, w) uint8, read-only.
    """
    if pixels.flags.writeable:
        return _draw(pixels, to_page, size)
    known = _DRAWN.get(id(pixels))
    if known is None:
        known = _DRAWN[id(pixels)] = {}
        weakref.finalize(pixels, _DRAWN.pop, id(pixels), None)
    key = size, to_page.tobytes()
    if key not in known:
        known[key] = read_only(_draw(pixels, to_page, size))
    return known[key]


def _draw(
    pixels: npt.NDArray[np.uint8],
    to_page: npt.NDArray[np.float64],
    size: tuple[int, int],
) -> npt.NDArray[np.uint8]:
    """Draw a part of a page upright."""
    around = bounding_box(transform_points(Box(0, 0, *size).corners, to_page))
    place = around.expanded(2, 2).clipped(pixels.shape)
    if not cv2.countNonZero(pixels[place.slices]):
        return np.zeros(size[::-1], np.uint8)
    turned = cv2.warpPerspective(
        pixels, to_page, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    return np.asarray(turned, np.uint8)


def cut_field(
    ink: npt.NDArray[np.uint8],
    row: Row,
    name: str,
    pen: PenInk | None = None,
) -> FieldImage:
    """Cut one field out of the page, upright, its lines removed.

    Args:
        ink: (H, W) uint8, 255 = ink.
        row: Its cells, left to right; several if each holds one digit.
        name: The field's name.
        pen: The ink that is darker than drop-out ink, if the page has both.
    """
    width, height = side_lengths(row.outline)
    is_dropout = pen is not None and pen.is_dropout(row)
    # Tones between pixels tell more of small digits than ink and paper alone.
    scale = max(1, _FIELDS.smallest_px // height) if is_dropout else 1
    frame = _frame_of(width * scale, height * scale)
    matrix = cv2.getPerspectiveTransform(
        frame.corners.astype(np.float32), row.outline.astype(np.float32)
    )
    to_page = np.asarray(matrix, dtype=np.float64)
    size = (frame.right + frame.left, frame.bottom + frame.top)
    kind = row.kind
    cells = _find_cells(row, to_page) if kind is FieldKind.CELLS else ()
    if pen is not None and is_dropout:
        cleaned = remove_frame_lines(pen.draw(to_page, size))
        return FieldImage(name, cleaned, frame, kind, cells, to_page)
    turned = cv2.warpPerspective(
        ink, to_page, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    _, thresholded = cv2.threshold(turned, 127, 255, cv2.THRESH_BINARY)
    field_ink = np.asarray(thresholded, dtype=np.uint8)
    cleaned = remove_ruling(field_ink, frame, cells, row.line_px)
    restored = None
    if kind is FieldKind.CELLS:
        restored = restore_strokes(field_ink, cleaned, cells, row.line_px)
    return FieldImage(name, cleaned, frame, kind, cells, to_page, restored=restored)


def _frame_of(width: int, height: int) -> Box:
    """Place a field in its image, with a margin of the page around it."""
    margin = round(_FIELDS.margin * height)
    return Box(margin, margin, margin + width, margin + height)


def _find_cells(row: Row, to_page: npt.NDArray[np.float64]) -> tuple[Box, ...]:
    """Find the cells of a row in the image of its field."""
    from_page = np.asarray(np.linalg.inv(to_page), dtype=np.float64)
    corners = np.concatenate([cell.corners for cell in row])
    moved = np.round(transform_points(corners, from_page)).reshape(-1, 4, 2)
    low, high = moved.min(axis=1).astype(int), moved.max(axis=1).astype(int)
    return tuple(Box(*sides) for sides in np.hstack([low, high]).tolist())
