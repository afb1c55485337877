"""Find which form a page is, and cut out the fields that its template names."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from formreader.errors import RegistrationError
from formreader.forms.crossings import mark_crossing
from formreader.forms.guides import erase_guide, find_guide
from formreader.forms.printed_text import cut_marks, cut_print, erase_print
from formreader.forms.registration.judgement import Fit, Placement
from formreader.forms.registration.registration import (
    Registration,
    estimate_agreement,
    find_placement,
    refine_field,
    refine_placement,
)
from formreader.forms.registration.views import FormPage, Reference
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box, transform_points
from formreader.layout.cells import Cell, Row
from formreader.layout.dropout_ink import separate_pen
from formreader.layout.field_cutting import cut_field
from formreader.layout.fields import find_rows
from formreader.layout.layered_fields import clean_boxes_by_layers
from formreader.layout.prepared_page import PreparedPage
from formreader.records import FieldImage, FieldKind

__all__ = ["Form", "Match", "cut_fields", "match_page"]

Corners = npt.NDArray[np.float64]

_SURE = 0.9  # agreement at which no other form is tried
_WEAK = 0.7  # agreement below which each field is in doubt
# Once a form was found, others are left out that are far less likely: by an estimated
# agreement of less than a share of its own, which says less where it is low.
_LIKELY, _FAR_LESS, _VERY_FAR_LESS = 0.5, 0.5, 0.25
_APART = 0.6  # of a field's height, between corners found and expected
_ALIKE = 0.25  # of a field's height, by which its cells may be higher or lower
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

    @cached_property
    def cells(self) -> dict[str, Corners]:
        """The printed cells of each field, as the references show them.

        Boxes may stand apart, so equal parts of a field are not always its cells.

        Returns:
            By name of the field, (N, 4, 2) inner corners (x, y) in pixels of the
            reference; the field's own corners where it has no cells.
        """
        found = {}
        for page, reference in self.references:
            rows = find_rows(reference)
            printed = [cell for row in rows for cell in row]
            for field in _list_numbers(self.template, page.number):
                found[field.name] = _find_cells(field, printed)
        return found

    @cached_property
    def guides(self) -> dict[str, npt.NDArray[np.uint8]]:
        """Prints to write along in cells, by field; each as `find_guide` gives it."""
        found = {}
        for page, reference in self.references:
            for field in _list_numbers(self.template, page.number):
                guide = find_guide(reference.faint_ink, self.cells[field.name])
                if guide is not None:
                    found[field.name] = guide
        return found

    @cached_property
    def prints(self) -> dict[str, npt.NDArray[np.uint8]]:
        """What is printed in fields without cells, and between the cells of others.

        Each is as `cut_print` gives it, or `cut_marks`.
        """
        found = {}
        for page, reference in self.references:
            for field in self.template.fields_on(page.number):
                if field.kind is FieldKind.BOX:
                    printed = cut_print(reference.ink, self.cells[field.name][0])
                elif field.skip:
                    printed = cut_marks(reference.ink, self.cells[field.name])
                else:
                    continue
                if printed is not None:
                    found[field.name] = printed
        return found


@dataclass(frozen=True, eq=False)
class Match:
    """A page that was recognised.

    Attributes:
        form: Its form.
        page: 1-based page of the form.
        reference: The blank page.
        registration: Where the page shows it.
    """

    form: Form
    page: int
    reference: Reference
    registration: Registration

    @property
    def template(self) -> FormTemplate:
        """The template of the form."""
        return self.form.template

    @property
    def is_weak(self) -> bool:
        """Whether so little of the form was found that each place is in doubt."""
        found = self.registration
        return found.agreement < _WEAK or not found.has_fields


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A page of a form that a scanned page may show, and how likely that is."""

    form: Form
    page: int
    reference: Reference
    estimate: float


def _rank(found: Registration) -> tuple[bool, float]:
    """Give what makes one form likelier than another: its fields, then its print."""
    return found.has_fields, found.agreement


def _list_numbers(template: FormTemplate, page: int) -> list[FieldTemplate]:
    """List the fields of a page into which a number is written."""
    return [field for field in template.fields_on(page) if field.holds_number]


def match_page(
    page: FormPage, forms: Sequence[Form], *, overruled: bool = False
) -> Match:
    """Find the form that a page shows.

    Args:
        page: The page.
        forms: At least one.
        overruled: A person says that the page is one of them: where none is found, the
            one that agrees best is taken, each of its fields in doubt.

    Returns:
        The page of a form whose print is found best.

    Raises:
        RegistrationError: If the page is none of them; it says what was found.
        TemplateError: If a reference cannot be used.
    """
    best: Match | None = None
    refused: tuple[_Candidate, Placement] | None = None
    least = 0.0
    for candidate in _list_candidates(page, forms):
        if candidate.estimate < least:
            break
        placement = find_placement(page, candidate.reference)
        if placement is None:
            continue
        if placement.fit is Fit.NONE:
            if refused is None or _quality(placement) > _quality(refused[1]):
                refused = candidate, placement
            continue
        match = _take(page, candidate, placement)
        if best is None or _rank(match.registration) > _rank(best.registration):
            best = match
        if match.registration.agreement >= _SURE:
            return best
        is_likely = candidate.estimate >= _LIKELY
        share = _FAR_LESS if is_likely else _VERY_FAR_LESS
        least = max(least, share * candidate.estimate)
    if best is None and refused is not None and overruled:
        return _take(page, *refused)
    if best is None:
        raise RegistrationError(_say_refusal(refused))
    return best


def _take(page: FormPage, candidate: _Candidate, placement: Placement) -> Match:
    """Take a page for what a candidate is."""
    found = refine_placement(page, candidate.reference, placement)
    return Match(candidate.form, candidate.page, candidate.reference, found)


def _quality(placement: Placement) -> float:
    return placement.agreement.quality


def _say_refusal(refused: tuple[_Candidate, Placement] | None) -> str:
    """Say why a page is none of the forms, and what to do."""
    message = "the page shows none of the forms given"
    remedy = "give its own template, or scan the page whole and flat"
    if refused is None:
        return f"{message}: nothing of their print is found; {remedy}"
    candidate, placement = refused
    name = candidate.form.template.name
    sheet = f", page {candidate.page}" if len(candidate.form.references) > 1 else ""
    return (
        f"{message}; the likeliest is {name!r}{sheet}: {placement.describe()}. If it "
        f"is this form, --form {shlex.quote(name)} reads it, each field for review; "
        f"else {remedy}"
    )


def _list_candidates(page: FormPage, forms: Sequence[Form]) -> list[_Candidate]:
    """List the pages of forms, the likeliest first, else in the order given."""
    known = [(form, own.number, of) for form in forms for own, of in form.references]
    if len(known) == 1:  # nothing to choose from
        return [_Candidate(*known[0], estimate=0.0)]
    candidates = [_Candidate(*one, estimate_agreement(page, one[2])) for one in known]
    return sorted(candidates, key=lambda candidate: -candidate.estimate)


def cut_fields(page: PreparedPage, match: Match) -> list[FieldImage]:
    """Cut out the fields of a page that was recognised.

    Boxes that are found on the page itself at the place of a field, with as many cells,
    are taken as they are: they follow the paper, and a template of upright boxes does
    not know by how much a row was printed askew.

    Args:
        page: The page.
        match: Which form it is, and where.

    Returns:
        The fields for written numbers that the template names, in its order.
    """
    templates = _list_numbers(match.template, match.page)
    placed = [_place_cells(page, field, match) for field in templates]
    # By their place alone: what the ink network adds are boxes that nobody expects.
    rows = find_rows(PreparedPage(page.pixels))
    for index in range(len(templates)):
        same = [row for row in rows if _is_at(row, placed[index])]
        if len(same) == 1:
            placed[index] = same[0]
    pen = separate_pen(page, placed)
    cut = [
        cut_field(page.ink, row, template.name, pen)
        for row, template in zip(placed, templates, strict=True)
    ]
    fields = []
    for row, field in zip(
        placed, clean_boxes_by_layers(page, placed, cut, pen), strict=True
    ):
        is_dropout = pen is not None and pen.is_dropout(row)
        fields.append(_clear(field, match.form, is_dropout=is_dropout))
    return fields


def _clear(field: FieldImage, form: Form, *, is_dropout: bool) -> FieldImage:
    """Clear a field of what its form prints in it, in both ways it was cleaned."""
    guide, printed = form.guides.get(field.name), form.prints.get(field.name)
    if guide is not None and not is_dropout:
        field = erase_guide(field, guide)
    if printed is not None and not is_dropout:
        field = erase_print(field, printed)
    if not field.cells:
        field = mark_crossing(field)
    if field.by_geometry is None:
        return field
    other = _clear(field.by_geometry, form, is_dropout=is_dropout)
    return replace(field, by_geometry=other)


def _is_at(seen: Row, place: Row) -> bool:
    """Tell whether a row found on the page is the one expected at a place.

    Its corners must be those expected one by one: on a page upside down, a row that is
    found without the template is upside down as well. A box that is much lower is a
    part of one that writing cuts in two.
    """
    expected = place.outline
    height = float(np.hypot(*(expected[3] - expected[0])))
    seen_height = float(np.hypot(*(seen.outline[3] - seen.outline[0])))
    apart = np.hypot(*(seen.outline - expected).T)
    is_near = float(apart.max()) < _APART * height
    is_whole = seen_height > (1 - _ALIKE) * height
    return len(seen) == len(place) and is_near and is_whole


def _find_cells(field: FieldTemplate, printed: list[Cell]) -> Corners:
    """Find the corners of the cells of a field; equal parts if they are not seen."""
    inside = [cell for cell in printed if _holds(field.box, cell)]
    inside.sort(key=lambda cell: cell.box.left)
    expected = field.cell_boxes
    if len(inside) == len(expected) and _are_even(inside, expected):
        return np.stack([cell.corners for cell in inside])
    return np.stack([box.corners for box in expected])


def _are_even(cells: list[Cell], expected: Sequence[Box]) -> bool:
    """Tell whether cells have one width and one distance, as printed ones do.

    Where the template skips a place, the distance is as much wider.
    """
    widths = np.array([cell.box.width for cell in cells], dtype=np.float64)
    width = np.mean([box.width for box in expected])
    places = np.diff([box.centre[0] for box in expected]) / width
    steps = np.diff([cell.box.centre[0] for cell in cells]) / np.round(places)
    return all(
        np.ptp(sizes) < _ALIKE * sizes.min() for sizes in (widths, steps) if len(sizes)
    )


def _holds(box: Box, cell: Cell) -> bool:
    """Tell whether the middle of a cell as high as a field lies in it."""
    x, y = cell.box.centre
    is_inside = box.left < x < box.right and box.top < y < box.bottom
    return is_inside and abs(cell.box.height - box.height) < _ALIKE * box.height


def _place_cells(page: PreparedPage, field: FieldTemplate, match: Match) -> Row:
    """Find the cells of a field on the page."""
    to_page = refine_field(page, match.registration, match.reference, field.box)
    printed = match.form.cells[field.name]
    corners = [transform_points(four, to_page) for four in printed]
    height = float(np.hypot(*(corners[0][3] - corners[0][0])))
    line_px = max(2.0, _LINE * height)
    upright = [
        Box(0, 0, max(1, round(float(np.hypot(*(four[1] - four[0]))))), round(height))
        for four in corners
    ]
    return Row(
        Cell(np.asarray(four, np.float64), box, line_px)
        for four, box in zip(corners, upright, strict=True)
    )
