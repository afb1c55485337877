"""Aligns a page with the reference page of a form template.

Candidates come from markers, then from local features, then from frames and squares.
Each is improved and judged by the same measure: how much of the reference's print is
found again on the page, all over it. A page on which too little is found is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from formreader.errors import RegistrationError
from formreader.forms.registration.alignment import (
    Agreement,
    align,
    align_region,
    count_agreeing,
    measure_agreement,
)
from formreader.forms.registration.edges import scaling
from formreader.forms.registration.features import match_features
from formreader.forms.registration.landmarks import (
    is_plausible,
    match_markers,
    match_quads,
    rank,
)
from formreader.forms.registration.views import FormPage, Reference, View
from formreader.geometry import Box, transform_points
from formreader.layout.binarization import FAINT, binarize
from formreader.layout.prepared_page import PreparedPage

Matrix = npt.NDArray[np.float64]

_FOUND, _BLOCKS, _INSIDE = 0.7, 0.75, 0.6  # least agreement of a page of this form
# Other editions print the fields at the same places, and forms with the same text may
# have moved them: where fields are seen, they decide, unless all else fits.
_FOUND_WITH_FIELDS, _BLOCKS_WITH_FIELDS, _FIELDS = 0.35, 0.3, 0.7
_FOUND_WITHOUT, _BLOCKS_WITHOUT = 0.85, 0.85
_JUDGED, _FEWEST_FIELDS = 0.7, 4  # share and number of fields seen, to decide
# Where the lines of fields are too pale to be seen, the rest of the print says which
# form it is, and not whether this edition has its fields there: each is in doubt.
_FOUND_PALE, _BLOCKS_PALE = 0.65, 0.75
# Equal rows of a page with parts cut off may fit other rows of the form.
_WHOLE, _FOUND_CUT, _BLOCKS_CUT = 0.95, 0.93, 0.9
_SURE = 0.9  # share of agreeing blocks at which no other candidate is tried
_TRIED = 4
_FIELD_REACH_PX = 6
_FIELD_MOVES = 0.5  # of its height, at most
_FEWEST_IN_FIELD = 20


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
        has_fields: Whether the lines of enough fields were seen at their places, or all
            else fits so well that they need not be.
    """

    to_page: Matrix
    residual_px: float
    agreement: float
    has_fields: bool = True


class _Fit(Enum):
    """What was found of a form on a page."""

    NONE = auto()  # it is not this form
    PRINT = auto()  # its print, and not the lines of its fields
    FIELDS = auto()  # its fields, too


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A place of the reference on a page, (3, 3), and what was found of it there."""

    matrix: Matrix
    found: Agreement
    fit: _Fit


def register(page: FormPage, reference: Reference) -> Registration:
    """Align a page with the reference of a form.

    The page may be turned by any angle, scaled, negative, photographed at a slant, lie
    in a shadow and lack an edge.

    Args:
        page: The page, prepared once for all references.
        reference: The blank page, prepared once for all pages.

    Raises:
        RegistrationError: If the page is not seen to be this form.
        TemplateError: If the reference shows too little print.
    """
    chosen = _choose(page.view, reference)
    if chosen is None:
        raise RegistrationError(
            "the page does not show the form of the template; give its own template, "
            "or scan the page whole and flat"
        )
    to_view = scaling(page.view.scale)
    matrix = np.linalg.inv(to_view) @ chosen.matrix
    if reference.fine.scale > reference.middle.scale:
        matrix = align(page.faint_ink, reference.fine, matrix, reach_px=4, rounds=2)
    seen = measure_agreement(page.view.ink, reference.middle, to_view @ matrix)
    exact = measure_agreement(page.faint_ink, reference.fine, matrix)
    distance = exact.distance / reference.fine.scale
    to_page = _freeze(matrix / matrix[2, 2])
    return Registration(to_page, distance, seen.found, chosen.fit is _Fit.FIELDS)


def estimate_agreement(page: FormPage, reference: Reference) -> float:
    """Estimate how well a page shows a reference, for a small part of registering it.

    Args:
        page: The page.
        reference: The blank page.

    Returns:
        Quality of the likeliest candidate at a coarse level, as `Agreement` has it, in
        [0, 1]; 0 where markers and features suggest none. Of forms that share most of
        their print, the right one has the highest; what it says of a page that is none
        of them means little.

    Raises:
        TemplateError: If the reference shows too little print.
    """
    candidates = [
        matrix
        for source in (_match_markers, _match_features)
        for matrix in source(reference.view, page.view)
        if is_plausible(matrix, reference.view.ink.shape, page.view.ink.shape)
    ]
    up = scaling(reference.middle.scale)
    likeliest = rank(candidates, reference.view.ink, page.view.ink, 1)
    if not likeliest:
        return 0.0
    found = measure_agreement(page.view.ink, reference.coarse, likeliest[0] @ up)
    return found.quality


def refine_field(
    page: PreparedPage,
    registration: Registration,
    reference: Reference,
    box: Box,
) -> Matrix:
    """Align the print around one field better than that of the page as a whole.

    Paper curls, so lines that fit on average may be off where a field is.

    Args:
        page: The page that was registered.
        registration: Of the page.
        reference: The same as for `register`.
        box: The field, in pixels of the reference.

    Returns:
        (3, 3) float64 homography from reference pixels to page pixels, good near the
        field; that of the page if the field's lines are not seen.
    """
    region = reference.show_region(box)
    if region is None or len(region.edges.points) < _FEWEST_IN_FIELD:
        return registration.to_page
    start = registration.to_page @ region.to_reference
    around = _cut_page(page.pixels, start, region.shape)
    if around is None:
        return registration.to_page
    pixels, place = around
    moved = align_region(
        binarize(pixels, FAINT),
        region.edges,
        np.linalg.inv(place) @ start,
        _FIELD_REACH_PX,
        _FEWEST_IN_FIELD,
    )
    if moved is None:
        return registration.to_page
    matrix = place @ moved @ np.linalg.inv(region.to_reference)
    # Beyond half a field, the lines found are a neighbour's.
    home = transform_points(box.corners, registration.to_page)
    apart = transform_points(box.corners, matrix) - home
    height = np.hypot(*(home[3] - home[0]))
    if np.hypot(*apart.T).max() > _FIELD_MOVES * height:
        return registration.to_page
    return _freeze(matrix / matrix[2, 2])


def _choose(view: View, reference: Reference) -> _Candidate | None:
    """Find the alignment under which the page agrees best with the reference.

    Args:
        view: The page at the resolution for candidates.
        reference: The reference.

    Returns:
        The place on the view, or None if the page is not this form.
    """
    small = view.ink
    best: _Candidate | None = None
    for proposed in _propose(view, reference):
        matrix = align(small, reference.coarse, proposed, reach_px=8)
        matrix = align(small, reference.middle, matrix, reach_px=5)
        if not is_plausible(matrix, reference.pixels.shape, small.shape):
            continue
        found = measure_agreement(small, reference.middle, matrix)
        if best is None or found.quality > best.found.quality:
            best = _Candidate(
                matrix, found, _judge_fit(found, small, reference, matrix)
            )
            if found.blocks >= _SURE and best.fit is _Fit.FIELDS:
                break
    return None if best is None or best.fit is _Fit.NONE else best


def _propose(view: View, reference: Reference) -> Iterator[Matrix]:
    """Yield candidates from reference to page, the most reliable first."""
    up = scaling(reference.middle.scale)
    own = reference.view
    for source in (_match_markers, _match_features, _match_quads):
        plausible = [
            matrix
            for matrix in source(own, view)
            if is_plausible(matrix, own.ink.shape, view.ink.shape)
        ]
        for matrix in rank(plausible, own.ink, view.ink, _TRIED):
            yield matrix @ up


def _match_markers(own: View, view: View) -> Iterator[Matrix]:
    if len(own.markers) > 1:
        yield from match_markers(own.markers, view.markers)


def _match_features(own: View, view: View) -> Iterator[Matrix]:
    yield from match_features(own.features, view.features)


def _match_quads(own: View, view: View) -> Iterator[Matrix]:
    yield from match_quads(own.quads, view.quads)


def _judge_fit(
    found: Agreement,
    small: npt.NDArray[np.uint8],
    reference: Reference,
    matrix: Matrix,
) -> _Fit:
    """Tell how much of the reference's print, and of its fields', a page shows."""
    if found.inside < _INSIDE:
        return _Fit.NONE
    if found.inside < _WHOLE:
        is_same = found.found >= _FOUND_CUT and found.blocks >= _BLOCKS_CUT
        return _Fit.FIELDS if is_same else _Fit.NONE
    fields = reference.field_areas
    agreeing = judged = 0
    if fields:
        agreeing, judged = count_agreeing(small, reference.field_edges, matrix, fields)
    if not judged:
        is_same = found.found >= _FOUND and found.blocks >= _BLOCKS
        return _Fit.FIELDS if is_same else _Fit.NONE
    if found.found >= _FOUND_WITHOUT and found.blocks >= _BLOCKS_WITHOUT:
        return _Fit.FIELDS
    enough = found.found >= _FOUND_WITH_FIELDS and found.blocks >= _BLOCKS_WITH_FIELDS
    many = judged >= max(_FEWEST_FIELDS, _JUDGED * len(fields))
    if enough and many and agreeing >= _FIELDS * judged:
        return _Fit.FIELDS
    is_same = found.found >= _FOUND_PALE and found.blocks >= _BLOCKS_PALE
    return _Fit.PRINT if is_same else _Fit.NONE


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


def _freeze(matrix: Matrix) -> Matrix:
    """Make a matrix read-only."""
    frozen = matrix.copy()
    frozen.flags.writeable = False
    return frozen
