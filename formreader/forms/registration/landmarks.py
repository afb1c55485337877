"""Candidates for the alignment of a page, from markers, frames and squares.

Forms whose rows repeat fool local features: a page may seem to fit when it is shifted
by a row. Their frames and the squares in their corners do not repeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from formreader.forms.registration.fiducials import DICTIONARY
from formreader.geometry import transform_points

Matrix = npt.NDArray[np.float64]
Ink = npt.NDArray[np.uint8]
Quad = npt.NDArray[np.float64]

_MOST_QUADS = 8
_LEAST_AREA = 0.03  # of the image
_STRAIGHT = 0.9  # share of a frame's four corners that its hull fills
_SOLID = 0.8
_SQUARE_SIDES = (1 / 250, 1 / 25)  # of the longer side of the image
_COMPARED_PX = 220  # longer side of the pictures that are compared


def find_markers(ink: Ink) -> dict[int, Quad]:
    """Find ArUco markers, leaving out numbers that are seen twice.

    Args:
        ink: (H, W) uint8, 255 = ink; about 1000 pixels a side are enough.

    Returns:
        (4, 2) float64 corners (x, y) of each marker by its number.
    """
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    detector = cv2.aruco.ArucoDetector(dictionary)
    corners, numbers, _ = detector.detectMarkers(~ink)
    if numbers is None:
        return {}
    flat = [int(number) for number in np.asarray(numbers).ravel()]
    return {
        number: np.asarray(quad, np.float64).reshape(4, 2)
        for number, quad in zip(flat, corners, strict=True)
        if flat.count(number) == 1
    }


def find_quads(ink: Ink) -> tuple[Quad, ...]:
    """Find large quadrilaterals: the page, all its ink, frames, the outer squares.

    Args:
        ink: (H, W) uint8, 255 = ink; about 1000 pixels a side are enough.

    Returns:
        (4, 2) float64 corners (x, y) each, clockwise from the upper left.
    """
    height, width = ink.shape
    page = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    return (page, *_find_frames(ink), *_find_outer_squares(ink))


def match_markers(
    reference: dict[int, Quad], page: dict[int, Quad]
) -> Iterator[Matrix]:
    """Yield the homography between the markers that both pages show, if any.

    Yields:
        (3, 3) float64, from reference to page.
    """
    common = sorted(reference.keys() & page.keys())
    # A marker alone says little about the far end of the page.
    if len(common) < 2:
        return
    origin = np.concatenate([reference[number] for number in common])
    target = np.concatenate([page[number] for number in common])
    matrix, _ = cv2.findHomography(origin, target, cv2.RANSAC, 5.0)
    if matrix is not None:
        yield np.asarray(matrix, dtype=np.float64)


def match_quads(
    reference: tuple[Quad, ...], page: tuple[Quad, ...]
) -> Iterator[Matrix]:
    """Yield the homographies between all quadrilaterals, in all four orientations.

    Yields:
        (3, 3) float64, from reference to page.
    """
    for origin in reference:
        for target in page:
            for turn in range(4):
                turned = np.roll(target, turn, axis=0)
                matrix = cv2.getPerspectiveTransform(
                    origin.astype(np.float32), turned.astype(np.float32)
                )
                yield np.asarray(matrix, dtype=np.float64)


def is_plausible(
    matrix: Matrix, shape: tuple[int, ...], page_shape: tuple[int, ...]
) -> bool:
    """Tell whether a camera or a scanner could have taken the page like this.

    Args:
        matrix: (3, 3) homography from reference to page.
        shape: (H, W) of the reference.
        page_shape: (H, W) of the page.
    """
    height, width = shape[:2]
    rectangle = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    depth = np.concatenate([rectangle, np.ones((4, 1))], axis=1) @ matrix[2]
    if not np.all(np.isfinite(matrix)) or depth.min() * depth.max() <= 0:
        return False
    if not 0.4 < abs(depth.min() / depth.max()) < 2.5:
        return False
    corners = transform_points(rectangle, matrix)
    sides = np.roll(corners, -1, axis=0) - corners
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    if np.any(turns <= 0):
        return False
    top, right, bottom, left = np.hypot(*sides.T)
    sines = turns / np.hypot(*sides.T) / np.hypot(*following.T)
    stretch = (top + bottom) / (right + left) * height / width
    area = cv2.contourArea(corners.astype(np.float32))
    share = area / (page_shape[0] * page_shape[1])
    return bool(
        0.05 < share < 8
        and 0.65 < stretch < 1.55
        and 0.5 < top / bottom < 2
        and 0.5 < left / right < 2
        and sines.min() > 0.6
    )


def rank(
    candidates: list[Matrix], reference_ink: Ink, page_ink: Ink, most: int
) -> list[Matrix]:
    """Keep the homographies under which the page looks most like the reference.

    Pictures of a thumbnail's size are compared, blurred, so that a candidate may be
    some pixels off.

    Args:
        candidates: (3, 3) homographies from reference to page.
        reference_ink: (h, w) uint8, 255 = ink.
        page_ink: (H, W) uint8, 255 = ink.
        most: How many to keep.
    """
    first, up = _thumbnail(reference_ink)
    second, down = _thumbnail(page_ink, 2 * _COMPARED_PX)
    wanted = cv2.GaussianBlur(first.astype(np.float32), (0, 0), 1.5)
    scored = []
    for matrix in candidates:
        small = down @ matrix @ np.linalg.inv(up)
        seen = cv2.warpPerspective(
            second.astype(np.float32),
            small,
            (wanted.shape[1], wanted.shape[0]),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        )
        seen = cv2.GaussianBlur(seen, (0, 0), 1.5)
        scored.append(_correlate(wanted, seen))
    order = np.argsort(scored)[::-1]
    return [candidates[index] for index in order[:most]]


def _thumbnail(ink: Ink, side: int = _COMPARED_PX) -> tuple[Ink, Matrix]:
    """Shrink ink; also return the map from its pixels to those of the thumbnail."""
    scale = min(1.0, side / max(ink.shape))
    height, width = (max(1, round(length * scale)) for length in ink.shape)
    small = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.diag([scale, scale, 1.0])


def _correlate(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Find the correlation coefficient of two pictures."""
    first, second = one - one.mean(), other - other.mean()
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float((first * second).sum()) / norm if norm > 0 else -1.0


def _find_frames(ink: Ink) -> list[Quad]:
    """Find the largest contours with four corners, and that of all ink."""
    # Lines one pixel wide may have gaps after reduction.
    closed = cv2.dilate(
        cv2.threshold(ink, 60, 255, cv2.THRESH_BINARY)[1], np.ones((3, 3), np.uint8)
    )
    contours, _ = cv2.findContours(closed, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    least = _LEAST_AREA * ink.size
    hulls = [
        cv2.convexHull(contour)
        for contour in contours
        if np.prod(cv2.boundingRect(contour)[2:]) > least
    ]
    hulls.sort(key=cv2.contourArea, reverse=True)
    quads = [quad for hull in hulls if (quad := _fit_quad(hull)) is not None]
    if contours:
        around = cv2.boxPoints(cv2.minAreaRect(np.concatenate(contours)))
        quads = [_order(np.asarray(around, np.float64)), *quads]
    return quads[:_MOST_QUADS]


def _fit_quad(hull: npt.NDArray[Any]) -> Quad | None:
    """Reduce a convex hull to four corners if it is nearly a quadrilateral."""
    length = cv2.arcLength(hull, True)
    for tolerance in (0.01, 0.02, 0.04, 0.06):
        corners = cv2.approxPolyDP(hull, tolerance * length, True)
        if len(corners) == 4:
            area, whole = cv2.contourArea(corners), cv2.contourArea(hull)
            if min(area, whole) > _STRAIGHT * max(area, whole):
                return _order(corners.reshape(4, 2).astype(np.float64))
    return None


def _find_outer_squares(ink: Ink) -> list[Quad]:
    """Find the solid squares farthest out in the four corners."""
    binary = cv2.threshold(ink, 127, 255, cv2.THRESH_BINARY)[1]
    _, _, stats, centres = cv2.connectedComponentsWithStats(binary)
    width, height, area = (stats[1:, column] for column in (2, 3, 4))
    low, high = (share * max(ink.shape) for share in _SQUARE_SIDES)
    longer, shorter = np.maximum(width, height), np.minimum(width, height)
    square = (longer < 1.5 * shorter) & (area > _SOLID * width * height)
    centres = centres[1:][square & (shorter >= low) & (longer <= high)]
    if len(centres) < 4:
        return []
    total, difference = centres.sum(axis=1), centres[:, 0] - centres[:, 1]
    outer = [total.argmin(), difference.argmax(), total.argmax(), difference.argmin()]
    return [centres[outer].astype(np.float64)] if len(set(outer)) == 4 else []


def _order(corners: Quad) -> Quad:
    """Order corners clockwise from the upper left one."""
    centre = corners.mean(axis=0)
    angles = np.arctan2(*(corners - centre).T[::-1])
    clockwise = corners[np.argsort(angles)]
    return np.roll(clockwise, -int(clockwise.sum(axis=1).argmin()), axis=0)
