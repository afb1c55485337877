"""A user's own blank forms as pages to write on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box
from formreader.ink.resolution import choose_scale
from formreader.pages.loading import load_pages
from formreader.training.ink.pages.capture import (
    capture_sheet,
    draw_capture,
    sheet_side,
)
from formreader.training.ink.pages.hands import Hand
from formreader.training.ink.pages.page import InkPage, WritingStock
from formreader.training.ink.pages.sheet import Sheet
from formreader.training.ink.pages.strokes import PenLayer, draw_pen

__all__ = ["BlankForm", "draw_on_blank", "load_blanks", "split_print"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_DETAIL = 1.5  # pixels kept to one at the working resolution
_SCALES = (0.8, 1.3)
_LONGEST_STROKE = 28  # working pixels; a longer straight run is a rule
_BOX_SIDES = 7, 40  # working pixels, of checkboxes
_HOLLOW = 0.6  # of a checkbox at most is ink
_WALL = 0.85  # of each of its sides at least
_DARKER = 14  # levels, than the paper around; even a pale rule is
_AROUND = 41  # pixels
_CELL_SIDES = (14, 400, 10, 90)  # working pixels: least and most width, then height
_FILLED = 0.75  # of the bounding box of an empty cell is bare paper
_WRITES = 0.7
_LEFT_OVER = 6  # numbers written anywhere


@dataclass(frozen=True, eq=False)
class BlankForm:
    """A page of a blank form.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, 1.5 times as fine as the working resolution.
        print_: (H, W) uint8, 255 = printed text and pictures.
        rules: (H, W) uint8, 255 = lines, walls and boxes.
    """

    pixels: Gray
    print_: Gray
    rules: Gray


def load_blanks(paths: Sequence[Path]) -> list[BlankForm]:
    """Load all pages of blank forms, their ink split into print and rules.

    Raises:
        UnreadableFileError: If a file is no page.
    """
    forms = []
    for path in paths:
        for page in load_pages(path):
            pixels = page.pixels if page.colour is None else page.colour
            if pixels.ndim == 2:
                pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), np.uint8)
            scale = _DETAIL * choose_scale(page.pixels, page.dpi)
            pixels = _rescale(pixels, scale)
            forms.append(BlankForm(pixels, *split_print(pixels)))
    return forms


def split_print(pixels: Gray) -> tuple[Gray, Gray]:
    """Tell print from rules: long straight runs are rules.

    Args:
        pixels: (H, W, 3) uint8 RGB of a blank form.

    Returns:
        Print and rules, (H, W) uint8 each, 255 = ink.
    """
    darkest = pixels.min(axis=-1)
    around = cv2.blur(darkest, (_AROUND, _AROUND)).astype(np.int16)
    ink = np.where(around - darkest >= _DARKER, 255, 0).astype(np.uint8)
    length = round(_LONGEST_STROKE * _DETAIL)
    rules = np.zeros_like(ink)
    for size in ((length, 1), (1, length)):
        run = cv2.getStructuringElement(cv2.MORPH_RECT, size)
        rules |= cv2.morphologyEx(ink, cv2.MORPH_OPEN, run).astype(np.uint8)
    rules |= _find_checkboxes(ink)
    # The soft edges of a line are no runs of their own.
    near = cv2.dilate(rules, np.ones((3, 3), np.uint8)).astype(np.uint8)
    rules = ink & near
    return np.asarray(ink & ~rules, np.uint8), np.asarray(rules, np.uint8)


def _find_checkboxes(ink: Gray) -> Gray:
    """Find outlines of boxes that are too small for long runs."""
    count, labels, found, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    least, most = (side * _DETAIL for side in _BOX_SIDES)
    boxes = np.zeros(count, bool)
    for number, (left, top, width, height, area) in enumerate(found[1:].tolist(), 1):
        if not (least <= min(width, height) and max(width, height) <= most):
            continue
        part = labels[top : top + height, left : left + width] == number
        edges = (part[:2].any(0), part[-2:].any(0), part[:, :2].any(1))
        walls = (*edges, part[:, -2:].any(1))
        hollow = area < _HOLLOW * width * height
        boxes[number] = hollow and min(wall.mean() for wall in walls) >= _WALL
    return np.where(boxes[labels], 255, 0).astype(np.uint8)


def draw_on_blank(
    rng: Rng, stock: WritingStock, forms: Sequence[BlankForm], size: int
) -> InkPage:
    """Write on a part of a blank form, and capture it.

    Args:
        rng: Source of all draws.
        stock: Handwriting to fill it with.
        forms: One or more.
        size: Side of the page in pixels.
    """
    capture = draw_capture(rng)
    side = sheet_side(capture, size)
    sheet = Sheet(side, side, capture.unit)
    form = forms[int(rng.integers(len(forms)))]
    _lay_form(sheet, form, float(rng.uniform(*_SCALES)), rng)
    height = float(np.clip(np.exp(rng.normal(np.log(23), 0.3)), 12, 50))
    layer = PenLayer(sheet, draw_pen(rng, height))
    _fill_in(Hand(stock, layer, height, rng), sheet, rng)
    written = [layer.settle(rng)]
    seen = capture_sheet(sheet, written, capture, size, rng)
    kind = "/".join(("blank", capture.kind, *seen.behind.split()))
    return InkPage(seen.pixels, seen.classes, kind)


def _lay_form(sheet: Sheet, form: BlankForm, scale: float, rng: Rng) -> None:
    """Put a part of a form, chosen by chance, on the whole sheet."""
    factor = scale * sheet.unit / _DETAIL
    rows, columns = sheet.shape
    tall, wide = round(rows / factor), round(columns / factor)
    top = int(rng.integers(max(1, form.pixels.shape[0] - tall + 1)))
    left = int(rng.integers(max(1, form.pixels.shape[1] - wide + 1)))
    place = (slice(top, top + tall), slice(left, left + wide))
    part = form.pixels[place]
    size = (
        min(columns, round(part.shape[1] * factor)),
        min(rows, round(part.shape[0] * factor)),
    )
    area = (slice(0, size[1]), slice(0, size[0]))
    tones = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    sheet.image[area] = tones.astype(np.float32) / np.float32(255)
    for target, mask in (
        (sheet.printing, form.print_),
        (sheet.ruling, form.rules),
    ):
        scaled = cv2.resize(mask[place], size, interpolation=cv2.INTER_LINEAR)
        target[area] = scaled.astype(np.uint8)


def _fill_in(hand: Hand, sheet: Sheet, rng: Rng) -> None:
    """Write into empty cells, and a few times wherever it happens to be."""
    for box in _find_cells(sheet):
        if rng.random() < _WRITES:
            text = str(rng.integers(10 ** int(rng.integers(1, 5))))
            if rng.random() < 0.2:
                text = f"{text}.{rng.integers(10)}"
            left, top, right, bottom = (side / sheet.unit for side in _corners(box))
            line = hand.number(text)
            hand.fit(line, left, top, right - left, bottom - top)
    for _ in range(int(rng.integers(_LEFT_OVER))):
        x, y = rng.uniform(0, sheet.width), rng.uniform(0, sheet.height)
        hand.put(hand.number(str(rng.integers(10000))), x, y, hand.height)


def _corners(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.right, box.bottom


def _find_cells(sheet: Sheet) -> list[Box]:
    """Find rectangles of bare paper between rules."""
    bare = ((sheet.ruling < 90) & (sheet.printing < 90)).astype(np.uint8)
    walls = (sheet.ruling < 90).astype(np.uint8)
    _, _, found, _ = cv2.connectedComponentsWithStats(walls, connectivity=4)
    least_w, most_w, least_h, most_h = (side * sheet.unit for side in _CELL_SIDES)
    boxes = []
    for left, top, width, height, area in found[1:].tolist():
        if not (least_w <= width <= most_w and least_h <= height <= most_h):
            continue
        clean = bare[top : top + height, left : left + width].mean()
        if area >= _FILLED * width * height and clean >= _FILLED:
            boxes.append(Box(left, top, left + width, top + height))
    return boxes


def _rescale(pixels: Gray, scale: float) -> Gray:
    """Resize, smoothly."""
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(
        cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=smooth), np.uint8
    )
