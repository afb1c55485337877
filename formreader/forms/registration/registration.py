"""Aligns a page with the reference page of a form template.

Candidates come from markers, then from local features, then from frames and squares.
Each is improved and judged by the same measure: how much of the reference's print is
found again on the page, all over it. A page on which too little is found is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from formreader.errors import RegistrationError
from formreader.forms.registration.alignment import (
    align,
    align_region,
    measure_agreement,
)
from formreader.forms.registration.bending import follow_paper
from formreader.forms.registration.edges import scaling
from formreader.forms.registration.features import match_features
from formreader.forms.registration.judgement import Fit, Placement, judge_placement
from formreader.forms.registration.landmarks import (
    is_plausible,
    match_markers,
    match_quads,
    rank,
)
from formreader.forms.registration.motion import Bend
from formreader.forms.registration.views import FormPage, Reference, View
from formreader.geometry import Box, transform_points
from formreader.layout.binarization import FAINT, binarize
from formreader.layout.prepared_page import PreparedPage

__all__ = [
    "Registration",
    "estimate_agreement",
    "find_placement",
    "refine_field",
    "refine_placement",
    "register",
]

Matrix = npt.NDArray[np.float64]

_SURE = 0.9  # share of agreeing blocks at which no other candidate is tried
_FLAT = 0.9  # share of the print found at which no departure from a plane is sought
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
        bend: By how much the paper departs from a plane, in pixels of the reference;
            None where no departure is seen.
    """

    to_page: Matrix
    residual_px: float
    agreement: float
    has_fields: bool = True
    bend: Bend | None = None

    def near(self, box: Box) -> Matrix:
        """Map pixels of the reference to those of the page, as the paper lies at a box.

        Args:
            box: In pixels of the reference.

        Returns:
            (3, 3) float64 homography, good near the box.
        """
        if self.bend is None:
            return self.to_page
        moved = (box.corners + self.bend.at(box.corners)).astype(np.float32)
        there = cv2.getPerspectiveTransform(box.corners.astype(np.float32), moved)
        return _freeze(self.to_page @ there)


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
    placement = find_placement(page, reference)
    if placement is None or placement.fit is Fit.NONE:
        raise RegistrationError(
            "the page does not show the form of the template; give its own template, "
            "or scan the page whole and flat"
        )
    return refine_placement(page, reference, placement)


def refine_placement(
    page: FormPage, reference: Reference, placement: Placement
) -> Registration:
    """Align a page as exactly as its pixels allow, from where a form was found.

    Args:
        page: The page.
        reference: The blank page.
        placement: Where, as `find_placement` gives it, whatever its fit.
    """
    to_view = scaling(page.view.scale)
    matrix = np.linalg.inv(to_view) @ placement.matrix
    middle, fine, bend = reference.middle, reference.fine, placement.bend
    if bend is None and fine.scale > middle.scale:
        matrix = align(page.faint_ink, fine, matrix, reach_px=4, rounds=2)
    at, ink = to_view @ matrix, page.view.ink
    seen = measure_agreement(ink, middle, at, bend)
    if bend is None and seen.found < _FLAT:
        for amid, departure in follow_paper(ink, middle, at):
            bent = measure_agreement(ink, middle, amid, departure)
            if bent.found > seen.found:
                matrix, bend, seen = np.linalg.inv(to_view) @ amid, departure, bent
    in_fine = bend.scaled(middle.scale / fine.scale) if bend else None
    exact = measure_agreement(page.faint_ink, fine, matrix, in_fine)
    return Registration(
        _freeze(matrix / matrix[2, 2]),
        exact.distance / fine.scale,
        seen.found,
        placement.fit is Fit.FIELDS,
        bend.scaled(middle.scale) if bend else None,
    )


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
        field; where the page as a whole has it if the field's lines are not seen.
    """
    region = reference.show_region(box)
    known = registration.near(box)
    if region is None or len(region.edges.points) < _FEWEST_IN_FIELD:
        return known
    start = known @ region.to_reference
    around = _cut_page(page.pixels, start, region.shape)
    if around is None:
        return known
    pixels, place = around
    moved = align_region(
        binarize(pixels, FAINT),
        region.edges,
        np.linalg.inv(place) @ start,
        _FIELD_REACH_PX,
        _FEWEST_IN_FIELD,
    )
    if moved is None:
        return known
    matrix = place @ moved @ np.linalg.inv(region.to_reference)
    # Beyond half a field, the lines found are a neighbour's.
    home = transform_points(box.corners, known)
    apart = transform_points(box.corners, matrix) - home
    height = np.hypot(*(home[3] - home[0]))
    if np.hypot(*apart.T).max() > _FIELD_MOVES * height:
        return known
    return _freeze(matrix / matrix[2, 2])


def find_placement(page: FormPage, reference: Reference) -> Placement | None:
    """Find where a page agrees best with a reference, be that enough or not.

    Args:
        page: The page.
        reference: The reference.

    Returns:
        The place on the page's view; None if there is none that a camera could have
        seen so.

    Raises:
        TemplateError: If the reference shows too little print.
    """
    small = page.view.ink
    best: Placement | None = None
    for proposed in _propose(page.view, reference):
        matrix = align(small, reference.coarse, proposed, reach_px=8)
        matrix = align(small, reference.middle, matrix, reach_px=5)
        if not is_plausible(matrix, reference.pixels.shape, small.shape):
            continue
        found = measure_agreement(small, reference.middle, matrix)
        if best is None or found.quality > best.agreement.quality:
            best = judge_placement(small, reference, matrix, found)
            if found.blocks >= _SURE and best.fit is Fit.FIELDS:
                break
    return best


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
