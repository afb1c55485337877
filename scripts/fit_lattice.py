"""Fit what shapes count in the lattice, and what each reader counts in their consensus.

    python scripts/fit_lattice.py --digits FILE --strings FOLDER --truth CSV

The strips are real ones of the half that `train_strings.py` fits, and composed ones of
digits that no network was fitted to. The lattice is fitted on all of them, the
consensus on those that the string reader was not fitted to. Both maximise the mean
log-probability of what was written. The constants go to stdout, for `Weights` in
`formreader/digits/lattice.py` and `ON_PAPER` in `formreader/digits/consensus.py`, and
the threshold for the manifest. `--minutes 0` fits nothing, and measures what is in use.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TypeVar

import click
import numpy as np
import numpy.typing as npt

from formreader.digits.classification import DigitClassifier
from formreader.digits.consensus import weigh_values
from formreader.digits.ctc import without_marks
from formreader.digits.lattice import best_paths, build_edges, total_score
from formreader.digits.looks import Looks
from formreader.digits.model import DIGITS
from formreader.digits.normalization import normalize_all
from formreader.digits.segmentation import cut_writing, segment_field
from formreader.digits.settings import ON_PAPER, SETTINGS, Consensus, Weights
from formreader.digits.strings import StringReader
from formreader.digits.strip_looks import show_strip
from formreader.layout.strips import cut_strip
from formreader.pages.loading import page_from_array
from formreader.records import ClassifiedField, FieldSegments
from formreader.training.digits.holdout import split_sources
from formreader.training.digits.threshold import SILENT
from formreader.training.sources import load_sources
from formreader.training.strings.composition import compose
from formreader.training.strings.examples import load_strips
from formreader.training.strings.paper import photograph, print_strip
from formreader.training.strings.run import HELD_OUT_STRIPS, split_strips
from formreader.training.strings.stock import DigitStock

LEAST_LOG = -12.0  # of a truth that was not found at all
UNFITTED = {"unreadable"}  # all that these strings hold can be read
FIRST_STEP = 0.5  # of a constant, or absolutely

Pixels = npt.NDArray[np.uint8]
_Constants = TypeVar("_Constants", Weights, Consensus)


@dataclass(frozen=True, eq=False)
class Example:
    """A strip with all that the networks say about it."""

    value: str
    cut: FieldSegments
    probabilities: npt.NDArray[np.float32]
    seen: Looks


@click.command()
@click.option("--digits", multiple=True, required=True, metavar="FILE")
@click.option("--strings", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--truth", type=click.Path(path_type=Path), required=True)
@click.option("--composed", default=240, show_default=True)
@click.option("--minutes", default=8.0, show_default=True)
@click.option("--model", default=None, help="Digit model, if not the one that ships.")
@click.option("--string-model", default=None, help="The same for the string reader.")
@click.option("--seed", default=7, show_default=True)
def main(
    digits: tuple[str, ...],
    folder: Path,
    truth: Path,
    composed: int,
    minutes: float,
    model: str | None,
    string_model: str | None,
    seed: int,
) -> None:
    """Fit the constants of lattice and consensus."""
    readers = DigitClassifier.load(model), StringReader.load(string_model)
    half, _ = split_strips(load_strips(folder, truth))
    real = [(strip.pixels, strip.text) for strip in half]
    made = compose_strips(digits, composed, seed)
    judged = examine(made, *readers)
    unseen = judged + examine(real[-HELD_OUT_STRIPS:], *readers)
    seen = examine(real[:composed], *readers)
    weights = climb(
        Weights(), lambda w: measure_lattice([*unseen, *seen], w), 0.7 * minutes
    )
    click.echo(weights)
    known = [known_values(example, weights) for example in unseen]
    consensus = climb(
        ON_PAPER, lambda c: measure_consensus(unseen, known, c), 0.3 * minutes
    )
    click.echo(consensus)
    errors = list_errors(judged, weights, consensus)
    allowed = int(SILENT * len(judged))
    click.echo(f"threshold {np.ceil(100 * errors[allowed]) / 100:.2f}")
    used = readers[0].manifest.threshold
    silent = sum(error >= used for error in errors)
    click.echo(
        f"at the manifest's threshold {used:g}, {silent} of {len(judged)} composed "
        f"strips pass wrongly ({silent / len(judged):.1%})"
    )


def list_errors(
    examples: list[Example], weights: Weights, consensus: Consensus
) -> list[float]:
    """List how sure both readers are of what they misread, the surest first."""
    errors = []
    for example in examples:
        values = known_values(example, weights)
        weighed = weigh_values(values, example.seen, consensus)
        value, probability = next(iter(weighed.items()))
        if value != example.value:
            errors.append(probability)
    return sorted(errors, reverse=True)


def compose_strips(
    digits: tuple[str, ...], count: int, seed: int
) -> list[tuple[Pixels, str]]:
    """Compose strips of held-out digits."""
    _, kept = split_sources(load_sources(digits))
    whole = [source for source in kept if len(np.unique(source.labels)) == len(DIGITS)]
    stock = DigitStock(whole, writers=60, seed=seed)
    rng = np.random.default_rng(seed)
    strips: list[tuple[Pixels, str]] = []
    while len(strips) < count:
        written = compose(stock, rng)
        text = "".join(filter(str.isdecimal, written.text))
        if text:
            printed = print_strip(written.ink, written.size_px, rng)
            strips.append((photograph(printed, written.size_px, rng), text))
    return strips


def examine(
    strips: list[tuple[Pixels, str]],
    classifier: DigitClassifier,
    string_reader: StringReader,
) -> list[Example]:
    """Ask both networks about strips; those without any ink are left out."""
    examples = []
    for pixels, value in strips:
        field = cut_strip(page_from_array(pixels, "strip"), "strip")
        cut = segment_field(field)
        crops = normalize_all([segment.ink for segment in cut.segments])
        probabilities = classifier.predict(crops)
        strip = cut_writing(ClassifiedField(field, cut, probabilities))
        if strip is not None:
            answers = string_reader.predict(show_strip(strip))
            looks = tuple(without_marks(answer) for answer in answers)
            seen = Looks(looks, SETTINGS.looks.unseen)
            examples.append(Example(value, cut, probabilities, seen))
    return examples


def known_values(example: Example, weights: Weights) -> dict[str, float]:
    """Give the values that the lattice proposes, with their probabilities."""
    edges = build_edges(example.cut, example.probabilities, weights)
    total = total_score(edges, example.cut.steps)
    values: dict[str, float] = {}
    for path in best_paths(edges, example.cut.steps):
        if path.raw.isdigit():
            share = float(np.exp(path.score - total))
            values[path.raw] = values.get(path.raw, 0.0) + share
    return values


def measure_lattice(examples: list[Example], weights: Weights) -> float:
    """Give the mean log-probability of the truth in the lattice."""
    return float(
        np.mean([log_of(known_values(e, weights).get(e.value, 0.0)) for e in examples])
    )


def measure_consensus(
    examples: list[Example], known: list[dict[str, float]], consensus: Consensus
) -> float:
    """Give the mean log-probability of the truth under both readers."""
    return float(
        np.mean(
            [
                log_of(weigh_values(values, e.seen, consensus).get(e.value, 0.0))
                for e, values in zip(examples, known, strict=True)
            ]
        )
    )


def log_of(probability: float) -> float:
    """Take a logarithm that a single surprise cannot dominate."""
    return max(LEAST_LOG, float(np.log(max(probability, 1e-12))))


def climb(
    start: _Constants, measure: Callable[[_Constants], float], minutes: float
) -> _Constants:
    """Improve one constant after the other, with steps that shrink where none helps."""
    best, height = start, measure(start)
    names = [
        field.name
        for field in fields(start)
        if isinstance(getattr(start, field.name), float) and field.name not in UNFITTED
    ]
    steps = {n: max(FIRST_STEP, FIRST_STEP * abs(getattr(start, n))) for n in names}
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end and max(steps.values()) > 0.05:
        for name in names:
            for step in (steps[name], -steps[name]):
                tried = replace(best, **{name: getattr(best, name) + step})
                reached = measure(tried)
                if reached > height:
                    best, height = tried, reached
                    break
            else:
                steps[name] /= 2
        click.echo(f"mean log-probability {height:.4f}", err=True)
    return best


if __name__ == "__main__":
    main()
