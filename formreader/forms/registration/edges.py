"""Points on the edges of a reference page, and the ink across them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bounding_box

__all__ = [
    "BLUR_PX",
    "PROFILE_PX",
    "Edges",
    "find_edges",
    "normalize_profiles",
    "resize",
    "sample_profiles",
    "scaling",
]

Matrix = npt.NDArray[np.float64]
Ink = npt.NDArray[np.uint8]

PROFILE_PX = 6
"""Half the length of a profile."""

BLUR_PX = 1.0
"""Standard deviation of the blur before edges are looked at."""

_EDGE_CELLS = 36  # a side of the page, to spread the points
_POINTS_A_CELL = 4
_WEAKEST_EDGE = 30.0  # of 255 grey levels a pixel


@dataclass(frozen=True, eq=False)
class Edges:
    """A reference page at one resolution, with points on the edges of its print.

    Attributes:
        ink: (h, w) uint8, 255 = ink, blurred.
        scale: Pixels of `ink` for one pixel of the reference.
        points: (N, 2) float64 points (x, y) in pixels of `ink`.
        normals: (N, 2) float64 unit vectors across the edges.
        profiles: (N, K) float32 ink across the edges, of mean 0 and length 1.
        strength: (N,) float32, how steep the edges are, in grey levels a pixel.
        strong: (N,) bool, the stronger half, of a reference its dark print alone: what
            copies and faxes lose last.
    """

    ink: Ink
    scale: float
    points: Matrix
    normals: Matrix
    profiles: npt.NDArray[np.float32]
    strength: npt.NDArray[np.float32]
    strong: npt.NDArray[np.bool_]

    def strengthened(self, dark: npt.NDArray[np.bool_]) -> Edges:
        """Take the stronger half of the points at dark print for the strong ones."""
        least = float(np.median(self.strength[dark])) if dark.any() else 0.0
        return replace(self, strong=dark & (self.strength >= least))


def scaling(scale: float) -> Matrix:
    """Map pixel centres of an image to those of it resized by a factor; (3, 3)."""
    offset = scale / 2 - 0.5
    return np.array([[scale, 0, offset], [0, scale, offset], [0, 0, 1.0]])


def resize(ink: Ink, scale: float) -> Ink:
    """Bring ink to another resolution without losing thin lines.

    Args:
        ink: (H, W) uint8, 255 = ink.
        scale: Pixels of the result for one pixel of `ink`.
    """
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(ink, (width, height), interpolation=smooth), np.uint8)


def find_edges(
    ink: Ink, scale: float, cells: int = _EDGE_CELLS, boxes: Sequence[Box] = ()
) -> Edges:
    """Spread points over the edges of a page.

    Args:
        ink: (H, W) uint8, 255 = ink, at the full resolution of the reference.
        scale: Resolution to work at, relative to `ink`.
        cells: Points are spread over so many cells a side.
        boxes: In pixels of `ink`; if any are given, points lie in these only.
    """
    level = np.asarray(
        cv2.GaussianBlur(resize(ink, scale), (0, 0), BLUR_PX), dtype=np.uint8
    )
    across = cv2.Sobel(level, cv2.CV_32F, 1, 0, scale=0.25)
    down = cv2.Sobel(level, cv2.CV_32F, 0, 1, scale=0.25)
    # cv2.magnitude rounds in one way or another, depending on where its arrays lie in
    # memory, and a page would not be read alike twice.
    strength = np.sqrt(across * across + down * down)
    if boxes:
        strength = np.where(_mask_boxes(boxes, level.shape, scale), strength, 0)
    rows, columns = _spread_points(np.asarray(strength), cells)
    norm = np.maximum(strength[rows, columns], 1e-6)
    normals = np.stack([across[rows, columns], down[rows, columns]], axis=1)
    normals = normals.astype(np.float64) / norm[:, None]
    points = np.stack([columns, rows], axis=1).astype(np.float64)
    if not len(points):
        none = np.zeros((0, 2 * PROFILE_PX + 1), np.float32)
        weak = np.zeros(0, np.float32)
        return Edges(level, scale, points, normals, none, weak, weak > 0)
    profiles, flat = normalize_profiles(
        sample_profiles(level, points, normals, PROFILE_PX)
    )
    keep = ~flat
    kept = norm[keep].astype(np.float32)
    edges = Edges(
        level, scale, points[keep], normals[keep], profiles[keep], kept, kept > 0
    )
    return edges.strengthened(edges.strong)


def sample_profiles(
    image: Ink, points: Matrix, normals: Matrix, reach: int
) -> npt.NDArray[np.float32]:
    """Read an image across edges, at each pixel up to `reach` to either side.

    Args:
        image: (H, W) uint8.
        points: (N, 2) float64 points (x, y) in pixels.
        normals: (N, 2) float64 unit vectors.
        reach: Pixels to either side.

    Returns:
        (N, 2 * reach + 1) float32 grey levels.
    """
    steps = np.arange(-reach, reach + 1)
    at = points[:, None, :] + steps[None, :, None] * normals[:, None, :]
    maps = at.astype(np.float32)
    # OpenCV takes at most 32767 rows.
    parts = [
        cv2.remap(image, part[..., 0], part[..., 1], cv2.INTER_LINEAR)
        for part in np.array_split(maps, len(maps) // 30000 + 1)
    ]
    return np.concatenate(parts).astype(np.float32)


def normalize_profiles(
    profiles: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Bring profiles to mean 0 and length 1.

    Args:
        profiles: (..., K) float32.

    Returns:
        (..., K) float32, and (...) bool: which of them are flat, and now zero.
    """
    centred = profiles - profiles.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1)
    flat = length < _WEAKEST_EDGE
    scaled = centred / np.where(flat, np.inf, length)[..., None]
    return scaled.astype(np.float32), flat


def _mask_boxes(
    boxes: Sequence[Box], shape: tuple[int, ...], scale: float
) -> npt.NDArray[np.bool_]:
    """Mark the pixels of a level that lie in boxes of the reference."""
    mask = np.zeros(shape, dtype=bool)
    for box in boxes:
        inside = bounding_box(box.corners * scale).clipped(shape)
        mask[inside.slices] = True
    return mask


def _spread_points(
    strength: npt.NDArray[np.float32], cells: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Choose the strongest edges of every cell of a page, apart from one another."""
    margin = 2
    height, width = strength.shape
    peaks = strength >= cv2.dilate(strength, np.ones((3, 3), np.uint8))
    peaks &= strength > _WEAKEST_EDGE / 4
    peaks[:margin], peaks[-margin:] = False, False
    peaks[:, :margin], peaks[:, -margin:] = False, False
    rows, columns = np.nonzero(peaks)
    cell = (rows * cells // height) * cells + columns * cells // width
    rng = np.random.default_rng(0)
    order = np.lexsort((rng.random(len(cell)), cell))
    starts = np.searchsorted(cell[order], cell[order], side="left")
    kept = order[np.arange(len(order)) - starts < _POINTS_A_CELL]
    return rows[kept], columns[kept]
