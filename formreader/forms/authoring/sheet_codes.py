"""Draws the QR codes of a printed sheet, and markers, which are squares as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from formreader.forms.authoring.printed_fields import Look, write_line
from formreader.forms.registration.fiducials import marker_corners
from formreader.forms.serials import code_text
from formreader.forms.templates.entries import FieldTemplate
from formreader.geometry import Box, bounding_box

__all__ = ["draw_modules", "draw_serials", "list_modules", "list_places"]

_SIDE = 1.5  # of a marker's
_SERIAL_PT, _SERIAL_DIGITS = 8.0, 6
_GAP = 1.3  # of the letters' height, from the code to the foot of its number


def list_modules(text: str) -> npt.NDArray[np.bool_]:
    """List the black and white squares of a code.

    Args:
        text: What it says.

    Returns:
        (N, N) bool, true for black; without the free margin.
    """
    import segno

    code = segno.make_qr(text, error="m")
    return np.array([list(row) for row in code.matrix], dtype=np.bool_)


def list_places(width: int, height: int) -> Iterator[Box]:
    """List where a code may go on a page: at the top or the foot, the middle first.

    Args:
        width: Of the page in pixels.
        height: The same.
    """
    marker = bounding_box(marker_corners(width, height)[0])
    side = round(_SIDE * marker.height)
    for top in (marker.top, height - marker.top - side):
        for share in (0.5, 0.75, 0.25):
            left = round(share * width - side / 2)
            if left >= 0 and top >= 0:
                yield Box(left, top, left + side, top + side)


def draw_modules(canvas: Any, modules: npt.NDArray[np.bool_], box: Box) -> None:
    """Fill a box with black and white squares, those of a row in one piece."""
    step = box.width / len(modules)
    for y, row in enumerate(modules):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
        for start, end in edges.reshape(-1, 2).tolist():
            canvas.rect(
                box.left + step * start,
                box.top + step * y,
                step * (end - start),
                step,
                stroke=0,
                fill=1,
            )


def draw_serials(
    canvas: Any, form: str, fields: Iterable[FieldTemplate], serial: int, look: Look
) -> None:
    """Draw the codes of a copy, and its number below each, for people.

    Args:
        canvas: The canvas.
        form: Name of the form.
        fields: Those of a page.
        serial: Number of the copy.
        look: As for the fields.
    """
    digits = f"{serial:0{_SERIAL_DIGITS}d}"
    size = _SERIAL_PT * look.point_px
    for field in fields:
        if field.holds == "code":
            modules = list_modules(code_text(form, field.page, digits))
            side = min(field.box.width, field.box.height)
            left, top = field.box.left, field.box.top
            draw_modules(canvas, modules, Box(left, top, left + side, top + side))
            x = left + (side - look.fonts.measure(digits, size)) / 2
            base = top + side + _GAP * size
            write_line(canvas, digits, x, base, size, look.fonts.regular)
