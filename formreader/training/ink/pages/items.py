"""Numbered items: rows of a tax form, questions, sections with a large numeral."""

from __future__ import annotations

from dataclasses import dataclass, replace

from formreader.training.ink.pages.printing import Typeface, bold_face, item_number
from formreader.training.ink.pages.scene import Scene, draw_rule_style
from formreader.training.ink.pages.sheet import Ink, RuleStyle

__all__ = ["draw_items", "draw_sections"]

_SUFFIXES = (".00", "00", "%", "$", "kg", "km", "cm", ",00", "000")


@dataclass(frozen=True)
class _Answer:
    """Where the answers of a list of items stand.

    Attributes:
        kind: "box", "line" or "none".
        style: Lines around or below them.
        reach: Width of an answer, in units.
        numbered: The item's number is printed beside it again, in a cell of its own.
        tinted: That cell is shaded.
        suffix: What is printed at the right end of each.
        split: The suffix stands in a cell of its own.
    """

    kind: str
    style: RuleStyle
    reach: float
    numbered: bool
    tinted: bool
    suffix: str
    split: bool


def draw_items(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw rows of items: a printed number, a label, leaders, a place for the answer.

    Args:
        scene: The page.
        left: Left side, in units.
        top: Upper side.
        width: Room to the right.

    Returns:
        The lower side.
    """
    rng = scene.rng
    size = max(6.0, scene.height * rng.uniform(0.4, 0.85))
    pitch = max(1.2 * size, scene.height * rng.uniform(1.0, 1.9))
    answer = _draw_answer(scene)
    face = bold_face(scene.face) if scene.chance(0.5) else scene.face
    form, first = int(rng.integers(6)), int(rng.integers(1, 60))
    right = left + width * rng.uniform(0.8, 1.0)
    y = top
    for row in range(int(rng.integers(2, 9))):
        number = item_number(first + row, form)
        base = y + (pitch - size) * rng.uniform(0.4, 0.9)
        label = left + max(2.2 * size, scene.text(left, base, size, number, face=face))
        start = right - answer.reach
        if answer.kind == "none":
            start = right
        room = int((start - label - size) / (0.6 * size))
        reach = scene.text(label, base, size, scene.some_words(9)[: max(0, room)])
        if scene.chance(0.4):
            _print_leaders(scene, label + reach + size, start - 3 * size, base, size)
        if answer.kind != "none":
            _print_answer(scene, answer, (start, y, answer.reach, pitch), number, face)
        y += pitch
    return float(y)


def _draw_answer(scene: Scene) -> _Answer:
    """Choose how the answers of a list of items look."""
    rng = scene.rng
    suffix = str(rng.choice(_SUFFIXES)) if scene.chance(0.35) else ""
    return _Answer(
        kind=str(rng.choice(["box", "line", "none"], p=[0.6, 0.2, 0.2])),
        style=replace(draw_rule_style(rng, scene.height), double=False),
        reach=scene.height * rng.uniform(2.5, 10),
        numbered=scene.chance(0.6),
        tinted=scene.chance(0.3),
        suffix=suffix,
        split=bool(suffix) and scene.chance(0.4),
    )


def _print_answer(
    scene: Scene,
    answer: _Answer,
    box: tuple[float, float, float, float],
    number: str,
    face: Typeface,
) -> None:
    """Print the place for an answer, its number and its suffix, and write there."""
    left, top, width, height = box
    rng, sheet, right = scene.rng, scene.sheet, left + width
    size = min(0.75 * height, scene.height * 0.75)
    if answer.numbered:
        cell = max(1.6 * size, height)
        if answer.tinted:
            sheet.shade(left - cell, top, left, top + height, (0.85, 0.85, 0.87))
        middle = top + 0.5 * (height - 0.8 * size)
        text = number.strip("().")
        scene.text(left - cell / 2, middle, size, text, align=0.5, face=face)
        if answer.kind == "box":
            sheet.outline(left - cell, top, left, top + height, answer.style)
    if answer.kind == "line":
        sheet.rule(left, top + height, right, top + height, answer.style)
    else:
        sheet.outline(left, top, right, top + height, answer.style)
    if answer.suffix:
        end = right - 0.2 * size
        lower = top + height - 1.05 * size
        taken = scene.text(end, lower, size, answer.suffix, align=1.0) + 0.4 * size
        if answer.split:
            x = right - taken
            sheet.rule(x, top, x, top + height, answer.style)
        width = max(0.3 * width, width - taken)
    if scene.chance(0.75 * scene.filled):
        scene.write_in(left, top, width, height)
    elif scene.chance(0.04):  # an amount that is printed already
        scene.text(right - size, top, size, f"{rng.integers(1000)}.00", align=1.0)


def _print_leaders(
    scene: Scene, left: float, right: float, top: float, size: float
) -> None:
    """Print the dots that lead from a label to its answer."""
    if right - left < 2 * size:
        return
    dot = max(0.9, 0.1 * size)
    style = RuleStyle(scene.text_ink, dot, dot * scene.rng.uniform(2.5, 7), 0.35)
    scene.sheet.rule(left, top + 0.85 * size, right, top + 0.85 * size, style)


def draw_sections(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw framed sections, each with a large numeral in a cell before it.

    Args:
        scene: The page.
        left: Left side, in units.
        top: Upper side.
        width: Room to the right.

    Returns:
        The lower side.
    """
    rng, sheet = scene.rng, scene.sheet
    style = replace(draw_rule_style(rng, scene.height), double=False)
    face = bold_face(scene.face)
    size = max(6.0, scene.height * rng.uniform(0.35, 0.6))
    large = scene.height * rng.uniform(0.7, 1.5)
    cell = large * rng.uniform(1.5, 2.5)
    right = left + width * rng.uniform(0.7, 1.0)
    first, y = int(rng.integers(1, 20)), top
    tone = float(rng.uniform(0.05, 0.5))
    ink = Ink((tone, tone, tone)) if scene.chance(0.3) else scene.text_ink
    for row in range(int(rng.integers(1, 6))):
        height = max(1.2 * large, scene.height * rng.uniform(1.4, 3.5))
        sheet.outline(left, y, right, y + height, style)
        sheet.rule(left + cell, y, left + cell, y + height, style)
        middle = y + 0.5 * (height - 0.8 * large)
        text = str(first + row)
        at = left + cell / 2
        scene.text(at, middle, large, text, align=0.5, ink=ink, face=face)
        _fill_section(scene, left + cell, y, right - left - cell, height, size)
        y += height
    return float(y)


def _fill_section(
    scene: Scene, left: float, top: float, width: float, height: float, size: float
) -> None:
    """Print what is asked, often in capitals, and write below or beside it."""
    text = scene.some_words()
    if scene.chance(0.5):
        text = text.upper()
    face = bold_face(scene.face) if scene.chance(0.5) else scene.face
    most = max(1, int(0.8 * width / (0.65 * size)))
    reach = scene.text(
        left + 0.4 * size, top + 0.2 * size, size, text[:most], face=face
    )
    if not scene.chance(scene.filled):
        return
    if height > size + 1.2 * scene.height:
        scene.write_in(left, top + 1.2 * size, width, height - 1.2 * size)
    elif width - reach > 2.5 * scene.height:
        scene.write_in(left + reach + size, top, width - reach - size, height)
