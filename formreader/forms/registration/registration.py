"""Aligns a page with the reference page of a form template.

Candidates come from markers, then from local features, then from frames and squares.
Each is improved and judged by the same measure: how much of the reference's print is
found again on the page, all over it. A page on which too little is found is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from formreader.errors import RegistrationError, TemplateError
from formreader.forms.registration.alignment import (
    Agreement,
    align,
    align_region,
    count_agreeing,
    measure_agreement,
)
from formreader.forms.registration.edges import Edges, find_edges, resize, scaling
from formreader.forms.registration.features import (
    Features,
    find_features,
    match_features,
)
from formreader.forms.registration.landmarks import (
    Quad,
    find_markers,
    find_quads,
    is_plausible,
    match_markers,
    match_quads,
    rank,
)
from formreader.geometry import Box, transform_points
from formreader.layout.binarization import FAINT, binarize

Matrix = npt.NDArray[np.float64]

_COARSE_PX, _MIDDLE_PX, _FINE_PX = 550, 1100, 2200  # longer sides of the levels
_PAGE_PX = 1400  # where features are sought; the form may fill part of a photo
_FEWEST_EDGES = 60
_FOUND, _BLOCKS, _INSIDE = 0.7, 0.75, 0.6  # least agreement of a page of this form
# Other editions print the fields at the same places, and forms with the same text may
# have moved them: where fields are seen, they decide, unless all else fits.
_FOUND_WITH_FIELDS, _BLOCKS_WITH_FIELDS, _FIELDS = 0.35, 0.3, 0.7
_FOUND_WITHOUT, _BLOCKS_WITHOUT = 0.85, 0.85
_JUDGED, _FEWEST_FIELDS = 0.7, 4  # share and number of fields seen, to decide
# Equal rows of a page with parts cut off may fit other rows of the form.
_WHOLE, _FOUND_CUT, _BLOCKS_CUT = 0.95, 0.93, 0.9
_FIELD_CELLS = 150
_FIELD_GROWTH = 0.1  # of a field's height, so that its lines lie inside
_SURE = 0.9  # share of agreeing blocks at which no other candidate is tried
_TRIED = 4
_FIELD_MARGIN = 0.5  # of the height of a field's box
_FIELD_REACH_PX = 6
_FIELD_MOVES = 0.5  # of its height, at most
_FIELD_MOST_PX = 800  # longer side of a region
_FEWEST_IN_FIELD = 20


@dataclass(frozen=True, eq=False)
class Reference:
    """The blank page that a template's coordinates refer to.

    What is sought on pages is found on first use and kept.

    Attributes:
        pixels: (H, W) uint8, dark print on light paper or the reverse.
        fields: Where its fields are, in its pixels; their lines then help to decide
            whether a page is this form.
    """

    pixels: npt.NDArray[np.uint8]
    fields: tuple[Box, ...] = ()

    @cached_property
    def field_edges(self) -> Edges:
        """Edges of the middle level in and around the fields."""
        scale = _shrinking(self.pixels.shape, _MIDDLE_PX)
        return find_edges(self.ink, scale, _FIELD_CELLS, self.field_areas)

    @cached_property
    def field_areas(self) -> tuple[Box, ...]:
        """The fields with their lines."""
        margins = [2 + round(_FIELD_GROWTH * box.height) for box in self.fields]
        return tuple(
            box.expanded(margin, margin).clipped(self.pixels.shape)
            for box, margin in zip(self.fields, margins, strict=True)
        )

    @cached_property
    def ink(self) -> npt.NDArray[np.uint8]:
        """(H, W) uint8, 255 = ink."""
        return binarize(self.pixels, FAINT)

    @cached_property
    def coarse(self) -> Edges:
        """Edges at the resolution where a candidate may be far off."""
        return self._edges_at(_COARSE_PX)

    @cached_property
    def middle(self) -> Edges:
        """Edges at the resolution where an alignment is judged.

        Raises:
            TemplateError: If the page shows too little print to align anything with.
        """
        edges = self._edges_at(_MIDDLE_PX)
        if len(edges.points) < _FEWEST_EDGES:
            raise TemplateError(
                "the reference page shows too little print to align pages with; use a "
                "page with frames, text or corner markers"
            )
        return edges

    @cached_property
    def fine(self) -> Edges:
        """Edges at the resolution of the last improvement."""
        return self._edges_at(_FINE_PX)

    @cached_property
    def features(self) -> Features:
        """Local features of the middle level."""
        return find_features(self.small_ink)

    @cached_property
    def markers(self) -> dict[int, Quad]:
        """Corners of the ArUco markers of the middle level, by number."""
        return find_markers(self.small_ink)

    @cached_property
    def quads(self) -> tuple[Quad, ...]:
        """Frames and squares of the middle level."""
        return find_quads(self.small_ink)

    @cached_property
    def small_ink(self) -> npt.NDArray[np.uint8]:
        """(h, w) uint8, 255 = ink, at the middle level."""
        return resize(self.ink, _shrinking(self.pixels.shape, _MIDDLE_PX))

    def _edges_at(self, longer_px: int) -> Edges:
        return find_edges(self.ink, _shrinking(self.pixels.shape, longer_px))


@dataclass(frozen=True, eq=False)
class Registration:
    """Where a page shows the reference.

    Attributes:
        to_page: (3, 3) float64 homography from pixels (x, y) of the reference to those
            of the page.
        residual_px: Median distance between the print of the reference and that of the
            page, in pixels of the reference.
        agreement: Share of the reference's print that was found at its place, in
            [0, 1]; below 0.7 for another edition, a bad photo or badly curled paper.
    """

    to_page: Matrix
    residual_px: float
    agreement: float


def register(page_pixels: npt.NDArray[np.uint8], reference: Reference) -> Registration:
    """Align a page with the reference of a form.

    The page may be turned by any angle, scaled, negative, photographed at a slant, lie
    in a shadow and lack an edge.

    Args:
        page_pixels: (H, W) uint8.
        reference: The blank page, prepared once for all pages.

    Raises:
        RegistrationError: If the page is not seen to be this form.
        TemplateError: If the reference shows too little print.
        ValueError: If the page is no (H, W) uint8 array.
    """
    if page_pixels.ndim != 2 or page_pixels.dtype != np.uint8:
        raise ValueError("page_pixels must be (H, W) uint8")
    page_ink = binarize(page_pixels, FAINT)
    scale = _shrinking(page_ink.shape, _PAGE_PX)
    small = resize(page_ink, scale)
    chosen = _choose(small, reference)
    if chosen is None:
        raise RegistrationError(
            "the page does not show the form of the template; give its own template, "
            "or scan the page whole and flat"
        )
    matrix = np.linalg.inv(scaling(scale)) @ chosen
    if reference.fine.scale > reference.middle.scale:
        matrix = align(page_ink, reference.fine, matrix, reach_px=4, rounds=2)
    seen = measure_agreement(small, reference.middle, scaling(scale) @ matrix)
    exact = measure_agreement(page_ink, reference.fine, matrix)
    distance = exact.distance / reference.fine.scale
    return Registration(_freeze(matrix / matrix[2, 2]), distance, seen.found)


def refine_field(
    page_pixels: npt.NDArray[np.uint8],
    registration: Registration,
    reference: Reference,
    box: Box,
) -> Matrix:
    """Align the print around one field better than that of the page as a whole.

    Paper curls, so lines that fit on average may be off where a field is.

    Args:
        page_pixels: (H, W) uint8, the page that was registered, or its ink.
        registration: Of the page.
        reference: The same as for `register`.
        box: The field, in pixels of the reference.

    Returns:
        (3, 3) float64 homography from reference pixels to page pixels, good near the
        field; that of the page if the field's lines are not seen.
    """
    margin = max(8, round(_FIELD_MARGIN * box.height))
    region = box.expanded(margin, margin).clipped(reference.pixels.shape)
    if min(region.width, region.height) < 8:
        return registration.to_page
    cut = binarize(reference.pixels[region.slices], FAINT)
    offset = np.array([[1, 0, region.left], [0, 1, region.top], [0, 0, 1.0]])
    edges = find_edges(cut, _shrinking(cut.shape, _FIELD_MOST_PX), cells=12)
    start = registration.to_page @ offset
    around = _cut_page(page_pixels, start, cut.shape)
    if len(edges.points) < _FEWEST_IN_FIELD or around is None:
        return registration.to_page
    pixels, place = around
    moved = align_region(
        binarize(pixels, FAINT),
        edges,
        np.linalg.inv(place) @ start,
        _FIELD_REACH_PX,
        _FEWEST_IN_FIELD,
    )
    if moved is None:
        return registration.to_page
    matrix = place @ moved @ np.linalg.inv(offset)
    # Beyond half a field, the lines found are a neighbour's.
    home = transform_points(box.corners, registration.to_page)
    apart = transform_points(box.corners, matrix) - home
    height = np.hypot(*(home[3] - home[0]))
    if np.hypot(*apart.T).max() > _FIELD_MOVES * height:
        return registration.to_page
    return _freeze(matrix / matrix[2, 2])


def _choose(small: npt.NDArray[np.uint8], reference: Reference) -> Matrix | None:
    """Find the alignment under which the page agrees best with the reference.

    Args:
        small: (h, w) uint8, 255 = ink, the page at the resolution for candidates.
        reference: The reference.

    Returns:
        (3, 3) float64 homography to `small`, or None if the page is not this form.
    """
    best: tuple[Agreement, Matrix] | None = None
    for candidate in _propose(small, reference):
        matrix = align(small, reference.coarse, candidate, reach_px=8)
        matrix = align(small, reference.middle, matrix, reach_px=5)
        if not is_plausible(matrix, reference.pixels.shape, small.shape):
            continue
        found = measure_agreement(small, reference.middle, matrix)
        if best is None or found.quality > best[0].quality:
            best = found, matrix
        if found.blocks >= _SURE and _is_accepted(found, small, reference, matrix):
            break
    if best is None or not _is_accepted(best[0], small, reference, best[1]):
        return None
    return best[1]


def _propose(small: npt.NDArray[np.uint8], reference: Reference) -> Iterator[Matrix]:
    """Yield candidates from reference to page, the most reliable first."""
    up = scaling(reference.middle.scale)
    for source in (_match_markers, _match_features, _match_quads):
        plausible = [
            matrix
            for matrix in source(small, reference)
            if is_plausible(matrix, reference.small_ink.shape, small.shape)
        ]
        for matrix in rank(plausible, reference.small_ink, small, _TRIED):
            yield matrix @ up


def _match_markers(
    small: npt.NDArray[np.uint8], reference: Reference
) -> Iterator[Matrix]:
    if len(reference.markers) > 1:
        yield from match_markers(reference.markers, find_markers(small))


def _match_features(
    small: npt.NDArray[np.uint8], reference: Reference
) -> Iterator[Matrix]:
    yield from match_features(reference.features, find_features(small))


def _match_quads(
    small: npt.NDArray[np.uint8], reference: Reference
) -> Iterator[Matrix]:
    yield from match_quads(reference.quads, find_quads(small))


def _is_accepted(
    found: Agreement,
    small: npt.NDArray[np.uint8],
    reference: Reference,
    matrix: Matrix,
) -> bool:
    """Tell whether a page shows enough of the reference's print, or of its fields'."""
    if found.inside < _INSIDE:
        return False
    if found.inside < _WHOLE:
        return found.found >= _FOUND_CUT and found.blocks >= _BLOCKS_CUT
    fields = reference.field_areas
    agreeing = judged = 0
    if fields:
        agreeing, judged = count_agreeing(small, reference.field_edges, matrix, fields)
    if not judged:
        return found.found >= _FOUND and found.blocks >= _BLOCKS
    if found.found >= _FOUND_WITHOUT and found.blocks >= _BLOCKS_WITHOUT:
        return True
    enough = found.found >= _FOUND_WITH_FIELDS and found.blocks >= _BLOCKS_WITH_FIELDS
    many = judged >= max(_FEWEST_FIELDS, _JUDGED * len(fields))
    return enough and many and agreeing >= _FIELDS * judged


def _cut_page(
    page_pixels: npt.NDArray[np.uint8], matrix: Matrix, shape: tuple[int, ...]
) -> tuple[npt.NDArray[np.uint8], Matrix] | None:
    """Cut out of a page what shows a region, with a margin; and the map back."""
    height, width = shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    there = transform_points(corners, matrix)
    left, top = np.floor(there.min(axis=0)).astype(int)
    right, bottom = np.ceil(there.max(axis=0)).astype(int)
    margin = max(bottom - top, 20) // 2
    size = np.array([page_pixels.shape[1], page_pixels.shape[0]])
    low = np.clip([left - margin, top - margin], 0, size)
    high = np.clip([right + margin, bottom + margin], 0, size)
    if np.any(high - low < 20):
        return None
    cut = page_pixels[low[1] : high[1], low[0] : high[0]]
    place = np.array([[1, 0, low[0]], [0, 1, low[1]], [0, 0, 1.0]])
    return np.ascontiguousarray(cut), place


def _shrinking(shape: tuple[int, ...], longer_px: int) -> float:
    """Find the factor that brings the longer side to a length, never enlarging."""
    return min(1.0, longer_px / max(shape))


def _freeze(matrix: Matrix) -> Matrix:
    """Make a matrix read-only."""
    frozen = matrix.copy()
    frozen.flags.writeable = False
    return frozen
