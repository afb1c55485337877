"""Train the network that reads whole strips of digits.

    python scripts/train_strings.py --digits FILE --strings FOLDER --truth CSV -o OUT

Half of the strips, drawn by a fixed seed, are fitted; the other half is measured once,
at the end. `OUT` takes `strings.tflite`, `strings.json`, a log and the checkpoints.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from formreader.digits.runtime import load_keras
from formreader.errors import FormReaderError
from formreader.training.sources import load_sources
from formreader.training.strings.examples import load_strips
from formreader.training.strings.fit import StringFitOptions
from formreader.training.strings.run import (
    StringPlan,
    run_string_training,
    split_strips,
)
from formreader.training.strings.stream import StringData


@click.command()
@click.option("--digits", "digits", multiple=True, required=True, metavar="FILE")
@click.option("--strings", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--truth", type=click.Path(path_type=Path), required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
@click.option("--epochs", default=40, show_default=True)
@click.option("--epoch-size", default=8192, show_default=True, help="Strips an epoch.")
@click.option("--learning-rate", default=2e-3, show_default=True)
@click.option("--real-share", default=0.4, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in OUTPUT.")
def main(
    digits: tuple[str, ...],
    folder: Path,
    truth: Path,
    output: Path,
    epochs: int,
    epoch_size: int,
    learning_rate: float,
    real_share: float,
    seed: int,
    resume: bool,
) -> None:
    """Train the string reader and measure it on the half that was not fitted."""
    load_keras()
    options = StringFitOptions(
        epochs=epochs, epoch_size=epoch_size, learning_rate=learning_rate, seed=seed
    )
    began = time.monotonic()

    def report(done: int, logs: dict[str, float]) -> None:
        minutes = (time.monotonic() - began) / 60
        figures = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
        click.echo(f"\repoch {done}/{epochs}, {minutes:.1f} min: {figures}", err=True)

    def progress(done: int, steps: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done}/{steps} ", nl=False, err=True)

    try:
        fitted, unseen = split_strips(load_strips(folder, truth))
        data = StringData(load_sources(digits), fitted, real_share=real_share)
        manifest = run_string_training(
            StringPlan(options),
            data,
            unseen,
            output,
            resume=resume,
            report=report,
            progress=progress,
        )
    except FormReaderError as error:
        raise click.ClickException(str(error)) from error
    click.echo(manifest.to_json())


if __name__ == "__main__":
    main()
