"""Aligns one page with another by the print that both show.

Points are spread over the edges of the reference page, and each is searched for on
the page along its normal, as a tracker of rigid objects does [1]. What a person wrote
has no such points, so it does not matter; and the share of points that are found again
says whether the page is that form at all.

References:
    [1] Drummond, Cipolla, "Real-time visual tracking of complex structures", PAMI
    24(7), 2002. doi:10.1109/TPAMI.2002.1017620
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from formreader.forms.registration.edges import (
    BLUR_PX,
    PROFILE_PX,
    Edges,
    normalize_profiles,
    resize,
    sample_profiles,
    scaling,
)
from formreader.forms.registration.motion import (
    Bend,
    fit_homography,
    fit_local,
)
from formreader.geometry import Box, transform_points

Matrix = npt.NDArray[np.float64]
Ink = npt.NDArray[np.uint8]

BLOCKS = 8
"""Blocks a side in which the agreement of a page is judged."""

_ALIKE = 0.75  # correlation at which two profiles show the same print
_NEAR_PX = 1.5
_JUDGED_REACH_PX = 5
_ALIKE_IN_BOX, _NEAR_BOX_PX = 0.6, 3.0  # lines are pale, paper curls, pens touch
_FEWEST_POINTS = 30
_FEWEST_IN_BLOCK = 8
_FEWEST_STRONG = 150
_STRONG = 0.8  # least share of the stronger half of the print, if that alone is seen
_BLOCK_AGREES = 0.5  # share of its points


@dataclass(frozen=True, eq=False)
class Agreement:
    """How well a page shows the print of the reference.

    Attributes:
        found: Share of the points inside the page that were found near their place.
        blocks: Share of the blocks of the reference with print where half of it was.
        inside: Share of the points that lie inside the page.
        distance: Median distance from where the points should be to where their print
            was found, near or not so near, in pixels of the level.
        strong: As `found`, of the stronger half of the print.
        strong_blocks: As `blocks`, of the stronger half of the print.
    """

    found: float
    blocks: float
    inside: float
    distance: float
    strong: float = 0.0
    strong_blocks: float = 0.0

    @property
    def quality(self) -> float:
        """One number to compare alignments by."""
        return self.found * self.blocks * self.inside

    @property
    def shows_strong(self) -> bool:
        """Whether the stronger half of the print is there, be the rest as it may."""
        return min(self.strong, self.strong_blocks) >= _STRONG


@dataclass(frozen=True, eq=False)
class _Search:
    """What was found along the normals.

    Attributes:
        shift: (N,) float64 pixels from the reference to the page along the normal.
        likeness: (N,) float64 correlation there, -1 where the point is off the page.
        inside: (N,) bool.
    """

    shift: Matrix
    likeness: Matrix
    inside: npt.NDArray[np.bool_]


def align(
    page_ink: Ink, edges: Edges, start: Matrix, reach_px: int, rounds: int = 3
) -> Matrix:
    """Move a homography until the print of the page lies on that of the reference.

    Args:
        page_ink: (H, W) uint8, 255 = ink.
        edges: The reference.
        start: (3, 3) homography from reference pixels to page pixels.
        reach_px: How far to search along each normal, in pixels of the level.
        rounds: How often to search.

    Returns:
        (3, 3) float64 homography from reference pixels to page pixels.
    """
    matrix = start
    for _ in range(rounds):
        found = find_points(page_ink, edges, matrix, reach_px)
        if found is None:
            return matrix
        good, shifts = found
        points, normals = edges.points[good], edges.normals[good]
        step = fit_homography(points, normals, shifts, edges.ink.shape)
        level = scaling(edges.scale)
        matrix = matrix @ np.linalg.inv(level) @ step @ level
        matrix = matrix / matrix[2, 2]
    return matrix


def find_points(
    page_ink: Ink,
    edges: Edges,
    matrix: Matrix,
    reach_px: int,
    bend: Bend | None = None,
) -> tuple[npt.NDArray[np.bool_], Matrix] | None:
    """Search a page for the points of the reference, along their normals.

    Args:
        page_ink: (H, W) uint8, 255 = ink.
        edges: The reference.
        matrix: (3, 3) homography from reference pixels to page pixels.
        reach_px: How far to search, in pixels of the level.
        bend: By how much the paper departs from it.

    Returns:
        (N,) bool which were found, and how far along the normal each of these was, in
        pixels of the level; None if too few were.
    """
    search = _look(page_ink, edges, matrix, reach_px, bend)
    good = search.likeness >= _ALIKE
    if np.count_nonzero(good) < _FEWEST_POINTS:
        return None
    return good, search.shift[good]


def measure_agreement(
    page_ink: Ink, edges: Edges, matrix: Matrix, bend: Bend | None = None
) -> Agreement:
    """Judge an alignment by the points of the reference that are found on the page.

    Args:
        page_ink: (H, W) uint8, 255 = ink.
        edges: The reference.
        matrix: (3, 3) homography from reference pixels to page pixels.
        bend: By how much the paper departs from it.
    """
    search = _look(page_ink, edges, matrix, _JUDGED_REACH_PX, bend)
    inside = search.inside
    if np.count_nonzero(inside) < _FEWEST_POINTS:
        return Agreement(0.0, 0.0, float(np.mean(inside)), float("inf"))
    alike = search.likeness >= _ALIKE
    found = alike & (np.abs(search.shift) <= _NEAR_PX)
    height, width = edges.ink.shape
    columns = (edges.points[:, 0] * BLOCKS / width).astype(int)
    rows = (edges.points[:, 1] * BLOCKS / height).astype(int)
    block = rows * BLOCKS + columns
    strong = inside & edges.strong
    shifts = np.abs(search.shift[alike])
    return Agreement(
        float(found[inside].mean()),
        _share_of_blocks(block, found, inside),
        float(inside.mean()),
        float(np.median(shifts)) if shifts.size else float("inf"),
        float(found[strong].mean())
        if np.count_nonzero(strong) >= _FEWEST_STRONG
        else 0.0,
        _share_of_blocks(block, found, strong),
    )


def _share_of_blocks(
    block: npt.NDArray[np.intp],
    found: npt.NDArray[np.bool_],
    counted: npt.NDArray[np.bool_],
) -> float:
    """Find the share of the blocks with print in which half of it was found."""
    total = np.bincount(block, counted, minlength=BLOCKS**2)
    hits = np.bincount(block, found & counted, minlength=BLOCKS**2)
    judged = total >= _FEWEST_IN_BLOCK
    agreeing = hits[judged] >= _BLOCK_AGREES * total[judged]
    return float(agreeing.mean()) if agreeing.size else 0.0


def count_agreeing(
    page_ink: Ink,
    edges: Edges,
    matrix: Matrix,
    boxes: Sequence[Box],
    bend: Bend | None = None,
) -> tuple[int, int]:
    """Count the boxes of which half the print is found at its place.

    Args:
        page_ink: (H, W) uint8, 255 = ink.
        edges: Points in the boxes.
        matrix: (3, 3) homography from reference pixels to page pixels.
        boxes: In pixels of the reference.
        bend: By how much the paper departs from the homography.

    Returns:
        How many agree, and how many have print to judge by.
    """
    search = _look(page_ink, edges, matrix, _JUDGED_REACH_PX, bend)
    found = (search.likeness >= _ALIKE_IN_BOX) & (np.abs(search.shift) <= _NEAR_BOX_PX)
    agreeing = judged = 0
    for box in boxes:
        low = np.array([box.left, box.top]) * edges.scale - 1
        high = np.array([box.right, box.bottom]) * edges.scale + 1
        own = np.all((edges.points >= low) & (edges.points <= high), axis=1)
        own &= search.inside
        if np.count_nonzero(own) >= _FEWEST_IN_BLOCK:
            judged += 1
            agreeing += bool(found[own].mean() >= _BLOCK_AGREES)
    return agreeing, judged


def align_region(
    page_ink: Ink, edges: Edges, start: Matrix, reach_px: int, fewest: int
) -> Matrix | None:
    """Move a homography so that the print of a small region lies on the page's.

    A shift is found first, then, where lines in both directions allow, an affine map
    that is held close to it.

    Args:
        page_ink: (H, W) uint8, 255 = ink.
        edges: The region of the reference, as a page of its own.
        start: (3, 3) homography from pixels of the region to page pixels.
        reach_px: How far to search along each normal, in pixels of the level.
        fewest: Points that must be found.

    Returns:
        The homography; None if the region's print is not seen.
    """
    matrix = start
    level = scaling(edges.scale)
    for affine in (False, False, True, True):
        search = _look(page_ink, edges, matrix, reach_px)
        good = search.likeness >= _ALIKE
        if np.count_nonzero(good) < max(fewest, 0.3 * len(good)):
            return None
        step = fit_local(
            edges.points[good],
            edges.normals[good],
            search.shift[good],
            edges.ink.shape,
            affine,
        )
        matrix = matrix @ np.linalg.inv(level) @ step @ level
    return np.asarray(matrix / matrix[2, 2], dtype=np.float64)


def warp(page_ink: Ink, matrix: Matrix, shape: tuple[int, int], scale: float) -> Ink:
    """Show a page in the frame of the reference at a resolution.

    Args:
        page_ink: (H, W) uint8.
        matrix: (3, 3) homography from reference pixels to page pixels.
        shape: (h, w) of the result.
        scale: Pixels of the result for one pixel of the reference.
    """
    shrink = min(1.0, 1.2 / max(_local_scale(matrix, shape, scale), 1e-6))
    if shrink < 0.9:
        page_ink = resize(page_ink, shrink)
        matrix = scaling(shrink) @ matrix
    from_level = matrix @ np.linalg.inv(scaling(scale))
    warped = cv2.warpPerspective(
        page_ink,
        from_level,
        shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    return np.asarray(warped, dtype=np.uint8)


def _local_scale(matrix: Matrix, shape: tuple[int, int], scale: float) -> float:
    """Measure page pixels for one pixel of the level at the middle."""
    height, width = shape
    middle = np.array([[width, height]]) / 2
    square = middle + np.array([[0, 0], [1, 0], [0, 1]])
    there = transform_points(square / scale, matrix)
    return float(np.sqrt(abs(np.linalg.det(there[1:] - there[0]))))


def _look(
    page_ink: Ink,
    edges: Edges,
    matrix: Matrix,
    reach_px: int,
    bend: Bend | None = None,
) -> _Search:
    """Search the page for the points of the reference, from where a bend moves them."""
    points = edges.points if bend is None else edges.points + bend.at(edges.points)
    shape = (edges.ink.shape[0], edges.ink.shape[1])
    seen = warp(page_ink, matrix, shape, edges.scale)
    seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), BLUR_PX), dtype=np.uint8)
    from_level = matrix @ np.linalg.inv(scaling(edges.scale))
    there = transform_points(points, from_level)
    height, width = page_ink.shape
    inside = np.all((there >= 0) & (there < [width, height]), axis=1)
    wide = sample_profiles(seen, points, edges.normals, PROFILE_PX + reach_px)
    length = edges.profiles.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(wide, length, axis=1)
    compared, _ = normalize_profiles(windows)
    likeness = np.einsum("nsk,nk->ns", compared, edges.profiles)
    best = likeness.argmax(axis=1)
    inner = np.clip(best, 1, likeness.shape[1] - 2)
    rows = np.arange(len(best))
    before, at, after = (likeness[rows, inner + step] for step in (-1, 0, 1))
    curve = before - 2 * at + after
    part = np.where(curve < -1e-6, (before - after) / np.minimum(2 * curve, -1e-6), 0)
    shift = inner - reach_px + np.clip(part, -1, 1)
    usable = inside & (best == inner)
    peak = np.where(usable, likeness[rows, best], -1.0)
    return _Search(shift.astype(np.float64), peak.astype(np.float64), inside)
