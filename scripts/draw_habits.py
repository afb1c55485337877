"""Draw pages in hands with habits that the shipped model was not trained on.

Zeros are struck through from beyond their rim, ones begin with an upstroke from the
line, twos are a Z, and nines a g with a closed loop. Each page is another writer's. The
answers are known:

    python scripts/draw_habits.py --out habits
    formreader batch habits -o run
    python scripts/review_by_truth.py run habits/truth.csv
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np

from formreader.training.drawing.digit_shapes import parse_shape
from formreader.training.drawing.handwriting import (
    Writer,
    draw_digit,
    draw_strokes,
    draw_writer,
)

HABITS = {
    0: "34,3 14,14 3,48 10,84 29,98 48,86 57,50 48,14 30,3 19,10 / 70,-8 30,52 -8,108",
    1: "0,100 14,55 32,0! 33,50 34,100",
    2: "4,4 30,4 54,2! 30,50 4,98! 30,97 58,98",
    9: "47,14 29,2 9,15 6,30 22,42 41,32 48,8! 48,48 42,88 24,100 8,88 20,72 50,60",
}
ROWS, CELLS = 8, 6
SIDE, PITCH, LEFT, TOP = 64, 130, 120, 130  # pixels
DIGIT = 40  # pixels
PAPER, LINE, INK = 245, 90, 25  # grey levels
COLUMNS = ("file", "page", "field", "value", "cells", "left", "top", "width", "height")


def main() -> int:
    """Draw the pages and write `truth.csv` beside them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(options.pages):
            name = f"page-{number + 1:03}.png"
            rng = np.random.default_rng([options.seed, number])
            page, values = draw_page(rng)
            cv2.imwrite(str(options.out / name), page)
            for row, value in enumerate(values):
                box = (LEFT, TOP + row * PITCH, CELLS * SIDE, SIDE)
                writer.writerow((name, 1, f"row_{row + 1}", value, value, *box))
    return 0


def draw_page(rng: np.random.Generator) -> tuple[np.ndarray, list[str]]:
    """Draw rows of boxes with a number in each, in one hand.

    Returns:
        (H, W) uint8, 0 = black, and the numbers.
    """
    writer = draw_writer(rng)
    size = (2 * TOP + ROWS * PITCH, 2 * LEFT + CELLS * SIDE)
    page = np.full(size, PAPER, np.uint8)
    values = []
    for row in range(ROWS):
        digits = rng.integers(10, size=CELLS).tolist()
        values.append("".join(map(str, digits)))
        for cell, digit in enumerate(digits):
            left, top = LEFT + cell * SIDE, TOP + row * PITCH
            cv2.rectangle(page, (left, top), (left + SIDE, top + SIDE), LINE, 2)
            _write(page, digit, writer, rng, left, top)
    noise = rng.normal(0, 3, page.shape)
    return np.clip(cv2.GaussianBlur(page, (0, 0), 0.7) + noise, 0, 255).astype(
        np.uint8
    ), values


def _write(
    page: np.ndarray,
    digit: int,
    writer: Writer,
    rng: np.random.Generator,
    left: int,
    top: int,
) -> None:
    """Write a digit into a box, clear of its lines."""
    if digit in HABITS:
        ink = draw_strokes(parse_shape(HABITS[digit]), writer, rng, DIGIT)
    else:
        ink = draw_digit(digit, writer, rng, DIGIT)
    x = left + (SIDE - ink.shape[1]) // 2 + int(rng.integers(-3, 4))
    y = top + (SIDE - ink.shape[0]) // 2 + int(rng.integers(-3, 4))
    place = page[y : y + ink.shape[0], x : x + ink.shape[1]]
    cover = ink / 255
    place[:] = np.rint(place * (1 - cover) + INK * cover).astype(np.uint8)


if __name__ == "__main__":
    raise SystemExit(main())
