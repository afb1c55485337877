"""Draw how the fields of a page were found, and why a box is none.

The page is drawn as it was read, once with the boxes and once as the ink in which lines
were looked for; beside them stands what the colours mean. Each layer of
`LayoutTrace.layers` can become a panel of its own in `_draw_panels`.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from formreader.errors import InputError
from formreader.geometry import Box, bounding_box, transform_points
from formreader.ink.separation import InkSeparator
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.slant import find_level_view
from formreader.layout.trace import LayoutTrace, Reason
from formreader.orientation.turning import (
    Side,
    draw_level,
    find_quarter_turns,
    matrix_back,
    turn_page,
)
from formreader.readings import PageReading
from formreader.records import PageImage

__all__ = ["draw_explanation"]

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

_FIELD, _CELL, _NAMED = (0, 150, 0), (230, 120, 0), (120, 120, 0)  # BGR
_WORDS = (110, 110, 110)
_PEN_INK, _PRINT_INK, _RULE_INK = (0, 0, 230), (0, 140, 0), (230, 110, 0)
_INK, _LINES, _FRAMES = (60, 60, 60), (60, 150, 255), (230, 120, 0)
_PALE = 0.5  # by which the page is brought nearer to white, so that colours stand out
_TEXT_SHARE = 0.009  # of the page's larger side: height of the legend's text
_SMALLEST_TEXT_PX = 9
_FONT_PX = 22  # height of OpenCV's font at scale 1
_SAME_PLACE = 0.9  # of a field's area, that a reading shares with it
_HUES = (140, 200)  # of 180, red at 0 and 180: violet, red, orange and yellow


def draw_explanation(
    page: PageImage, reading: PageReading, separator: InkSeparator | None = None
) -> Picture:
    """Draw how the fields of a page were found.

    Layout looks at the page once more for this.

    Args:
        page: The page.
        reading: What was read on it.
        separator: What told its inks apart, if anything did.

    Returns:
        (H, W, 3) uint8 in OpenCV's order, blue first.
    """
    seen, outlines = _see_as_read(page, reading)
    pixels = seen.pixels
    prepared = PreparedPage(
        pixels, colour=seen.colour, dpi=seen.dpi, separator=separator
    )
    trace = LayoutTrace()
    with suppress(InputError):  # squared paper: what was seen until then is drawn
        find_fields(prepared, trace)
    named = outlines if reading.form is not None else []
    words = [] if reading.form is not None else _find_unread(trace, outlines)
    panels = _draw_panels(pixels, trace, named, words)
    if prepared.inks is not None:
        panels.append(_draw_inks(prepared.inks))
    legend = _draw_legend(panels[0].shape, trace, named, words)
    return np.hstack([*panels, legend])


def _see_as_read(
    page: PageImage, reading: PageReading
) -> tuple[PageImage, list[npt.NDArray[np.float64]]]:
    """Give the page as it was read, and the outlines of the readings on it.

    Returns:
        The page; and (4, 2) corners (x, y) for each field.
    """
    fields = list(reading.fields)
    if page.scan is not None:
        (height, width), enlarged = page.scan.shape, page.pixels.shape
        shrink = np.diag([width / enlarged[1], height / enlarged[0], 1.0])
        fields = [field.moved(shrink) for field in fields]
        page = replace(page, pixels=page.scan, colour=None, scan=None)
    if reading.form is not None:
        return page, [field.outline for field in fields]
    view = find_level_view(page.pixels)
    if view is not None:
        fields = [field.moved(view.matrix) for field in fields]
        page = draw_level(page, view)
    side = Side(find_quarter_turns(fields))
    forth = np.asarray(np.linalg.inv(matrix_back(side, page.pixels.shape)), np.float64)
    outlines = [transform_points(field.outline, forth) for field in fields]
    return turn_page(page, side), outlines


def _draw_inks(inks: SeparatedInk) -> Picture:
    """Draw what is the pen's in red, print in green and rules in blue."""
    picture = np.full((*inks.pen.shape, 3), 255, np.uint8)
    picture[inks.rule > 0] = _RULE_INK
    picture[inks.print_ > 0] = _PRINT_INK
    picture[inks.pen > 0] = _PEN_INK
    return picture


def _find_unread(
    trace: LayoutTrace, outlines: list[npt.NDArray[np.float64]]
) -> list[npt.NDArray[np.float64]]:
    """Find the fields of layout that no reading is of: their characters are words."""
    read = [bounding_box(outline) for outline in outlines]

    def is_read(box: Box) -> bool:
        least = _SAME_PLACE * box.area
        return any(box.intersection_area(other) >= least for other in read)

    return [field.outline for field in trace.fields if not is_read(field.box)]


def _draw_panels(
    pixels: Picture,
    trace: LayoutTrace,
    named: list[npt.NDArray[np.float64]],
    words: list[npt.NDArray[np.float64]],
) -> list[Picture]:
    """Draw the page with its boxes, and the ink in which lines were looked for."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    boxes: Picture = (255 - (255 - grey) * _PALE).astype(np.uint8)
    width = max(1, _text_px(pixels.shape) // 6)
    for dropped in trace.dropped:
        colour = _colours()[dropped.reason]
        _outline(boxes, dropped.corners, colour, 1)
        _number(boxes, dropped.corners, list(Reason).index(dropped.reason) + 1, colour)
    for cell in trace.cells:
        _outline(boxes, cell.corners, _CELL, 1)
    for field in trace.fields:
        _outline(boxes, field.outline, _FIELD, width)
    for outline in words:
        _outline(boxes, outline, _WORDS, width)
    for outline in named:
        _outline(boxes, outline, _NAMED, width)
    seen = np.full_like(boxes, 255)
    layers = ("lines", _LINES), ("frames", _FRAMES), ("ink", _INK)
    for name, colour in layers:
        if name in trace.layers:
            seen[trace.layers[name] > 0] = colour
    if "frames" in trace.layers:  # of the ink, what belongs to a frame
        seen[(trace.layers["frames"] > 0) & (trace.layers["ink"] > 0)] = _FRAMES
    return [boxes, seen]


def _draw_legend(
    shape: tuple[int, ...],
    trace: LayoutTrace,
    named: list[npt.NDArray[np.float64]],
    words: list[npt.NDArray[np.float64]],
) -> Picture:
    """Say what the colours mean, and how often each was drawn.

    Args:
        shape: (H, W, ...) of the panels; the legend is as high, and higher ones are
            cut off.
        trace: What was drawn.
        named: Outlines of a template's fields.
        words: Outlines of boxes with printed words.
    """
    counts = Counter(dropped.reason for dropped in trace.dropped)
    lines: list[tuple[str, Colour | None]] = [
        ("FIRST PANEL: BOXES", None),
        (f"field ({len(trace.fields) - len(words)})", _FIELD),
        (f"cell ({len(trace.cells)})", _CELL),
    ]
    if named:
        lines.append((f"field of the template ({len(named)})", _NAMED))
    lines.append(("NO FIELD, BECAUSE", None))
    if words:
        lines.append((f"it reads like printed words ({len(words)})", _WORDS))
    lines += [
        (f"{number} {reason.value} ({counts[reason]})", _colours()[reason])
        for number, reason in enumerate(Reason, start=1)
        if counts[reason]
    ]
    lines += [
        ("SECOND PANEL: INK", None),
        ("ink, which is read", _INK),
        ("faint, or a gap closed to find lines", _LINES),
        ("lines that enclose cells, and what touches them", _FRAMES),
    ]
    return _write_lines(lines, shape)


def _write_lines(
    lines: list[tuple[str, Colour | None]], shape: tuple[int, ...]
) -> Picture:
    """Write lines with a swatch of their colour on a white panel."""
    size = _text_px(shape)
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, size / _FONT_PX
    longest = max(cv2.getTextSize(text, font, scale, 1)[0][0] for text, _ in lines)
    legend = np.full((shape[0], longest + 5 * size, 3), 255, np.uint8)
    for index, (text, colour) in enumerate(lines):
        top = (2 * index + 1) * size
        if colour is not None:
            cv2.rectangle(legend, (size, top), (2 * size, top + size), colour, -1)
        _write(legend, text, (3 * size, top + size), size, (0, 0, 0))
    return legend


def _outline(
    picture: Picture, corners: npt.NDArray[np.float64], colour: Colour, width: int
) -> None:
    points = np.round(corners).astype(np.int32)
    cv2.polylines(picture, [points], True, colour, width, cv2.LINE_AA)


def _number(
    picture: Picture, corners: npt.NDArray[np.float64], number: int, colour: Colour
) -> None:
    """Write a number into a box, if it is large enough."""
    size, box = _text_px(picture.shape), bounding_box(corners)
    if min(box.width, box.height) > size:
        place = box.left + size // 4, box.top + size
        _write(picture, str(number), place, size, colour)


def _write(
    picture: Picture, text: str, place: tuple[int, int], size: int, colour: Colour
) -> None:
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, size // 10)
    scale = size / _FONT_PX
    cv2.putText(picture, text, place, font, scale, colour, thickness, cv2.LINE_AA)


def _text_px(shape: tuple[int, ...]) -> int:
    """Choose the height of text in pixels."""
    return max(_SMALLEST_TEXT_PX, round(_TEXT_SHARE * max(shape[:2])))


def _colours() -> dict[Reason, Colour]:
    """Give each reason a colour of its own, none of them green or blue."""
    hues = np.linspace(*_HUES, len(Reason)).astype(int) % 180
    hsv = np.array([[(hue, 255, 230) for hue in hues]], np.uint8)
    mixed = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0].tolist()
    return {reason: (b, g, r) for reason, (b, g, r) in zip(Reason, mixed, strict=True)}
