"""Strips to learn from: composed ones, and real ones changed a little."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.strip_normalization import MOST_WIDTH, darkness, normalize_strip
from formreader.errors import UnreadableFileError
from formreader.training.strings.composition import compose
from formreader.training.strings.paper import photograph, print_strip, read_ink
from formreader.training.strings.stock import DigitStock

__all__ = ["Example", "RealStrip", "draw_example", "load_strips", "plain_example"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_JOINED = 0.12  # of the real strips are two, side by side
_SPLICED = 0.6  # of the others have their end from another strip


@dataclass(frozen=True)
class RealStrip:
    """A strip of somebody's writing, and what it says.

    Attributes:
        name: Of its file.
        pixels: (H, W) uint8, 0 = black.
        text: Its digits.
        cuts: The columns between its digits, one fewer than digits; or none, if they
            are not known.
    """

    name: str
    pixels: Gray
    text: str
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Example:
    """What a network is shown.

    Attributes:
        strip: (32, W) uint8, 255 = ink, from `normalize_strip`.
        text: The digits it must answer.
    """

    strip: Gray
    text: str


def load_strips(folder: Path, truth: Path) -> list[RealStrip]:
    """Load labelled strips, in the order of their names.

    Args:
        folder: Holds the images.
        truth: A CSV file with the columns `file` and `value`.

    Raises:
        UnreadableFileError: If a file is missing, is no image, or has no digits in its
            truth.
    """
    try:
        with truth.open(newline="", encoding="utf-8") as file:
            values = {row["file"]: row["value"] for row in csv.DictReader(file)}
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise UnreadableFileError(
            f"expected is a CSV file with the columns file and value ({error})",
            path=truth,
        ) from error
    return [_load_strip(folder / name, values[name]) for name in sorted(values)]


def _load_strip(path: Path, text: str) -> RealStrip:
    """Load one strip."""
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise UnreadableFileError("not there, or not an image", path=path)
    if not (text.isascii() and text.isdigit()):
        raise UnreadableFileError(
            f"its truth {text!r} is not made of digits", path=path
        )
    return RealStrip(path.name, pixels.astype(np.uint8), text)


def plain_example(real: RealStrip) -> Example:
    """Show a real strip as it is."""
    return Example(normalize_strip(darkness(real.pixels)), real.text)


def draw_example(
    stock: DigitStock, reals: Sequence[RealStrip], real_share: float, rng: Rng
) -> Example:
    """Draw one strip, composed or real.

    Args:
        stock: What strips are composed of.
        reals: Real strips; there may be none.
        real_share: How often a real one is taken.
        rng: Source of the random draws.
    """
    if reals and rng.random() < real_share:
        real = _pick(reals, rng)
        if rng.random() < _JOINED:
            real = _join(real, _pick(reals, rng))
        elif rng.random() < _SPLICED:
            real = _splice(real, _pick(reals, rng), rng)
        return Example(
            normalize_strip(read_ink(_vary(real.pixels, rng), rng)), real.text
        )
    while True:
        written = compose(stock, rng)
        pixels = print_strip(written.ink, written.size_px, rng)
        seen = photograph(pixels, written.size_px, rng)
        ink = read_ink(seen, rng, written.ink)
        strip = normalize_strip(ink)
        if strip.shape[1] < MOST_WIDTH:  # wider ones are squeezed, and cost too much
            return Example(strip, written.text)


def _pick(reals: Sequence[RealStrip], rng: Rng) -> RealStrip:
    return reals[int(rng.integers(len(reals)))]


def _join(first: RealStrip, second: RealStrip) -> RealStrip:
    """Put a strip to the right of another, at the same height and brightness."""
    height = first.pixels.shape[0]
    width = max(1, round(second.pixels.shape[1] * height / second.pixels.shape[0]))
    right = cv2.resize(second.pixels, (width, height)).astype(np.float32)
    right += np.median(first.pixels) - np.median(right)
    pixels = np.hstack([first.pixels, np.clip(right, 0, 255).astype(np.uint8)])
    return RealStrip(first.name, pixels, first.text + second.text)


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
