"""Train the network that tells written numbers from words, print and marks.

    python scripts/train_contents.py --digits FILE --letters FILE --strokes FILE -o OUT

It learns from what stands on the drawn pages of `formreader model train --ink`. On two
cores drawing takes a quarter of an hour, the training as long. `OUT` takes
`contents.keras`, `contents.tflite`, `contents.json`, the pictures, a log and a
checkpoint each epoch.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from formreader.digits.runtime import load_keras
from formreader.errors import FormReaderError
from formreader.training.contents.fit import ContentFitOptions
from formreader.training.contents.run import ContentPlan, run_content_training
from formreader.training.ink.drawing import DrawnPages
from formreader.training.writers import load_writers

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--digits", multiple=True, type=_FILE, help="Digits, .npz.")
@click.option("--letters", multiple=True, type=_FILE, help="Letters, .npz.")
@click.option("--strokes", multiple=True, type=_FILE, help="Strokes, .json.gz.")
@click.option("--without", type=_FILE, help="Writers to leave out, .csv.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
@click.option("--pages", default=ContentPlan.pages, show_default=True)
@click.option("--epochs", default=ContentFitOptions.epochs, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in OUTPUT.")
def main(
    digits: tuple[Path, ...],
    letters: tuple[Path, ...],
    strokes: tuple[Path, ...],
    without: Path | None,
    output: Path,
    pages: int,
    epochs: int,
    seed: int,
    resume: bool,
) -> None:
    """Train the network of contents and measure it on pages of other hands."""
    load_keras()
    began = time.monotonic()

    def report(done: int, logs: dict[str, float]) -> None:
        minutes = (time.monotonic() - began) / 60
        figures = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
        click.echo(f"epoch {done}/{epochs}, {minutes:.1f} min: {figures}", err=True)

    def progress(done: int, of: int) -> None:
        if sys.stderr.isatty() or done % 100 == 0:
            click.echo(f"\r{done} of {of} pages drawn ", nl=done == of, err=True)

    left_out = load_writers(without) if without is not None else {}
    drawn = DrawnPages(digits, letters, strokes, without=left_out, seed=seed)
    plan = ContentPlan(ContentFitOptions(epochs=epochs, seed=seed), pages=pages)
    try:
        manifest = run_content_training(
            plan, drawn, output, resume=resume, report=report, progress=progress
        )
    except FormReaderError as error:
        sys.exit(f"error: {error}")
    for name, value in manifest.accuracy.items():
        click.echo(f"{name} {value:.4f}")


if __name__ == "__main__":
    main()
