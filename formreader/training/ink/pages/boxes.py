"""Rows of boxes, combs, open boxes and boxes with captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from formreader.training.ink.pages.scene import Scene, draw_rule_style
from formreader.training.ink.pages.sheet import PAPER, PRINT, WHITE, Ink, RuleStyle

__all__ = ["draw_answers", "draw_box_rows", "draw_caption_boxes", "print_guides"]

Rng = np.random.Generator
_Box = tuple[float, float, float, float]


def draw_box_rows(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw several rows of boxes or combs of one kind, each with its label.

    Returns:
        The lower side.
    """
    rng = scene.rng
    cell = float(np.clip(scene.height * rng.uniform(0.95, 1.9), 14, 85))
    pitch = cell * rng.uniform(0.55, 1.5)
    style = draw_rule_style(rng, cell)
    kind = str(
        rng.choice(
            ["boxes", "gaps", "comb", "rounded", "shaded", "half"],
            p=[0.40, 0.20, 0.16, 0.10, 0.08, 0.06],
        )
    )
    gap = (
        pitch * rng.uniform(0.06, 0.6) if kind in ("gaps", "rounded", "shaded") else 0.0
    )
    if kind == "rounded" and scene.chance(0.5):
        gap = 0.0
    tint = float(rng.uniform(0.72, 0.95))
    size = max(6.0, cell * rng.uniform(0.3, 0.65))
    guide = scene.chance(0.2)
    panel = kind != "shaded" and scene.chance(0.12)
    y = top
    for _ in range(int(rng.integers(1, 5))):
        x = left
        if scene.chance(0.75):
            above = scene.chance(0.3)
            reach = scene.text(x, y if above else y + (cell - size) / 2, size)
            if above:
                y += 1.2 * size
            else:
                x += reach + rng.uniform(0.2, 2) * size
        most = max(1, int((left + width - x) / (pitch + gap)))
        count = 1 if scene.chance(0.1) else int(rng.integers(1, most + 1))
        if scene.chance(0.3):  # as many as long numbers have
            count = min(most, int(rng.integers(8, 13)))
        row = _Row(x, y, pitch, cell, gap, count)
        if panel:
            _print_panel(scene, row)
        _print_row(scene, row, kind, style, tint)
        if guide:
            grey = float(rng.uniform(0.5, 0.92))
            boxes = [row.box(index) for index in range(row.count)]
            print_guides(scene, boxes, Ink((grey, grey, grey)))
        if scene.chance(scene.filled):
            _fill_row(scene, row)
        if scene.chance(0.2):
            scene.text(row.right + 4, y + (cell - size) / 2, size)
        y += cell + rng.uniform(0.15, 1.2) * cell
    return float(y)


def draw_caption_boxes(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw adjoining boxes with small captions inside and writing below them."""
    rng = scene.rng
    style = draw_rule_style(rng, scene.height)
    size = max(5.5, scene.height * rng.uniform(0.28, 0.55))
    y = top
    height = size + scene.height * rng.uniform(1.0, 1.9)
    adjoining = scene.chance(0.6)
    for _ in range(int(rng.integers(1, 5))):
        x = left
        while x < left + width:
            reach = scene.height * rng.uniform(2.5, 14)
            radius = 0.2 * height if not adjoining and scene.chance(0.3) else 0.0
            if scene.chance(0.1):
                scene.sheet.shade(x, y, x + reach, y + height, (0.88, 0.88, 0.9))
            scene.sheet.outline(x, y, x + reach, y + height, style, radius)
            if scene.chance(0.8):
                scene.text(x + 0.4 * size, y + 0.15 * size, size)
            if scene.chance(scene.filled):
                scene.write_in(x, y + 1.1 * size, reach, height - 1.1 * size)
            if scene.chance(0.12):
                scene.print_unit(x, y + 0.4 * height, reach, 0.6 * height)
            x += reach + (0.0 if adjoining else rng.uniform(0.1, 1.5) * scene.height)
        y += height + (0.0 if adjoining else rng.uniform(0.2, 1.0) * height)
    return float(y)


def draw_answers(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw open boxes with printed numbers above that are copied into them.

    Returns:
        The lower side.
    """
    rng, y = scene.rng, top
    style = draw_rule_style(rng, scene.height)
    size = scene.height * rng.uniform(0.5, 1.1)
    height = scene.height * rng.uniform(1.2, 2.2)
    for _ in range(int(rng.integers(1, 4))):
        x = left
        while x < left + width:
            digits = int(rng.integers(1, 11))
            number = str(rng.integers(10**digits)).zfill(digits)
            reach = max(1.2, 0.8 * digits) * scene.height * rng.uniform(0.9, 1.4)
            scene.text(x + rng.uniform(0, 0.3) * reach, y, size, number)
            box = (x, y + 1.3 * size, reach, height)
            scene.sheet.outline(*box[:2], x + reach, y + 1.3 * size + height, style)
            if scene.chance(scene.filled):
                scene.number_in(*box, number)
            x += reach + scene.height * rng.uniform(0.2, 3)
        y += 1.3 * size + height + scene.height * rng.uniform(0.2, 0.8)
    return float(y)


class _Row:
    """Where the boxes of a row stand.

    Attributes:
        left: Left side of the first box.
        top: Upper side.
        pitch: Width of a box.
        height: Height of a box.
        gap: Space between boxes.
        count: How many.
    """

    def __init__(
        self,
        left: float,
        top: float,
        pitch: float,
        height: float,
        gap: float,
        count: int,
    ) -> None:
        """Keep the measures."""
        self.left, self.top, self.pitch = left, top, pitch
        self.height, self.gap, self.count = height, gap, count

    @property
    def right(self) -> float:
        """Right side of the last box."""
        return self.left + self.count * (self.pitch + self.gap) - self.gap

    def box(self, index: int) -> tuple[float, float, float, float]:
        """Give left, top, width and height of a box."""
        x = self.left + index * (self.pitch + self.gap)
        return x, self.top, self.pitch, self.height


def _print_row(
    scene: Scene, row: _Row, kind: str, style: RuleStyle, tint: float
) -> None:
    """Print the boxes."""
    sheet, bottom = scene.sheet, row.top + row.height
    if kind in ("comb", "half"):
        _print_comb(scene, row, style, full=kind == "half")
        return
    if kind == "boxes" and row.count > 1:
        half = style.width / 2
        for y in (row.top, bottom):
            sheet.rule(row.left - half, y, row.right + half, y, style)
        inner = style
        if scene.chance(0.2):  # pale or dashed dividers in a strong frame
            inner = replace(draw_rule_style(scene.rng, row.height), double=False)
        for index in range(row.count + 1):
            own = style if index in (0, row.count) else inner
            x = row.left + index * row.pitch
            sheet.rule(x, row.top, x, bottom, own)
        return
    for index in range(row.count):
        x, y, width, height = row.box(index)
        if kind == "shaded":
            sheet.shade(x, y, x + width, y + height, (tint, tint, tint))
            continue
        radius = min(width, height) * 0.2 if kind == "rounded" else 0.0
        sheet.outline(x, y, x + width, y + height, style, radius)


def _print_comb(scene: Scene, row: _Row, style: RuleStyle, *, full: bool) -> None:
    """Print a base line with teeth, in a frame if `full`."""
    sheet, bottom = scene.sheet, row.top + row.height
    tooth = row.height * scene.rng.uniform(0.15, 0.6)
    sheet.rule(row.left, bottom, row.right, bottom, style)
    if full:
        sheet.rule(row.left, row.top, row.right, row.top, style)
    for index in range(row.count + 1):
        x = row.left + index * row.pitch
        edge = index in (0, row.count)
        top = row.top if edge and (full or scene.chance(0.3)) else bottom - tooth
        sheet.rule(x, top, x, bottom, style)


def _print_panel(scene: Scene, row: _Row) -> None:
    """Tint the ground of a row, mostly with its boxes left white."""
    rng, sheet = scene.rng, scene.sheet
    color = rng.uniform(0.7, 0.97, 3) if scene.chance(0.6) else np.full(3, 0.85)
    tint = float(color[0]), float(color[1]), float(color[2])
    edge = row.height * rng.uniform(0.1, 0.5)
    right = row.right + edge
    sheet.shade(
        row.left - edge, row.top - edge, right, row.top + row.height + edge, tint
    )
    if scene.chance(0.75):
        for index in range(row.count):
            x, y, width, height = row.box(index)
            sheet.rectangle(x, y, x + width, y + height, WHITE, PAPER)


def print_guides(scene: Scene, boxes: Sequence[_Box], ink: Ink) -> None:
    """Print guides into boxes: eights, zeros, DDMMYYYY, dots.

    Args:
        scene: The page.
        boxes: Left, top, width and height of each, in units.
        ink: The colour, mostly pale.
    """
    rng = scene.rng
    text = str(
        rng.choice(["8" * 20, "0" * 20, "DDMMYYYY", "JJMMTTTT", "MMDDYY", "::::::::"])
    )
    if scene.chance(0.35):
        _print_segments(scene, boxes, ink)
        return
    size = boxes[0][3] * rng.uniform(0.6, 1.05)
    for (x, y, width, height), character in zip(boxes, text, strict=False):
        top = y + (height - 0.72 * size) / 2
        scene.text(x + width / 2, top, size, character, align=0.5, ink=ink)


def _print_segments(scene: Scene, boxes: Sequence[_Box], ink: Ink) -> None:
    """Print an eight of seven bars into each box, to be written along."""
    thick = boxes[0][3] * scene.rng.uniform(0.03, 0.09)
    for x, y, width, height in boxes:
        x0, x1 = x + 0.22 * width, x + 0.78 * width
        y0, y1, y2 = (y + share * height for share in (0.14, 0.5, 0.86))
        for level in (y0, y1, y2):
            bar = (x0 + thick, level - thick / 2, x1 - thick, level + thick / 2)
            scene.sheet.rectangle(*bar, ink, PRINT)
        for upper, lower in ((y0, y1), (y1, y2)):
            for side in (x0, x1):
                bar = (side - thick / 2, upper + thick, side + thick / 2, lower - thick)
                scene.sheet.rectangle(*bar, ink, PRINT)


def _fill_row(scene: Scene, row: _Row) -> None:
    """Write one sign a box; some leave boxes empty, cross them, or ignore the boxes."""
    rng, hand = scene.rng, scene.hand
    if scene.chance(0.06):
        hand.fit(
            hand.real_number(), row.left, row.top, row.right - row.left, row.height
        )
        return
    used = row.count if scene.chance(0.6) else int(rng.integers(0, row.count + 1))
    first = 0 if scene.chance(0.7) else row.count - used
    letters, printed = scene.chance(max(0.15, scene.wordy)), scene.chance(0.04)
    fill = float(rng.uniform(0.5, 1.1))
    for index in range(first, min(row.count, first + used)):
        x, y, width, height = row.box(index)
        if printed and scene.chance(0.5):
            size = 0.8 * height
            scene.text(
                x + width / 2, y + 0.2 * height, size, _draw_digit(rng), align=0.5
            )
            continue
        if scene.chance(0.03):
            hand.cross(x, y, width, height)
            continue
        if scene.chance(0.02):
            hand.dash(x, y, width, height)
            continue
        if letters:
            line = hand.word(chr(65 + int(rng.integers(26))))
        else:
            line = hand.number(_draw_digit(rng))
        own = fill * float(np.clip(rng.normal(1, 0.08), 0.6, 1.2))
        align = float(np.clip(rng.normal(0.5, 0.25), -0.2, 1.2))
        hand.fit(line, x, y, width, height, fill=own, align=align)
        if scene.chance(0.015):  # written over
            hand.fit(hand.number(_draw_digit(rng)), x, y, width, height, fill=own)
    if scene.chance(0.04):
        hand.strike(row.left, row.top, row.right - row.left, row.height)
        if scene.chance(0.5):  # and what is right beside it
            line = hand.number(str(rng.integers(10, 9999)))
            hand.put(line, row.right + 0.3 * row.height, row.top, 0.7 * row.height)


def _draw_digit(rng: Rng) -> str:
    """Choose a digit; those that look like walls come more often."""
    return str(rng.choice(list("01234567891147")))
