"""Train the network that reads whole strips of digits and marks.

    python scripts/train_strings.py --digits FILE --strings FOLDER --truth CSV -o OUT

Half of the strips, drawn by a fixed seed, are fitted; the other half is measured once,
at the end. Their truth has digits alone: which marks they have does not count. Strips
(`--numbers`) and pen strokes (`--number-strokes`) whose truth has the marks as they
are written come beside them, and digits as pen strokes (`--strokes`). Of all that names
its writers, one in ten is held out. `OUT` takes `strings.tflite`, `strings.keras`,
`strings.json`, a log and the checkpoints.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from formreader.digits.model import DIGITS
from formreader.digits.runtime import load_keras
from formreader.digits.strings import (
    MARKED_MODEL_NAME,
    PICTURE_MODEL_NAME,
    STRING_MODEL_NAME,
)
from formreader.errors import FormReaderError
from formreader.training.digits.holdout import split_sources
from formreader.training.digits.supplement import Supplement
from formreader.training.sources import load_sources
from formreader.training.strings.examples import (
    StripSet,
    load_strip_set,
    load_strips,
)
from formreader.training.strings.fit import StringFitOptions
from formreader.training.strings.numbers import load_numbers
from formreader.training.strings.run import (
    HeldOut,
    StringPlan,
    run_string_training,
    split_strips,
)
from formreader.training.strings.stream import StringData
from formreader.training.writers import load_writers

STRIPS_WEIGHT = 2.5  # the strips without marks stand for paper that no others show
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--digits", "digits", multiple=True, required=True, metavar="FILE")
@click.option("--strings", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--truth", type=click.Path(path_type=Path), required=True)
@click.option("--numbers", multiple=True, metavar="FOLDER", help="Strips with marks.")
@click.option("--strokes", multiple=True, type=_FILE, help="Digits, .json.gz.")
@click.option("--number-strokes", type=_FILE, help="Numbers with marks, .json.gz.")
@click.option("--letters", multiple=True, metavar="FILE", help="For pictures.")
@click.option("--without", type=_FILE, help="CSV of writers to leave out.")
@click.option("--model", type=_FILE, help="A strings.keras to go on from.")
@click.option(
    "--name",
    type=click.Choice([STRING_MODEL_NAME, MARKED_MODEL_NAME, PICTURE_MODEL_NAME]),
    default=STRING_MODEL_NAME,
    show_default=True,
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
@click.option("--epochs", default=40, show_default=True)
@click.option("--epoch-size", default=8192, show_default=True, help="Strips an epoch.")
@click.option("--learning-rate", default=2e-3, show_default=True)
@click.option("--real-share", default=0.4, show_default=True)
@click.option(
    "--average",
    default=StringFitOptions.average,
    show_default=True,
    help="Share that the averaged weights keep at each step.",
)
@click.option("--seed", default=1, show_default=True)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in OUTPUT.")
def main(
    digits: tuple[str, ...],
    folder: Path,
    truth: Path,
    numbers: tuple[str, ...],
    strokes: tuple[Path, ...],
    number_strokes: Path | None,
    letters: tuple[str, ...],
    without: Path | None,
    model: Path | None,
    name: str,
    output: Path,
    epochs: int,
    epoch_size: int,
    learning_rate: float,
    real_share: float,
    average: float,
    seed: int,
    resume: bool,
) -> None:
    """Train the string reader and measure it on the half that was not fitted."""
    load_keras()
    options = StringFitOptions(
        epochs=epochs,
        epoch_size=epoch_size,
        learning_rate=learning_rate,
        average=average,
        seed=seed,
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
        gone = {} if without is None else load_writers(without)
        data, held_out = gather(digits, numbers, strokes, number_strokes, gone)
        strips = [StripSet(fitted, STRIPS_WEIGHT), *data.strips]
        plan = StringPlan(options, start=model, name=name)
        if model is not None:
            plan = replace(plan, splice_from=0)
        manifest = run_string_training(
            plan,
            replace(
                data,
                strips=strips,
                real_share=real_share,
                pictured=name == PICTURE_MODEL_NAME,
                letters=Supplement.load(letters, (), gone).split()[0].letters,
            ),
            unseen,
            output,
            held_out=held_out,
            resume=resume,
            report=report,
            progress=progress,
        )
    except FormReaderError as error:
        raise click.ClickException(str(error)) from error
    click.echo(manifest.to_json())


def gather(
    digits: Sequence[str],
    numbers: Sequence[str],
    strokes: Sequence[Path],
    number_strokes: Path | None,
    without: Mapping[str, Collection[int]],
) -> tuple[StringData, HeldOut]:
    """Load all that names its writers; gives what to fit, then what is held out."""
    sources = [s.without(without.get(s.name, ())) for s in load_sources(digits)]
    fitted, kept = split_sources(sources)
    penned, kept_penned = Supplement.load((), strokes, without).split()
    sets = {Path(text.split("*")[0]).name: load_strip_set(text) for text in numbers}
    halves = {name: found.split() for name, found in sets.items()}
    written = None if number_strokes is None else load_numbers(number_strokes, without)
    data = StringData(
        fitted,
        [left for left, _ in halves.values()],
        penned.penned,
        None if written is None else written.split()[0],
    )
    strips = {name: held.strips for name, (_, held) in halves.items()}
    whole = [source for source in kept if len(np.unique(source.labels)) == len(DIGITS)]
    return data, HeldOut(whole, kept_penned.penned, strips)


if __name__ == "__main__":
    main()
