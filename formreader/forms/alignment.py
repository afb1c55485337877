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

from formreader.geometry import Box, bounding_box, transform_points

Matrix = npt.NDArray[np.float64]
Ink = npt.NDArray[np.uint8]

BLOCKS = 8
"""Blocks a side in which the agreement of a page is judged."""

_PROFILE_PX = 6  # half the length of a profile
_BLUR_PX = 1.0
_EDGE_CELLS = 36  # a side of the page, to spread the points
_POINTS_A_CELL = 4
_WEAKEST_EDGE = 30.0  # of 255 grey levels a pixel
_ALIKE = 0.75  # correlation at which two profiles show the same print
_NEAR_PX = 1.5
_JUDGED_REACH_PX = 5
_ALIKE_IN_BOX, _NEAR_BOX_PX = 0.6, 3.0  # lines are pale, paper curls, pens touch
_FEWEST_POINTS = 30
_FEWEST_IN_BLOCK = 8
_BLOCK_AGREES = 0.5  # share of its points
_TUKEY = 4.0  # in robust standard deviations
_PRIOR = 1e-3


@dataclass(frozen=True, eq=False)
class Edges:
    """A reference page at one resolution, with points on the edges of its print.

    Attributes:
        ink: (h, w) uint8, 255 = ink, blurred.
        scale: Pixels of `ink` for one pixel of the reference.
        points: (N, 2) float64 points (x, y) in pixels of `ink`.
        normals: (N, 2) float64 unit vectors across the edges.
        profiles: (N, K) float32 ink across the edges, of mean 0 and length 1.
    """

    ink: Ink
    scale: float
    points: Matrix
    normals: Matrix
    profiles: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Agreement:
    """How well a page shows the print of the reference.

    Attributes:
        found: Share of the points inside the page that were found near their place.
        blocks: Share of the blocks of the reference with print where half of it was.
        inside: Share of the points that lie inside the page.
        distance: Median distance from where the points should be to where their print
            was found, near or not so near, in pixels of the level.
    """

    found: float
    blocks: float
    inside: float
    distance: float

    @property
    def quality(self) -> float:
        """One number to compare alignments by."""
        return self.found * self.blocks * self.inside


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


def scaling(scale: float) -> Matrix:
    """Map pixel centres of an image to those of it resized by a factor."""
    offset = scale / 2 - 0.5
    return np.array([[scale, 0, offset], [0, scale, offset], [0, 0, 1.0]])


def resize(ink: Ink, scale: float) -> Ink:
    """Bring ink to another resolution without losing thin lines."""
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
        cv2.GaussianBlur(resize(ink, scale), (0, 0), _BLUR_PX), dtype=np.uint8
    )
    across = cv2.Sobel(level, cv2.CV_32F, 1, 0, scale=0.25)
    down = cv2.Sobel(level, cv2.CV_32F, 0, 1, scale=0.25)
    strength = cv2.magnitude(across, down)
    if boxes:
        strength = np.where(_mask(boxes, level.shape, scale), strength, 0)
    rows, columns = _spread(np.asarray(strength), cells)
    norm = np.maximum(strength[rows, columns], 1e-6)
    normals = np.stack([across[rows, columns], down[rows, columns]], axis=1)
    normals = normals.astype(np.float64) / norm[:, None]
    points = np.stack([columns, rows], axis=1).astype(np.float64)
    if not len(points):
        none = np.zeros((0, 2 * _PROFILE_PX + 1), np.float32)
        return Edges(level, scale, points, normals, none)
    profiles, flat = _normalize(_sample(level, points, normals, _PROFILE_PX))
    keep = ~flat
    return Edges(level, scale, points[keep], normals[keep], profiles[keep])


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
        search = _look(page_ink, edges, matrix, reach_px)
        good = search.likeness >= _ALIKE
        if np.count_nonzero(good) < _FEWEST_POINTS:
            return matrix
        step = _solve_homography(
            edges.points[good], edges.normals[good], search.shift[good], edges.ink.shape
        )
        level = scaling(edges.scale)
        matrix = matrix @ np.linalg.inv(level) @ step @ level
        matrix = matrix / matrix[2, 2]
    return matrix


def measure_agreement(page_ink: Ink, edges: Edges, matrix: Matrix) -> Agreement:
    """Judge an alignment by the points of the reference that are found on the page.

    Args:
        page_ink: (H, W) uint8, 255 = ink.
        edges: The reference.
        matrix: (3, 3) homography from reference pixels to page pixels.
    """
    search = _look(page_ink, edges, matrix, _JUDGED_REACH_PX)
    inside = search.inside
    if np.count_nonzero(inside) < _FEWEST_POINTS:
        return Agreement(0.0, 0.0, float(np.mean(inside)), float("inf"))
    alike = search.likeness >= _ALIKE
    found = alike & (np.abs(search.shift) <= _NEAR_PX)
    height, width = edges.ink.shape
    columns = (edges.points[:, 0] * BLOCKS / width).astype(int)
    rows = (edges.points[:, 1] * BLOCKS / height).astype(int)
    block = rows * BLOCKS + columns
    total = np.bincount(block, inside, minlength=BLOCKS**2)
    hits = np.bincount(block, found & inside, minlength=BLOCKS**2)
    judged = total >= _FEWEST_IN_BLOCK
    agreeing = hits[judged] >= _BLOCK_AGREES * total[judged]
    shifts = np.abs(search.shift[alike])
    return Agreement(
        float(found[inside].mean()),
        float(agreeing.mean()) if agreeing.size else 0.0,
        float(inside.mean()),
        float(np.median(shifts)) if shifts.size else float("inf"),
    )


def count_agreeing(
    page_ink: Ink, edges: Edges, matrix: Matrix, boxes: Sequence[Box]
) -> tuple[int, int]:
    """Count the boxes of which half the print is found at its place.

    Args:
        page_ink: (H, W) uint8, 255 = ink.
        edges: Points in the boxes.
        matrix: (3, 3) homography from reference pixels to page pixels.
        boxes: In pixels of the reference.

    Returns:
        How many agree, and how many have print to judge by.
    """
    search = _look(page_ink, edges, matrix, _JUDGED_REACH_PX)
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
        step = _solve_local(
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


def _look(page_ink: Ink, edges: Edges, matrix: Matrix, reach_px: int) -> _Search:
    """Search the page for the points of the reference."""
    shape = (edges.ink.shape[0], edges.ink.shape[1])
    seen = warp(page_ink, matrix, shape, edges.scale)
    seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), _BLUR_PX), dtype=np.uint8)
    from_level = matrix @ np.linalg.inv(scaling(edges.scale))
    there = transform_points(edges.points, from_level)
    height, width = page_ink.shape
    inside = np.all((there >= 0) & (there < [width, height]), axis=1)
    wide = _sample(seen, edges.points, edges.normals, _PROFILE_PX + reach_px)
    length = edges.profiles.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(wide, length, axis=1)
    compared, _ = _normalize(windows)
    likeness = np.einsum("nsk,nk->ns", compared, edges.profiles)
    best = likeness.argmax(axis=1)
    inner = np.clip(best, 1, likeness.shape[1] - 2)
    rows = np.arange(len(best))
    before, at, after = (likeness[rows, inner + step] for step in (-1, 0, 1))
    bend = before - 2 * at + after
    part = np.where(bend < -1e-6, (before - after) / np.minimum(2 * bend, -1e-6), 0)
    shift = inner - reach_px + np.clip(part, -1, 1)
    usable = inside & (best == inner)
    peak = np.where(usable, likeness[rows, best], -1.0)
    return _Search(shift.astype(np.float64), peak.astype(np.float64), inside)


def _mask(
    boxes: Sequence[Box], shape: tuple[int, ...], scale: float
) -> npt.NDArray[np.bool_]:
    """Mark the pixels of a level that lie in boxes of the reference."""
    mask = np.zeros(shape, dtype=bool)
    for box in boxes:
        inside = bounding_box(box.corners * scale).clipped(shape)
        mask[inside.slices] = True
    return mask


def _spread(
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


def _sample(
    image: Ink, points: Matrix, normals: Matrix, reach: int
) -> npt.NDArray[np.float32]:
    """Read an image across edges, at each pixel up to `reach` to either side."""
    steps = np.arange(-reach, reach + 1)
    at = points[:, None, :] + steps[None, :, None] * normals[:, None, :]
    maps = at.astype(np.float32)
    # OpenCV takes at most 32767 rows.
    parts = [
        cv2.remap(image, part[..., 0], part[..., 1], cv2.INTER_LINEAR)
        for part in np.array_split(maps, len(maps) // 30000 + 1)
    ]
    return np.concatenate(parts).astype(np.float32)


def _normalize(
    profiles: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Bring profiles (..., K) to mean 0 and length 1; tell which are flat."""
    centred = profiles - profiles.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1)
    flat = length < _WEAKEST_EDGE
    scaled = centred / np.where(flat, np.inf, length)[..., None]
    return scaled.astype(np.float32), flat


def _solve_homography(
    points: Matrix, normals: Matrix, shifts: Matrix, shape: tuple[int, ...]
) -> Matrix:
    """Find the small homography that moves points by shifts along their normals."""
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


def _solve_local(
    points: Matrix,
    normals: Matrix,
    shifts: Matrix,
    shape: tuple[int, ...],
    affine: bool,
) -> Matrix:
    """Find the small shift or affine map that moves points along their normals."""
    norm = _to_unit(shape)
    size = norm[0, 0]
    x, y = transform_points(points, norm).T
    nx, ny = normals.T
    columns = [nx, ny]
    if affine:
        columns += [nx * x, nx * y, ny * x, ny * y]
    solved = np.zeros(6)
    design = np.stack(columns, axis=1)
    solved[: len(columns)] = _solve_robustly(design, shifts * size, prior=0.05)
    c, f, a, b, d, e = solved
    small = np.array([[1 + a, b, c], [d, 1 + e, f], [0, 0, 1]])
    return np.asarray(np.linalg.inv(norm) @ small @ norm, dtype=np.float64)


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
