"""Draws pages for training: what a form looks like, and which pixel is which ink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.training.ink.pages.boxes import (
    draw_answers,
    draw_box_rows,
    draw_caption_boxes,
)
from formreader.training.ink.pages.capture import (
    capture_sheet,
    draw_capture,
    sheet_side,
)
from formreader.training.ink.pages.exposure import BINARY
from formreader.training.ink.pages.hands import Hand
from formreader.training.ink.pages.items import draw_items, draw_sections
from formreader.training.ink.pages.lines import (
    annotate,
    draw_blanks,
    draw_free_writing,
    draw_paragraph,
    rule_paper,
)
from formreader.training.ink.pages.marks import (
    add_holes,
    add_stamp,
    draw_bubbles,
    draw_checkboxes,
    draw_code,
    draw_fiducials,
    draw_logo,
)
from formreader.training.ink.pages.paper import add_pattern, let_through
from formreader.training.ink.pages.printing import draw_typeface
from formreader.training.ink.pages.scene import Scene, draw_text_ink
from formreader.training.ink.pages.sheet import Item, Sheet
from formreader.training.ink.pages.strokes import PenLayer, draw_pen
from formreader.training.ink.pages.tables import draw_grid, draw_register, draw_table
from formreader.training.ink.pages.writing import WritingStock

__all__ = ["InkPage", "WritingStock", "draw_ink_page"]

Rng = np.random.Generator

_BLOCKS: dict[str, tuple[float, Callable[[Scene, float, float, float], float]]] = {
    "table": (0.23, draw_table),
    "register": (0.03, draw_register),
    "grid": (0.05, draw_grid),
    "boxes": (0.22, draw_box_rows),
    "captions": (0.08, draw_caption_boxes),
    "items": (0.10, draw_items),
    "sections": (0.05, draw_sections),
    "answers": (0.04, draw_answers),
    "blanks": (0.10, draw_blanks),
    "text": (0.15, draw_paragraph),
    "writing": (0.05, draw_free_writing),
    "checkboxes": (0.04, draw_checkboxes),
    "bubbles": (0.03, draw_bubbles),
    "code": (0.06, draw_code),
    "logo": (0.02, draw_logo),
    "fiducials": (0.02, draw_fiducials),
}


_LEVEL_DEG = 4.0  # pages are laid so level before they are read
_THEMES = ("register", "register", "text", "boxes", "items")  # pages mostly of one kind


@dataclass(frozen=True, eq=False)
class InkPage:
    """A drawn page and its truth.

    Attributes:
        pixels: (H, W, 3) uint8 RGB; grey and 1-bit pages have three equal channels.
        classes: (H, W) uint8, 0 paper, 1 pen, 2 print, 3 rule.
        kind: What is drawn and how it was captured, as "table boxes/photo/wood".
        items: What stands where, in pixels.
        is_level: Whether the page lies upright and hardly tilted.
    """

    pixels: npt.NDArray[np.uint8]
    classes: npt.NDArray[np.uint8]
    kind: str
    items: tuple[Item, ...] = ()
    is_level: bool = False

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together.

        Raises:
            ValueError: If their shapes differ or their types are others.
        """
        if self.pixels.shape != (*self.classes.shape, 3):
            raise ValueError(
                f"{self.pixels.shape} pixels, {self.classes.shape} classes"
            )
        if self.pixels.dtype != np.uint8 or self.classes.dtype != np.uint8:
            raise ValueError("pixels and classes must be uint8")


def draw_ink_page(
    rng: Rng, stock: WritingStock, size: int = 512, *, wordy: float = 0.0
) -> InkPage:
    """Draw a part of a form, filled in, and capture it.

    Args:
        rng: Source of all draws; the same state gives the same page, if the handwriting
            and the fonts of the machine are the same.
        stock: Handwriting to fill it with.
        size: Side of the page in pixels.
        wordy: As in `Scene`.

    Returns:
        The page.
    """
    capture = draw_capture(rng)
    side = sheet_side(capture, size)
    sheet = Sheet(side, side, capture.unit)
    if capture.kind in BINARY and rng.random() < 0.85:
        sheet.least_tint = 0.82
    height = float(np.clip(np.exp(rng.normal(np.log(23), 0.42)), 10, 68))
    layers = [PenLayer(sheet, draw_pen(rng, height))]
    if rng.random() < 0.25:
        layers.append(PenLayer(sheet, draw_pen(rng, height)))
    hands = [Hand(stock, layer, height, rng) for layer in layers]
    filled = float(rng.choice([0.3, 0.7, 0.95], p=[0.2, 0.4, 0.4]))
    face, ink = draw_typeface(rng), draw_text_ink(rng)
    if rng.random() < 0.2:  # print and writing in one colour
        ink = layers[0].pen.ink
    scene = Scene(sheet, rng, hands, face, ink, height, filled, wordy)
    drawn = _fill(scene)
    if scene.chance(0.06):
        let_through(sheet, rng)
    written = [layer.settle(rng) for layer in layers]
    seen = capture_sheet(sheet, written, capture, size, rng)
    parts = [" ".join(sorted(drawn)), capture.kind, seen.behind.strip()]
    kind = "/".join(part for part in parts if part)
    is_level = capture.turns == 0 and abs(capture.tilt) <= _LEVEL_DEG
    return InkPage(seen.pixels, seen.classes, kind, seen.items, is_level)


def _fill(scene: Scene) -> set[str]:
    """Fill a sheet with blocks, from top to bottom; tells what was drawn."""
    rng, sheet = scene.rng, scene.sheet
    drawn: set[str] = set()
    if scene.chance(0.07):
        rule_paper(scene)
        drawn.add("ruled")
    if scene.chance(0.05):
        add_pattern(sheet, rng)
        drawn.add("pattern")
    if scene.chance(0.07):
        add_stamp(scene)
        drawn.add("stamp")
    columns = 2 if scene.chance(0.12) else 1
    width = sheet.width / columns
    main = str(rng.choice(_THEMES)) if scene.chance(0.14) else _choose(rng)
    for column in range(columns):
        sheet.limits = column * width, (column + 1) * width
        left = column * width + rng.uniform(-0.1, 0.12) * width
        y = float(rng.uniform(-0.1, 0.08) * sheet.height)
        while y < sheet.height:
            name = main if scene.chance(0.4) else _choose(rng)
            drawn.add(name)
            indent = left + (rng.uniform(0, 0.4) * width if scene.chance(0.3) else 0.0)
            y = _BLOCKS[name][1](scene, indent, y, width)
            y += scene.height * rng.uniform(0.1, 1.6)
    sheet.limits = 0.0, sheet.width
    if scene.chance(0.12):
        annotate(scene)
        drawn.add("notes")
    if scene.chance(0.05):
        add_holes(scene)
    if scene.chance(0.05):
        add_stamp(scene)
        drawn.add("stamp")
    return drawn


def _choose(rng: Rng) -> str:
    """Choose a kind of block."""
    shares = np.array([share for share, _ in _BLOCKS.values()])
    return str(rng.choice(list(_BLOCKS), p=shares / shares.sum()))
