"""Fit the network that tells ticked boxes from blank ones.

    python scripts/fit_ticks.py -o models --letters letters.npz

Draws boxes and bubbles, printed and captured in many ways, blank, ticked, struck out
and doubtful; fits, calibrates and measures on hands that are kept apart, and writes
ticks.json. It takes some ten minutes on one core.
"""

from __future__ import annotations

from pathlib import Path

import click

from formreader.ticks.model import TICKS_MODEL_NAME
from formreader.training.ink.pages.writing import WritingStock
from formreader.training.ticks.fit import (
    TickFitOptions,
    draw_tick_examples,
    fit_ticks,
    list_marks,
    measure_ticks,
)
from formreader.training.writers import load_writers

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path))
@click.option("--letters", multiple=True, type=_FILE, help="Letters, .npz.")
@click.option("--without", type=_FILE, help="CSV of writers to leave out.")
@click.option("--boxes", default=TickFitOptions.boxes, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(
    out: Path,
    letters: tuple[Path, ...],
    without: Path | None,
    boxes: int,
    seed: int,
) -> None:
    """Draw, fit, measure and write."""
    options = TickFitOptions(boxes=boxes, seed=seed)
    left_out = {} if without is None else load_writers(without)
    sets = []
    for held_out, count in ((False, options.boxes), (True, options.held_out)):
        stock = WritingStock.load(
            (), letters, (), held_out=held_out, without=left_out, seed=seed
        )
        marks, own = list_marks(stock), seed + held_out
        with click.progressbar(length=count, label="drawing") as bar:
            sets.append(draw_tick_examples(marks, count, own, lambda _: bar.update(1)))
    (inputs, labels), (held, truth) = sets
    model = fit_ticks(inputs, labels, options, letters)
    model = measure_ticks(model, held, truth)
    out.mkdir(parents=True, exist_ok=True)
    (out / TICKS_MODEL_NAME).write_text(model.to_json())
    for name, value in model.accuracy.items():
        click.echo(f"{name} {value}")


if __name__ == "__main__":
    main()
