"""Fills in printed forms by program, and scans, copies or photographs them.

Numbers are written with the pen strokes of real writers; crosses, ticks and bubbles are
drawn, with pens of many widths and tones.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.forms.templates.entries import FieldTemplate
from formreader.geometry import Box

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Stroke = npt.NDArray[np.float64]
Rng = np.random.Generator

CAPTURES = ("scan", "copy", "photo")


@dataclass(frozen=True)
class Hand:
    """How one person writes.

    Attributes:
        digits: The ways in which each digit is written: strokes of height 1.
        pen_px: Width of the pen.
        tone: How dark it is, in [0, 1].
        slant: Of all digits.
    """

    digits: dict[str, list[list[Stroke]]]
    pen_px: int
    tone: float
    slant: float


def load_hands(path: Path) -> list[dict[str, list[list[Stroke]]]]:
    """Load the digits of each writer who wrote all ten."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        entries = json.load(stream)
    writers: dict[int, dict[str, list[list[Stroke]]]] = defaultdict(dict)
    for label, writer, _, strokes in entries:
        paths = [np.array(stroke, np.float64) for stroke in strokes]
        everything = np.concatenate(paths)
        low, high = everything.min(axis=0), everything.max(axis=0)
        if high[1] - low[1] > 0:
            unit = [(one - low) / (high[1] - low[1]) for one in paths]
            writers[writer].setdefault(str(label), []).append(unit)
    return [digits for digits in writers.values() if len(digits) == 10]


def draw_hand(writers: list[dict[str, list[list[Stroke]]]], rng: Rng) -> Hand:
    """Choose a writer and a pen, for a page of 300 dpi."""
    digits = writers[int(rng.integers(len(writers)))]
    pen = int(rng.integers(4, 10))
    return Hand(digits, pen, float(rng.uniform(0.6, 1)), float(rng.normal(0, 0.08)))


class Sheet:
    """A printed page at 300 dpi on which somebody writes.

    Args:
        blank: (H, W) uint8, 0 = black.
        hand: Who writes.
        rng: Source of the random draws.
    """

    def __init__(self, blank: Pixels, hand: Hand, rng: Rng) -> None:
        """Begin with what is printed."""
        self.blank, self.hand, self.rng = blank, hand, rng
        self.ink = np.zeros(blank.shape, np.uint8)

    def show(self) -> Pixels:
        """Show the sheet."""
        written = self.ink.astype(np.float32) / 255 * self.hand.tone
        return np.asarray(self.blank * (1 - 0.92 * written), np.uint8)

    def draw(self, points: Stroke, width: float = 1.0) -> None:
        """Draw a stroke through points in pixels."""
        size = max(1, round(width * self.hand.pen_px))
        path = np.rint(points * 16).astype(np.int32)
        cv2.polylines(self.ink, [path], False, 255, size, cv2.LINE_AA, 4)

    def write_digit(self, digit: str, box: Box, share: float) -> float:
        """Write a digit into a box; give its right edge."""
        ways = self.hand.digits[digit]
        strokes = ways[int(self.rng.integers(len(ways)))]
        everything = np.concatenate(strokes)
        height = share * box.height * float(self.rng.normal(1, 0.06))
        width = min(height * np.ptp(everything[:, 0]), 0.8 * box.width)
        scale = np.array([width / max(np.ptp(everything[:, 0]), 1e-3), height])
        scale[0] = min(scale[0], height)
        across = np.ptp(everything[:, 0]) * scale[0]
        place = np.array(box.centre) - [across / 2, height / 2]
        place += self.rng.normal(0, 0.04, 2) * box.height
        for stroke in strokes:
            path = stroke * scale
            path[:, 0] += self.hand.slant * (height - path[:, 1])
            self.draw(path + place)
        return float(place[0] + across)

    def write_number(self, text: str, field: FieldTemplate) -> None:
        """Write a number into cells, from the right, or freely into a box."""
        digits = [letter for letter in text if letter.isdigit()]
        if field.cells:
            cells = field.cell_boxes[len(field.cell_boxes) - len(digits) :]
            for digit, cell in zip(digits, cells, strict=True):
                self.write_digit(digit, cell, 0.66)
            return
        box, x = field.box, float(field.box.left + 0.25 * field.box.height)
        for letter in text:
            high = 0.62 * box.height
            if letter in ".,":
                low = box.centre[1] + high / 2
                self.draw(np.array([[x, low], [x - 2, low + 4]]), 1.2)
                x += 0.25 * high
                continue
            room = Box(round(x), box.top, round(x + 0.75 * high), box.bottom)
            x = self.write_digit(letter, room, 0.62) + 0.16 * high

    def mark(self, box: Box, *, is_round: bool) -> None:
        """Tick a box in one of the ways in which people do."""
        draw = self.rng.random()
        if is_round and draw < 0.55:
            self._fill(box, float(self.rng.uniform(0.75, 1.05)))
        elif draw < 0.65:
            self._cross(box)
        elif draw < 0.92:
            self._tick(box)
        else:
            self._fill(box, float(self.rng.uniform(0.7, 1.0)))

    def strike(self, box: Box, *, is_round: bool) -> None:
        """Tick a box, and scribble it over."""
        self.mark(box, is_round=is_round)
        for _ in range(2):
            self._fill(box, float(self.rng.uniform(1.35, 1.7)))

    def _place(self, points: Stroke, box: Box) -> None:
        half = np.array([box.width, box.height]) / 2
        jitter = self.rng.normal(0, 0.06, points.shape)
        self.draw((points + jitter) * half + box.centre)

    def _cross(self, box: Box) -> None:
        reach = float(self.rng.uniform(0.7, 1.3))
        for way in (1, -1):
            line = np.linspace(-reach, reach, 6)
            self._place(np.stack([line, way * line], axis=1), box)

    def _tick(self, box: Box) -> None:
        end = self.rng.uniform(0.8, 1.7)
        corners = [[-0.6, 0.0], [-0.1, 0.7], [0.3, -0.1], [0.5 + 0.5 * end, -end]]
        self._place(np.array(corners), box)

    def _fill(self, box: Box, reach: float) -> None:
        """Scribble to and fro as people blacken a bubble."""
        turns = int(self.rng.integers(9, 15))
        y = np.linspace(-reach, reach, turns)
        most = np.sqrt(np.clip(reach**2 - y**2, 0.02, None))
        x = most * np.where(np.arange(turns) % 2, 1, -1)
        self._place(np.stack([x, y], axis=1), box)


def capture(page: Pixels, kind: str, rng: Rng) -> Pixels:
    """Scan, copy or photograph a page of 300 dpi."""
    height, width = page.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    tilt = np.deg2rad(rng.normal(0, 8 if kind == "photo" else 1.2))
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    scale = rng.uniform(0.5, 0.75)
    there = (corners - corners.mean(axis=0)) @ turn.T * scale
    if kind == "photo":  # the far side is smaller
        there *= 1 + rng.uniform(-0.1, 0.1, (4, 1)) * [1, 1]
    margin = 0.08 * width * scale if kind == "photo" else 0.0
    there += margin - there.min(axis=0)
    size = np.ceil(there.max(axis=0) + margin).astype(int).tolist()
    matrix = cv2.getPerspectiveTransform(corners, there.astype(np.float32))
    soft = cv2.GaussianBlur(page, (0, 0), 0.45 / scale)
    table = float(rng.uniform(60, 150)) if kind == "photo" else 250.0
    seen = cv2.warpPerspective(soft, matrix, size, borderValue=(table,))
    return _expose(np.asarray(seen, np.float32), kind, rng)


def _expose(light: Floats, kind: str, rng: Rng) -> Pixels:
    """Add shadow and noise, and what a copier or a JPEG makes of it."""
    height, width = light.shape
    if kind == "photo":
        x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
        way = rng.uniform(0, 2 * np.pi)
        shade = 0.8 + 0.15 * (np.cos(way) * x + np.sin(way) * y)
        light = (light * shade).astype(np.float32)
        light = np.asarray(
            cv2.GaussianBlur(light, (0, 0), rng.uniform(0.4, 1.0)), np.float32
        )
    light = light + rng.normal(0, rng.uniform(2, 6), light.shape).astype(np.float32)
    if kind == "copy":
        level = rng.uniform(150, 200)
        light = np.clip((light - level) * rng.uniform(3, 10) + 128, 0, 255)
    pixels = np.asarray(np.clip(light, 0, 255), np.uint8)
    quality = int(rng.integers(50, 95))
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    return np.asarray(decoded, np.uint8)
