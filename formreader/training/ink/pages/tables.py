"""Tables of every kind, filled in by hand and in print."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from formreader.training.ink.pages.boxes import print_guides
from formreader.training.ink.pages.marks import draw_corner, draw_icon
from formreader.training.ink.pages.printing import item_number, printed_number
from formreader.training.ink.pages.scene import Scene, draw_rule_style
from formreader.training.ink.pages.sheet import WHITE, Color, Ink, RuleStyle

__all__ = ["draw_grid", "draw_register", "draw_table"]

Places = npt.NDArray[np.floating[Any]]
Rng = np.random.Generator


def draw_table(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw a table.

    Args:
        scene: The page.
        left: Left side, in units.
        top: Upper side.
        width: Room to the right; the table may be narrower, or run out of it.

    Returns:
        Its lower side.
    """
    rng = scene.rng
    row = float(np.clip(scene.height * rng.uniform(1.0, 2.1), 13, 95))
    rows = int(rng.integers(1, 13))
    ys = top + row * np.arange(rows + 1)
    if scene.chance(0.15):  # a high head
        ys[1:] += row * rng.uniform(0.3, 3)
    xs = _draw_columns(rng, left, width, row)
    style = draw_rule_style(rng, row)
    heads = 0 if scene.chance(0.25) else 1
    labels = 0 if scene.chance(0.3) else 1
    dark = heads == 1 and scene.chance(0.08)
    if scene.chance(0.04):  # white lines on a tinted ground
        scene.sheet.shade(xs[0], ys[0], xs[-1], ys[-1], _draw_tint(rng))
        style = replace(style, ink=WHITE)
    else:
        _shade_cells(scene, xs, ys, heads, labels)
    if dark:
        tone = rng.uniform(0.0, 0.35, 3)
        color = float(tone[0]), float(tone[1]), float(tone[2])
        scene.sheet.shade(xs[0], ys[0], xs[-1], ys[1], color)
    _print_lines(scene, xs, ys, style)
    _fill_cells(scene, xs, ys, heads, labels, dark=dark)
    if scene.chance(0.04):
        scene.hand.dash(xs[0], ys[-2], xs[-1] - xs[0], row)  # a row struck out
    return float(ys[-1])


def _fill_cells(
    scene: Scene, xs: Places, ys: Places, heads: int, labels: int, *, dark: bool
) -> None:
    """Print heads and labels and write into the other cells."""
    rng = scene.rng
    printed = rng.uniform(0.2, 0.7) if scene.chance(0.22) else 0.03
    units, numbered = scene.chance(0.1), scene.chance(0.35)
    plain = scene.chance(0.65)  # numbers alone, as most tables hold
    digits = rng.integers(1, 5, len(xs))
    counted = xs[1] - xs[0] < 4 * scene.height or scene.chance(0.2)
    size, form = scene.height * rng.uniform(0.5, 1.0), int(rng.integers(6))
    icons, corners = scene.chance(0.06), scene.chance(0.04)
    if scene.chance(0.06):
        _print_cell_guides(scene, xs[labels:], ys[heads:])
    for i in range(len(ys) - 1):
        for j in range(len(xs) - 1):
            box = (xs[j], ys[i], xs[j + 1] - xs[j], ys[i + 1] - ys[i])
            if i < heads and dark:
                _print_white(scene, box)
            elif i < heads or j < labels:
                if numbered and (counted if j < labels else box[2] < 3 * scene.height):
                    number = i if j < labels else j
                    _print_count(scene, box, item_number(number, form), size)
                else:
                    _print_head(scene, box, icons=icons and scene.chance(0.7))
            elif scene.chance(printed):
                scene.text_in(*box, printed_number(rng))
            elif scene.chance(scene.filled):
                if plain and scene.chance(0.96):
                    room = box[2] / (0.62 * min(box[3], 1.2 * scene.height))
                    most = 10 ** max(1, min(int(digits[j]), int(room)))
                    scene.number_in(*box, _draw_number(rng, most))
                else:
                    scene.write_in(*box)
                if units and scene.chance(0.7):
                    scene.print_unit(*box)
            if corners and i >= heads:
                draw_corner(scene, box[0] + box[2], box[1], 0.3 * box[3])


def _print_cell_guides(scene: Scene, xs: Places, ys: Places) -> None:
    """Print pale signs to write along into all cells."""
    grey = float(scene.rng.uniform(0.6, 0.92))
    boxes = [
        (float(x0), float(y0), float(x1 - x0), float(y1 - y0))
        for y0, y1 in pairwise(ys)
        for x0, x1 in pairwise(xs)
    ]
    for start in range(0, len(boxes), 8):
        print_guides(scene, boxes[start : start + 8], Ink((grey, grey, grey)))


def _draw_number(rng: Rng, most: int) -> str:
    """Make up a number below `most`; some are ones alone, which look like walls."""
    if rng.random() < 0.08:
        return "1" * (len(str(most)) - 1)
    return str(rng.integers(most // 10, most))


def _print_count(
    scene: Scene, box: tuple[float, float, float, float], number: str, size: float
) -> None:
    """Print the number of a row or a column, or any other."""
    left, top, width, height = box
    size = min(size, 0.8 * height)
    middle = left + width / 2
    scene.text(middle, top + 0.5 * (height - 0.8 * size), size, number, align=0.5)


def draw_register(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw a table of many plain rows with numbers alone, as registers of marks are."""
    rng, sheet = scene.rng, scene.sheet
    row = float(np.clip(scene.height * rng.uniform(1.05, 1.9), 13, 95))
    rows = int((sheet.height - top) / row * rng.uniform(0.5, 1.1)) + 1
    ys = top + row * np.arange(rows + 1)
    digits = rng.integers(1, 4, int(rng.integers(3, 16)))
    widths = scene.height * (0.75 * digits + rng.uniform(0.2, 1.6))
    widths *= rng.uniform(0.9, 1.3)
    xs = np.concatenate([[0], np.cumsum(widths)]) + left
    style = draw_rule_style(rng, row)
    if scene.chance(0.7):
        style = RuleStyle(Ink((0.15, 0.15, 0.15)), float(rng.uniform(0.7, 2.2)))
    if scene.chance(0.8):
        _print_lines(scene, xs, ys, style)
    else:
        _print_pieces(scene, xs, ys, style)
    counted, form = scene.chance(0.5), int(rng.integers(6))
    size = scene.height * rng.uniform(0.6, 1.1)
    printed = rng.uniform(0.2, 0.6) if scene.chance(0.3) else 0.0
    for i, (y0, y1) in enumerate(pairwise(ys)):
        in_print = scene.chance(printed)
        for j, (x0, x1) in enumerate(pairwise(xs)):
            box = (x0, y0, x1 - x0, y1 - y0)
            if counted and j == 0:
                _print_count(scene, box, item_number(i + 1, form), size)
            elif in_print:
                number = str(rng.integers(10 ** int(digits[j])))
                _print_count(scene, box, number, size)
            elif scene.chance(0.96):
                scene.number_in(*box, _draw_number(rng, 10 ** int(digits[j])))
            elif scene.chance(0.5):
                scene.hand.dash(*box)
    return float(ys[-1])


def draw_grid(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw a grid of square cells with printed and written single digits."""
    rng = scene.rng
    cell = float(np.clip(scene.height * rng.uniform(1.1, 2.0), 14, 80))
    columns = min(int(rng.integers(4, 12)), int(width / cell) + 1)
    rows = int(rng.integers(3, 10))
    xs, ys = left + cell * np.arange(columns + 1), top + cell * np.arange(rows + 1)
    style = draw_rule_style(rng, cell)
    thick = replace(style, width=style.width * rng.uniform(1.5, 3), period=0.0)
    _shade_cells(scene, xs, ys, 0, 0)
    for places, ends, upright in ((xs, ys, True), (ys, xs, False)):
        for index, at in enumerate(places):
            own = thick if index % 3 == 0 else style
            _line(scene, at, ends[0], ends[-1], own, upright=upright)
    given, fill = rng.uniform(0.1, 0.6), float(rng.uniform(0.4, 0.9))
    size = cell * rng.uniform(0.55, 0.95)
    for y in ys[:-1]:
        for x in xs[:-1]:
            if scene.chance(given):
                text = (
                    str(rng.integers(10))
                    if scene.chance(0.85)
                    else str(rng.choice(list("ABCDEFX+")))
                )
                offset = (cell - 0.72 * size) / 2
                scene.text(x + cell / 2, y + offset, size, text, align=0.5)
            elif scene.chance(scene.filled):
                fill = float(rng.uniform(0.35, 0.95))
                hand = scene.hand
                hand.fit(
                    hand.number(str(rng.integers(10))), x, y, cell, cell, fill=fill
                )
    return float(ys[-1])


def _draw_columns(rng: Rng, left: float, width: float, row: float) -> Places:
    """Choose where the columns begin and end."""
    kind = rng.random()
    if kind < 0.35:  # even and narrow
        pitch = row * rng.uniform(0.7, 2.2)
        count = max(1, int(width / pitch))
        count = int(rng.integers(max(1, count // 2), count + 1))
        xs = left + pitch * np.arange(count + 1)
        return xs if rng.random() < 0.5 else np.concatenate([[left - 2 * row], xs])
    count = int(rng.integers(1, 9))
    parts = rng.uniform(0.6, 1.8, count)
    if rng.random() < 0.6:
        parts[0] *= rng.uniform(1.5, 4)
    total = width * rng.uniform(0.5, 1.05)
    places = np.concatenate([[0], np.cumsum(parts)]) * (total / parts.sum())
    return np.asarray(left + places)


def _line(
    scene: Scene,
    at: float,
    start: float,
    end: float,
    style: RuleStyle,
    *,
    upright: bool,
) -> None:
    """Print a level or upright line."""
    if upright:
        scene.sheet.rule(at, start, at, end, style)
    else:
        scene.sheet.rule(start, at, end, at, style)


def _print_lines(scene: Scene, xs: Places, ys: Places, style: RuleStyle) -> None:
    """Print the lines; some tables lack uprights, some have a heavy frame."""
    rng = scene.rng
    frame = style
    if scene.chance(0.25):
        frame = replace(style, width=style.width * rng.uniform(1.5, 3.5), period=0.0)
    kind = rng.random()
    upright = kind > 0.08
    level = kind < 0.94
    open_sides = scene.chance(0.15)
    half = frame.width / 2
    inner = draw_rule_style(rng, float(ys[1] - ys[0])) if scene.chance(0.15) else style
    if upright and level and scene.chance(0.16):
        _print_pieces(scene, xs, ys, style)
        return
    for index, y in enumerate(ys):
        edge = index in (0, len(ys) - 1)
        if edge or level:
            scene.sheet.rule(
                xs[0] - half, y, xs[-1] + half, y, frame if edge else style
            )
    for index, x in enumerate(xs):
        edge = index in (0, len(xs) - 1)
        if (edge and not open_sides) or (upright and not edge):
            scene.sheet.rule(
                x, ys[0] - half, x, ys[-1] + half, frame if edge else inner
            )
    if scene.chance(0.08) and len(ys) > 3:  # a heavy line between groups
        bold = replace(style, width=3 * style.width, period=0.0, double=False)
        middle = ys[int(rng.integers(1, len(ys) - 1))]
        scene.sheet.rule(xs[0], middle, xs[-1], middle, bold)


def _print_pieces(scene: Scene, xs: Places, ys: Places, style: RuleStyle) -> None:
    """Print the lines cell by cell: some cells are merged, some corners stay open."""
    sheet, rng = scene.sheet, scene.rng
    missing = rng.uniform(0.0, 0.35)
    gap = rng.uniform(0.5, 3.5) if scene.chance(0.4) else -style.width / 2
    for index, y in enumerate(ys):
        for x0, x1 in pairwise(xs):
            if index in (0, len(ys) - 1) or not scene.chance(missing):
                sheet.rule(x0 + gap, y, x1 - gap, y, style)
    for index, x in enumerate(xs):
        for y0, y1 in pairwise(ys):
            if index in (0, len(xs) - 1) or not scene.chance(missing):
                sheet.rule(x, y0 + gap, x, y1 - gap, style)


def _shade_cells(scene: Scene, xs: Places, ys: Places, heads: int, labels: int) -> None:
    """Tint the head, every other row, or cells here and there; blacken a few."""
    kind, sheet = scene.rng.random(), scene.sheet
    color = _draw_tint(scene.rng)
    if kind < 0.15 and heads:
        sheet.shade(xs[0], ys[0], xs[-1], ys[1], color)
    elif kind < 0.22:
        for y0, y1 in zip(ys[:-1:2], ys[1::2], strict=False):
            sheet.shade(xs[0], y0, xs[-1], y1, color)
    elif kind < 0.27 and labels:
        sheet.shade(xs[0], ys[0], xs[1], ys[-1], color)
    elif kind < 0.36:
        share = scene.rng.uniform(0.05, 0.4)
        for y0, y1 in pairwise(ys):
            for x0, x1 in pairwise(xs):
                if scene.chance(share):
                    sheet.shade(x0, y0, x1, y1, color)
    elif kind < 0.39:
        pitch = scene.rng.uniform(2.5, 6)
        for x0, x1 in pairwise(xs):
            if scene.chance(0.4):
                sheet.halftone(x0, ys[0], x1, ys[-1], pitch)
    elif kind < 0.44:
        black = Ink((0.08, 0.08, 0.08))
        for y0, y1 in pairwise(ys):
            if scene.chance(0.4):  # a black bar at the side of the row
                x = xs[int(scene.rng.integers(len(xs)))]
                reach = (y1 - y0) * scene.rng.uniform(0.15, 0.5)
                sheet.rectangle(x - reach, y0 + 1, x, y1 - 1, black, 2)


def _draw_tint(rng: Rng) -> Color:
    """Choose the shade of a cell: grey or coloured, mostly light."""
    if rng.random() < 0.55:
        grey = float(rng.uniform(0.55, 0.95))
        return grey, grey, grey
    color = rng.uniform(0.6, 1.0, 3)
    return float(color[0]), float(color[1]), float(color[2])


def _print_head(
    scene: Scene, box: tuple[float, float, float, float], *, icons: bool
) -> None:
    """Print what a head or the first column says, now and then white on black."""
    left, top, width, height = box
    if scene.chance(0.03):
        dark = float(scene.rng.uniform(0.02, 0.35))
        scene.sheet.shade(left, top, left + width, top + height, (dark, dark, dark))
        _print_white(scene, box)
    elif icons:
        size = 0.8 * min(width, height)
        draw_icon(scene, left + 0.1 * size, top + 0.5 * (height - size), size)
    elif height > 1.5 * width and scene.chance(0.5):
        size = min(0.7 * width, scene.height)
        text = scene.some_words()[: int(height / (0.65 * size))]
        x, y = left + 0.15 * width, top + 0.05 * height
        scene.text(x, y, size, text, turned=True)
    elif scene.chance(0.9):
        scene.text_in(left, top, width, height)


def _print_white(scene: Scene, box: tuple[float, float, float, float]) -> None:
    """Print white on the dark ground of a cell."""
    left, top, width, height = box
    size = min(0.6 * height, 1.2 * scene.height)
    text = scene.some_words()[: max(1, int(width / (0.65 * size)))]
    scene.text(left + 0.3 * size, top + 0.2 * height, size, text, ink=WHITE)
