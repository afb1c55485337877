"""Checkboxes, bubbles, codes, logos, stamps, watermarks, holes, staples."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from formreader.training.ink.pages.scene import Scene, draw_rule_style
from formreader.training.ink.pages.sheet import PAPER, PRINT, WHITE, Ink

__all__ = [
    "add_holes",
    "add_stamp",
    "draw_bubbles",
    "draw_checkboxes",
    "draw_code",
    "draw_corner",
    "draw_fiducials",
    "draw_icon",
    "draw_logo",
]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_SHIFT = 4


def draw_checkboxes(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw boxes to tick, with labels; gives the lower side."""
    rng = scene.rng
    size = scene.height * rng.uniform(0.45, 1.0)
    style = draw_rule_style(rng, size)
    pitch = width / int(rng.integers(1, 4))
    y = top
    for _ in range(int(rng.integers(1, 6))):
        for x in np.arange(left, left + width - size, pitch):
            radius = 0.2 * size if scene.chance(0.1) else 0.0
            scene.sheet.outline(x, y, x + size, y + size, style, radius)
            scene.text(x + 1.4 * size, y, size * rng.uniform(0.7, 1.0))
            if scene.chance(0.4):
                _mark_box(scene, x, y, size)
        y += size * rng.uniform(1.4, 2.4)
    return float(y)


def _mark_box(scene: Scene, left: float, top: float, size: float) -> None:
    """Tick, cross or blacken a box."""
    kind, hand = scene.rng.random(), scene.hand
    if kind < 0.4:
        hand.tick(left, top, size, size)
    elif kind < 0.75:
        hand.cross(left, top, size, size)
    elif kind < 0.9:
        hand.blacken(left, top, size, size)
    else:
        hand.fit(hand.number("1"), left, top, size, size)


def draw_bubbles(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw an answer sheet's bubbles, some blackened; gives the lower side."""
    rng, sheet = scene.rng, scene.sheet
    size = max(7.0, scene.height * rng.uniform(0.4, 0.9))
    pitch = size * rng.uniform(1.15, 1.8)
    columns = min(int(rng.integers(3, 12)), max(1, int(width / pitch) - 2))
    rows = int(rng.integers(3, 13))
    ink, wide = scene.text_ink, rng.uniform(1.0, 1.6)
    letters = str(rng.choice(["ABCDEFGHIJKLM", "0123456789012", "             "]))
    outlined = letters.isspace() or scene.chance(0.85)
    patch = _draw_bubble(size * sheet.unit, wide, rng)
    for i in range(rows):
        y = top + i * pitch
        scene.text(left, y, 0.9 * size, str(i + 1))
        for j in range(columns):
            x = left + 2 * size + j * pitch * wide
            if outlined:
                sheet.paste(patch, x, y, ink, PRINT, 2)
            at = x + 0.5 * size * wide
            scene.text(at, y + 0.2 * size, 0.7 * size, letters[j], align=0.5)
        if scene.chance(0.8):
            x = left + 2 * size + int(rng.integers(columns)) * pitch * wide
            if scene.chance(0.8):
                scene.hand.blacken(x, y, size * wide, size)
            else:
                scene.hand.cross(x, y, size * wide, size)
    return float(top + rows * pitch)


def _draw_bubble(size: float, wide: float, rng: Rng) -> Gray:
    """Draw an oval twice as fine as the sheet."""
    height, width = 2 * size, 2 * size * wide
    patch = np.zeros((int(height) + 6, int(width) + 6), np.uint8)
    center = (int((width / 2 + 3) * 16), int((height / 2 + 3) * 16))
    axes = (int(width * 8), int(height * 8))
    thickness = int(rng.integers(2, 5))
    cv2.ellipse(patch, center, axes, 0, 0, 360, 255, thickness, cv2.LINE_AA, _SHIFT)
    return patch


def draw_code(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw a QR or bar code; gives the lower side."""
    rng, sheet = scene.rng, scene.sheet
    left += rng.random() * 0.6 * width
    if scene.chance(0.7):
        cells = int(rng.choice([21, 25, 29, 33]))
        bits = rng.random((cells, cells)) < 0.5
        for y, x in ((0, 0), (0, cells - 7), (cells - 7, 0)):
            bits[y : y + 7, x : x + 7] = True
            bits[y + 1 : y + 6, x + 1 : x + 6] = False
            bits[y + 2 : y + 5, x + 2 : x + 5] = True
        side = cells * rng.uniform(2.0, 5.5)
    else:
        bits = np.repeat(rng.random((1, int(rng.integers(40, 110)))) < 0.5, 2, axis=0)
        side = rng.uniform(60, 220)
    height = side if bits.shape[0] > 2 else side * rng.uniform(0.15, 0.4)
    size = (max(8, round(side * sheet.unit)), max(8, round(height * sheet.unit)))
    patch = cv2.resize(
        (bits * 255).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST
    ).astype(np.uint8)
    sheet.paste(patch, left, top, Ink((0.05, 0.05, 0.05)), PRINT)
    if bits.shape[0] == 2:
        text = " ".join(str(d) for d in rng.integers(0, 10, 12))
        scene.text(left, top + height + 1, 0.12 * side, text)
        height += 0.14 * side
    return float(top + height + 8)


def draw_icon(scene: Scene, left: float, top: float, size: float) -> None:
    """Print a small coloured shape, such as stands at the head of a row."""
    rng, sheet = scene.rng, scene.sheet
    side = max(8, int(2 * size * sheet.unit))
    color = rng.uniform(0.05, 0.85, 3)
    ink = Ink((float(color[0]), float(color[1]), float(color[2])))
    for share, own in ((1.0, ink), (rng.uniform(0.3, 0.6), WHITE)):
        reach = int(share * side)
        patch = np.zeros((side, side), np.uint8)
        low, middle, high = (side - reach) // 2, side // 2, (side + reach) // 2
        kind = rng.random()
        if kind < 0.35:
            cv2.circle(patch, (middle, middle), reach // 2, 255, -1, cv2.LINE_AA)
        elif kind < 0.7:
            cv2.rectangle(patch, (low, low), (high, high), 255, -1)
        else:
            corners = np.array([[low, high], [high, high], [middle, low]], np.int32)
            cv2.fillPoly(patch, [corners], 255, cv2.LINE_AA)
        sheet.paste(patch, left, top, own, PAPER if own is WHITE else PRINT, 2)
        if scene.chance(0.4):
            return


def draw_corner(scene: Scene, right: float, top: float, size: float) -> None:
    """Print a filled triangle into the upper right corner of a cell."""
    side = max(8, int(2 * size * scene.sheet.unit))
    patch = np.zeros((side, side), np.uint8)
    corners = np.array([[0, 0], [side - 1, 0], [side - 1, side - 1]], np.int32)
    cv2.fillPoly(patch, [corners], 255, cv2.LINE_AA)
    scene.sheet.paste(patch, right - size, top, scene.text_ink, PRINT, 2)


def draw_logo(scene: Scene, left: float, top: float, width: float) -> float:
    """Draw a company's sign: shapes and a name; gives the lower side."""
    rng, sheet = scene.rng, scene.sheet
    size = rng.uniform(25, 90)
    left += rng.random() * 0.6 * width
    scale = 2 * sheet.unit
    side = max(8, int(size * scale))
    patch = np.zeros((side, side), np.uint8)
    color = rng.uniform(0.0, 0.7, 3)
    for _ in range(int(rng.integers(1, 4))):
        center = (int(rng.integers(side)), int(rng.integers(side)))
        thickness = -1 if scene.chance(0.5) else max(2, int(0.06 * side))
        if scene.chance(0.5):
            cv2.circle(
                patch,
                center,
                int(side * rng.uniform(0.15, 0.5)),
                255,
                thickness,
                cv2.LINE_AA,
            )
        else:
            points = rng.integers(0, side, (int(rng.integers(3, 6)), 1, 2)).astype(
                np.int32
            )
            if thickness < 0:
                cv2.fillPoly(patch, [points], 255, cv2.LINE_AA)
            else:
                cv2.polylines(patch, [points], True, 255, thickness, cv2.LINE_AA)
    ink = Ink((float(color[0]), float(color[1]), float(color[2])))
    sheet.paste(patch, left, top, ink, PRINT, 2)
    if scene.chance(0.7):
        scene.text(left + 1.1 * size, top + 0.2 * size, 0.6 * size, ink=ink)
    return float(top + size + 6)


def draw_fiducials(scene: Scene, left: float, top: float, width: float) -> float:
    """Print black squares, rings or triangles, by which machines find pages."""
    rng, sheet = scene.rng, scene.sheet
    size = rng.uniform(5, 32)
    side = max(6, int(2 * size * sheet.unit))
    patch = np.zeros((side + 4, side + 4), np.uint8)
    kind, middle = rng.random(), side // 2 + 2
    if kind < 0.45:
        patch[2:-2, 2:-2] = 255
    elif kind < 0.75:
        for radius, tone in ((0.5, 255), (0.35, 0), (0.2, 255)):
            reach = int(radius * side)
            cv2.circle(patch, (middle, middle), reach, tone, -1, cv2.LINE_AA)
    else:
        corners = np.array([[2, 2], [2, side], [side, middle]], np.int32)
        cv2.fillPoly(patch, [corners], 255, cv2.LINE_AA)
    for x in np.linspace(left, left + 0.9 * width, int(rng.integers(1, 7))):
        sheet.paste(patch, float(x), top, Ink((0.05, 0.05, 0.05)), PRINT, 2)
    return float(top + size)


def add_stamp(scene: Scene) -> None:
    """Press a rubber stamp somewhere on the sheet, slightly turned, or a watermark."""
    rng, sheet = scene.rng, scene.sheet
    watermark = scene.chance(0.4)
    height = rng.uniform(50, 130) if watermark else rng.uniform(14, 34)
    text = str(rng.choice(["PAID", "COPY", "DRAFT", "RECEIVED", "APPROVED", "VOID"]))
    patch = scene.face.draw(text, height * sheet.unit)
    if not patch.size:
        return
    edge = int(0.4 * height * sheet.unit)
    patch = np.pad(patch, edge)
    if not watermark:
        low, high = edge // 2, (patch.shape[1] - edge // 2, patch.shape[0] - edge // 2)
        thickness = max(1, int(0.06 * height * sheet.unit))
        cv2.rectangle(patch, (low, low), high, 255, thickness, cv2.LINE_AA)
    angle = rng.uniform(20, 60) if watermark else rng.normal(0, 12)
    patch = _turn(patch, float(angle))
    if watermark:
        grey = float(rng.uniform(0.75, 0.93))
        ink = Ink((grey, grey, grey))
    else:
        color = [
            (0.7, 0.15, 0.2),
            (0.2, 0.25, 0.65),
            (0.35, 0.15, 0.5),
            (0.2, 0.2, 0.2),
        ]
        ink = Ink(color[int(rng.integers(4))])
        wear = rng.standard_normal((12, 12), dtype=np.float32)
        size = (patch.shape[1], patch.shape[0])
        worn = np.clip(0.9 - 0.25 * np.asarray(cv2.resize(wear, size)), 0.3, 1)
        patch = (patch * worn).astype(np.uint8)
    x, y = rng.uniform(-0.1, 0.8, 2) * (sheet.width, sheet.height)
    sheet.paste(patch, x, y, ink, PRINT)


def _turn(patch: Gray, degrees: float) -> Gray:
    """Turn a patch about its middle, as large as it has to be."""
    rows, columns = patch.shape
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1.0)
    c, s = abs(matrix[0, 0]), abs(matrix[0, 1])
    width, height = int(rows * s + columns * c) + 2, int(rows * c + columns * s) + 2
    matrix[:, 2] += (width / 2 - columns / 2, height / 2 - rows / 2)
    return cv2.warpAffine(patch, matrix, (width, height)).astype(np.uint8)


def add_holes(scene: Scene) -> None:
    """Punch holes or leave a staple near an edge; neither is ink."""
    rng, sheet = scene.rng, scene.sheet
    if scene.chance(0.6):
        size = int(rng.uniform(9, 26) * sheet.unit)
        patch = np.zeros((size + 4, size + 4), np.uint8)
        cv2.circle(
            patch, (size // 2 + 2, size // 2 + 2), size // 2, 255, -1, cv2.LINE_AA
        )
        grey = float(rng.uniform(0.02, 0.5))
        x, y = rng.uniform(0.02, 0.12) * sheet.width, rng.uniform(0, 0.3) * sheet.height
        for step in range(3):
            at = y + step * rng.uniform(0.3, 0.32) * sheet.height
            sheet.paste(patch, x, at, Ink((grey, grey, grey), opaque=True), PAPER)
    else:
        length = int(rng.uniform(14, 34) * sheet.unit)
        patch = np.zeros((10, length), np.uint8)
        cv2.line(
            patch,
            (2, 5),
            (length - 3, 5),
            255,
            max(1, round(1.5 * sheet.unit)),
            cv2.LINE_AA,
        )
        patch = _turn(patch, float(rng.uniform(-60, 60)))
        x, y = rng.uniform(0.05, 0.95, 2) * (sheet.width, sheet.height)
        sheet.paste(patch, x, y, Ink((0.45, 0.45, 0.48), opaque=True), PAPER)
