"""The ink of a page, turned so that lines of writing lie level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bound_components
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.layout.strokes import Strokes, find_strokes

__all__ = ["LevelSheet", "lay_level"]

Mask = npt.NDArray[np.uint8]

_WRITING = SETTINGS.writing


@dataclass(frozen=True, eq=False)
class LevelSheet:
    """The ink of a page, turned so that lines of writing lie level.

    Attributes:
        inks: The ink as it lies on the page.
        turn: (3, 3) homography from the page.
        size: Width and height.
    """

    inks: SeparatedInk
    turn: npt.NDArray[np.float64]
    size: tuple[int, int]

    def draw(self, layer: Mask, part: Box | None = None) -> Mask:
        """Turn a layer of the page, (H, W) uint8, or draw a part of it turned."""
        part = part or Box(0, 0, *self.size)
        if np.array_equal(self.turn, np.eye(3)):
            return layer[part.slices]
        matrix = self.turn[:2] - np.array([[0, 0, part.left], [0, 0, part.top]])
        size = part.width, part.height
        return np.asarray(cv2.warpAffine(layer, matrix, size), np.uint8)

    @cached_property
    def to_page(self) -> npt.NDArray[np.float64]:
        """(3, 3) homography to pixels of the page."""
        return np.asarray(np.linalg.inv(self.turn), np.float64)

    @cached_property
    def pen(self) -> Mask:
        """(h, w) uint8, darkness of the pen's ink, 255 = ink."""
        return self.draw(self.inks.pen)

    @cached_property
    def strokes(self) -> Strokes:
        """The pen's components."""
        return find_strokes(self.pen)

    def find_print(self, box: Box) -> npt.NDArray[np.float64]:
        """Find the pieces of print beside a box.

        Returns:
            (M, 4) left, top, right and bottom of each; what is much higher than the box
            may be cut off.
        """
        reach = 2 * box.height
        part = box.expanded(reach, reach).clipped(self.size[::-1])
        drawn = self.draw(self.inks.print_, part)
        printed = cv2.compare(drawn, np.array(127), cv2.CMP_GT)
        boxes = bound_components(np.asarray(printed, np.uint8)).astype(np.float64)
        boxes[:, 2:] += boxes[:, :2]
        return np.asarray(boxes + np.array([part.left, part.top] * 2))


def lay_level(
    inks: SeparatedInk, outlines: Sequence[npt.NDArray[np.float64]]
) -> LevelSheet:
    """Turn the ink of a page so that the form's lines lie level.

    Args:
        inks: The ink of the page by whose it is.
        outlines: (4, 2) corners of the fields that were found.
    """
    turn, size = _rotation(inks.pen.shape, _measure_skew(inks.rule, outlines))
    return LevelSheet(inks, turn, size)


def _measure_skew(rule: Mask, outlines: Sequence[npt.NDArray[np.float64]]) -> float:
    """Measure the angle of the page's lines, clockwise in degrees.

    Args:
        rule: (H, W) uint8, 255 = a line of the form.
        outlines: (4, 2) corners of the fields.
    """
    sides = [outline[1] - outline[0] for outline in outlines]
    contours, _ = cv2.findContours(rule, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        if cv2.boundingRect(contour)[2] < _WRITING.long_line * rule.shape[1]:
            continue
        corners = cv2.boxPoints(cv2.minAreaRect(contour)).astype(np.float64)
        longest, shortest = _sides_of(corners)
        if np.hypot(*shortest) <= _WRITING.thin_line * np.hypot(*longest):
            sides.append(longest)
    if not sides:
        return 0.0
    vectors = np.array(sides)
    angles = np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0]))
    return _weighted_median(angles, np.hypot(vectors[:, 0], vectors[:, 1]))


def _sides_of(
    corners: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the longer side of a rectangle, from left to right, and the shorter one."""
    one, other = corners[1] - corners[0], corners[2] - corners[1]
    longest, shortest = sorted((one, other), key=lambda s: -float(np.hypot(*s)))
    return (longest if longest[0] >= 0 else -longest), shortest


def _weighted_median(
    values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def _rotation(
    shape: tuple[int, ...], skew_deg: float
) -> tuple[npt.NDArray[np.float64], tuple[int, int]]:
    """Turn a page level about its middle.

    Returns:
        (3, 3) homography to the turned page, and its width and height.
    """
    height, width = shape
    turn = np.eye(3)
    if abs(skew_deg) <= _WRITING.level_deg:
        return turn, (width, height)
    turn[:2] = cv2.getRotationMatrix2D((width / 2, height / 2), skew_deg, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    size = round(width * cos + height * sin), round(height * cos + width * sin)
    turn[:2, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return turn, size
