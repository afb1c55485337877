"""Look a template over: draw it on its reference, and warn of what looks wrong."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.forms.authoring.contents import describe_contents
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box
from formreader.layout.binarization import binarize
from formreader.layout.fields import find_rows
from formreader.layout.prepared_page import PreparedPage

_FIELD, _CELL, _DOUBT = (0, 110, 220), (200, 140, 0), (40, 30, 230)  # BGR
_TEXT_SHARE = 0.008  # of the page's larger side
_SMALLEST_TEXT_PX = 9
_FONT_PX = 22  # height of OpenCV's font at scale 1
_OVERLAP = 0.02  # of the smaller field; less is rounding
_REACH = 0.12  # of a field's height, by which its line may lie off
_BOXED = 0.9  # of its area in a printed box: the line may be farther away
_RULED = 0.6  # of a field's width


@dataclass(frozen=True)
class Doubt:
    """What looks wrong in a template.

    Attributes:
        text: A sentence.
        names: The fields that it speaks of.
    """

    text: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Reference:
    """What a reference shows, whatever fields it has.

    Attributes:
        ink: (H, W) uint8, 255 = ink.
        printed: The boxes for one digit that are seen on it.
    """

    ink: npt.NDArray[np.uint8]
    printed: tuple[Box, ...]

    @classmethod
    def look(cls, page: PageTemplate) -> Reference:
        """Look at the reference of a page.

        Raises:
            TemplateError: If it cannot be used.
        """
        prepared = PreparedPage(page.load_pixels())
        printed = [cell.box for row in find_rows(prepared) for cell in row]
        return cls(binarize(prepared.pixels), tuple(printed))


def draw_template(
    pixels: npt.NDArray[np.uint8],
    fields: Sequence[FieldTemplate],
    doubtful: Container[str] = (),
) -> npt.NDArray[np.uint8]:
    """Draw the names and cells of a page's fields on its reference.

    Args:
        pixels: (H, W) uint8, 0 = black; the reference.
        fields: What is on this page.
        doubtful: Names of fields to draw in red.

    Returns:
        (H, W, 3) uint8 in OpenCV's order, blue first.
    """
    pale = cv2.addWeighted(pixels, 0.6, np.full_like(pixels, 255), 0.4, 0)
    picture = np.asarray(cv2.cvtColor(pale, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    text_px = max(_SMALLEST_TEXT_PX, round(_TEXT_SHARE * max(pixels.shape)))
    line_px = max(1, text_px // 8)
    for field in fields:
        for cell in field.cell_boxes if field.cells else ():
            _draw_box(picture, cell, _CELL, max(1, line_px // 2))
        colour = _DOUBT if field.name in doubtful else _FIELD
        _draw_box(picture, field.box, colour, line_px)
    for field in fields:
        _write_name(picture, field, text_px)
    return picture


def find_doubts(
    template: FormTemplate, look: Callable[[PageTemplate], Reference] = Reference.look
) -> list[Doubt]:
    """Say what looks wrong in a template.

    Args:
        template: The template.
        look: Looks at the reference of a page, or knows what it shows.

    Returns:
        Pages without fields, fields that overlap, fields whose lower edge shows no line
        on the reference, and those that print or a line runs into.

    Raises:
        TemplateError: If a reference cannot be used.
    """
    return list(_find_doubts(template, look))


def _find_doubts(
    template: FormTemplate, look: Callable[[PageTemplate], Reference]
) -> Iterator[Doubt]:
    used = {field.page for field in template.fields}
    empty = [str(page.number) for page in template.pages if page.number not in used]
    if empty:
        yield Doubt(f"no fields on page {', '.join(empty)}")
    for page in template.pages:
        fields = template.fields_on(page.number)
        reference = look(page)
        ink = reference.ink
        for one, other in combinations(fields, 2):
            shared = one.box.intersection_area(other.box)
            if shared > _OVERLAP * min(one.box.area, other.box.area):
                names = one.name, other.name
                yield Doubt(f"{one.name} and {other.name} overlap", names)
        for field in fields:
            if not _is_ruled(ink, field.box) and not _is_boxed(field.box, reference):
                text = f"{field.name}: no line of a box or blank below it on the page"
                yield Doubt(text, (field.name,))
            for text in describe_contents(ink, field, reference.printed):
                yield Doubt(f"{field.name}: {text}", (field.name,))


def _is_ruled(ink: npt.NDArray[np.uint8], box: Box) -> bool:
    """Tell whether a line runs along the lower edge of a box."""
    reach = max(3, round(_REACH * box.height))
    band = ink[max(0, box.bottom - reach) : box.bottom + reach, box.left : box.right]
    run = np.ones((1, max(3, box.height // 2)), np.uint8)
    lines = cv2.morphologyEx(np.ascontiguousarray(band), cv2.MORPH_OPEN, run)
    return bool(lines.any(axis=0).mean() >= _RULED)


def _is_boxed(box: Box, reference: Reference) -> bool:
    """Tell whether a box lies in a printed one, as what is typed into does."""
    inside = (box.intersection_area(printed) for printed in reference.printed)
    return max(inside, default=0) >= _BOXED * box.area


def _draw_box(
    picture: npt.NDArray[np.uint8],
    box: Box,
    colour: tuple[int, int, int],
    thickness: int,
) -> None:
    low, high = (box.left, box.top), (box.right - 1, box.bottom - 1)
    cv2.rectangle(picture, low, high, colour, thickness)


def _write_name(
    picture: npt.NDArray[np.uint8], field: FieldTemplate, text_px: int
) -> None:
    """Write a name inside the upper left corner, smaller in a small field."""
    box = field.box
    wanted = 0.8 * text_px * len(field.name)
    size = max(_SMALLEST_TEXT_PX, text_px * min(1.0, box.width / max(1.0, wanted)))
    origin = (box.left + text_px // 4, box.top + round(1.2 * size))
    scale, pen = size / _FONT_PX, max(1, round(size / 10))
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(picture, field.name, origin, font, scale, _FIELD, pen, cv2.LINE_AA)
