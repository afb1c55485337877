"""One writer at work on a page: numbers, words, signatures, ticks, strike-outs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from formreader.training.ink.pages.sheet import ItemKind
from formreader.training.ink.pages.strokes import PenLayer, wavy
from formreader.training.ink.pages.writing import Glyph, WritingStock

__all__ = ["Hand", "Line"]

Gray = npt.NDArray[np.uint8]
Stroke = npt.NDArray[np.float64]
Rng = np.random.Generator

_TALL = "bdfhklt"
_DEEP = "gjpqy"


@dataclass(frozen=True)
class Line:
    """Something written, digits of height 1 between y = 0 and the base line y = 1.

    Attributes:
        strokes: (N, 2) arrays; a single point is a dot.
        images: Real ink with its left, top and height.
        width: Width of it all.
        kind: Whether it is a number or a word; None if it is both.
    """

    strokes: Sequence[Stroke]
    images: Sequence[tuple[Gray, float, float, float]]
    width: float
    kind: ItemKind | None = "number"

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower side of its ink; a dot has no width."""
        points = np.concatenate(
            [
                *self.strokes,
                *(
                    [(left, top), (left + tall * ratio, top + tall)]
                    for image, left, top, tall in self.images
                    for ratio in [image.shape[1] / image.shape[0]]
                ),
            ]
        )
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return float(left), float(top), float(right), float(bottom)


class Hand:
    """One writer with one pen on one page.

    Args:
        stock: Handwriting to draw from.
        layer: Where the strokes go.
        height: Usual height of the digits, in units of the sheet.
        rng: Source of all draws.
    """

    def __init__(
        self, stock: WritingStock, layer: PenLayer, height: float, rng: Rng
    ) -> None:
        """Choose the writer and the habits."""
        self.stock, self.layer, self.height, self.rng = stock, layer, height, rng
        self.pile = stock.digits[int(rng.integers(len(stock.digits)))]
        self.writer = self.pile.hands[int(rng.integers(len(self.pile.hands)))]
        self.alphabet = stock.letters[int(rng.integers(len(stock.letters)))]
        hands = self.alphabet.hands
        self.letter_writer = hands[int(rng.integers(len(hands)))]
        self.images = rng.random() < 0.3
        self.slant = float(rng.normal(0.05, 0.15))
        self.aspect = float(rng.uniform(0.8, 1.2))
        self.gap = float(rng.uniform(0.02, 0.35)) if rng.random() < 0.8 else -0.05
        self.wild = float(rng.uniform(0.02, 0.1))
        self.cursive = rng.random() < 0.35
        self.fill = float(rng.uniform(0.5, 0.95))
        self.steady = rng.random() < 0.7

    def digit(self, label: str) -> Line:
        """Write one digit."""
        glyph = self.pile.pick(label, self.writer, self.rng, self.images)
        if glyph is None:
            return self._mark("-")
        return self._line([(glyph, 0.0, 0.0, float(self.rng.normal(1, self.wild)))])

    def number(self, text: str) -> Line:
        """Write a number with its marks."""
        parts: list[Line] = []
        for character in text:
            if character.isdigit():
                parts.append(self.digit(character))
            elif character == " ":
                parts.append(Line((), (), 0.5))
            else:
                parts.append(self._mark(character))
        return self._join(parts, self.gap)

    def real_number(self) -> Line:
        """Write a number just as somebody once wrote it."""
        if not self.stock.numbers:
            return self.number(str(self.rng.integers(10, 99999)))
        pile = self.stock.numbers[int(self.rng.integers(len(self.stock.numbers)))]
        glyph = pile.glyph(int(self.rng.integers(len(pile.labels))))
        return self._line([(glyph, 0.0, 0.0, 1.0)]) if glyph else self._mark("-")

    def word(self, text: str) -> Line:
        """Write a word or several."""
        parts: list[Line] = []
        for character in text:
            parts.append(self._letter(character))
        line = self._join(parts, 0.12 if not self.cursive else 0.02)
        if self.cursive and not text.isupper():
            line = _connect(line)
        return replace(line, kind=_kind_of(text))

    def signature(self) -> Line:
        """Write a name that nobody can read."""
        rng = self.rng
        turns = int(rng.integers(3, 9))
        knots = np.arange(turns + 2)
        phase = np.linspace(0.4, turns + rng.uniform(0, 1), 10 * turns)
        reach = np.interp(phase, knots, rng.uniform(0.02, 0.5, turns + 2))
        reach[:10] = rng.uniform(0.5, 1.0)
        speed = np.interp(phase, knots, rng.uniform(0.2, 1.2, turns + 2))
        level = np.interp(phase, knots, rng.normal(0, 0.12, turns + 2))
        x = 0.06 * np.cumsum(speed) - rng.uniform(0.1, 0.6) * reach * np.sin(
            2 * np.pi * phase
        )
        y = 0.9 + level - 0.6 * reach * (1 + np.cos(2 * np.pi * phase))
        strokes = [np.column_stack([x - x.min(), y])]
        length = float(np.ptp(x))
        if rng.random() < 0.5:
            low = rng.uniform(0.6, 1.2, 3).tolist()
            ends = list(zip((0.0, length / 2, 1.1 * length), low, strict=True))
            strokes.append(wavy(ends, rng, 0.05))
        return Line(strokes, (), length, "word")

    def face(self, left: float, top: float, size: float) -> None:
        """Draw a face, as children and the bored do."""
        self.ring(left + 0.1 * size, top + 0.1 * size, 0.8 * size, 0.8 * size)
        for x in (0.35, 0.65):
            self.layer.stroke(
                np.array([(left + x * size, top + 0.38 * size)]), self.rng
            )
        angle = np.linspace(0.15, 0.85, 12) * np.pi
        mouth = np.column_stack([np.cos(angle), np.sin(angle)]) * 0.28 * size
        self.layer.stroke(
            mouth + np.array([left + 0.5 * size, top + 0.5 * size]), self.rng
        )

    def put(self, line: Line, left: float, top: float, height: float) -> None:
        """Place writing with its upper left corner and digit height, in units."""
        if line.kind is not None and (line.strokes or line.images):
            x0, y0, x1, y1 = (height * side for side in line.extent)
            self._note(line.kind, left + x0, top + y0, x1 - x0, y1 - y0)
        thin = min(1.0, (height / self.height) ** 0.4)
        for stroke in line.strokes:
            self.layer.stroke(stroke * height + (left, top), self.rng, thin)
        for image, x, y, tall in line.images:
            self.layer.stamp(image, left + x * height, top + y * height, tall * height)

    def fit(
        self,
        line: Line,
        left: float,
        top: float,
        width: float,
        height: float,
        *,
        fill: float | None = None,
        align: float | None = None,
    ) -> None:
        """Place writing into a box; now and then it crosses the walls.

        Args:
            line: What to write.
            left: Left side of the box, in units; `top`, `width` and `height` likewise.
            top: Its upper side.
            width: Its width.
            height: Its height.
            fill: Height of the digits as a share of the box's.
            align: 0 to the left, 1 to the right; by chance if not given.
        """
        rng = self.rng
        share = self._share() if fill is None else fill
        tall = height * share
        if line.width * tall > 1.05 * width:
            least = 0.55 * min(self.height, tall)  # nobody writes ever smaller
            tall = max(least, 1.05 * width / line.width * rng.uniform(0.85, 1.0))
        room = width - line.width * tall
        at = float(rng.random()) if align is None else align
        x = left + room * at + rng.normal(0, 0.04) * tall
        y = top + (height - tall) * rng.uniform(0.15, 0.85) + rng.normal(0, 0.05) * tall
        self.put(line, x, y, tall)

    def cross(self, left: float, top: float, width: float, height: float) -> None:
        """Draw an X into a box."""
        self._note("mark", left, top, width, height)
        rng = self.rng
        inset = rng.uniform(-0.1, 0.3)
        x0, x1 = left + inset * width, left + (1 - inset) * width
        y0, y1 = top + inset * height, top + (1 - inset) * height
        by = 0.02 * height
        for ends in ([(x0, y0), (x1, y1)], [(x1, y0), (x0, y1)]):
            moved = [
                (x + rng.normal(0, 3 * by), y + rng.normal(0, 3 * by)) for x, y in ends
            ]
            self.layer.stroke(wavy(moved, rng, by), rng)

    def tick(self, left: float, top: float, width: float, height: float) -> None:
        """Draw a tick into a box, often beyond it."""
        self._note("mark", left, top, width, height)
        size = max(width, height) * self.rng.uniform(0.7, 1.5)
        x, y = left + 0.1 * width, top + height - size * self.rng.uniform(0.8, 1.0)
        points = [
            (x, y + 0.55 * size),
            (x + 0.3 * size, y + size),
            (x + self.rng.uniform(0.8, 1.2) * size, y),
        ]
        self.layer.stroke(wavy(points, self.rng, 0.02 * size), self.rng)

    def dash(self, left: float, top: float, width: float, height: float) -> None:
        """Draw a dash through the middle of a box, as where there is nothing to say."""
        self._note("mark", left, top, width, height)
        self._draw_dash(left, top, width, height)

    def _draw_dash(self, left: float, top: float, width: float, height: float) -> None:
        rng = self.rng
        y, reach = top + rng.uniform(0.35, 0.65) * height, rng.uniform(0.2, 0.9) * width
        x = left + (width - reach) * rng.random()
        slope = rng.normal(0, 0.06) * height
        points = [(x, y), (x + reach, y + slope)]
        self.layer.stroke(wavy(points, rng, 0.01 * reach), rng)

    def strike(self, left: float, top: float, width: float, height: float) -> None:
        """Strike out what stands in a box, by a line, several, or a scribble."""
        rng = self.rng
        if rng.random() < 0.65:
            for _ in range(int(rng.integers(1, 4))):
                self._draw_dash(left - 0.1 * width, top, 1.2 * width, height)
            return
        count = int(rng.integers(6, 16))
        x = np.linspace(left, left + width, count) + rng.normal(0, 0.03 * width, count)
        y = top + np.where(np.arange(count) % 2, 0.85, 0.15) * height
        points = list(
            zip(
                x.tolist(),
                (y + rng.normal(0, 0.08 * height, count)).tolist(),
                strict=True,
            )
        )
        self.layer.stroke(wavy(points, rng, 0.01 * width), rng)

    def ring(self, left: float, top: float, width: float, height: float) -> None:
        """Draw a ring around something."""
        rng = self.rng
        angle = np.linspace(0, 2 * np.pi * rng.uniform(0.95, 1.12), 30) + rng.uniform(
            0, 6
        )
        x = left + width / 2 + 0.6 * width * np.cos(angle) * rng.uniform(0.95, 1.1)
        y = top + height / 2 + 0.65 * height * np.sin(angle + rng.normal(0, 0.1))
        drift = np.linspace(0, rng.normal(0, 0.06) * height, 30)
        self.layer.stroke(np.column_stack([x, y + drift]), rng)

    def tally(self, left: float, top: float, width: float, height: float) -> None:
        """Count by strokes in bundles of five."""
        self._note("mark", left, top, width, height)
        rng, tall = self.rng, 0.6 * height
        pitch = 0.35 * tall * rng.uniform(0.7, 1.3)
        x, y = left + 0.1 * tall, top + 0.2 * height
        for index in range(int(rng.integers(1, 25))):
            if x > left + width:
                break
            lean = rng.normal(0, 0.06) * tall
            ends = [(x + lean, y), (x, y + tall * rng.uniform(0.8, 1.1))]
            if index % 5 == 4:
                ends = [
                    (x - 4.6 * pitch, y + 0.7 * tall),
                    (x - 0.4 * pitch, y + 0.3 * tall),
                ]
                x += 0.6 * pitch
            else:
                x += pitch
            self.layer.stroke(wavy(ends, rng, 0.015 * tall), rng)

    def arrow(self, left: float, top: float, width: float, height: float) -> None:
        """Draw an arrow."""
        self._note("mark", left, top, width, height)
        rng = self.rng
        y, tip = top + 0.5 * height, left + width
        barb = 0.3 * min(width, height)
        self.layer.stroke(wavy([(left, y), (tip, y)], rng, 0.03 * width), rng)
        points = [(tip - barb, y - barb), (tip, y), (tip - barb, y + barb)]
        self.layer.stroke(wavy(points, rng, 0.05 * barb), rng)

    def blacken(self, left: float, top: float, width: float, height: float) -> None:
        """Fill a bubble or a box, unevenly, often beyond its rim."""
        self._note("mark", left, top, width, height)
        rng = self.rng
        angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        reach = rng.uniform(0.35, 0.62) * (1 + rng.normal(0, 0.08, 16))
        x = left + width / 2 + width * reach * np.cos(angle)
        y = top + height / 2 + height * reach * np.sin(angle)
        self.layer.fill(np.column_stack([x, y]))

    def _note(
        self, kind: ItemKind, left: float, top: float, width: float, height: float
    ) -> None:
        """Note what was written where, in units."""
        self.layer.sheet.note(kind, left, top, width, height)

    def _share(self) -> float:
        """Choose how much of a box's height digits fill; steady hands keep theirs."""
        if self.steady:
            return float(np.clip(self.rng.normal(self.fill, 0.06), 0.35, 1.1))
        return float(self.rng.uniform(0.45, 0.95))

    def _pick(self, character: str) -> Glyph | None:
        """Pick a letter of this hand."""
        return self.alphabet.pick(
            character, self.letter_writer, self.rng, self.images and not self.cursive
        )

    def _letter(self, character: str) -> Line:
        """Write a letter at its place relative to the base line."""
        if character == " ":
            return Line((), (), 0.45)
        if character.isdigit():
            return self.digit(character)
        glyph = self._pick(character)
        if glyph is None:
            glyph = self._pick(character.swapcase())
        if glyph is None:
            glyph = self.stock.letters[-1].pick(character, 0, self.rng)
        if glyph is None:
            return self.digit(str(self.rng.integers(10)))
        size, drop = 1.0, 0.0
        if character.islower() and character not in _TALL:
            size = 0.95 if character in _DEEP else 0.62
            drop = 0.4 if character in _DEEP else 0.38
        return self._line(
            [(glyph, 0.0, drop, size * float(self.rng.normal(1, self.wild)))]
        )

    def _line(self, placed: Sequence[tuple[Glyph, float, float, float]]) -> Line:
        """Bring glyphs with their left, top and size into this hand."""
        strokes: list[Stroke] = []
        images: list[tuple[Gray, float, float, float]] = []
        width = 0.0
        for glyph, left, top, size in placed:
            top += float(self.rng.normal(0, 0.4 * self.wild))
            if glyph.image is not None:
                images.append((glyph.image, left, top, size))
                width = left + size * glyph.image.shape[1] / glyph.image.shape[0]
                continue
            for stroke in glyph.strokes:
                moved = stroke * size
                moved[:, 0] = moved[:, 0] * self.aspect + self.slant * (
                    size - moved[:, 1]
                )
                strokes.append(moved + np.array([left, top]))
            width = left + size * glyph.width * self.aspect
        return Line(strokes, images, max(width, 0.06))

    def _join(self, parts: Sequence[Line], gap: float) -> Line:
        """Set lines side by side."""
        strokes: list[Stroke] = []
        images: list[tuple[Gray, float, float, float]] = []
        x = 0.0
        for part in parts:
            strokes += [stroke + np.array([x, 0.0]) for stroke in part.strokes]
            images += [
                (image, left + x, top, tall) for image, left, top, tall in part.images
            ]
            x += part.width + gap * self.rng.uniform(0.6, 1.5)
        return Line(strokes, images, max(0.06, x - gap))

    def _mark(self, character: str) -> Line:
        """Draw a point, comma, dash, slash or colon."""
        rng = self.rng
        jitter = float(rng.normal(0, 0.05))
        if character == ".":
            return Line([np.array([(0.08, 0.97 + jitter)])], (), 0.16)
        if character == ":":
            dots = [np.array([(0.08, y + jitter)]) for y in (0.4, 0.85)]
            return Line(dots, (), 0.16)
        ends = {
            ",": [(0.12, 0.9), (0.1, 1.0), (0.0, 1.2)],
            "/": [(0.42, -0.1), (0.2, 0.5), (0.0, 1.15)],
            "(": [(0.2, -0.1), (0.0, 0.3), (0.0, 0.7), (0.2, 1.1)],
            ")": [(0.0, -0.1), (0.2, 0.3), (0.2, 0.7), (0.0, 1.1)],
            "+": [(0.0, 0.55), (0.5, 0.55)],
            "=": [(0.0, 0.45), (0.5, 0.42)],
        }.get(character, [(0.0, 0.55), (0.2, 0.53), (rng.uniform(0.35, 0.7), 0.55)])
        strokes = [wavy([(x, y + jitter) for x, y in ends], rng, 0.02)]
        if character == "+":
            strokes.append(wavy([(0.25, 0.3), (0.25, 0.8)], rng, 0.02))
        if character == "=":
            strokes.append(wavy([(0.0, 0.65), (0.5, 0.68)], rng, 0.02))
        return Line(strokes, (), float(strokes[0][:, 0].max()))


def _kind_of(text: str) -> ItemKind | None:
    """Tell words from numbers, and from what is both."""
    has_digits = any(map(str.isdigit, text))
    if any(map(str.isalpha, text)):
        return None if has_digits else "word"
    return "number"


def _connect(line: Line) -> Line:
    """Join the strokes of neighbouring letters, as a flowing hand does."""
    strokes = [stroke for stroke in line.strokes if len(stroke) > 1]
    joined = list(line.strokes)
    for before, after in itertools.pairwise(strokes):
        start, end = before[-1], after[0]
        if 0 < end[0] - start[0] < 0.6 and abs(end[1] - start[1]) < 0.7:
            low = (start + end) / 2 + (0, 0.08)
            joined.append(np.vstack([start, low, end]))
    return Line(joined, line.images, line.width)
