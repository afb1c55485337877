"""Follows paper that does not lie flat: how it departs from the plane of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from formreader.forms.registration.alignment import find_points
from formreader.forms.registration.edges import Edges, scaling
from formreader.forms.registration.motion import Bend, fit_bend
from formreader.geometry import transform_points

__all__ = ["follow_paper"]

Matrix = npt.NDArray[np.float64]
Ink = npt.NDArray[np.uint8]

# Pixels of the middle level to search along each normal, one after the other. Far off,
# equal rows are confused, so the near search comes first.
_NEAR, _FAR, _LAST = (9, 9, 5), (30, 20, 9), (9, 5)
_MOST_BENT = 0.02  # of the longer side, either way


def follow_paper(
    page_ink: Ink, edges: Edges, matrix: Matrix
) -> Iterator[tuple[Matrix, Bend]]:
    """Find how paper that does not lie flat departs from a plane.

    Args:
        page_ink: (H, W) uint8, 255 = ink.
        edges: The reference at the middle level.
        matrix: (3, 3) homography from reference pixels to page pixels, right for a part
            of the page.

    Yields:
        The homography of the plane that lies amid the paper, and the displacement from
        it in pixels of the level; the nearest first, none if too little of the print is
        found to tell, or paper does not bend so far.
    """
    for reaches in (_NEAR, _FAR):
        bend = _search(page_ink, edges, matrix, reaches)
        if bend is None:
            return
        amid, rest = _centre(edges, matrix, bend)
        bend = _search(page_ink, edges, amid, _LAST, rest)
        if bend is None:
            continue
        moved = np.hypot(*bend.at(edges.points).T)
        if moved.max() <= _MOST_BENT * max(edges.ink.shape):
            yield amid, bend


def _search(
    page_ink: Ink,
    edges: Edges,
    matrix: Matrix,
    reaches: Sequence[int],
    bend: Bend | None = None,
) -> Bend | None:
    """Fit a displacement to where points are found, from one known before."""
    for reach in reaches:
        found = find_points(page_ink, edges, matrix, reach, bend)
        if found is None:
            return None
        good, shifts = found
        points, normals = edges.points[good], edges.normals[good]
        if bend is not None:
            shifts = shifts + np.einsum("nk,nk->n", bend.at(points), normals)
        bend = fit_bend(points, normals, shifts, edges.ink.shape)
    return bend


def _centre(edges: Edges, matrix: Matrix, bend: Bend) -> tuple[Matrix, Bend]:
    """Lay the plane amid the paper, where the displacement is least."""
    there = edges.points + bend.at(edges.points)
    step, _ = cv2.findHomography(
        edges.points.astype(np.float32), there.astype(np.float32), 0
    )
    if step is None:
        return matrix, bend
    back = np.linalg.inv(np.asarray(step, np.float64))
    rest = transform_points(there, back) - edges.points
    both = np.repeat(np.eye(2), len(rest), axis=0)
    points = np.concatenate([edges.points] * 2)
    left = fit_bend(points, both, rest.T.ravel(), edges.ink.shape)
    level = scaling(edges.scale)
    return np.asarray(matrix @ np.linalg.inv(level) @ step @ level), left
