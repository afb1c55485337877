"""Fits the small motion of a plane to how far its edges moved along their normals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.geometry import transform_points

__all__ = ["Bend", "fit_bend", "fit_homography", "fit_local"]

Matrix = npt.NDArray[np.float64]

_TUKEY = 4.0  # in robust standard deviations
_PRIOR = 1e-3
_TERMS = 10  # of a cubic polynomial of two variables
_LOCAL_PRIOR = 0.05  # a small region says little about tilt and size


def fit_homography(
    points: Matrix, normals: Matrix, shifts: Matrix, shape: tuple[int, ...]
) -> Matrix:
    """Find the small homography that moves points by shifts along their normals.

    Args:
        points: (N, 2) float64 points (x, y) in pixels of the image.
        normals: (N, 2) float64 unit vectors.
        shifts: (N,) float64 pixels along the normals.
        shape: (H, W) of the image.

    Returns:
        (3, 3) float64, pixels to pixels.
    """
    norm = _to_unit(shape)
    size = norm[0, 0]
    x, y = transform_points(points, norm).T
    nx, ny = normals.T
    tilt = nx * x + ny * y
    design = np.stack(
        [nx * x, nx * y, nx, ny * x, ny * y, ny, -tilt * x, -tilt * y], axis=1
    )
    a, b, c, d, e, f, g, h = _solve_robustly(design, shifts * size)
    small = np.array([[1 + a, b, c], [d, 1 + e, f], [g, h, 1]])
    return np.asarray(np.linalg.inv(norm) @ small @ norm, dtype=np.float64)


def fit_local(
    points: Matrix,
    normals: Matrix,
    shifts: Matrix,
    shape: tuple[int, ...],
    affine: bool,
) -> Matrix:
    """Find the small shift or affine map that moves points along their normals.

    Args:
        points: (N, 2) float64 points (x, y) in pixels of the image.
        normals: (N, 2) float64 unit vectors.
        shifts: (N,) float64 pixels along the normals.
        shape: (H, W) of the image.
        affine: Whether more than a shift is sought.

    Returns:
        (3, 3) float64, pixels to pixels.
    """
    norm = _to_unit(shape)
    size = norm[0, 0]
    x, y = transform_points(points, norm).T
    nx, ny = normals.T
    columns = [nx, ny]
    if affine:
        columns += [nx * x, nx * y, ny * x, ny * y]
    solved = np.zeros(6)
    design = np.stack(columns, axis=1)
    solved[: len(columns)] = _solve_robustly(design, shifts * size, prior=_LOCAL_PRIOR)
    c, f, a, b, d, e = solved
    small = np.array([[1 + a, b, c], [d, 1 + e, f], [0, 0, 1]])
    return np.asarray(np.linalg.inv(norm) @ small @ norm, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Bend:
    """A smooth displacement of a page that does not lie flat.

    Attributes:
        norm: (3, 3) from pixels of the image to the square around the origin.
        across: (10,) coefficients of the cubic polynomial of x and y that is the
            displacement to the right.
        down: The same downwards.
    """

    norm: Matrix
    across: Matrix
    down: Matrix

    def at(self, points: Matrix) -> Matrix:
        """Give the displacement of points (N, 2), in pixels of the image."""
        terms = _list_terms(*transform_points(points, self.norm).T)
        moved = np.stack([terms @ self.across, terms @ self.down], axis=1)
        return np.asarray(moved / self.norm[0, 0], dtype=np.float64)

    def scaled(self, scale: float) -> Bend:
        """Give the same displacement in pixels of which `scale` make one of these."""
        resized = np.array([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5]])
        to_these = np.vstack([resized, [0, 0, 1.0]])
        return Bend(self.norm @ to_these, self.across, self.down)


def fit_bend(
    points: Matrix, normals: Matrix, shifts: Matrix, shape: tuple[int, ...]
) -> Bend:
    """Find the smooth displacement that moves points by shifts along their normals.

    Args:
        points: (N, 2) float64 points (x, y) in pixels of the image.
        normals: (N, 2) float64 unit vectors.
        shifts: (N,) float64 pixels along the normals.
        shape: (H, W) of the image.
    """
    norm = _to_unit(shape)
    terms = _list_terms(*transform_points(points, norm).T)
    design = np.concatenate([terms * normals[:, :1], terms * normals[:, 1:]], axis=1)
    solved = _solve_robustly(design, shifts * norm[0, 0])
    return Bend(norm, solved[:_TERMS], solved[_TERMS:])


def _list_terms(x: Matrix, y: Matrix) -> Matrix:
    """List the terms of a cubic polynomial of two variables; (N, 10)."""
    one = np.ones_like(x)
    terms = [one, x, y, x * x, x * y, y * y, x**3, x * x * y, x * y * y, y**3]
    return np.stack(terms, axis=1)


def _to_unit(shape: tuple[int, ...]) -> Matrix:
    """Map the pixels of an image to a square around the origin."""
    height, width = shape[:2]
    size = 2 / max(height, width)
    return np.array(
        [[size, 0, -size * width / 2], [0, size, -size * height / 2], [0, 0, 1.0]]
    )


def _solve_robustly(design: Matrix, wanted: Matrix, prior: float = _PRIOR) -> Matrix:
    """Solve least squares with Tukey's weights; the prior holds what is not seen."""
    weights: Matrix = np.ones(len(wanted))
    solved: Matrix = np.zeros(design.shape[1])
    for _ in range(8):
        weighted = design * weights.reshape(-1, 1)
        normal = weighted.T @ design
        normal += prior * np.trace(normal) / len(normal) * np.eye(len(normal))
        solved = np.asarray(np.linalg.solve(normal, weighted.T @ wanted), np.float64)
        rest = np.abs(wanted - design @ solved)
        limit = _TUKEY * max(1.4826 * float(np.median(rest)), 1e-5)
        weights = np.asarray(np.clip(1 - (rest / limit) ** 2, 0, None) ** 2)
    return solved
