"""Find which form a page is, and cut out the fields that its template names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from formreader.errors import RegistrationError
from formreader.forms.registration import (
    Reference,
    Registration,
    refine_field,
    register,
)
from formreader.forms.template import FieldTemplate, FormTemplate, PageTemplate
from formreader.geometry import Box, transform_points
from formreader.pages.frames import Cell
from formreader.pages.layout import cut_field, find_fields
from formreader.records import FieldImage, Print

__all__ = ["Form", "Match", "cut_fields", "match_page"]

_SURE = 0.9  # agreement at which no other form is tried
_APART = 0.6  # of a field's height, between corners found and expected
_LINE = 0.05  # of a field's height; how thick its lines may be


class Form:
    """A template, with what is sought of its pages found once.

    Args:
        template: The template.
    """

    def __init__(self, template: FormTemplate) -> None:
        """Keep the template; references are loaded on first use."""
        self.template = template

    @cached_property
    def references(self) -> tuple[tuple[PageTemplate, Reference], ...]:
        """The reference of each page that has fields.

        Raises:
            TemplateError: If a reference is missing or has another size.
        """
        return tuple(
            (page, Reference(page.load_pixels(), tuple(field.box for field in fields)))
            for page in self.template.pages
            if (fields := self.template.fields_on(page.number))
        )


@dataclass(frozen=True, eq=False)
class Match:
    """A page that was recognised.

    Attributes:
        template: Its form.
        page: 1-based page of the form.
        reference: The blank page.
        registration: Where the page shows it.
    """

    template: FormTemplate
    page: int
    reference: Reference
    registration: Registration


def match_page(pixels: npt.NDArray[np.uint8], forms: Sequence[Form]) -> Match:
    """Find the form that a page shows.

    Args:
        pixels: (H, W) uint8, the page.
        forms: At least one.

    Returns:
        The page of a form whose print is found best.

    Raises:
        RegistrationError: If the page is none of them.
        TemplateError: If a reference cannot be used.
    """
    best: Match | None = None
    for form in forms:
        for page, reference in form.references:
            try:
                found = register(pixels, reference)
            except RegistrationError:
                continue
            if best is None or found.agreement > best.registration.agreement:
                best = Match(form.template, page.number, reference, found)
            if found.agreement >= _SURE:
                return best
    if best is None:
        raise RegistrationError(
            "the page shows none of the forms given; give its own template, or scan "
            "the page whole and flat"
        )
    return best


def cut_fields(
    pixels: npt.NDArray[np.uint8], ink: npt.NDArray[np.uint8], match: Match
) -> list[FieldImage]:
    """Cut out the fields of a page that was recognised.

    Boxes that are found on the page itself at the place of a field, with as many cells,
    are taken as they are: they follow the paper, and a template of upright boxes does
    not know by how much a row was printed askew.

    Args:
        pixels: (H, W) uint8, the page.
        ink: (H, W) uint8, 255 = ink, the same page.
        match: Which form it is, and where.

    Returns:
        The fields that the template names, in its order.
    """
    seen = find_fields(ink)
    fields = []
    for field in match.template.fields_on(match.page):
        cells = _place_cells(pixels, field, match)
        first, last = cells[0].corners, cells[-1].corners
        place = np.array([first[0], last[1], last[2], first[3]])
        same = [one for one in seen if _is_at(one, place, field.cells)]
        fields.append(
            replace(same[0], name=field.name, print_like=Print.NO)
            if len(same) == 1
            else cut_field(ink, cells, field.name)
        )
    return fields


def _is_at(seen: FieldImage, place: npt.NDArray[np.float64], cells: int | None) -> bool:
    """Tell whether a field found on the page is the one expected at a place.

    Its corners must be those expected one by one: on a page upside down, a field that
    is found without the template is upside down as well.
    """
    count = None if seen.cells is None else len(seen.cells)
    height = float(np.hypot(*(place[3] - place[0])))
    apart = np.hypot(*(seen.outline - place).T)
    return count == cells and float(apart.max()) < _APART * height


def _place_cells(
    pixels: npt.NDArray[np.uint8], field: FieldTemplate, match: Match
) -> tuple[Cell, ...]:
    """Find the cells of a field on the page."""
    to_page = refine_field(pixels, match.registration, match.reference, field.box)
    corners = [transform_points(box.corners, to_page) for box in field.cell_boxes]
    height = float(np.hypot(*(corners[0][3] - corners[0][0])))
    line_px = max(2.0, _LINE * height)
    upright = [
        Box(0, 0, max(1, round(float(np.hypot(*(four[1] - four[0]))))), round(height))
        for four in corners
    ]
    return tuple(
        Cell(np.asarray(four, np.float64), box, line_px)
        for four, box in zip(corners, upright, strict=True)
    )
