"""Measure how a sheet lies before a camera by its straight edges, and lay it level.

On paper the lines of a form are level and upright. A page that was laid down askew
shows them turned, and one that was photographed at a slant shows them run together,
toward the vanishing points.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import bounding_box, transform_points
from formreader.layout.settings import SETTINGS
from formreader.pages.limits import MAX_PIXELS

__all__ = [
    "FEWEST_EDGES",
    "LevelView",
    "TooSteepError",
    "find_edges",
    "find_level_view",
    "measure_slant",
    "sort_edges",
]

Pixels = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

FEWEST_EDGES = 8
"""Level ones, or upright ones, that tell how a page is slanted."""

_SLANT = SETTINGS.slant
_SHORTEST_EDGE = 0.02  # of the photo's longer side
_STEEPEST = 0.45  # how much an edge may climb by its length, and still be level
_ROUNDS = 10
_TUKEY = 4.0  # in robust standard deviations
_LENS = np.array([0.8, 0.8, 1.0])  # focal length of phones, in longer sides of a photo
_TALLEST_SLANT = 0.75  # of the page's side: how near a vanishing point may lie


class TooSteepError(ValueError):
    """A photo was taken at such a slant that it cannot be laid level."""


@dataclass(frozen=True, eq=False)
class LevelView:
    """A view of a page in which its lines are level and upright.

    Attributes:
        matrix: (3, 3) homography from the page to the view.
        size: Width and height of the view.
    """

    matrix: Matrix
    size: tuple[int, int]

    def draw(self, pixels: Pixels) -> Pixels:
        """Draw the view.

        Args:
            pixels: (H, W) or (H, W, 3) uint8, of the page.

        Returns:
            (h, w) or (h, w, 3) uint8; beyond the page its border goes on.
        """
        drawn = cv2.warpPerspective(
            pixels,
            self.matrix,
            self.size,
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(drawn, np.uint8)

    @property
    def back(self) -> Matrix:
        """(3, 3) homography from the view to the page."""
        return np.asarray(np.linalg.inv(self.matrix), np.float64)


def find_level_view(pixels: Pixels) -> LevelView | None:
    """Find the view that lays a page level which lies clearly askew or slanted.

    Args:
        pixels: (H, W) uint8, 0 = black.

    Returns:
        The view, cut to the sheet if that stands out from what lies around it; of about
        the page's own scale at its middle. None if the page lies well, or too few edges
        tell how it lies.
    """
    scale = min(1.0, _SLANT.view_px / max(pixels.shape))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    view = np.asarray(small, np.uint8)
    sheet = _find_sheet(view)
    matrix = _find_level(find_edges(view, sheet), view.shape)
    if matrix is None:
        return None
    zoom = np.diag([scale, scale, 1.0])
    whole = np.linalg.inv(zoom) @ matrix @ zoom
    outline = cv2.convexHull(cv2.findNonZero(sheet)).reshape(-1, 2).astype(np.float64)
    around = bounding_box(transform_points(outline / scale, whole))
    if around.area > MAX_PIXELS:
        return None
    shift = np.array([[1.0, 0, -around.left], [0, 1, -around.top], [0, 0, 1]])
    return LevelView(shift @ whole, (around.width, around.height))


def _find_sheet(view: Pixels) -> Pixels:
    """Mark the sheet on a photo, (h, w) uint8, 255 = sheet; all if none stands out."""
    size = 2 * round(_SLANT.smoothing * max(view.shape)) + 1
    smooth = cv2.medianBlur(cv2.dilate(view, np.ones((3, 3), np.uint8)), size)
    _, bright = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    everything = np.full_like(view, 255)
    if bright.all() or not bright.any():
        return everything
    contrast = float(smooth[bright > 0].mean()) - float(smooth[bright == 0].mean())
    contours, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(contours, key=cv2.contourArea)
    hull = cv2.convexHull(largest)
    area = cv2.contourArea(hull)
    is_whole = cv2.contourArea(largest) >= _SLANT.filled_sheet * area
    is_large = area >= _SLANT.least_sheet * view.size
    if contrast < _SLANT.sheet_contrast or not is_whole or not is_large:
        return everything
    sheet = np.zeros_like(view)
    cv2.fillConvexPoly(sheet, hull, (255,))
    return np.asarray(cv2.dilate(sheet, np.ones((size, size), np.uint8)), np.uint8)


def find_edges(pixels: Pixels, sheet: Pixels) -> Matrix:
    """Find the straight edges of print on a sheet.

    Args:
        pixels: (H, W) uint8, 0 = black.
        sheet: (H, W) uint8, 255 = where edges count.

    Returns:
        (N, 2, 2) ends (x, y).
    """
    found = cv2.createLineSegmentDetector().detect(pixels)[0]
    if found is None:
        return np.zeros((0, 2, 2))
    ends = np.asarray(found, np.float64).reshape(-1, 2, 2)
    lengths = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    middle = np.round(ends.mean(axis=1)).astype(int)
    x, y = np.clip(middle, 0, [pixels.shape[1] - 1, pixels.shape[0] - 1]).T
    kept = (lengths >= _SHORTEST_EDGE * max(pixels.shape)) & (sheet[y, x] > 0)
    return np.asarray(ends[kept])


def sort_edges(ends: Matrix) -> tuple[Matrix, Matrix]:
    """Take those edges that are about level, and those that are about upright."""
    across, down = np.abs(ends[:, 1] - ends[:, 0]).T
    return ends[down < _STEEPEST * across], ends[across < _STEEPEST * down]


def _find_level(ends: Matrix, shape: tuple[int, ...]) -> Matrix | None:
    """Find the homography that lays a page level, if it does not lie well.

    Args:
        ends: (N, 2, 2) ends of edges.
        shape: (H, W) of the picture that they are of.

    Returns:
        (3, 3), of scale 1 at the picture's middle.
    """
    if len(ends) < FEWEST_EDGES:
        return None
    angle_deg = _measure_turn(ends)
    middle = shape[1] / 2, shape[0] / 2
    turn = np.eye(3)
    turn[:2] = cv2.getRotationMatrix2D(middle, angle_deg, 1.0)
    turned = transform_points(ends.reshape(-1, 2), turn).reshape(-1, 2, 2)
    slant = _find_slant(turned, shape)
    if slant is not None:
        return np.asarray(slant @ turn, np.float64)
    is_askew = abs(angle_deg) >= _SLANT.level_deg
    return turn if is_askew and _share_askew(turned) <= _SLANT.askew[1] else None


def _find_slant(ends: Matrix, shape: tuple[int, ...]) -> Matrix | None:
    """Find the homography that undoes a slant, if there is a clear one.

    It is believed if nearly all edges are level or upright after it, and far fewer were
    before: two parts of a page that lie differently have no slant in common.

    Args:
        ends: (N, 2, 2) ends of edges, most of them about level or upright.
        shape: (H, W) of the picture.
    """
    sides = sort_edges(ends)
    if min(map(len, sides)) < FEWEST_EDGES:
        return None
    try:
        slant = measure_slant(sides, shape)
    except TooSteepError:
        return None
    converging = np.abs(slant[2, :2]).max() * max(shape)
    if converging < np.tan(np.radians(_SLANT.parallel_deg)):
        return None
    straight = transform_points(ends.reshape(-1, 2), slant).reshape(-1, 2, 2)
    askew = _share_askew(straight)
    most = min(_SLANT.askew[0], _SLANT.fewer * _share_askew(ends))
    return slant if askew <= most else None


def _share_askew(ends: Matrix) -> float:
    """Measure how much of edges (N, 2, 2), by length, is neither level nor upright."""
    x, y = (ends[:, 1] - ends[:, 0]).T
    away_deg = np.abs((np.degrees(np.arctan2(y, x)) + 45) % 90 - 45)
    return float(np.average(away_deg > _SLANT.slack_deg, weights=np.hypot(x, y)))


def _measure_turn(ends: Matrix) -> float:
    """Measure the angle at which most edges lie, or their perpendiculars do.

    Args:
        ends: (N, 2, 2) ends of edges.

    Returns:
        Degrees clockwise in -45 to 45.
    """
    x, y = (ends[:, 1] - ends[:, 0]).T
    # Four times the angle is the same for all sides of a rectangle.
    angles = 4 * np.arctan2(y, x)
    weights = np.hypot(x, y)
    best = _mean_angle(angles, weights)
    for _ in range(_ROUNDS):
        away = np.angle(np.exp(1j * (angles - best)))
        near = weights * np.clip(1 - (away / np.pi * 2) ** 2, 0, None)
        best = _mean_angle(angles, near)
    return float(np.degrees(best) / 4)


def _mean_angle(angles: Matrix, weights: Matrix) -> float:
    return float(np.angle((weights * np.exp(1j * angles)).sum()))


def measure_slant(sides: tuple[Matrix, Matrix], shape: tuple[int, ...]) -> Matrix:
    """Find the homography that makes print level and upright.

    Args:
        sides: Edges that should be level, and those that should be upright.
        shape: (H, W) of the photo.

    Returns:
        (3, 3) float64, from pixels of the photo; of scale 1 at its middle.

    Raises:
        TooSteepError: If the photo was taken at too steep a slant.
    """
    middle = np.array([shape[1] / 2, shape[0] / 2])
    size = max(shape)
    columns = [_find_vanishing_point((ends - middle) / size) for ends in sides]
    columns.append(np.array([0.0, 0.0, 1.0]))
    # Seen through a lens, a step on the sheet is as long in either direction; at the
    # middle of the photo it points right, or down, and is one pixel long on average.
    for axis, column in enumerate(columns[:2]):
        column /= np.linalg.norm(column / _LENS) * np.sign(column[axis])
    scale = np.mean([np.hypot(*column[:2]) for column in columns[:2]])
    columns[0], columns[1] = columns[0] / scale, columns[1] / scale
    if max(abs(columns[0][2]), abs(columns[1][2])) > _TALLEST_SLANT:
        raise TooSteepError
    from_unit = np.array([[size, 0, middle[0]], [0, size, middle[1]], [0, 0, 1.0]])
    to_photo = from_unit @ np.stack(columns, axis=1) @ np.linalg.inv(from_unit)
    return np.asarray(np.linalg.inv(to_photo), dtype=np.float64)


def _find_vanishing_point(sides: Matrix) -> Matrix:
    """Find where lines meet that are parallel on paper.

    Args:
        sides: (N, 2, 2) ends (x, y) of the lines, around the origin, within about 1.

    Returns:
        (3,) float64, homogeneous.
    """
    ends = np.concatenate([sides, np.ones((len(sides), 2, 1))], axis=2)
    lines = np.cross(ends[:, 0], ends[:, 1])  # as long as the sides: long ones count
    weights = np.ones(len(lines))
    point = np.zeros(3)
    for _ in range(_ROUNDS):
        point = np.linalg.svd(lines * weights[:, None], full_matrices=False)[2][-1]
        rest = np.abs(lines @ point) / np.hypot(*lines[:, :2].T)
        limit = _TUKEY * max(1.4826 * float(np.median(rest)), 1e-9)
        weights = np.clip(1 - (rest / limit) ** 2, 0, None)
    return np.asarray(point, dtype=np.float64)
