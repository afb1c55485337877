"""The printed words of a PDF page, and the form fields that it declares."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from formreader.geometry import Box
from formreader.pages.pdf_widgets import (
    MOST_WIDGETS,
    open_widget,
    place_rectangle,
    place_widget,
)
from formreader.pages.printed_content import (
    FormField,
    FormFieldKind,
    PrintedContent,
    PrintedWord,
)

if TYPE_CHECKING:
    import pypdfium2

__all__ = ["read_content"]

_MAX_CHARACTERS = 100_000
_MAX_BYTES = 4096  # of UTF-16, of a name or a script
_HIDDEN = 2 | 32  # bits of an annotation: hidden, not shown
_LONG, _COMB = 1 << 12, 1 << 24  # bits of a text field: several lines, comb
_EVENTS = (12, 13)  # scripts of a key stroke, and of the format
_CHECKS = {
    "number": re.compile(r"AF(Number|Percent)_|AFSpecial_"),
    "date": re.compile(r"AFDate_"),
    "time": re.compile(r"AFTime_"),
}
"""Functions of Acrobat that check or format what is typed."""


def read_content(page: pypdfium2.PdfPage, size: tuple[int, int]) -> PrintedContent:
    """Read the words and the form fields of a page.

    Args:
        page: The page of a document with its forms opened.
        size: (width, height) in pixels at which the page is drawn.
    """
    fields = tuple(_read_fields(page, size)) if page.formenv else ()
    return PrintedContent(tuple(_read_words(page, size)), fields)


def _read_words(
    page: pypdfium2.PdfPage, size: tuple[int, int]
) -> Iterator[PrintedWord]:
    text_page = page.get_textpage()
    try:
        letters: list[str] = []
        box: Box | None = None
        for letter, place in _read_letters(page, text_page, size):
            is_apart = place is None or (box is not None and _is_apart(box, place))
            if letters and box is not None and is_apart:
                yield PrintedWord("".join(letters), box)
                letters, box = [], None
            if place is not None:
                letters.append(letter)
                box = place if box is None else box.union(place)
        if letters and box is not None:
            yield PrintedWord("".join(letters), box)
    finally:
        text_page.close()


def _read_letters(
    page: pypdfium2.PdfPage, text_page: Any, size: tuple[int, int]
) -> Iterator[tuple[str, Box | None]]:
    """Read the letters of a page, each with its place; white space has none."""
    from pypdfium2 import raw

    count = min(raw.FPDFText_CountChars(text_page), _MAX_CHARACTERS)
    for index in range(count):
        code = raw.FPDFText_GetUnicode(text_page, index)
        letter = chr(code) if 0 < code <= 0x10FFFF else " "
        if not letter.isprintable() or letter.isspace():
            yield " ", None
            continue
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        raw.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
        sides = left.value, top.value, right.value, bottom.value
        yield letter, place_rectangle(page, sides, size)


def _is_apart(word: Box, letter: Box) -> bool:
    """Tell whether a letter stands elsewhere than next to the word before it."""
    reach = max(word.height, letter.height)
    beside = word.left - reach <= letter.left <= word.right + reach
    level = letter.top <= word.bottom + reach / 2 and letter.bottom >= word.top - (
        reach / 2
    )
    return not (beside and level)


def _read_fields(page: pypdfium2.PdfPage, size: tuple[int, int]) -> Iterator[FormField]:
    from pypdfium2 import raw

    for index in range(min(raw.FPDFPage_GetAnnotCount(page), MOST_WIDGETS)):
        with open_widget(page, index) as widget:
            if widget and raw.FPDFAnnot_GetSubtype(widget) == raw.FPDF_ANNOT_WIDGET:
                field = _read_field(page, widget, size)
                if field is not None:
                    yield field


def _read_field(
    page: pypdfium2.PdfPage, widget: Any, size: tuple[int, int]
) -> FormField | None:
    """Read what a widget says of itself; None for buttons and what is unknown."""
    from pypdfium2 import raw

    kinds = {
        raw.FPDF_FORMFIELD_TEXTFIELD: FormFieldKind.TEXT,
        raw.FPDF_FORMFIELD_CHECKBOX: FormFieldKind.TICK,
        raw.FPDF_FORMFIELD_RADIOBUTTON: FormFieldKind.RADIO,
        raw.FPDF_FORMFIELD_COMBOBOX: FormFieldKind.CHOICE,
        raw.FPDF_FORMFIELD_LISTBOX: FormFieldKind.CHOICE,
        raw.FPDF_FORMFIELD_SIGNATURE: FormFieldKind.SIGNATURE,
    }
    form = page.formenv
    kind = kinds.get(raw.FPDFAnnot_GetFormFieldType(form, widget))
    box = place_widget(page, widget, size)
    if kind is None or not box.area:
        return None
    bits = raw.FPDFAnnot_GetFormFieldFlags(form, widget)
    number = ctypes.c_float()
    has_length = raw.FPDFAnnot_GetNumberValue(widget, b"MaxLen", number)
    length = int(number.value) if has_length and number.value >= 1 else None
    is_text = kind is FormFieldKind.TEXT
    return FormField(
        name=_read_text(raw.FPDFAnnot_GetFormFieldName, form, widget),
        label=_read_text(raw.FPDFAnnot_GetFormFieldAlternateName, form, widget),
        kind=kind,
        box=box,
        length=length,
        is_comb=is_text and bool(bits & _COMB) and length is not None,
        is_long=is_text and bool(bits & _LONG),
        is_hidden=bool(raw.FPDFAnnot_GetFlags(widget) & _HIDDEN),
        value=_read_text(raw.FPDFAnnot_GetFormFieldExportValue, form, widget),
        takes=_find_check(form, widget),
    )


def _find_check(form: Any, widget: Any) -> str | None:
    """Find what the scripts of a field let people type into it."""
    from pypdfium2 import raw

    get = raw.FPDFAnnot_GetFormAdditionalActionJavaScript
    for event in _EVENTS:
        script = _read_text(get, form, widget, event)
        for what, check in _CHECKS.items():
            if check.match(script):
                return what
    return None


def _read_text(get: Callable[..., int], *of: Any) -> str:
    """Read a text that PDFium writes as UTF-16 with a closing zero."""
    buffer = (ctypes.c_ushort * (_MAX_BYTES // 2))()
    length = get(*of, buffer, _MAX_BYTES)
    if not 2 < length <= _MAX_BYTES:
        return ""
    text = bytes(buffer)[: length - 2].decode("utf-16-le", "replace")
    return " ".join(text.split())
