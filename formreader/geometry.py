"""Boxes, plane transforms, components and stroke widths, shared by every stage."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, order=True)
class Box:
    """An upright rectangle of whole pixels; right and bottom are exclusive.

    Attributes:
        left: First column.
        top: First row.
        right: Column after the last.
        bottom: Row after the last.

    Example:
        >>> Box(2, 3, 10, 5).width
        8
    """

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        """Refuse a box that is turned inside out.

        Raises:
            ValueError: If right < left or bottom < top.
        """
        if self.right < self.left or self.bottom < self.top:
            raise ValueError(f"{self} has a negative size")

    @property
    def width(self) -> int:
        """Columns covered."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows covered."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """Pixels covered."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The middle as (x, y)."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def slices(self) -> tuple[slice, slice]:
        """The index that cuts this box out of an (H, W) array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def corners(self) -> npt.NDArray[np.float64]:
        """(4, 2) corner points (x, y), clockwise from the upper left."""
        return np.array(
            [
                [self.left, self.top],
                [self.right, self.top],
                [self.right, self.bottom],
                [self.left, self.bottom],
            ],
            dtype=np.float64,
        )

    def clipped(self, shape: tuple[int, ...]) -> Box:
        """Keep the part inside an image of shape (H, W, ...)."""
        height, width = shape[:2]
        left = min(max(self.left, 0), width)
        top = min(max(self.top, 0), height)
        return Box(
            left,
            top,
            max(left, min(self.right, width)),
            max(top, min(self.bottom, height)),
        )

    def expanded(self, horizontal: int, vertical: int) -> Box:
        """Grow by a margin on every side."""
        return Box(
            self.left - horizontal,
            self.top - vertical,
            self.right + horizontal,
            self.bottom + vertical,
        )

    def shifted(self, dx: int, dy: int) -> Box:
        """Move without changing the size."""
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def union(self, other: Box) -> Box:
        """Cover both boxes."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def intersection_area(self, other: Box) -> int:
        """Count the pixels that both boxes cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0) * max(height, 0)


def transform_points(
    points: npt.ArrayLike, homography: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Apply a homography to points.

    Args:
        points: (N, 2) points (x, y).
        homography: (3, 3) matrix.

    Returns:
        (N, 2) float64 points in the target frame.
    """
    flat = np.asarray(points, dtype=np.float64)
    lifted = np.concatenate([flat, np.ones((len(flat), 1))], axis=1) @ homography.T
    return np.asarray(lifted[:, :2] / lifted[:, 2:3], dtype=np.float64)


def bounding_box(points: npt.ArrayLike) -> Box:
    """Find the smallest upright box of whole pixels around points (N, 2)."""
    flat = np.asarray(points, dtype=np.float64)
    left, top = np.floor(flat.min(axis=0)).astype(int)
    right, bottom = np.ceil(flat.max(axis=0)).astype(int)
    return Box(int(left), int(top), int(right), int(bottom))


def side_lengths(corners: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Measure width and height of a four-sided outline in whole pixels."""
    width, height = measure_sides(corners[None])[0]
    return int(width), int(height)


def measure_sides(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Measure the sides of many outlines.

    Args:
        corners: (N, 4, 2) points (x, y).

    Returns:
        (N, 2) width and height in whole pixels, at least 1.
    """
    sides = np.linalg.norm(corners[:, [1, 2, 3, 0]] - corners, axis=2)
    means = np.round((sides[:, :2] + sides[:, 2:]) / 2)
    return np.asarray(np.maximum(1, means), dtype=np.float64)


def measure_stroke_width(mask: npt.NDArray[np.uint8] | npt.NDArray[np.bool_]) -> float:
    """Estimate the width of the strokes in a mask in pixels.

    In a bar of t pixels the distance from a pixel to the nearest one outside is
    (t + 2) / 4 on average, give or take what rounding does to thin bars.

    Args:
        mask: (H, W) uint8 or bool, non-zero = stroke.

    Returns:
        At least 1; 0 for an empty mask.

    Example:
        >>> 7 < measure_stroke_width(np.ones((8, 200), dtype=bool)) < 9
        True
    """
    padded = cv2.copyMakeBorder(
        (mask > 0).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0
    )
    inside = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[padded > 0]
    return max(1.0, 4 * float(inside.mean()) - 2) if inside.size else 0.0


def label_components(
    ink: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Label the connected components of ink, neighbours at corners included.

    Args:
        ink: (H, W) uint8, non-zero = ink.

    Returns:
        (H, W) labels, 0 = paper; (N, 5) left, top, width, height and area of each
        label, that of the paper first; and (N, 2) their centres of mass, but for the
        paper's.
    """
    labels = np.zeros(ink.shape, np.int32)
    left, top, width, height = cv2.boundingRect(ink) if ink.size else (0, 0, 0, 0)
    if not width:  # which the algorithm cannot bear if the array is empty
        size = ink.shape[1], ink.shape[0]
        paper = np.array([[0, 0, *size, ink.size]], np.int32)
        return labels, paper, (np.array([size]) - 1) / 2
    # The algorithm goes through blocks of 2 x 2 pixels: they stay the same ones.
    left, top, right, bottom = left & ~1, top & ~1, left + width, top + height
    inked = np.s_[top:bottom, left:right]
    # By itself OpenCV takes another algorithm, to the same end in three times the time.
    _, inner, stats, centres = cv2.connectedComponentsWithStatsWithAlgorithm(
        np.ascontiguousarray(ink[inked]), 8, cv2.CV_32S, cv2.CCL_BBDT
    )
    labels[inked] = inner
    stats[1:, :2] += left, top
    centres[1:] += left, top
    stats[0] = 0, 0, ink.shape[1], ink.shape[0], ink.size - stats[1:, 4].sum()
    return labels, np.asarray(stats), np.asarray(centres)


def bound_components(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Find the boxes of the connected components of ink; quicker than labelling them.

    Args:
        ink: (H, W) uint8, non-zero = ink.

    Returns:
        (N, 4) left, top, width and height of each, in no particular order.
    """
    if not ink.size:
        return np.zeros((0, 4), np.int32)
    contours, tree = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    # A contour with a parent is that of a hole.
    boxes = (
        [
            cv2.boundingRect(contour)
            for contour, (_, _, _, parent) in zip(
                contours, tree[0].tolist(), strict=True
            )
            if parent < 0
        ]
        if contours
        else []
    )
    return np.array(boxes, dtype=np.int32).reshape(-1, 4)
