"""Fit what tells numbers from words, by drawn numbers, words, signatures and marks.

    python scripts/fit_words.py --digits FILE --letters FILE --strokes FILE

Lines are written by real hands, one a row, found by `find_writing` and read by both
readers. A logistic regression tells those that are a number from the others; what it
gives each measure goes to stdout, for `WordWeights` in `formreader/digits/settings.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from formreader.digits.classification import DigitClassifier
from formreader.digits.settings import WordWeights
from formreader.digits.strings import StringReader
from formreader.digits.words import measure_number
from formreader.field_reader import FieldReader
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.writing import find_writing
from formreader.records import FieldImage
from formreader.training.ink.pages.hands import Hand
from formreader.training.ink.pages.printing import draw_typeface, print_text, words
from formreader.training.ink.pages.sheet import Ink, Sheet
from formreader.training.ink.pages.strokes import PenLayer, draw_pen
from formreader.training.ink.pages.writing import WritingStock
from formreader.training.writers import load_writers

Rng = np.random.Generator

KINDS = {
    "number": 0.4,
    "real number": 0.1,
    "word": 0.24,
    "letters": 0.05,
    "print": 0.09,
    "signature": 0.05,
    "tick": 0.04,
    "cross": 0.03,
}
NUMBERS = {"number", "real number"}
SIGNS = (".", ",", "-", "/", " ", ":")
ROUND = 0.2  # of the numbers end in zeros, as amounts do
WIDTH, HEIGHT = 1000.0, 1400.0  # of a sheet, in pixels
DECAY = 1e-4  # of the squared weights, in the mean loss
HELD_OUT = 5  # every fifth sheet is kept for measuring


@dataclass(frozen=True, eq=False)
class Written:
    """What stands in one row of a sheet.

    Attributes:
        kind: One of `KINDS`.
        span: Its first and last row of pixels.
    """

    kind: str
    span: tuple[float, float]


@click.command()
@click.option("--digits", multiple=True, type=click.Path(path_type=Path))
@click.option("--letters", multiple=True, type=click.Path(path_type=Path))
@click.option("--strokes", multiple=True, type=click.Path(path_type=Path))
@click.option(
    "--without", type=click.Path(path_type=Path), help="Writers to leave out."
)
@click.option("--sheets", default=240, show_default=True)
@click.option("--seed", default=11, show_default=True)
def main(
    digits: tuple[Path, ...],
    letters: tuple[Path, ...],
    strokes: tuple[Path, ...],
    without: Path | None,
    sheets: int,
    seed: int,
) -> None:
    """Fit and measure `WordWeights`."""
    stock = WritingStock.load(
        digits,
        letters,
        strokes,
        without=load_writers(without) if without else None,
        seed=seed,
    )
    classifier = DigitClassifier.load()
    reader = FieldReader(classifier, StringReader.load(), classifier.manifest.threshold)
    measured = [
        measure_sheet(stock, reader, np.random.default_rng([seed, number]))
        for number in range(sheets)
    ]
    learnt = [one for n, part in enumerate(measured) if n % HELD_OUT for one in part]
    kept = [one for part in measured[::HELD_OUT] for one in part]
    weights = fit([row for _, row in learnt], [kind in NUMBERS for kind, _ in learnt])
    for one, value in zip(fields(WordWeights), weights, strict=True):
        click.echo(f"    {one.name}: Logarithm = {value:.2f}")
    report(kept, weights)


def measure_sheet(
    stock: WritingStock, reader: FieldReader, rng: Rng
) -> list[tuple[str, dict[str, float]]]:
    """Draw a sheet and measure every line that is found on it.

    Returns:
        The kind of each and its measures; parts of a number are left out.
    """
    ink, rows = draw_sheet(stock, rng)
    nothing = np.zeros_like(ink)
    inks = SeparatedInk(ink, nothing, nothing, nothing, nothing)
    lines = find_writing(inks, (), 1.0)
    owners = [find_owner(line, rows) for line in lines]
    whole = [
        (line, row.kind)
        for line, row in zip(lines, owners, strict=True)
        if row is not None and (row.kind not in NUMBERS or is_whole(line, row, ink))
    ]
    read = reader.decode([line for line, _ in whole])
    return [
        (kind, measure_number(classified, reading))
        for (classified, reading), (_, kind) in zip(read, whole, strict=True)
        if any(character.isdigit() for character in reading.raw)
    ]


def draw_sheet(
    stock: WritingStock, rng: Rng
) -> tuple[npt.NDArray[np.uint8], list[Written]]:
    """Fill a sheet, a line a row.

    Returns:
        (H, W) uint8, 255 = ink, and what stands in each row.
    """
    sheet = Sheet(WIDTH, HEIGHT)
    usual = float(rng.uniform(18, 36))
    layer = PenLayer(sheet, draw_pen(rng, usual))
    hand = Hand(stock, layer, usual, rng)
    rows = []
    y = 20.0
    while y < HEIGHT - 4 * usual:
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
        height = usual * float(rng.uniform(0.8, 1.25))
        left = float(rng.uniform(20, 300))
        write(kind, hand, sheet, left, y + height, height)
        rows.append(Written(kind, (y, y + 3 * height)))
        y += 3 * height
    cover = np.maximum(layer.settle(rng), sheet.printing)
    return np.where(cover > rng.uniform(70, 160), 255, 0).astype(np.uint8), rows


def write(
    kind: str, hand: Hand, sheet: Sheet, left: float, top: float, height: float
) -> None:
    """Write something of a kind."""
    rng = hand.rng
    match kind:
        case "number":
            hand.put(hand.number(make_number(rng)), left, top, height)
        case "real number":
            hand.put(hand.real_number(), left, top, height)
        case "word":
            text = words(rng, int(rng.integers(1, 4)))
            text = "".join(c for c in text if not c.isdigit()) or "name"
            hand.put(hand.word(text), left, top, height)
        case "letters":
            text = "".join(
                chr(65 + c) for c in rng.integers(26, size=rng.integers(1, 3))
            )
            hand.put(hand.word(text), left, top, height)
        case "print":
            text = words(rng, int(rng.integers(1, 3)))
            text = "".join(c for c in text if not c.isdigit()) or "Name"
            cut = text[: int(rng.integers(1, len(text) + 1))]
            face, ink = draw_typeface(rng), Ink((0.1, 0.1, 0.1))
            print_text(sheet, cut, left, top, 1.3 * height, face, ink)
        case "signature":
            hand.put(hand.signature(), left, top, height)
        case "tick":
            hand.tick(left, top, height, height)
        case "cross":
            hand.cross(left, top, height, height)


def make_number(rng: Rng) -> str:
    """Make up a number, some with signs between the digits."""
    count = min(12, 1 + int(rng.geometric(0.25)))
    text = "".join(map(str, rng.integers(10, size=count)))
    if rng.random() < ROUND:
        zeros = int(rng.integers(1, count + 1))
        text = text[: count - zeros] + "0" * zeros
    while count > 2 and rng.random() < 0.3:
        place = int(rng.integers(1, len(text)))
        text = text[:place] + str(rng.choice(SIGNS)) + text[place:]
        count -= 2
    return "-" + text if rng.random() < 0.05 else text


def find_owner(line: FieldImage, rows: list[Written]) -> Written | None:
    """Find the row in which a line stands."""
    middle = line.box.centre[1]
    return next((row for row in rows if row.span[0] <= middle < row.span[1]), None)


def is_whole(line: FieldImage, row: Written, ink: npt.NDArray[np.uint8]) -> bool:
    """Tell whether a line is all that stands in its row."""
    first, last = (round(y) for y in row.span)
    columns = np.flatnonzero(ink[first:last].any(axis=0))
    return bool(line.box.width >= 0.95 * (columns[-1] - columns[0]))


def fit(measures: list[dict[str, float]], truth: list[bool]) -> list[float]:
    """Fit a logistic regression, the constant first."""
    names = [one.name for one in fields(WordWeights)][1:]
    x = np.array([[row[name] for name in names] for row in measures])
    x = np.column_stack([np.ones(len(x)), x])
    sign = np.where(truth, 1.0, -1.0)

    def loss(weights: npt.NDArray[np.float64]) -> float:
        shrunk = DECAY * float((weights[1:] ** 2).sum())
        return float(np.logaddexp(0, -sign * (x @ weights)).mean()) + shrunk

    return [float(w) for w in minimize(loss, np.zeros(x.shape[1])).x]


def report(kept: list[tuple[str, dict[str, float]]], weights: list[float]) -> None:
    """Say how many of each kind are taken for numbers."""
    names = [one.name for one in fields(WordWeights)][1:]
    for kind in KINDS:
        rows = [row for found, row in kept if found == kind]
        if not rows:
            continue
        x = np.array([[row[name] for name in names] for row in rows])
        chance = 1 / (1 + np.exp(-(weights[0] + x @ np.array(weights[1:]))))
        shares = ", ".join(
            f"{np.mean(chance >= limit):.1%} above {limit}" for limit in (0.1, 0.5, 0.9)
        )
        click.echo(f"{kind}: {len(rows)} lines, {shares}", err=True)


if __name__ == "__main__":
    main()
