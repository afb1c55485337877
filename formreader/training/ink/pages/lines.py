"""Lines to write on, ruled and squared paper, printed paragraphs, free writing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formreader.training.ink.pages.printing import bold_face, item_number, words
from formreader.training.ink.pages.scene import Scene, draw_rule_style
from formreader.training.ink.pages.sheet import WHITE, Ink, RuleStyle

__all__ = [
    "annotate",
    "draw_blanks",
    "draw_free_writing",
    "draw_paragraph",
    "rule_paper",
]

_NOTES = ("ring", "tick", "arrow", "dash", "tally", "signature", "number", "number")


def draw_blanks(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw labels with lines or dots to write on; gives the lower side."""
    rng = scene.rng
    size = max(6.0, scene.height * rng.uniform(0.4, 0.85))
    style = replace(draw_rule_style(rng, scene.height), double=False)
    if scene.chance(0.35):  # leaders
        dot = max(0.9, 0.09 * size)
        style = RuleStyle(scene.text_ink, dot, dot * rng.uniform(2.2, 4.5), 0.4)
    y, numbered, form = top, scene.chance(0.35), int(rng.integers(6))
    first = int(rng.integers(1, 40))
    for row in range(int(rng.integers(1, 6))):
        base = y + scene.height * rng.uniform(1.15, 1.8)
        x = left
        if numbered:
            number = item_number(first + row, form)
            x += scene.text(x, base - size, size, number) + 0.8 * size
        while x < left + width:
            if scene.chance(0.75):
                x += scene.text(x, base - size, size) + 0.3 * size
            reach = scene.height * rng.uniform(2, 12)
            scene.sheet.rule(x, base, x + reach, base, style)
            if scene.chance(0.15):
                _fill_date(scene, x, y, reach, base - y, size)
            elif scene.chance(scene.filled):
                lift = scene.height * rng.uniform(-0.12, 0.2)
                high = base - y
                scene.write_in(x, y - lift, reach, high)
            x += reach + size * rng.uniform(0.3, 3)
            if scene.chance(0.3):
                break
        y = base + scene.height * rng.uniform(0.05, 0.5)
    return float(y)


def _fill_date(
    scene: Scene, left: float, top: float, width: float, height: float, size: float
) -> None:
    """Write a date or a phone number around signs that are printed."""
    rng, hand = scene.rng, scene.hand
    sign = str(rng.choice(["/", "/", "-", ".", ":", ") "]))
    parts = int(rng.integers(2, 4))
    pitch = width / parts
    for index in range(parts):
        x = left + index * pitch
        if index:
            scene.text(x, top + height - 1.1 * size, size, sign, align=0.5)
        line = hand.number(str(rng.integers(10, 100)))
        hand.fit(line, x + 0.2 * size, top, pitch - 0.4 * size, height)


def draw_paragraph(scene: Scene, left: float, top: float, width: float) -> float:
    """Print a title or a paragraph in one or several columns; gives the lower side."""
    rng = scene.rng
    if scene.chance(0.38):
        size = float(rng.uniform(16, 62) if scene.chance(0.6) else rng.uniform(14, 85))
        text = scene.some_words()
        if scene.chance(0.15):  # a title on a dark bar
            dark = rng.uniform(0.0, 0.35, 3)
            color = (float(dark[0]), float(dark[1]), float(dark[2]))
            scene.sheet.shade(left, top, left + width, top + 1.5 * size, color)
            scene.text(left + 0.5 * size, top + 0.3 * size, size, text, ink=WHITE)
            return top + 1.7 * size
        scene.text(left, top, size, text)
        return top + 1.3 * size
    size = float(np.clip(scene.height * rng.uniform(0.25, 0.8), 6, 40))
    lead = size * rng.uniform(1.05, 1.5)
    columns = int(rng.choice([1, 1, 2, 3]))
    rows = int(rng.integers(1, 14))
    pitch = width / columns
    every, form = int(rng.integers(1, 4)), int(rng.integers(6))
    numbered, face = scene.chance(0.35), scene.face
    if scene.chance(0.4):
        face = bold_face(face)
    for column in range(columns):
        for row in range(rows):
            x, y = left + column * pitch, top + row * lead
            count = max(1, int((pitch - size) / (3.0 * size)))
            if row == rows - 1:
                count = max(1, count // 2)
            if numbered and row % every == 0:
                number = item_number(1 + row // every, form)
                scene.text(x - 2.2 * size, y, size, number, face=face)
            most = int((pitch - size) / (0.5 * size)) + 1
            scene.text(x, y, size, scene.some_words(count)[:most])
    bottom = top + rows * lead + 0.5 * size
    if scene.chance(0.2):
        _frame_text(scene, left, top, width, bottom, size)
    return bottom


def _frame_text(
    scene: Scene, left: float, top: float, width: float, bottom: float, size: float
) -> None:
    """Print a line below text, a frame around it, or a bar beside it."""
    style = draw_rule_style(scene.rng, scene.height)
    kind = scene.rng.random()
    if kind < 0.5:
        reach = width * scene.rng.uniform(0.3, 1.0)
        scene.sheet.rule(left, bottom, left + reach, bottom, style)
    elif kind < 0.85:
        edge = 0.5 * size
        scene.sheet.outline(left - edge, top - edge, left + width, bottom + edge, style)
    else:
        scene.sheet.rule(left - size, top, left - size, bottom, style)


def draw_free_writing(scene: Scene, left: float, top: float, width: float) -> float:
    """Write on bare paper: notes, sums, a signature; gives the lower side."""
    rng = scene.rng
    y = top
    for _ in range(int(rng.integers(1, 4))):
        hand = scene.hand
        height = scene.height * rng.uniform(0.8, 1.5)
        kind = rng.random()
        if kind < 0.35:
            line = hand.word(words(rng, int(rng.integers(1, 5))))
        elif kind < 0.55:
            line = hand.real_number()
        elif kind < 0.8:
            text = (
                f"{rng.integers(1, 999)}+{rng.integers(1, 99)}={rng.integers(1, 999)}"
            )
            line = hand.number(text)
        else:
            line, height = hand.signature(), 1.6 * height
        hand.fit(line, left, y, width, height, fill=1.0)
        if scene.chance(0.06):
            hand.face(left + rng.random() * 0.7 * width, y, 2.2 * height)
        if scene.chance(0.1):
            hand.ring(left, y, 0.4 * width, height)
        if scene.chance(0.1):
            hand.dash(left, y + 0.6 * height, width, 0.5 * height)
        y += height * rng.uniform(1.2, 1.9)
    return float(y)


def annotate(scene: Scene) -> None:
    """Write over everything, wherever it stands: rings, notes, ticks, arrows."""
    rng, sheet = scene.rng, scene.sheet
    for _ in range(int(rng.integers(1, 6))):
        hand = scene.hand
        height = scene.height * rng.uniform(0.7, 2)
        x, y = rng.uniform(0, 0.9) * sheet.width, rng.uniform(0, 0.95) * sheet.height
        width = height * rng.uniform(1, 6)
        kind = str(rng.choice(_NOTES))
        if kind == "ring":
            hand.ring(x, y, width, height)
        elif kind == "tick":
            hand.tick(x, y, height, height)
        elif kind == "arrow":
            hand.arrow(x, y, width, height)
        elif kind == "dash":
            hand.dash(x, y, 2 * width, height)
        elif kind == "tally":
            hand.tally(x, y, width, height)
        elif kind == "signature":
            hand.put(hand.signature(), x, y, height)
        else:
            line = hand.number(str(rng.integers(1, 9999)))
            hand.put(line, x, y, height)


def rule_paper(scene: Scene) -> None:
    """Rule the whole sheet with lines or squares, mostly pale."""
    rng, sheet = scene.rng, scene.sheet
    style = replace(draw_rule_style(rng, scene.height), double=False)
    pale = rng.uniform(0.5, 0.92)
    if scene.chance(0.8):
        color = rng.uniform(0.75, 1.0, 3) * pale
        style = replace(
            style,
            ink=Ink((float(color[0]), float(color[1]), float(color[2]))),
            width=float(rng.uniform(0.5, 1.3)),
        )
    squares = scene.chance(0.45)
    pitch = scene.height * (rng.uniform(0.6, 1.6) if squares else rng.uniform(1.1, 2.2))
    for y in np.arange(rng.uniform(0, pitch), sheet.height, pitch):
        sheet.rule(0, y, sheet.width, y, style)
    if squares:
        for x in np.arange(rng.uniform(0, pitch), sheet.width, pitch):
            sheet.rule(x, 0, x, sheet.height, style)
    elif scene.chance(0.3):
        x = rng.uniform(0.05, 0.3) * sheet.width
        sheet.rule(x, 0, x, sheet.height, replace(style, ink=Ink((0.9, 0.45, 0.45))))
