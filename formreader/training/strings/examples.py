"""Strips to learn from: composed ones, and real ones changed a little."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.strip_normalization import MOST_WIDTH, darkness, normalize_strip
from formreader.errors import UnreadableFileError
from formreader.training.sources import split_weight
from formreader.training.strings.composition import compose, has_points
from formreader.training.strings.numbers import (
    PennedNumbers,
    clean_truth,
    write_number,
)
from formreader.training.strings.paper import photograph, print_strip, read_ink
from formreader.training.strings.stock import DigitStock
from formreader.training.strings.surroundings import (
    choose_surroundings,
    draw_surroundings,
    space_out,
)
from formreader.training.strings.words import LetterStock, compose_word
from formreader.training.writers import is_held_out

__all__ = [
    "Example",
    "RealStrip",
    "StripSet",
    "draw_example",
    "draw_picture",
    "load_strip_set",
    "load_strips",
    "plain_example",
]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_PENNED = 0.2  # of the composed strips are numbers that somebody wrote as a whole
_WORDS = 0.12  # of the composed pictures are words
_JOINED = 0.12  # of the real strips are two, side by side
_SPLICED = 0.6  # of the others have their end from another strip


@dataclass(frozen=True)
class RealStrip:
    """A strip of somebody's writing, and what it says.

    Attributes:
        name: Of its file.
        pixels: (H, W) uint8, 0 = black.
        text: Its digits, and its marks where they are known.
        cuts: The columns between its digits, one fewer than digits; or none, if they
            are not known.
        marks_known: The text has all marks of the strip; else nobody says which there
            are.
        writer: Who wrote it.
    """

    name: str
    pixels: Gray
    text: str
    cuts: tuple[int, ...] = ()
    marks_known: bool = False
    writer: int = 0


@dataclass(frozen=True)
class StripSet:
    """Real strips of one origin.

    Attributes:
        strips: One or more.
        weight: How much it counts among others, beside its size.
    """

    strips: Sequence[RealStrip]
    weight: float = 1.0

    def split(self) -> tuple[StripSet, StripSet]:
        """Keep one writer in ten; gives what to fit, then what is held out."""
        kept = is_held_out(np.array([s.writer for s in self.strips], dtype=np.int64))
        parts = (list(compress(self.strips, ~kept)), list(compress(self.strips, kept)))
        return replace(self, strips=parts[0]), replace(self, strips=parts[1])


@dataclass(frozen=True)
class Example:
    """What a network is shown.

    Attributes:
        strip: (32, W) uint8, 255 = ink, from `normalize_strip`.
        text: The digits and marks it must answer.
        marks_known: Any other mark is wrong; else the digits alone count.
    """

    strip: Gray
    text: str
    marks_known: bool = True


def load_strips(folder: Path, truth: Path) -> list[RealStrip]:
    """Load labelled strips, in the order of their names.

    Args:
        folder: Holds the images.
        truth: A CSV file with the columns `file` and `value`.

    Returns:
        The strips; of their marks nothing is known.

    Raises:
        UnreadableFileError: If a file is missing, is no image, or has no digits in its
            truth.
    """
    strips = []
    for row in _read_truth(truth):
        text = row["value"]
        if not (text.isascii() and text.isdigit()):
            raise UnreadableFileError(
                f"its truth {text!r} is not made of digits", path=folder / row["file"]
            )
        strips.append(RealStrip(row["file"], _load_pixels(folder / row["file"]), text))
    return strips


def load_strip_set(text: str) -> StripSet:
    """Load labelled strips whose truth has their marks as they are written.

    Args:
        text: A folder of images with a file `truth.csv` of the columns `file`, `value`
            and `writer`, a text with a number. `FOLDER*0.3` lets it count for less
            among others.

    Returns:
        The strips in the order of their names; those whose truth has anything but
        digits and marks are left out.

    Raises:
        UnreadableFileError: If a file is missing or is no image.
    """
    name, weight = split_weight(text)
    folder = Path(name)
    strips = [
        RealStrip(
            row["file"],
            _load_pixels(folder / row["file"]),
            clean_truth(row["value"]),
            marks_known=True,
            writer=int("".join(filter(str.isdecimal, row["writer"])) or 0),
        )
        for row in _read_truth(folder / "truth.csv")
        if clean_truth(row["value"])
    ]
    return StripSet(strips, weight)


def _read_truth(truth: Path) -> list[dict[str, str]]:
    """Read a table of strips, in the order of their files' names."""
    try:
        with truth.open(newline="", encoding="utf-8") as file:
            rows = [{"writer": "", **row} for row in csv.DictReader(file)]
        return sorted(rows, key=lambda row: (row["file"], row["value"]))
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise UnreadableFileError(
            f"expected is a CSV file with the columns file and value ({error})",
            path=truth,
        ) from error


def _load_pixels(path: Path) -> Gray:
    """Load the image of a strip."""
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise UnreadableFileError("not there, or not an image", path=path)
    return pixels.astype(np.uint8)


def plain_example(real: RealStrip) -> Example:
    """Show a real strip as it is."""
    strip = normalize_strip(darkness(real.pixels))
    return Example(strip, real.text, real.marks_known)


def draw_example(
    stock: DigitStock,
    reals: Sequence[StripSet],
    real_share: float,
    rng: Rng,
    penned: PennedNumbers | None = None,
) -> Example:
    """Draw one strip, composed or real.

    Args:
        stock: What strips are composed of.
        reals: Real strips; there may be none.
        real_share: How often a real one is taken.
        rng: Source of the random draws.
        penned: Numbers that somebody wrote as a whole.
    """
    if reals and rng.random() < real_share:
        strips = reals[int(rng.choice(len(reals), p=_share_sets(reals)))].strips
        real = _pick(strips, rng)
        if rng.random() < _JOINED:
            real = _join(real, _pick(strips, rng))
        elif rng.random() < _SPLICED:
            real = _splice(real, _pick(strips, rng), rng)
        keeps = real.marks_known and not real.text.isdigit()
        ink = read_ink(_vary(real.pixels, rng), rng, keeps_specks=keeps)
        return Example(normalize_strip(ink), real.text, real.marks_known)
    while True:
        if penned and rng.random() < _PENNED:
            written = write_number(penned, rng)
        else:
            written = compose(stock, rng)
        points = has_points(written.text)
        pixels = print_strip(written.ink, written.size_px, rng, has_points=points)
        seen = photograph(pixels, written.size_px, rng)
        keeps = not written.text.isdigit()
        ink = read_ink(seen, rng, written.ink, keeps_specks=keeps)
        strip = normalize_strip(ink)
        if strip.shape[1] < MOST_WIDTH:  # wider ones are squeezed, and cost too much
            return Example(strip, written.text)


def draw_picture(
    stock: DigitStock,
    reals: Sequence[StripSet],
    real_share: float,
    rng: Rng,
    penned: PennedNumbers | None = None,
    letters: LetterStock | None = None,
) -> Example:
    """Draw one strip as a form shows it: grey, with boxes, combs and lines around.

    Args:
        stock: What strips are composed of.
        reals: Real strips; there may be none.
        real_share: How often a real one is taken.
        rng: Source of the random draws.
        penned: Numbers that somebody wrote as a whole.
        letters: Letters of which words are composed, to be told from numbers.
    """
    if reals and rng.random() < real_share:
        strips = reals[int(rng.choice(len(reals), p=_share_sets(reals)))].strips
        real = _pick(strips, rng)
        if rng.random() < _SPLICED:
            real = _splice(real, _pick(strips, rng), rng)
        pixels = _vary(real.pixels, rng)
        size_px = 0.7 * pixels.shape[0]
        around = rng.choice(("none", "box", "line"))
        pixels = draw_surroundings(pixels, darkness(pixels), size_px, around, rng)
        strip = normalize_strip(darkness(pixels))
        return Example(strip, real.text, real.marks_known)
    while True:
        if letters and rng.random() < _WORDS:
            written = compose_word(letters, rng)
        elif penned and rng.random() < _PENNED:
            written = write_number(penned, rng)
        else:
            written = compose(stock, rng)
        kind, ink = choose_surroundings(rng), written.ink
        if kind in ("cells", "comb"):
            ink = space_out(ink, written.size_px, rng)
        # Forms are printed on plain paper, mostly.
        pixels = print_strip(ink, written.size_px, rng, has_points=True)
        pixels = draw_surroundings(pixels, ink, written.size_px, kind, rng)
        seen = photograph(pixels, written.size_px, rng)
        strip = normalize_strip(darkness(seen))
        if strip.shape[1] < MOST_WIDTH:  # wider ones are squeezed, and cost too much
            return Example(strip, written.text)


def _share_sets(reals: Sequence[StripSet]) -> npt.NDArray[np.float64]:
    """Say how often each set is taken; large ones more, yet not in proportion."""
    sizes = np.array([found.weight * np.sqrt(len(found.strips)) for found in reals])
    return np.asarray(sizes / sizes.sum())


def _pick(reals: Sequence[RealStrip], rng: Rng) -> RealStrip:
    return reals[int(rng.integers(len(reals)))]


def _join(first: RealStrip, second: RealStrip) -> RealStrip:
    """Put a strip to the right of another, at the same height and brightness."""
    height = first.pixels.shape[0]
    width = max(1, round(second.pixels.shape[1] * height / second.pixels.shape[0]))
    right = cv2.resize(second.pixels, (width, height)).astype(np.float32)
    right += np.median(first.pixels) - np.median(right)
    pixels = np.hstack([first.pixels, np.clip(right, 0, 255).astype(np.uint8)])
    text = first.text + second.text
    return replace(first, pixels=pixels, text=text, cuts=())


def _splice(first: RealStrip, second: RealStrip, rng: Rng) -> RealStrip:
    """Follow the first digits of a strip with the last digits of another.

    There are few real strips; without this a network would learn them by heart.
    """
    if not (first.cuts and second.cuts):
        return first
    kept = int(rng.integers(len(first.cuts)))
    begun = int(rng.integers(len(second.cuts)))
    head = replace(
        first, pixels=first.pixels[:, : first.cuts[kept]], text=first.text[: kept + 1]
    )
    tail = replace(
        second,
        pixels=second.pixels[:, second.cuts[begun] :],
        text=second.text[begun + 1 :],
    )
    return _join(head, tail) if head.pixels.size and tail.pixels.size else first


def _vary(pixels: Gray, rng: Rng) -> Gray:
    """Change a real strip: shape, pen, contrast, sharpness, paper."""
    pixels = _warp(pixels, rng)
    draw = rng.random()
    if draw < 0.12:
        pixels = cv2.erode(pixels, np.ones((2, 2), np.uint8)).astype(np.uint8)
    elif draw < 0.2:
        thin = cv2.dilate(pixels, np.ones((2, 2), np.uint8))
        pixels = cv2.addWeighted(thin, 0.6, pixels, 0.4, 0).astype(np.uint8)
    if rng.random() < 0.5:
        grey = 255 * (pixels.astype(np.float32) / 255) ** rng.uniform(0.6, 1.6)
        pixels = (
            (grey * rng.uniform(0.6, 1) + rng.uniform(0, 30))
            .clip(0, 255)
            .astype(np.uint8)
        )
    size_px = 0.7 * pixels.shape[0]
    if rng.random() < 0.15:  # other paper
        pixels = np.minimum(pixels, print_strip(np.zeros_like(pixels), size_px, rng))
    return photograph(pixels, size_px, rng) if rng.random() < 0.5 else pixels


def _warp(pixels: Gray, rng: Rng) -> Gray:
    """Shift, scale, slant and bend in one interpolation; paper fills what is new."""
    height, width = pixels.shape
    stretch, slant = np.exp(rng.normal(0, 0.12)), rng.normal(0, 0.14)
    out = (max(8, round(width * stretch)), height)
    grow, turn = np.exp(rng.normal(0.02, 0.08)), rng.normal(0, 0.02)
    if rng.random() < 0.1:  # cropped carelessly
        grow = rng.uniform(1.1, 1.6)
    y, x = np.indices(out[::-1], dtype=np.float32)
    x, y = x - out[0] / 2, y - height / 2
    grid = rng.normal(0, 0.016 * height, (4, max(4, round(3 * width / height)), 2))
    bend = cv2.resize(grid.astype(np.float32), out, interpolation=cv2.INTER_CUBIC)
    shift = rng.normal(0, 0.02, 2) * height
    map_x = x * (grow / stretch) + slant * y + bend[..., 0] + width / 2 + shift[0]
    map_y = y * grow + turn * x + bend[..., 1] + height / 2 + shift[1]
    return cv2.remap(
        pixels,
        map_x.astype(np.float32),
        map_y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.uint8)
