"""Tell the pen from drop-out ink: boxes and guides in grey, to be written over.

Forms made for machines print their boxes, and shapes to write along, so pale that a
person's pen stands out. In such boxes whatever is no darker than the lines is print.
This holds only where there are two tones: lines as dark as the writing, or writing as
pale as the lines, leave everything as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bounding_box
from formreader.layout.cells import Cell
from formreader.layout.prepared_page import PreparedPage
from formreader.layout.settings import SETTINGS
from formreader.records import read_only

__all__ = ["PenInk", "measure_tone", "separate_pen"]

_DROPOUT = SETTINGS.dropout_ink


Tone = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class PenInk:
    """The ink of a page that is darker than its drop-out ink.

    Attributes:
        ink: (H, W) uint8, 255 = ink; read-only.
        tone: What `measure_tone` says of the fields and their margins; read-only.
        limit: Tone up to which ink in such boxes is print.
    """

    ink: npt.NDArray[np.uint8]
    tone: Tone
    limit: float

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        object.__setattr__(self, "ink", read_only(self.ink))
        object.__setattr__(self, "tone", read_only(self.tone))

    def is_dropout(self, row: Sequence[Cell]) -> bool:
        """Tell whether the lines around the cells of a field are drop-out ink."""
        sides = _side_tones(self.tone, row)
        return bool(sides.size) and float(np.median(sides)) <= self.limit

    def draw(
        self, to_page: npt.NDArray[np.float64], size: tuple[int, int]
    ) -> npt.NDArray[np.uint8]:
        """Draw a part of the ink upright, and larger if asked, with smooth edges.

        Args:
            to_page: (3, 3) homography from the drawing to pixels of the page.
            size: Width and height of the drawing.

        Returns:
            (h, w) uint8, 255 = ink.
        """
        warp = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        drawn = cv2.warpPerspective(self._shades, to_page, size, flags=warp)
        dark = cv2.compare(drawn, np.array(_DROPOUT.edge * self.limit), cv2.CMP_GT)
        return np.asarray(dark, dtype=np.uint8)

    @cached_property
    def _shades(self) -> Tone:
        """Tones of the ink; those around it do not reach the tone of its edges."""
        around = np.minimum(self.tone, round(_DROPOUT.around * self.limit))
        return np.where(self.ink > 0, self.tone, around).astype(np.uint8)


def measure_tone(
    pixels: npt.NDArray[np.uint8], places: Sequence[Box] | None = None
) -> Tone:
    """Measure how much darker than the paper around it each pixel is.

    Light falls on paper and ink alike, so the share of it that ink swallows does not
    change in a shadow.

    Args:
        pixels: (H, W) uint8, 0 = black, dark on light.
        places: Where the tone is needed; everywhere by default. What lies between them
            may be measured as well, or is given as 0.

    Returns:
        (H, W) uint8; 0 = as light as the paper, 255 = black.
    """
    window = max(3, min(pixels.shape) // _DROPOUT.windows_a_side)
    step = max(1, window // _DROPOUT.window_samples)
    size = (max(1, pixels.shape[1] // step), max(1, pixels.shape[0] // step))
    averaged = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    small = np.asarray(averaged, dtype=np.uint8)
    if places is None:
        places = [Box(0, 0, pixels.shape[1], pixels.shape[0])]
    bands = _join_places(places, pixels.shape, window)
    paper = np.zeros_like(small)
    for band in bands:
        part = Box(*(side // step for side in astuple(band)))
        part = part.expanded(_DROPOUT.slack_px, _DROPOUT.slack_px)
        _fill_paper(paper, small, part, window // step | 1)
    whole = cv2.resize(paper, pixels.shape[::-1], interpolation=cv2.INTER_LINEAR)
    tone = np.zeros_like(pixels)
    for inside in (band.slices for band in bands):
        around = cv2.max(whole[inside], np.array(1))
        light = cv2.divide(pixels[inside], around, scale=255)
        tone[inside] = cv2.bitwise_not(light)
    return tone


def _join_places(
    places: Sequence[Box], shape: tuple[int, ...], window: int
) -> list[Box]:
    """Join places into bands that lie at least a window apart, one below the other."""
    bands: list[Box] = []
    for place in sorted(places, key=lambda place: place.top):
        inside = place.clipped(shape)
        if inside.width <= 0 or inside.height <= 0:  # beside the page
            continue
        if bands and inside.top < bands[-1].bottom + window:
            bands[-1] = bands[-1].union(inside)
        else:
            bands.append(inside)
    return bands


def _fill_paper(
    paper: npt.NDArray[np.uint8],
    pixels: npt.NDArray[np.uint8],
    part: Box,
    window: int,
) -> None:
    """Fill a part of (h, w) uint8 with the median over the window around each pixel."""
    inside = part.clipped(pixels.shape)
    around = inside.expanded(window, window).clipped(pixels.shape)
    medians = cv2.medianBlur(pixels[around.slices], window)
    place = inside.shifted(-around.left, -around.top)
    paper[inside.slices] = medians[place.slices]


def separate_pen(page: PreparedPage, rows: Sequence[Sequence[Cell]]) -> PenInk | None:
    """Find the ink that is darker than the boxes in drop-out ink of a page.

    Args:
        page: The page.
        rows: The fields of the page.

    Returns:
        The darker ink; None if no box in drop-out ink has dark writing.
    """
    if not rows or page.paper is None:
        return None
    tone = measure_tone(page.pixels, [_surround(row) for row in rows])
    lines: list[npt.NDArray[np.float32]] = []
    written: list[Tone] = []
    for row in rows:
        sides = _side_tones(tone, row)
        if sides.size and np.median(sides) >= _DROPOUT.palest_line:
            lines.append(sides)
            written += [_tones_inside(tone, page.ink, cell) for cell in row]
    if not lines:
        return None
    level = float(np.median(np.concatenate(lines)))
    limit = _find_limit(np.concatenate(written), level)
    if limit is None:
        return None
    return PenInk(_keep_dark(page.ink, tone, limit), tone, limit)


def _surround(row: Sequence[Cell]) -> Box:
    """Find what is drawn of a field, with its lines and its margin, on the page."""
    sides = [cell.corners[3] - cell.corners[0] for cell in row]
    margin = _DROPOUT.margin * max(float(np.hypot(*side)) for side in sides)
    slack = _DROPOUT.slack_px + round(margin + max(cell.line_px for cell in row))
    return bounding_box(np.concatenate([cell.corners for cell in row])).expanded(
        slack, slack
    )


def _find_limit(tones: Tone, level: float) -> float | None:
    """Find where the tone of drop-out ink ends, if that of the pen is another.

    Args:
        tones: Of all that stands in the cells.
        level: Tone of their lines.
    """
    counts, edges = np.histogram(tones, _DROPOUT.bins, (0, 256))
    smooth = np.convolve(counts, np.ones(3) / 3, mode="same")
    start = int(level * _DROPOUT.bins / 256)
    reach = min(_DROPOUT.bins, 2 * start + 1)
    # Guides may be somewhat darker or paler than the lines.
    peak = start // 2 + int(np.argmax(smooth[start // 2 : reach]))
    is_scarce = smooth <= max(1.0, _DROPOUT.scarce * smooth[peak])
    if not is_scarce[peak:].any():
        return None
    first = peak + int(np.argmax(is_scarce[peak:]))
    gap = np.flatnonzero(~is_scarce[first:])
    limit = float(edges[first + (gap[0] // _DROPOUT.into_gap if gap.size else 0)])
    pen = tones[tones > limit]
    if pen.size <= _DROPOUT.least_pen * tones.size:
        return None
    if np.median(pen) < _DROPOUT.darker * edges[peak]:
        return None
    return limit


def _keep_dark(
    ink: npt.NDArray[np.uint8], tone: Tone, limit: float
) -> npt.NDArray[np.uint8]:
    """Keep the dark ink, with the paler rim that a lens gives to every stroke."""
    dark = cv2.compare(tone, np.array(limit), cv2.CMP_GT)
    rims = cv2.dilate(dark, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.bitwise_and(rims, ink), dtype=np.uint8)


def _side_tones(tone: Tone, row: Sequence[Cell]) -> npt.NDArray[np.float32]:
    """Measure the tone of the lines around cells, one number a side."""
    sides = []
    ways, spared = _DROPOUT.ways, _DROPOUT.way_ends
    along = np.linspace(spared, 1 - spared, ways)[:, None]
    for cell in row:
        starts, ends = cell.corners, np.roll(cell.corners, -1, 0)
        outward = (starts + ends) / 2 - cell.corners.mean(axis=0)
        outward /= np.maximum(np.hypot(*outward.T), 1e-6)[:, None]
        across = np.arange(-2.0, cell.line_px + 3)[None, :, None] * outward[:, None]
        points = starts[:, None] + (ends - starts)[:, None] * along
        at = (points[:, :, None] + across[:, None]).reshape(4 * ways, -1, 2)
        maps = at.astype(np.float32)
        seen = cv2.remap(tone, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR)
        sides.append(np.median(seen.max(axis=1).reshape(4, ways), axis=1))
    return np.array(sides, dtype=np.float32).ravel()


def _tones_inside(tone: Tone, ink: npt.NDArray[np.uint8], cell: Cell) -> Tone:
    """List the tones of the strokes in a cell, where they are darkest."""
    box = cell.box
    rim = _DROPOUT.rim
    inner = box.expanded(-round(rim * box.width), -round(rim * box.height))
    inner = inner.clipped(tone.shape)
    if inner.width <= 0 or inner.height <= 0:  # beside the page
        return np.empty(0, np.uint8)
    around = inner.expanded(1, 1).clipped(tone.shape)
    darkest = cv2.dilate(tone[around.slices], np.ones((3, 3), np.uint8))
    darkest = darkest[inner.shifted(-around.left, -around.top).slices]
    inside = tone[inner.slices]
    return inside[(inside >= darkest) & (ink[inner.slices] > 0)]
