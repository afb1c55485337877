"""Units of the places in a template: pixels of the reference, or millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from formreader.forms.templates.places import PlacedError
from formreader.geometry import Box

__all__ = ["MM_PER_INCH", "PageScale", "Unit", "convert_boxes", "find_scale"]

MM_PER_INCH = 25.4
Unit = Literal["px", "mm"]

_DIGITS = 2  # behind the point: 0.01 mm is an eighth of a pixel at 300 dpi
_DIFFERS = 0.02  # of a page's shape, by which its sizes in pixels and mm may differ


@dataclass(frozen=True)
class PageScale:
    """How many pixels of a reference one millimetre of its page has.

    Attributes:
        across: Pixels a millimetre from left to right.
        down: The same from top to bottom.
    """

    across: float
    down: float

    def to_box(self, place: list[float]) -> list[int]:
        """Turn left, top, width and height in mm into whole pixels.

        The edges are rounded, not the width, so that cells side by side stay so.
        """
        left, top, width, height = place
        x, right = round(left * self.across), round((left + width) * self.across)
        y, bottom = round(top * self.down), round((top + height) * self.down)
        return [x, y, right - x, bottom - y]

    def to_mm(self, box: Box) -> list[float]:
        """Turn a box into left, top, width and height in mm."""
        left, top = box.left / self.across, box.top / self.down
        width, height = box.width / self.across, box.height / self.down
        return [round(value, _DIGITS) for value in (left, top, width, height)]


def find_scale(entries: dict[str, Any], page: int) -> PageScale | None:
    """Find the scale of a page, from its `dpi` or its `size` in mm.

    Args:
        entries: The template as TOML has it, perhaps with values of wrong types.
        page: 1-based.

    Returns:
        The scale; None if the template does not say it.

    Raises:
        PlacedError: If `size` is of another shape than the page in pixels, or is given
            beside `dpi`.
    """
    pages = entries.get("page")
    place: tuple[str | int, ...] = ()
    own = entries
    if isinstance(pages, list) and 0 < page <= len(pages):
        place, own = ("page", page - 1), pages[page - 1]
    dpi: Any = own.get("dpi")
    size: Any = own.get("size")
    if dpi is not None and size is not None:
        raise PlacedError((*place, "dpi"), "is given, and size as well; keep one")
    if _is_number(dpi) and dpi > 0:
        return PageScale(dpi / MM_PER_INCH, dpi / MM_PER_INCH)
    sides: list[Any] = [own.get("width"), own.get("height")]
    if not (isinstance(size, list) and len(size) == 2 and all(map(_is_number, size))):
        return None
    if not all(map(_is_number, sides)) or min([*size, *sides]) <= 0:
        return None
    across, down = sides[0] / size[0], sides[1] / size[1]
    if abs(across / down - 1) > _DIFFERS:
        message = (
            f"{size[0]} x {size[1]} mm has another shape than "
            f"{sides[0]} x {sides[1]} pixels; give [width, height] of the whole page"
        )
        raise PlacedError((*place, "size"), message)
    return PageScale(across, down)


def convert_boxes(
    entries: dict[str, Any], pages: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Turn the boxes of a template in mm into pixels; one in pixels stays as it is.

    Args:
        entries: The template as TOML has it.
        pages: The template that has the pages, if it is another one.

    Raises:
        PlacedError: If the scale of a page is not known, or a box is none.
    """
    fields = entries.get("field")
    if entries.get("unit") != "mm" or not isinstance(fields, list):
        return entries
    entries = _convert_texts(entries, pages or entries)
    converted: list[object] = []
    for index, field in enumerate(fields):
        if isinstance(field, dict) and ("box" in field or "options" in field):
            number = field.get("page", 1)
            page = number if type(number) is int else 1
            scale = find_scale(pages or entries, page)
            if scale is None:
                message = (
                    'is "mm": the template then says dpi = 300 (of the reference), or '
                    "size = [210, 297] (of the page, in mm)"
                )
                raise PlacedError(("unit",), message)
            field = _convert_field(field, scale, index)
        converted.append(field)
    return {**entries, "field": converted}


def _convert_texts(entries: dict[str, Any], pages: dict[str, Any]) -> dict[str, Any]:
    """Turn the places of printed texts into pixels; what is none stays."""
    texts = entries.get("text")
    if not isinstance(texts, list):
        return entries
    converted = []
    for text in texts:
        at = text.get("at") if isinstance(text, dict) else None
        if isinstance(at, list) and len(at) == 2 and all(map(_is_number, at)):
            page = text.get("page", 1)
            scale = find_scale(pages, page if type(page) is int else 1)
            if scale is not None:
                place = [round(at[0] * scale.across), round(at[1] * scale.down)]
                text = {**text, "at": place}
        converted.append(text)
    return {**entries, "text": converted}


def _convert_field(
    field: dict[str, Any], scale: PageScale, index: int
) -> dict[str, Any]:
    """Turn the box of a field, and those of its options, into pixels."""
    converted = dict(field)
    if "box" in field:
        converted["box"] = _convert(field["box"], scale, index)
    options = field.get("options")
    if isinstance(options, list):
        converted["options"] = [
            {**option, "box": _convert(option["box"], scale, index)}
            if isinstance(option, dict) and "box" in option
            else option
            for option in options
        ]
    return converted


def _convert(box: object, scale: PageScale, index: int) -> list[int]:
    numbers = box if isinstance(box, list) else []
    if len(numbers) != 4 or not all(map(_is_number, numbers)):
        message = "four numbers of mm: [left, top, width, height]"
        raise PlacedError(("field", index, "box"), message)
    if max(map(abs, numbers)) > 10_000:  # mm
        raise PlacedError(("field", index, "box"), "lies outside the page")
    return scale.to_box(numbers)


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and abs(value) < float("inf")  # type: ignore[arg-type]
