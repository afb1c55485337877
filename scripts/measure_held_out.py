"""Measure a digit model on what its training held out, letters among it.

One writer in ten of each set is held out, or the last twelfth of one that names no
writers, as `formreader model train` does it with the same data and seed. With
--degraded, the crops are measured as training degrades them, too, with non-digits that
are made of these digits and drawn anew.

    python scripts/measure_held_out.py --data mnist_train.npz --data usps_train.npz
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from formreader.digits.classification import DigitClassifier
from formreader.training.datasets import DigitSet, join
from formreader.training.digits.fit import FitOptions
from formreader.training.digits.holdout import hold_out
from formreader.training.digits.measurement import SURE, measure
from formreader.training.digits.mixture import write_digit
from formreader.training.digits.run import Plan
from formreader.training.digits.supplement import PennedDigits, Supplement
from formreader.training.sources import Source, load_sources, normalize
from formreader.training.writers import load_writers


@click.command()
@click.option("--data", multiple=True, required=True, help="What was learnt from.")
@click.option("--letters", multiple=True, help="The letters that were.")
@click.option("--strokes", multiple=True, help="The strokes that were.")
@click.option(
    "--without", type=click.Path(path_type=Path), help="Writers that were left out."
)
@click.option("--degraded", is_flag=True, help="Measure degraded crops, too.")
@click.option("--model", type=click.Path(path_type=Path), help="A model of your own.")
@click.option("--seed", default=1, show_default=True, help="Of the training.")
def main(
    data: tuple[str, ...],
    letters: tuple[str, ...],
    strokes: tuple[str, ...],
    without: Path | None,
    degraded: bool,
    model: Path | None,
    seed: int,
) -> None:
    """Measure a digit model on what its training held out."""
    classifier = DigitClassifier.load(model)
    gone = load_writers(without) if without else {}
    sources, supplement = load_sources(data), Supplement.load(letters, strokes)
    sure = f"wrong, {SURE}"
    click.echo(f"{'crops':32}{'count':>7}{'right':>9}{sure:>12}{'rejected':>10}")
    for source in [*sources, *supplement.letters]:
        kept = source.split()[1]
        show(classifier, source.name, kept.normalize())
        if source.writers is not None and source.name in gone:
            others = np.isin(source.writers, list(gone[source.name]))
            show(
                classifier,
                f"{source.name}, left out",
                source.select(others).normalize(),
            )
    kept_beside = supplement.split()[1]
    for penned in kept_beside.penned:
        show(classifier, penned.name, write_all(penned, seed))
    kept_letters = [source.normalize() for source in kept_beside.letters]
    if kept_letters:
        show(classifier, "all letters", join(kept_letters))
    if degraded:
        show_degraded(classifier, sources, kept_beside, seed)


def write_all(penned: PennedDigits, seed: int) -> DigitSet:
    """Write each digit once with a pen of any width."""
    rng = np.random.default_rng([seed, 6])
    written = [write_digit(penned, place, rng)[0] for place in range(len(penned))]
    return DigitSet(np.stack([normalize(image) for image in written]), penned.labels)


def show_degraded(
    classifier: DigitClassifier, sources: list[Source], beside: Supplement, seed: int
) -> None:
    """Measure what training watches."""
    recipe = Plan(options=FitOptions(seed=seed)).recipe.beside(beside)
    held_out = hold_out([s.split()[1] for s in sources], recipe, seed, beside)
    for name, crops in (
        ("digits", held_out.digits),
        ("digits, degraded", held_out.degraded),
        ("non-digits", held_out.plain_negatives),
        ("non-digits, degraded", held_out.negatives),
    ):
        if crops is not None:
            show(classifier, name, crops)


def show(classifier: DigitClassifier, name: str, crops: DigitSet) -> None:
    """Measure a set and write a line."""
    found = measure(classifier, crops)
    click.echo(
        f"{name:32}{len(crops):7}{found.accuracy:9.2%}{found.surely_wrong:12.2%}"
        f"{found.rejected.mean():10.2%}"
    )


if __name__ == "__main__":
    main()
