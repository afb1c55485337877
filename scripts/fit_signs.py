"""Fit the network that tells signs of currency and percent from digits.

    python scripts/fit_signs.py -o models --digits digits.npz --letters symbols.npz

Draws numbers by the handwriting that is given, one in two with a sign or a struck-out
digit, fits, measures on hands that are kept apart, and writes signs.json. It takes some
fifteen minutes on one core.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from formreader.digits.signs import SIGNS_MODEL_NAME
from formreader.training.ink.pages.writing import WritingStock
from formreader.training.signs.fit import (
    SignFitOptions,
    draw_sign_examples,
    fit_signs,
    measure_signs,
)
from formreader.training.writers import load_writers

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path))
@click.option("--digits", multiple=True, type=_FILE, help="Digits, .npz.")
@click.option("--letters", multiple=True, type=_FILE, help="Signs and letters, .npz.")
@click.option("--strokes", multiple=True, type=_FILE, help="Pen strokes, .json.gz.")
@click.option("--without", type=_FILE, help="CSV of writers to leave out.")
@click.option("--numbers", default=SignFitOptions.numbers, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(
    out: Path,
    digits: tuple[Path, ...],
    letters: tuple[Path, ...],
    strokes: tuple[Path, ...],
    without: Path | None,
    numbers: int,
    seed: int,
) -> None:
    """Draw, fit, measure and write."""
    options = SignFitOptions(numbers=numbers, seed=seed)
    left_out = {} if without is None else load_writers(without)
    sets = []
    for held_out, count in ((False, options.numbers), (True, options.held_out)):
        stock = WritingStock.load(
            digits, letters, strokes, held_out=held_out, without=left_out, seed=seed
        )
        with click.progressbar(length=count, label="drawing") as bar:
            sets.append(draw_sign_examples(stock, count, seed, lambda _: bar.update(1)))
    (inputs, labels), (held, truth) = sets
    model = fit_signs(inputs, labels, options, [*digits, *letters, *strokes])
    figures = measure_signs(model, held, truth)
    out.mkdir(parents=True, exist_ok=True)
    (out / SIGNS_MODEL_NAME).write_text(replace(model, accuracy=figures).to_json())
    for name, value in figures.items():
        click.echo(f"{name} {value}")


if __name__ == "__main__":
    main()
