"""Places as people give them: lengths in mm, per cent and other units."""

from __future__ import annotations

import re

from formreader.errors import TemplateError
from formreader.forms.editing.document import FormText
from formreader.forms.templates.units import MM_PER_INCH, PageScale
from formreader.geometry import Box

__all__ = ["find_page_scale", "parse_box", "parse_lengths"]

_LENGTH = re.compile(r"(-?\d{1,6}(?:\.\d{1,20})?)\s*(px|mm|cm|in|pt|%)?", re.IGNORECASE)
_MM = {"mm": 1.0, "cm": 10.0, "in": MM_PER_INCH, "pt": MM_PER_INCH / 72}
_PAPERS = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}  # mm
_ALIKE = 0.012  # of its shape, by which a scan of a paper differs
_NAMES = ("left", "top", "width", "height")


def find_page_scale(document: FormText, page: int) -> tuple[PageScale | None, str]:
    """Find how many pixels a millimetre of a page has.

    Args:
        document: The template.
        page: 1-based.

    Returns:
        The scale, and the paper that the page is taken for if only its shape tells;
        None if that tells nothing either.
    """
    known = document.find_scale(page)
    if known is not None:
        return known, ""
    own = document.form.pages[page - 1]
    short, long = sorted((own.width, own.height))
    for name, (width, height) in _PAPERS.items():
        if abs((short / long) / (width / height) - 1) <= _ALIKE:
            return PageScale(short / width, long / height), name
    return None, ""


def parse_lengths(
    text: str, sides: tuple[float, ...], document: FormText, page: int
) -> list[float]:
    """Turn lengths into pixels.

    Args:
        text: As many as there are sides, with commas or spaces between: `20mm,35%`. A
            number without a unit is of the file's.
        sides: What each is measured along, in pixels, for per cent. Lengths lie across
            and down in turn.
        document: The template.
        page: 1-based.

    Raises:
        TemplateError: If a length is none, or the size of the page is not known.
    """
    parts = [part for part in re.split(r"[,;\s]+", text.strip(" []()")) if part]
    if len(parts) != len(sides):
        wanted = ", ".join(_NAMES[-len(sides) :]) if len(sides) < 3 else _join_names()
        message = f"{text!r} is no place: {len(sides)} lengths are expected, {wanted}"
        raise TemplateError(message, path=document.path)
    return [
        _to_pixels(part, side, index % 2 == 0, document, page)
        for index, (part, side) in enumerate(zip(parts, sides, strict=True))
    ]


def parse_box(text: str, document: FormText, page: int) -> Box:
    """Turn left, top, width and height into a box in pixels.

    Raises:
        TemplateError: If the text is none.
    """
    own = document.form.pages[page - 1]
    sides = (own.width, own.height) * 2
    left, top, width, height = parse_lengths(text, sides, document, page)
    if width <= 0 or height <= 0:
        message = f"{text!r} is no box: width and height are greater than 0"
        raise TemplateError(message, path=document.path)
    x, y = round(left), round(top)
    right, bottom = round(left + width), round(top + height)
    if min(x, y) < 0 or right > own.width or bottom > own.height:
        message = (
            f"the box {text} lies outside page {page} of {own.width} x {own.height} "
            "pixels; it is left, top, width, height"
        )
        raise TemplateError(message, path=document.path)
    return Box(x, y, max(right, x + 1), max(bottom, y + 1))


def _to_pixels(
    text: str, side: float, is_across: bool, document: FormText, page: int
) -> float:
    found = _LENGTH.fullmatch(text)
    if found is None:
        message = f"{text!r} is no length; write 20mm, 2cm, 0.8in, 57pt, 12.5% or 240px"
        raise TemplateError(message, path=document.path)
    value = float(found[1])
    unit = (found[2] or ("mm" if document.is_in_mm else "px")).lower()
    if unit == "px":
        return value
    if unit == "%":
        return value / 100 * side
    scale, _ = find_page_scale(document, page)
    if scale is None:
        message = (
            f"how large page {page} is in mm is not known: say dpi = 300 or size = "
            "[210, 297] beside width and height, or give % or px"
        )
        raise TemplateError(message, path=document.path)
    return value * _MM[unit] * (scale.across if is_across else scale.down)


def _join_names() -> str:
    return ", ".join(_NAMES)
