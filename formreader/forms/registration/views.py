"""The views of a page and of a reference that registration compares, each made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from formreader.errors import TemplateError
from formreader.forms.registration.edges import Edges, find_edges, resize
from formreader.forms.registration.features import Features, find_features
from formreader.forms.registration.landmarks import Quad, find_markers, find_quads
from formreader.geometry import Box
from formreader.layout.binarization import FAINT, binarize
from formreader.layout.prepared_page import PreparedPage

__all__ = ["FormPage", "Reference", "Region", "View"]

Matrix = npt.NDArray[np.float64]

_COARSE_PX, _MIDDLE_PX, _FINE_PX = 550, 1100, 2200  # longer sides of the levels
_PAGE_PX = 1400  # where features are sought; the form may fill part of a photo
_FEWEST_EDGES = 60
_FIELD_CELLS = 150
_FIELD_GROWTH = 0.1  # of a field's height, so that its lines lie inside
_FIELD_MARGIN = 0.5  # of the height of a field's box
_FIELD_MOST_PX = 800  # longer side of a region
_LEAST_REGION_PX = 8
_DARK_REACH_PX = 2  # of the level, from an edge to the middle of its line
_DARK_PRINT = 0.1  # share of the ink that is as dark as ink can be
_MOST_DARK = 0.5  # share of lines that are dark, below which most are pale


@dataclass(frozen=True, eq=False)
class View:
    """A page at the resolution where candidates for its alignment are sought.

    Attributes:
        ink: (h, w) uint8, 255 = ink.
        scale: Pixels of `ink` for one pixel of the page.
    """

    ink: npt.NDArray[np.uint8]
    scale: float

    @cached_property
    def features(self) -> Features:
        """Local features."""
        return find_features(self.ink)

    @cached_property
    def markers(self) -> dict[int, Quad]:
        """Corners of the ArUco markers, by number."""
        return find_markers(self.ink)

    @cached_property
    def quads(self) -> tuple[Quad, ...]:
        """Frames and squares."""
        return find_quads(self.ink)


class FormPage(PreparedPage):
    """A page that may show one of several forms."""

    @cached_property
    def view(self) -> View:
        """The page where candidates are sought."""
        return _show(self.faint_ink, _PAGE_PX)


@dataclass(frozen=True, eq=False)
class Region:
    """A part of a reference, around a field.

    Attributes:
        to_reference: (3, 3) shift from its pixels to those of the reference.
        shape: (h, w) in pixels of the reference.
        edges: Of its print, as of a page of its own.
    """

    to_reference: Matrix
    shape: tuple[int, int]
    edges: Edges


@dataclass(frozen=True, eq=False)
class Reference(PreparedPage):
    """The blank page that a template's coordinates refer to.

    What is sought on pages is found on first use and kept.

    Attributes:
        pixels: (H, W) uint8, dark print on light paper or the reverse; read-only.
        fields: Where its fields are, in its pixels; their lines then help to decide
            whether a page is this form.
    """

    fields: tuple[Box, ...] = ()

    @cached_property
    def field_edges(self) -> Edges:
        """Edges of the middle level in and around the fields."""
        scale = _shrinking(self.pixels.shape, _MIDDLE_PX)
        return find_edges(self.faint_ink, scale, _FIELD_CELLS, self.field_areas)

    @cached_property
    def field_areas(self) -> tuple[Box, ...]:
        """The fields with their lines."""
        margins = [2 + round(_FIELD_GROWTH * box.height) for box in self.fields]
        return tuple(
            box.expanded(margin, margin).clipped(self.pixels.shape)
            for box, margin in zip(self.fields, margins, strict=True)
        )

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
    def view(self) -> View:
        """The reference where candidates are sought, at the middle level."""
        return _show(self.faint_ink, _MIDDLE_PX)

    def show_region(self, box: Box) -> Region | None:
        """Show what is printed around a field.

        Args:
            box: The field, in pixels of the reference.

        Returns:
            The part with the field; None if the field lies off the page.
        """
        if box not in self._regions:
            self._regions[box] = _cut_region(self.pixels, box)
        return self._regions[box]

    @cached_property
    def _regions(self) -> dict[Box, Region | None]:
        """The parts that were shown, by the box of their field."""
        return {}

    @cached_property
    def has_pale_lines(self) -> bool:
        """Whether the lines of its fields are paler than most of its other print.

        Copies and poor photos lose them first.
        """
        dark = self._find_dark(self.field_edges)
        return bool(len(dark)) and float(dark.mean()) < _MOST_DARK

    def _edges_at(self, longer_px: int) -> Edges:
        edges = find_edges(self.faint_ink, _shrinking(self.pixels.shape, longer_px))
        # Pale print is lost as well, however clear its edges are here.
        return edges.strengthened(self._find_dark(edges))

    def _find_dark(self, edges: Edges) -> npt.NDArray[np.bool_]:
        """Tell which points lie at print about as dark as any of the page; (N,)."""
        reach = 2 * round(_DARK_REACH_PX / edges.scale) + 1
        darkest = cv2.erode(self.dark_pixels, np.ones((reach, reach), np.uint8))
        columns, rows = (edges.points / edges.scale).astype(np.intp).T
        return np.asarray(darkest[rows, columns] <= self._dark_level)

    @cached_property
    def _dark_level(self) -> float:
        """The grey level between paper and dark print."""
        ink = self.dark_pixels[self.faint_ink > 0]
        darkest = np.quantile(ink, _DARK_PRINT) if ink.size else 0
        return float(np.median(self.dark_pixels) + darkest) / 2


def _show(ink: npt.NDArray[np.uint8], longer_px: int) -> View:
    scale = _shrinking(ink.shape, longer_px)
    return View(resize(ink, scale), scale)


def _cut_region(pixels: npt.NDArray[np.uint8], box: Box) -> Region | None:
    """Cut a field with its surroundings out of a reference."""
    margin = max(8, round(_FIELD_MARGIN * box.height))
    area = box.expanded(margin, margin).clipped(pixels.shape)
    if min(area.width, area.height) < _LEAST_REGION_PX:
        return None
    ink = binarize(pixels[area.slices], FAINT)
    edges = find_edges(ink, _shrinking(ink.shape, _FIELD_MOST_PX), cells=12)
    offset = np.array([[1, 0, area.left], [0, 1, area.top], [0, 0, 1.0]])
    return Region(offset, (ink.shape[0], ink.shape[1]), edges)


def _shrinking(shape: tuple[int, ...], longer_px: int) -> float:
    """Find the factor that brings the longer side to a length, never enlarging."""
    return min(1.0, longer_px / max(shape))
