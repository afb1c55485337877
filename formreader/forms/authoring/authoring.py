"""Propose the fields of a form from its blank page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import numpy.typing as npt

from formreader.forms.authoring.candidates import (
    LEAST_CONFIDENCE,
    Candidate,
    Content,
)
from formreader.forms.authoring.form_fields import add_form_fields
from formreader.forms.authoring.groups import join_groups
from formreader.forms.authoring.judgement import judge_by_labels
from formreader.forms.authoring.naming import name_candidates
from formreader.forms.authoring.open_cells import find_open_cells
from formreader.forms.templates.entries import MOST_CELLS, FieldTemplate, Option
from formreader.geometry import Box
from formreader.layout.blanks import find_blanks
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.pages.printed_content import PrintedContent
from formreader.records import FieldImage, FieldKind

_RIM = 0.12  # of a cell's side, where remains of its lines may lie
_LEAST_INK = 0.01  # of a cell; less is dirt
_LOW = 0.35  # of a cell's height: a dash between boxes
_FREE = 0.6  # of a box's height must be free of print to write in
_LARGEST = 1 / 8  # of the page's height: a higher box is no number's
_UPRIGHT = 2.5  # times as high as wide: a box for a number is not
_TICK = 0.021  # of the page's shorter side, 4.4 mm on A4: too small for a digit
_SQUARE = 1.35
_TURNED_DEG = 1.0
_FILLED_SHARE = 0.25  # of the cells of all rows
_ALIKE = 0.04  # of a cell's height


@dataclass(frozen=True)
class Suggestion:
    """A field that is doubtful: it may hold no number.

    Attributes:
        field: The field.
        content: What it takes, as far as can be told.
        confidence: Probability that it is a field for a number.
        reason: Why that is doubtful, in words; may be empty.
    """

    field: FieldTemplate
    content: Content
    confidence: float
    reason: str


@dataclass(frozen=True)
class Draft:
    """The fields proposed for a page.

    Attributes:
        fields: In reading order.
        suggestions: Doubtful ones, in reading order.
        warnings: What the author should look at, in words.
    """

    fields: tuple[FieldTemplate, ...]
    suggestions: tuple[Suggestion, ...]
    warnings: tuple[str, ...]


def propose_fields(
    pixels: npt.NDArray[np.uint8],
    page: int = 1,
    start: int = 1,
    prefix: str = "",
    content: PrintedContent | None = None,
) -> Draft:
    """Find the fields of a blank page.

    Rows of boxes, boxes with several digits, table cells, underlined blanks and lines
    with comb teeth are found. Boxes with print where one would write are left out. Rows
    of one pitch with room for a mark between are one field that skips it. Form fields
    of the file go before what is seen, its boxes to tick among them, and printed words
    tell what takes a number.

    Args:
        pixels: (H, W) uint8, 0 = black; the page, not filled in.
        page: Its 1-based number in the form.
        start: Number of the first field that has no name of its own.
        prefix: Goes before names, to tell pages apart.
        content: What the file says of the page.
    """
    content = content or PrintedContent()
    fields = find_fields(prepared := PreparedPage(pixels))
    seen = _find_candidates(prepared, fields)
    empty = [box for field in fields for box in _list_empty(field)]
    found = add_form_fields(seen, content.form_fields, empty)
    found = judge_by_labels(found, content.words) if content.words else found
    found = _sort(found)
    kept: list[FieldTemplate] = []
    doubtful: list[Suggestion] = []
    names = name_candidates(found, start, prefix)
    for name, one in zip(names, found, strict=True):
        field = _make_field(name, page, one, pixels.shape)
        is_tick = one.content in (Content.TICK, Content.CHOICE) and one.is_declared
        is_number = one.content is Content.NUMBER
        if is_tick or (is_number and one.confidence >= LEAST_CONFIDENCE):
            kept.append(field)
        else:
            doubtful.append(Suggestion(field, one.content, one.confidence, one.reason))
    rows = [field for field in fields if field.kind is FieldKind.CELLS]
    is_declared = bool(content.form_fields)
    warnings = () if is_declared else tuple(_warn(rows, fields))
    return Draft(tuple(kept), tuple(doubtful), warnings)


def _make_field(
    name: str, page: int, one: Candidate, shape: tuple[int, ...]
) -> FieldTemplate:
    box = one.box.clipped(shape)
    if one.content is Content.TICK:
        return FieldTemplate(name=name, page=page, box=box, kind="tick")
    if one.content is Content.CHOICE:
        options = tuple(
            Option(value=value, box=place.clipped(shape))
            for value, place in one.options
        )
        return FieldTemplate(
            name=name, page=page, box=box, kind="choice", options=options
        )
    return FieldTemplate(name=name, page=page, box=box, cells=one.cells, skip=one.skip)


def _find_candidates(
    prepared: PreparedPage, fields: list[FieldImage]
) -> list[Candidate]:
    """List what looks like a field on a page."""
    rows = [field for field in fields if field.kind is FieldKind.CELLS]
    lone = [field for field in fields if field.kind is not FieldKind.CELLS]
    free = [field for field in lone if _has_room(field, len(prepared.pixels))]
    heights = [_measure_height(row, cell) for row in rows for cell in row.cells]
    guided = sum(height > _LOW for height in heights) > len(heights) / 2
    boxed = [_describe_row(row, guided) for row in rows]
    boxed = join_groups(boxed, prepared.ink)
    closed = [_upright_box(field) for field in free]
    open_ = find_open_cells(prepared.ink, closed)
    boxed += [Candidate(box) for box in (*closed, *open_)]
    blanks = find_blanks(prepared.ink, [field.box for field in fields])
    found = [*boxed, *(Candidate(one.box, one.cells) for one in blanks)]
    return [_mark_tick(one, min(prepared.pixels.shape)) for one in found]


def _mark_tick(candidate: Candidate, page_side: int) -> Candidate:
    """Mark a box that is square and too small to write a digit in."""
    box = candidate.box
    is_square = max(box.width, box.height) <= _SQUARE * min(box.width, box.height)
    if not is_square or box.width > _TICK * page_side or (candidate.cells or 1) > 1:
        return candidate
    return replace(
        candidate, content=Content.TICK, confidence=0.1, reason="a box to tick"
    )


def _has_room(field: FieldImage, page_height: int) -> bool:
    """Tell whether a box has the shape of a field, and room to write a number in."""
    frame = field.frame
    if frame.height > _LARGEST * page_height or frame.height > _UPRIGHT * frame.width:
        return False
    inside = _inner(field.ink, frame)
    if inside.size == 0 or (inside > 0).mean() < _LEAST_INK / 5:
        return True
    inked = [bool(row.any()) for row in inside]
    longest = max(
        (len(list(run)) for is_inked, run in groupby(inked) if not is_inked), default=0
    )
    return longest >= _FREE * frame.height


def _inner(ink: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.uint8]:
    """Cut out a cell without the rim."""
    return ink[box.expanded(-round(_RIM * box.width), -round(_RIM * box.height)).slices]


def _describe_row(field: FieldImage, guided: bool) -> Candidate:
    """Describe a row of boxes; dashes stand in the place of digits, or at its ends.

    Args:
        field: The row.
        guided: Whether something is printed in most cells of the page, to write along.

    """
    cells = field.cells
    dashes = [_holds_dash(field, cell) for cell in cells]
    if sum(dashes) > len(cells) / 2:  # a mark in each cell is a guide
        dashes = [False] * len(cells)
    places = [place for place, is_dash in enumerate(dashes) if not is_dash]
    first, last = places[0], places[-1]
    box = cells[first].union(cells[last]).shifted(*_corner_of(field))
    count = min(last - first + 1, MOST_CELLS)
    skip = tuple(place - first + 1 for place in range(first, last) if dashes[place])
    is_full = all(_measure_height(field, cell) > _LOW for cell in cells)
    if is_full and not guided:
        reason = "something is printed in its cells"
        return Candidate(box, count, skip, confidence=0.2, reason=reason)
    return Candidate(box, count if count > 1 else None, skip if count > 2 else ())


def _holds_dash(field: FieldImage, cell: Box) -> bool:
    inside = _inner(field.ink, cell) > 0
    if inside.size == 0 or inside.mean() < _LEAST_INK:
        return False
    rows = np.flatnonzero(inside.any(axis=1))
    columns = np.flatnonzero(inside.any(axis=0))
    high, wide = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    return high <= _LOW * cell.height and wide > high


def _measure_height(field: FieldImage, cell: Box) -> float:
    """Measure the ink in a cell in heights of the cell; 0 if there is none."""
    inside = _inner(field.ink, cell) > 0
    if inside.size == 0 or inside.mean() < _LEAST_INK:
        return 0.0
    rows = np.flatnonzero(inside.any(axis=1))
    return (int(np.ptp(rows)) + 1) / cell.height


def _list_empty(field: FieldImage) -> list[Box]:
    """List the printed boxes of a field in which nothing stands."""
    cells = field.cells or (field.frame,)
    empty = [cell for cell in cells if not _measure_height(field, cell)]
    return [cell.shifted(*_corner_of(field)) for cell in empty]


def _corner_of(field: FieldImage) -> tuple[int, int]:
    """Find where the upper left of a field's image lies if it is laid upright."""
    x, y = field.outline.mean(axis=0)
    middle = field.frame.centre
    return round(float(x) - middle[0]), round(float(y) - middle[1])


def _upright_box(field: FieldImage) -> Box:
    return field.frame.shifted(*_corner_of(field))


def _sort(candidates: list[Candidate]) -> list[Candidate]:
    """Sort into lines from top to bottom, and each line from left to right."""
    waiting = sorted(candidates, key=lambda one: one.box.centre[1])
    ordered: list[Candidate] = []
    while waiting:
        first = waiting[0].box
        line = [
            one
            for one in waiting
            if abs(one.box.centre[1] - first.centre[1])
            < 0.5 * min(one.box.height, first.height)
        ]
        ordered += sorted(line, key=lambda one: one.box.left)
        waiting = [one for one in waiting if one not in line]
    return ordered


def _warn(rows: list[FieldImage], fields: list[FieldImage]) -> list[str]:
    warnings = []
    cells = [(row, cell) for row in rows for cell in row.cells]
    heights = np.array([_measure_height(row, cell) for row, cell in cells])
    written = heights[heights > _LOW]
    filled = len(written)
    # Guides that are printed in the cells are alike as no handwriting is.
    is_guide = filled > 1 and np.ptp(np.quantile(written, (0.1, 0.9))) < _ALIKE
    if filled > _FILLED_SHARE * len(cells) and not is_guide:
        warnings.append(
            "the page looks filled in: something stands in "
            f"{filled} of {len(cells)} cells; a template is made from a blank page"
        )
    turned = max((abs(_turn_deg(field)) for field in fields), default=0.0)
    if turned > _TURNED_DEG:
        warnings.append(
            f"boxes lie turned by up to {turned:.1f} degrees; scan the page straight, "
            "or make the template from the PDF that was printed"
        )
    return warnings


def _turn_deg(field: FieldImage) -> float:
    dx, dy = field.outline[1] - field.outline[0]
    return float(np.degrees(np.arctan2(dy, dx)))
