"""The widgets of a PDF form: what they are, and where on the page they are drawn."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from formreader.geometry import Box

if TYPE_CHECKING:
    import pypdfium2

__all__ = [
    "MOST_WIDGETS",
    "hide_buttons",
    "open_widget",
    "place_rectangle",
    "place_widget",
]

MOST_WIDGETS = 10_000
"""Of a page; further ones are not looked at."""
_HIDDEN = 2  # bit of an annotation


@contextmanager
def open_widget(page: pypdfium2.PdfPage, index: int) -> Iterator[Any]:
    """Open an annotation of a page, and close it again."""
    from pypdfium2 import raw

    annotation = raw.FPDFPage_GetAnnot(page, index)
    try:
        yield annotation
    finally:
        if annotation:
            raw.FPDFPage_CloseAnnot(annotation)


def hide_buttons(page: pypdfium2.PdfPage) -> None:
    """Hide what is to be pressed, such as "Print": it is no part of a form on paper.

    Args:
        page: The page of a document with its forms opened; the file stays as it is.
    """
    from pypdfium2 import raw

    for index in range(min(raw.FPDFPage_GetAnnotCount(page), MOST_WIDGETS)):
        with open_widget(page, index) as widget:
            kind = raw.FPDFAnnot_GetFormFieldType(page.formenv, widget)
            if widget and kind == raw.FPDF_FORMFIELD_PUSHBUTTON:
                flags = raw.FPDFAnnot_GetFlags(widget)
                raw.FPDFAnnot_SetFlags(widget, flags | _HIDDEN)


def place_widget(page: pypdfium2.PdfPage, widget: Any, size: tuple[int, int]) -> Box:
    """Find the box of a widget in pixels of the page as drawn.

    Args:
        page: The page.
        widget: An open annotation of it.
        size: (width, height) in pixels at which the page is drawn.
    """
    from pypdfium2 import raw

    rectangle = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(widget, rectangle)
    sides = rectangle.left, rectangle.top, rectangle.right, rectangle.bottom
    return place_rectangle(page, sides, size)


def place_rectangle(
    page: pypdfium2.PdfPage,
    sides: tuple[float, float, float, float],
    size: tuple[int, int],
) -> Box:
    """Find the box of a rectangle in pixels of the page as drawn.

    Args:
        page: The page.
        sides: Left, top, right and bottom in points of the page.
        size: (width, height) in pixels at which the page is drawn.
    """
    from pypdfium2 import raw

    corners = []
    for x, y in (sides[:2], sides[2:]):
        across, down = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, across, down)
        corners.append((across.value, down.value))
    (x0, y0), (x1, y1) = corners
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
