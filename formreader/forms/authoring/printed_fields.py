"""Draws the fields of a printed form: boxes, cells, bubbles, and what stands in them.

The canvas is a reportlab one on which y goes down, in pixels of the template.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from formreader.forms.authoring.fonts import Fonts, order_letters
from formreader.forms.templates.entries import FieldTemplate
from formreader.geometry import Box

__all__ = ["DROP_OUT", "Look", "draw_field", "write_line"]

_HINT_PT, _CAPTION_PT = 6.0, 8.5
_GREY = 0.45  # of hints: 0 is black
_PALE = 0.6  # of the lines of bubbles and of what stands in them
_IN_PART = 0.62  # of its part of a divided field: a box or bubble
_GAP = 0.4  # of its letters' height, beside or below a box


DROP_OUT = {
    "red": (0.95, 0.55, 0.48),
    "green": (0.45, 0.78, 0.52),
    "blue": (0.52, 0.70, 0.94),
}
"""Colours of lines that are told from every pen: red, green and blue in [0, 1]."""


@dataclass(frozen=True)
class Look:
    """How the fields of a page are drawn.

    Attributes:
        line_px: Thickness of lines.
        point_px: Size of a point.
        fonts: What hints and captions are written in.
        colour: A key of `DROP_OUT` for all lines and hints; black and grey without.
    """

    line_px: float
    point_px: float
    fonts: Fonts
    colour: str | None = None


def draw_field(canvas: Any, field: FieldTemplate, look: Look) -> None:
    """Draw a field without its label; of a code, nothing, since each copy has its own.

    Args:
        canvas: The canvas.
        field: The field.
        look: How.
    """
    if field.holds == "code":
        return
    canvas.saveState()
    canvas.setLineWidth(look.line_px)
    if look.colour is not None:
        canvas.setStrokeColorRGB(*DROP_OUT[look.colour])
        canvas.setFillColorRGB(*DROP_OUT[look.colour])
    if field.holds == "choice":
        _draw_choice(canvas, field, look)
    else:
        _draw_boxes(canvas, field, look.line_px)
        _draw_between(canvas, field, look.fonts)
    _write_hint(canvas, field, look)
    canvas.restoreState()


def write_line(
    canvas: Any, text: str, x: float, y: float, size: float, font: str
) -> None:
    """Write a line of text at its baseline."""
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(1, -1)
    canvas.setFont(font, size)
    canvas.drawString(0, 0, order_letters(text))
    canvas.restoreState()


def _draw_boxes(canvas: Any, field: FieldTemplate, line_px: float) -> None:
    """Draw a field's lines just outside its box, those between cells in the middle.

    Where marks are printed between, the cells stand in groups with the marks free.
    """
    half = line_px / 2
    for box in _list_groups(field):
        canvas.rect(
            box.left - half, box.top - half, box.width + line_px, box.height + line_px
        )
        inner = {x for one in field.cell_boxes for x in (one.left, one.right)}
        for side in sorted(inner):
            if box.left < side < box.right:
                canvas.line(side, box.top, side, box.bottom)


def _list_groups(field: FieldTemplate) -> list[Box]:
    """List the frames of a field: one, or one for each run of cells."""
    if not field.appearance.between:
        return [field.box]
    groups = []
    numbers = [n for n in range(field.cells or 1) if n + 1 not in field.skip]
    cells = dict(zip(numbers, field.cell_boxes, strict=True))
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        own = [cells[number] for _, number in run]
        groups.append(own[0].union(own[-1]))
    return groups


def _draw_between(canvas: Any, field: FieldTemplate, fonts: Fonts) -> None:
    """Print the marks in cells that are skipped; dashes by default."""
    box, width = field.box, field.box.width / (field.cells or 1)
    marks = field.appearance.between
    for index, place in enumerate(field.skip):
        middle = box.left + (place - 0.5) * width
        if not marks:
            y = box.centre[1]
            canvas.line(middle - width / 4, y, middle + width / 4, y)
            continue
        mark, size = marks[min(index, len(marks) - 1)], 0.62 * box.height
        x = middle - fonts.measure(mark, size) / 2
        write_line(canvas, mark, x, box.top + 0.75 * box.height, size, fonts.regular)


def _draw_choice(canvas: Any, field: FieldTemplate, look: Look) -> None:
    """Draw the boxes or bubbles of a choice, each with what it stands for."""
    own, values, fonts = field.appearance, field.option_values, look.fonts
    captions = own.captions or values
    for number, place in enumerate(field.mark_boxes):
        caption = captions[number % len(values) % len(captions)]
        box = place if field.options else _shrink(place)
        is_inside = own.bubbles and len(caption) == 1
        canvas.saveState()
        if is_inside and look.colour is None:
            canvas.setStrokeGray(_PALE - 0.3)
        if own.bubbles:
            canvas.ellipse(box.left, box.top, box.right, box.bottom)
        else:
            canvas.rect(box.left, box.top, box.width, box.height)
        canvas.restoreState()
        if is_inside:
            size = 0.55 * box.height
            x = box.centre[0] - fonts.measure(caption, size) / 2
            base = box.centre[1] + 0.36 * size
            _write_pale(canvas, caption, (x, base), size, look, _PALE)
        else:
            size = _CAPTION_PT * look.point_px
            x, base = box.right + _GAP * size, box.centre[1] + 0.36 * size
            canvas.saveState()
            canvas.setFillGray(0)
            write_line(canvas, caption, x, base, size, fonts.regular)
            canvas.restoreState()


def _shrink(place: Box) -> Box:
    """Make the box in a part of a divided field: square, at its left."""
    side = round(_IN_PART * min(place.width, place.height))
    left = place.left if place.width > 2 * side else round(place.centre[0] - side / 2)
    top = round(place.centre[1] - side / 2)
    return Box(left, top, left + side, top + side)


def _write_hint(canvas: Any, field: FieldTemplate, look: Look) -> None:
    """Write the hint: a letter below each cell if there are as many, else a line."""
    hint, size = field.appearance.hint, _HINT_PT * look.point_px
    if not hint:
        return
    base = field.box.bottom + 1.25 * size
    letters = [letter for letter in hint if not letter.isspace()]
    if field.cells and len(letters) == len(field.cell_boxes):
        for letter, cell in zip(letters, field.cell_boxes, strict=True):
            x = cell.centre[0] - look.fonts.measure(letter, size) / 2
            _write_pale(canvas, letter, (x, base), size, look, _GREY)
        return
    _write_pale(canvas, hint, (field.box.left, base), size, look, _GREY)


def _write_pale(
    canvas: Any,
    text: str,
    place: tuple[float, float],
    size: float,
    look: Look,
    grey: float,
) -> None:
    """Write in grey, or in the colour that drops out."""
    canvas.saveState()
    if look.colour is None:
        canvas.setFillGray(grey)
    write_line(canvas, text, *place, size, look.fonts.regular)
    canvas.restoreState()
