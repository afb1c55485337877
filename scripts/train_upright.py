"""Train the network that tells which way up a page lies.

    python scripts/train_upright.py --digits FILE --letters FILE --strokes FILE -o OUT

It learns from the drawn pages of `formreader model train --ink`. Drawing them takes
some minutes, the training itself two. `OUT` takes `upright.keras`, `upright.tflite`
and `upright.json`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from formreader.digits.runtime import load_keras
from formreader.errors import FormReaderError
from formreader.training.ink.drawing import DrawnPages
from formreader.training.upright.fit import UprightFitOptions
from formreader.training.upright.run import UprightPlan, run_upright_training
from formreader.training.writers import load_writers

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--digits", multiple=True, type=_FILE, help="Digits, .npz.")
@click.option("--letters", multiple=True, type=_FILE, help="Letters, .npz.")
@click.option("--strokes", multiple=True, type=_FILE, help="Strokes, .json.gz.")
@click.option("--without", type=_FILE, help="Writers to leave out, .csv.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
@click.option("--pages", default=UprightPlan.pages, show_default=True)
@click.option("--epochs", default=UprightFitOptions.epochs, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(
    digits: tuple[Path, ...],
    letters: tuple[Path, ...],
    strokes: tuple[Path, ...],
    without: Path | None,
    output: Path,
    pages: int,
    epochs: int,
    seed: int,
) -> None:
    """Train the upright network and measure it on pages that were not fitted."""
    load_keras()
    began = time.monotonic()

    def report(done: int, loss: float) -> None:
        seconds = time.monotonic() - began
        click.echo(f"epoch {done}/{epochs}, {seconds:.0f} s: {loss:.4f}", err=True)

    left_out = load_writers(without) if without is not None else {}
    drawn = DrawnPages(digits, letters, strokes, without=left_out, seed=seed)
    plan = UprightPlan(UprightFitOptions(epochs=epochs, seed=seed), pages=pages)
    try:
        manifest = run_upright_training(plan, drawn, output, report)
    except FormReaderError as error:
        sys.exit(f"error: {error}")
    for name, value in manifest.accuracy.items():
        click.echo(f"{name} {value:.4f}")


if __name__ == "__main__":
    main()
