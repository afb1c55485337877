"""Print a form from its template: boxes, names, markers and a code on each page."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from formreader.errors import TemplateError
from formreader.forms.authoring.fonts import Fonts, find_fonts
from formreader.forms.authoring.printed_fields import Look, draw_field, write_line
from formreader.forms.authoring.sheet_codes import (
    draw_modules,
    draw_serials,
    list_modules,
    list_places,
)
from formreader.forms.registration.fiducials import marker_corners, marker_modules
from formreader.forms.serials import code_text
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box, bounding_box

PAPERS = {"a4": (595.276, 841.89), "letter": (612.0, 792.0)}
"""Width and height of the papers in points, upright."""

_LINE_MM = 0.35
_MM = 72 / 25.4  # points
_TEXT_PT = 9.0
_LABEL_SIZES = (
    *((False, points) for points in (9.0, 7.5, 6.5)),
    *((True, points) for points in (9.0, 7.5, 6.5)),
    *((False, points) for points in (5.0, 4.0)),
)
"""Whether a name goes beside its field rather than above, and its size in points."""

_LABEL_GAP = 0.3  # of the letters' height, below a label
_QUIET = 0.15  # of a marker's or code's side must be free around it


@dataclass(frozen=True)
class PrintedForm:
    """What was printed.

    Attributes:
        pdf: The file.
        left_out: What found no place, in words for the user.
    """

    pdf: bytes
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Label:
    """A name on the page: its text, where its baseline begins, its size in pixels."""

    text: str
    x: float
    base: float
    size: float


@dataclass(frozen=True)
class _Sheet:
    """One page and everything on it, in pixels of the template.

    Attributes:
        page: The page.
        fields: Its fields.
        markers: Markers that are free of fields.
        code: Where the QR code goes, or None.
        labels: The names of fields.
        text_px: Size of the page's text.
        look: How fields are drawn.
    """

    page: PageTemplate
    fields: tuple[FieldTemplate, ...]
    markers: dict[int, Box]
    code: Box | None
    labels: tuple[_Label, ...]
    text_px: float
    look: Look


@dataclass(frozen=True)
class PrintingWay:
    """How a form is printed.

    Attributes:
        paper: One of `PAPERS`.
        font: A TrueType font for all texts; else one that has their letters.
        colour: A key of `DROP_OUT` in which lines are printed; black without.
    """

    paper: str = "a4"
    font: Path | None = None
    colour: str | None = None


_USUAL = PrintingWay()


def print_form(
    template: FormTemplate, way: PrintingWay = _USUAL, copies: range = range(1, 2)
) -> PrintedForm:
    """Print a form; no reference image is needed.

    Each page of the template is scaled to the paper, turned on its side if it is wider
    than high, and centred.

    Args:
        template: The form.
        way: How.
        copies: Serial numbers of the copies, which their codes say.

    Returns:
        A PDF of all pages of the template for each copy.

    Raises:
        InputError: If the font cannot be used.
    """
    from reportlab.pdfgen.canvas import Canvas

    stream = io.BytesIO()
    canvas = Canvas(stream, invariant=True)
    canvas.setTitle(template.name)
    fonts = find_fonts(_join_texts(template), way.font)
    left_out: list[str] = []
    if fonts.missing:
        left_out.append(f"no font has {fonts.missing[:20]!r}; give one with --font")
    scales = [_scale(page, way.paper) for page in template.pages]
    sheets = [
        _arrange(template, page, scale, fonts, way.colour)
        for page, scale in zip(template.pages, scales, strict=True)
    ]
    for sheet in sheets:
        left_out += _list_left_out(sheet)
    for number in copies:
        for sheet, scale in zip(sheets, scales, strict=True):
            size = _lay_paper(sheet.page, way.paper)
            canvas.setPageSize(size)
            x = (size[0] - scale * sheet.page.width) / 2
            y = (size[1] + scale * sheet.page.height) / 2
            _draw(canvas, template, sheet, (x, y), scale, number)
            canvas.showPage()
    canvas.save()
    return PrintedForm(stream.getvalue(), tuple(left_out))


def render_reference(
    template: FormTemplate, page: PageTemplate, way: PrintingWay = _USUAL
) -> npt.NDArray[np.uint8]:
    """Render a printed page as the reference of its template.

    Codes that differ from copy to copy are left out.

    Args:
        template: The form.
        page: One of its pages.
        way: As for `print_form`; lines and letters have the size that they have there.

    Returns:
        (H, W) uint8, 0 = black, of the size that the template states.
    """
    import pypdfium2
    from reportlab.pdfgen.canvas import Canvas

    scale = _scale(page, way.paper)
    stream = io.BytesIO()
    size = (scale * page.width, scale * page.height)
    canvas = Canvas(stream, pagesize=size, invariant=True)
    fonts = find_fonts(_join_texts(template), way.font)
    sheet = _arrange(template, page, scale, fonts, way.colour)
    _draw(canvas, template, sheet, (0, size[1]), scale)
    canvas.save()
    document = pypdfium2.PdfDocument(stream.getvalue())
    try:
        # What rounding adds must not become a row more.
        bitmap = document[0].render(scale=(1 - 1e-7) / scale, grayscale=True)
        pixels = np.asarray(bitmap.to_numpy(), dtype=np.uint8)
    finally:
        document.close()
    return np.ascontiguousarray(pixels.reshape(pixels.shape[:2]))


def _lay_paper(page: PageTemplate, paper: str) -> tuple[float, float]:
    """Choose width and height of the paper in points, on its side for a wide page."""
    width, height = PAPERS[paper]
    return (height, width) if page.width > page.height else (width, height)


def _scale(page: PageTemplate, paper: str) -> float:
    """Find how many points a pixel of the template takes."""
    width, height = _lay_paper(page, paper)
    return min(width / page.width, height / page.height)


def _join_texts(template: FormTemplate) -> str:
    """Join all that is written on a form."""
    texts = [template.name, *(text.text for text in template.texts)]
    for field in template.fields:
        look = field.appearance
        texts += [_label(field), look.hint, look.between, *look.captions]
        texts += field.option_values
    return "".join(texts)


def _label(field: FieldTemplate) -> str:
    label = field.appearance.label
    return field.name if label is None else label


def _arrange(
    template: FormTemplate,
    page: PageTemplate,
    scale: float,
    fonts: Fonts,
    colour: str | None,
) -> _Sheet:
    """Find the places of everything on a page.

    Raises:
        TemplateError: If no marker is free of fields.
    """
    fields = template.fields_on(page.number)
    boxes = [field.box for field in fields]
    corners = marker_corners(page.width, page.height)
    placed = {number: bounding_box(points) for number, points in corners.items()}
    markers = {n: box for n, box in placed.items() if _is_free(box, boxes)}
    if not markers:
        raise TemplateError(
            f"page {page.number}: fields lie in all four corners, where the markers "
            "belong; move one of them"
        )
    has_code = any(field.holds == "code" for field in fields)
    code = None if has_code else _place_code(page, boxes, [*placed.values()])
    obstacles = [*markers.values(), *([code] if code else [])]
    text_px = _TEXT_PT / scale
    return _Sheet(
        page,
        fields,
        markers,
        code,
        _place_labels(fields, obstacles, 1 / scale, fonts),
        text_px,
        Look(max(1.0, _LINE_MM * _MM / scale), 1 / scale, fonts, colour),
    )


def _is_free(place: Box, others: Sequence[Box]) -> bool:
    quiet = round(_QUIET * place.height)
    around = place.expanded(quiet, quiet)
    return not any(around.intersection_area(box) for box in others)


def _place_code(page: PageTemplate, boxes: list[Box], markers: list[Box]) -> Box | None:
    """Find room for the QR code at the top or the bottom, the middle first."""
    for place in list_places(page.width, page.height):
        if _is_free(place, [*boxes, *markers]):
            return place
    return None


def _place_labels(
    fields: tuple[FieldTemplate, ...],
    obstacles: list[Box],
    point_px: float,
    fonts: Fonts,
) -> tuple[_Label, ...]:
    """Write the labels above their fields where there is room, or left of them.

    Args:
        fields: What is on the page.
        obstacles: Markers and codes.
        point_px: Size of a point.
        fonts: What they are written in.
    """
    taken = [*obstacles, *(field.box for field in fields)]
    labels = []
    for field in filter(_label, fields):
        for label, place in _list_label_places(field, point_px, fonts):
            inside = place.left >= 0 and place.top >= 0
            if inside and not any(place.intersection_area(box) for box in taken):
                labels.append(label)
                taken.append(place)
                break
    return tuple(labels)


def _list_label_places(
    field: FieldTemplate, point_px: float, fonts: Fonts
) -> Iterator[tuple[_Label, Box]]:
    """List where a name may go, best first, and what it would cover there."""
    box, text = field.box, _label(field)
    for beside, points in _LABEL_SIZES:
        size = points * point_px
        gap, width = _LABEL_GAP * size, fonts.measure(text, size)
        left = box.left - round(2 * gap) - width if beside else box.left
        base = box.centre[1] + 0.35 * size if beside else box.top - gap
        place = Box(left, round(base - size), left + width, round(base) + 1)
        yield _Label(text, left, base, size), place


def _list_left_out(sheet: _Sheet) -> list[str]:
    page = f"page {sheet.page.number}"
    found = [
        f"{page}: a field lies where marker {number} belongs; it is left out"
        for number in range(4)
        if number not in sheet.markers
    ]
    if sheet.code is None and not any(field.holds == "code" for field in sheet.fields):
        found.append(f"{page}: no room for the QR code at the top or bottom")
    unnamed = sum(map(bool, map(_label, sheet.fields))) - len(sheet.labels)
    if unnamed:
        found.append(f"{page}: {unnamed} fields have no room for their name")
    return found


def _draw(
    canvas: Any,
    template: FormTemplate,
    sheet: _Sheet,
    origin: tuple[float, float],
    scale: float,
    serial: int | None = None,
) -> None:
    """Draw one page.

    Args:
        canvas: A reportlab canvas.
        template: The form.
        sheet: What is on the page.
        origin: Where the upper left corner of the template goes, in points from the
            lower left of the paper.
        scale: Points a pixel.
        serial: Number of the copy; None for no code that says it.
    """
    fonts = sheet.look.fonts
    canvas.saveState()
    canvas.translate(*origin)
    canvas.scale(scale, -scale)  # from here on as the template: y goes down
    for number, box in sheet.markers.items():
        draw_modules(canvas, marker_modules(number), box)
    if sheet.code is not None:
        text = code_text(template.name, sheet.page.number)
        draw_modules(canvas, list_modules(text), sheet.code)
    for field in sheet.fields:
        draw_field(canvas, field, sheet.look)
    if serial is not None:
        draw_serials(canvas, template.name, sheet.fields, serial, sheet.look)
    for label in sheet.labels:
        write_line(canvas, label.text, label.x, label.base, label.size, fonts.regular)
    for line in template.texts:
        if line.page == sheet.page.number:
            font = fonts.bold if line.bold else fonts.regular
            size = line.size * sheet.look.point_px
            write_line(canvas, line.text, *line.at, size, font)
    _write_title(canvas, template, sheet)
    canvas.restoreState()


def _write_title(canvas: Any, template: FormTemplate, sheet: _Sheet) -> None:
    """Write the form's name and the page at the foot, if nothing stands there."""
    page, size = sheet.page, sheet.text_px
    title = template.name
    if len(template.pages) > 1:
        title += f"  {page.number}/{len(template.pages)}"
    markers = marker_corners(page.width, page.height)
    left = float(markers[3][1, 0] + size)
    base = float(markers[3][2, 1])
    place = Box(
        round(left),
        round(base - size),
        round(left) + sheet.look.fonts.measure(title, size),
        round(base + size / 4),
    )
    others = [*sheet.markers.values(), *(field.box for field in sheet.fields)]
    if _is_free(place, [*others, *([sheet.code] if sheet.code else [])]):
        write_line(canvas, title, left, base, size, sheet.look.fonts.regular)
