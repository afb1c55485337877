"""Measure a digit model on what its training held out, non-digits among it.

The last twelfth of each set is held out, as `formreader model train` does it with the
same data and seed; the non-digits are made of these digits and drawn anew.

    python scripts/measure_held_out.py --data mnist_train.npz --data usps_train.npz
"""

from __future__ import annotations

from pathlib import Path

import click

from formreader.digits.classification import DigitClassifier
from formreader.training.digits.fit import FitOptions
from formreader.training.digits.holdout import hold_out, split_sources
from formreader.training.digits.measurement import measure
from formreader.training.digits.run import Plan
from formreader.training.sources import load_sources


@click.command()
@click.option("--data", multiple=True, required=True, help="What was learnt from.")
@click.option("--model", type=click.Path(path_type=Path), help="A model of your own.")
@click.option("--seed", default=1, show_default=True, help="Of the training.")
def main(data: tuple[str, ...], model: Path | None, seed: int) -> None:
    """Measure a digit model on what its training held out."""
    classifier = DigitClassifier.load(model)
    _, kept = split_sources(load_sources(data))
    recipe = Plan(options=FitOptions(seed=seed)).recipe
    held_out = hold_out(kept, recipe, seed)
    click.echo("crops                   count   right   rejected")
    for name, crops in (
        ("digits", held_out.digits),
        ("digits, degraded", held_out.degraded),
        ("non-digits", held_out.plain_negatives),
        ("non-digits, degraded", held_out.negatives),
    ):
        if crops is None:
            continue
        found = measure(classifier, crops)
        click.echo(
            f"{name:22}{len(crops):7}{found.accuracy:8.2%}{found.rejected.mean():11.2%}"
        )


if __name__ == "__main__":
    main()
