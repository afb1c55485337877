"""Pages drawn with known geometry, for tests that check what is found on them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, transform_points

Pixels = npt.NDArray[np.uint8]


def blank_page(width: int = 1000, height: int = 700) -> Pixels:
    return np.full((height, width), 255, dtype=np.uint8)


def draw_row(
    page: Pixels, left: int, top: int, cells: int, side: int = 60, line: int = 3
) -> Box:
    """Draw a row of square boxes; returns the outline along the middle of the lines."""
    right, bottom = left + cells * side, top + side
    for x in range(left, right + 1, side):
        cv2.line(page, (x, top), (x, bottom), 0, line)
    for y in (top, bottom):
        cv2.line(page, (left, y), (right, y), 0, line)
    return Box(left, top, right, bottom)


def write_digit(page: Pixels, text: str, box: Box, pen: int = 4) -> None:
    """Draw text in an OpenCV font in the middle of a box."""
    scale = box.height / 45
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, pen)
    x, y = box.centre
    origin = (round(x - width / 2), round(y + height / 2))
    cv2.putText(page, text, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, 0, pen)


def fill_row(page: Pixels, row: Box, text: str) -> None:
    """Write one character in each cell of a row; a space leaves a cell blank."""
    side = row.width // len(text)
    for index, character in enumerate(text):
        left = row.left + index * side
        if character != " ":
            cell = Box(left, row.top, left + side, row.bottom)
            write_digit(page, character, cell)


@dataclass(frozen=True)
class Turned:
    """A page turned about its centre, and where its points went."""

    pixels: Pixels
    matrix: npt.NDArray[np.float64]

    def corners(self, box: Box) -> npt.NDArray[np.float64]:
        return transform_points(box.corners, self.matrix)


def turn(page: Pixels, angle_deg: float, scale: float = 1.0) -> Turned:
    """Turn a page clockwise, white where nothing was, and scale it."""
    height, width = page.shape
    rotation = cv2.getRotationMatrix2D((width / 2, height / 2), -angle_deg, 1.0)
    matrix = np.diag([scale, scale, 1.0]) @ np.vstack([rotation, [0.0, 0.0, 1.0]])
    size = (round(width * scale), round(height * scale))
    pixels = cv2.warpAffine(page, matrix[:2], size, borderValue=255)
    return Turned(np.asarray(pixels, dtype=np.uint8), matrix)
