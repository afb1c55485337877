"""Scans, faxes, copies and photographs of a drawn sheet."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import cv2
import numpy as np
import numpy.typing as npt

from formreader.training.ink.pages.exposure import BINARY, expose
from formreader.training.ink.pages.paper import draw_light, draw_paper
from formreader.training.ink.pages.sheet import PAPER, PEN, PRINT, RULE, Item, Sheet
from formreader.training.ink.pages.surroundings import draw_fingers, draw_surroundings

__all__ = ["Capture", "CapturedSheet", "capture_sheet", "draw_capture"]

Gray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Rng = np.random.Generator

_SHARES = {
    "scan": 0.20,
    "grey scan": 0.13,
    "colour scan": 0.16,
    "bilevel": 0.15,
    "fax": 0.05,
    "copy": 0.06,
    "photo": 0.25,
}
_LEFT = 0.3  # of what was drawn around is still seen, or it is paper
_AROUND = 21  # pixels, more than the widest stroke of a title
_LEAST_CONTRAST = 3  # of 255
_WHITE_CONTRAST = 60  # of white print to its bar
_STEP = 3  # pixels, how finely items are located
_COVERED = 90  # of 255: what covers more of a pixel is its class


@dataclass(frozen=True)
class Capture:
    """How a sheet is captured.

    Attributes:
        kind: A name of `_SHARES`.
        scale: Pixels of the capture to one of the finished page.
        tilt: Turn in degrees.
        keystone: Change of scale across the page, right and down, in perspective.
        curl: Height of the waves that a bent page makes, as a share of the page.
        edges: Whether the page's edge, and what lies behind it, is seen.
        turns: Quarter turns at the end.
    """

    kind: str
    scale: float
    tilt: float
    keystone: tuple[float, float]
    curl: float
    edges: bool
    turns: int

    @property
    def unit(self) -> float:
        """Pixels of the sheet to one of the finished page."""
        return max(1.0, self.scale)


@dataclass(frozen=True, eq=False)
class CapturedSheet:
    """A page that was made of a sheet.

    Attributes:
        pixels: (S, S, 3) uint8 RGB.
        classes: (S, S) uint8, what each pixel is.
        behind: What lies behind the page.
        items: What stands on it, in pixels of the page, to `_STEP` pixels; those that
            cannot be seen are left out.
    """

    pixels: Gray
    classes: Gray
    behind: str
    items: tuple[Item, ...]


def draw_capture(rng: Rng) -> Capture:
    """Choose how a sheet is captured."""
    kind = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
    photo = kind == "photo"
    scale = 1.0 if rng.random() < 0.25 else float(np.exp(rng.uniform(-0.6, 0.42)))
    tilt = float(rng.normal(0, 3)) if rng.random() < 0.7 else float(rng.normal(0, 0.3))
    if rng.random() < 0.06:
        tilt = float(rng.uniform(-30, 30))
    keystone = rng.normal(0, 0.12, 2) if photo else (0.0, 0.0)
    turned = rng.random() < 0.18
    return Capture(
        kind=kind,
        scale=scale,
        tilt=tilt,
        keystone=(float(keystone[0]), float(keystone[1])),
        curl=float(rng.uniform(0, 0.02)) if photo and rng.random() < 0.5 else 0.0,
        edges=bool(rng.random() < (0.5 if photo else 0.08)),
        turns=int(rng.integers(1, 4)) if turned else 0,
    )


def sheet_side(capture: Capture, size: int) -> float:
    """Give the side of a sheet that fills a page of this size, in units."""
    angle = np.deg2rad(abs(capture.tilt))
    reach = np.cos(angle) + np.sin(angle)
    slack = 0.06 + 0.6 * sum(abs(k) for k in capture.keystone) + 2 * capture.curl
    return float(size * (reach + slack))


def capture_sheet(
    sheet: Sheet, written: list[Gray], capture: Capture, size: int, rng: Rng
) -> CapturedSheet:
    """Capture a sheet.

    Args:
        sheet: What was drawn, its pens dried.
        written: (H, W) uint8 coverage by each pen.
        capture: How.
        size: Side S of the page to make, in pixels.
        rng: Source of the random draws.
    """
    grid = _make_grid(sheet, capture, size, rng)
    pen = np.maximum.reduce(written)
    layers = np.dstack([pen, sheet.printing, sheet.ruling])
    layers = cv2.remap(layers, *grid, cv2.INTER_LINEAR).astype(np.uint8)
    tones = np.clip(sheet.image * 255, 0, 255).astype(np.uint8)
    seen = cv2.remap(tones, *grid, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    light = seen.astype(np.float32) * np.float32(1 / 255)
    light *= draw_paper(light.shape[:2], sheet.unit, capture.kind, rng)
    behind = ""
    if capture.edges:
        light, behind = _lay_on_table(light, grid, sheet, capture, rng)
    if capture.kind == "photo":
        light *= draw_light(light.shape[:2], rng)
        if rng.random() < 0.08:
            light, layers = _hold(light, layers, rng)
            behind += " fingers"
    pixels = expose(light, capture.kind, capture.scale, size, rng)
    classes = _classify(layers, size)
    if capture.kind in BINARY:
        classes = _forget_lost(classes, pixels)
    else:
        classes = _forget_unseen(classes, pixels)
    turned = np.rot90(pixels, capture.turns), np.rot90(classes, capture.turns)
    return CapturedSheet(
        np.ascontiguousarray(turned[0]),
        np.ascontiguousarray(turned[1]),
        behind,
        _locate_items(sheet, grid, capture.turns, size),
    )


def _locate_items(
    sheet: Sheet, grid: tuple[Floats, Floats], turns: int, size: int
) -> tuple[Item, ...]:
    """Find where the items of a sheet are on the page."""
    places = np.arange(0, size, _STEP) * grid[0].shape[0] // size
    seen = [np.rot90(one[np.ix_(places, places)], turns) for one in grid]
    columns, rows = (one / sheet.unit for one in seen)
    found = []
    for item in sheet.items:
        inside = (columns >= item.left) & (columns <= item.right)
        inside &= (rows >= item.top) & (rows <= item.bottom)
        y, x = np.nonzero(inside)
        if len(x):
            sides = (x.min(), y.min(), x.max() + 1, y.max() + 1)
            found.append(Item(item.kind, *(float(_STEP * side) for side in sides)))
    return tuple(found)


def _make_grid(
    sheet: Sheet, capture: Capture, size: int, rng: Rng
) -> tuple[Floats, Floats]:
    """Map each pixel of the capture to its place on the sheet, in pixels."""
    side = round(size * capture.unit)
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side - 0.5  # -0.5 to 0.5
    x, y = axis[None, :], axis[:, None]
    depth = 1 + capture.keystone[0] * x + capture.keystone[1] * y
    angle = radians(capture.tilt)
    c, s = cos(angle), sin(angle)
    across, down = (c * x + s * y) / depth, (c * y - s * x) / depth
    if capture.curl:
        wave, phase = rng.uniform(2, 7), rng.uniform(0, 6)
        down = down + capture.curl * np.sin(wave * across + phase)
        across = across + 0.4 * capture.curl * np.sin(wave * down + 2 * phase)
    middle = [sheet.width / 2, sheet.height / 2]
    if capture.edges:
        for axis_index in range(2):
            if rng.random() < 0.65:
                shift = size * rng.uniform(0.05, 0.35)
                middle[axis_index] += shift if rng.random() < 0.5 else -shift
    scale = np.float32(size * sheet.unit)
    columns = across * scale + np.float32(middle[0] * sheet.unit - 0.5)
    rows = down * scale + np.float32(middle[1] * sheet.unit - 0.5)
    return columns.astype(np.float32), rows.astype(np.float32)


def _lay_on_table(
    light: Floats, grid: tuple[Floats, Floats], sheet: Sheet, capture: Capture, rng: Rng
) -> tuple[Floats, str]:
    """Show what lies behind the page: a table top, or a scanner's lid."""
    columns, rows = grid
    inside = np.minimum(
        np.minimum(columns, sheet.shape[1] - 1 - columns),
        np.minimum(rows, sheet.shape[0] - 1 - rows),
    )
    cover = np.clip(inside + 0.5, 0, 1)[:, :, None]
    shape = (light.shape[0], light.shape[1])
    if capture.kind == "photo":
        table, name = draw_surroundings(shape, rng)
        depth = rng.uniform(0.1, 0.85)
        reach = rng.uniform(2, 30) * sheet.unit
        shadow = 1 - depth * np.exp(np.minimum(inside, 0) / reach)
        table *= shadow[:, :, None]
    else:
        grey = rng.uniform(0.0, 0.25) if rng.random() < 0.7 else rng.uniform(0.8, 1)
        name = "lid"
        table = np.full_like(light, grey)
    return (light * cover + table * (1 - cover)).astype(np.float32), name


def _hold(light: Floats, layers: Gray, rng: Rng) -> tuple[Floats, Gray]:
    """Hold the page with fingers; they hide what is below."""
    cover, skin = draw_fingers((light.shape[0], light.shape[1]), rng)
    held = light * (1 - cover[:, :, None]) + skin * cover[:, :, None]
    layers[cover > 0.4] = 0
    return held, layers


def _classify(layers: Gray, size: int) -> Gray:
    """Give each pixel of the finished page its class."""
    if layers.shape[0] != size:
        layers = cv2.resize(layers, (size, size), interpolation=cv2.INTER_AREA).astype(
            np.uint8
        )
    pen, printing, ruling = (layers[:, :, index] for index in range(3))
    classes = np.full((size, size), PAPER, np.uint8)
    classes[printing > _COVERED] = PRINT
    classes[(ruling > _COVERED) & (ruling > printing)] = RULE
    classes[pen > _COVERED] = PEN
    return classes


def _forget_lost(classes: Gray, pixels: Gray) -> Gray:
    """Call paper what a threshold has left next to nothing of."""
    dark = (pixels[:, :, 1] < 150).astype(np.float32)
    drawn = (classes != PAPER).astype(np.float32)
    kept = cv2.blur(dark, (7, 7)) > _LEFT * cv2.blur(drawn, (7, 7))
    return np.where(kept, classes, PAPER).astype(np.uint8)


def _forget_unseen(classes: Gray, pixels: Gray) -> Gray:
    """Call paper what nobody can tell from the paper around, in no colour."""
    soft = cv2.blur(pixels, (3, 3))
    window = np.ones((_AROUND, _AROUND), np.uint8)
    darker = _strongest(cv2.subtract(cv2.dilate(soft, window), soft))
    lighter = _strongest(cv2.subtract(soft, cv2.erode(soft, window)))
    drawn = (classes != PAPER).astype(np.float32)
    noise = float(np.median(darker[drawn == 0])) if not drawn.all() else 0.0
    least = max(_LEAST_CONTRAST, 1.15 * noise)
    contrast = cv2.blur(darker * drawn, (5, 5)) >= least * cv2.blur(drawn, (5, 5))
    grey = soft[:, :, 1]
    dark = grey < 0.6 * float(np.percentile(grey[::4, ::4], 80))
    white_on_dark = lighter > _WHITE_CONTRAST
    seen = contrast | dark | white_on_dark
    return np.where(seen, classes, PAPER).astype(np.uint8)


def _strongest(colors: cv2.typing.MatLike) -> Gray:
    """Give the largest of the three channels; many times faster than by an axis."""
    red, green, blue = cv2.split(colors)
    return cv2.max(cv2.max(red, green), blue).astype(np.uint8)
