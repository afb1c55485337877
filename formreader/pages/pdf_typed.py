"""Values that someone typed into the fields of a PDF form."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from formreader.pages.pdf_widgets import MOST_WIDGETS, open_widget, place_widget
from formreader.records import TypedValue

if TYPE_CHECKING:
    import pypdfium2

__all__ = ["find_typed_values"]

_MAX_BYTES = 512  # of UTF-16: no number is longer
_HIDDEN = 2 | 32  # bits of an annotation: hidden, not shown


def find_typed_values(
    page: pypdfium2.PdfPage, size: tuple[int, int]
) -> tuple[TypedValue, ...]:
    """Find the values with a digit in the text fields and lists of a page.

    Args:
        page: The page of a document with its forms opened.
        size: (width, height) in pixels at which the page is drawn.
    """
    if not page.formenv:
        return ()
    from pypdfium2 import raw

    count = min(raw.FPDFPage_GetAnnotCount(page), MOST_WIDGETS)
    typed = []
    for index in range(count):
        with open_widget(page, index) as widget:
            text = _read_value(page, widget)
            if any(letter.isdigit() for letter in text):
                typed.append(TypedValue(text, place_widget(page, widget, size)))
    return tuple(typed)


def _read_value(page: pypdfium2.PdfPage, widget: Any) -> str:
    """Read what is typed into a widget; nothing for what is none, or not shown."""
    from pypdfium2 import raw

    if not widget or raw.FPDFAnnot_GetSubtype(widget) != raw.FPDF_ANNOT_WIDGET:
        return ""
    if raw.FPDFAnnot_GetFlags(widget) & _HIDDEN:
        return ""
    kinds = {
        raw.FPDF_FORMFIELD_TEXTFIELD,
        raw.FPDF_FORMFIELD_COMBOBOX,
        raw.FPDF_FORMFIELD_LISTBOX,
    }
    if raw.FPDFAnnot_GetFormFieldType(page.formenv, widget) not in kinds:
        return ""
    buffer = (ctypes.c_ushort * (_MAX_BYTES // 2))()
    length = raw.FPDFAnnot_GetFormFieldValue(page.formenv, widget, buffer, _MAX_BYTES)
    if not 2 < length <= _MAX_BYTES:  # the bytes that it takes, with a closing zero
        return ""
    return bytes(buffer)[: length - 2].decode("utf-16-le", "replace").strip()
