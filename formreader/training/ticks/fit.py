"""Fits the network that says whether a box is ticked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.ticks.measures import measure_marks
from formreader.ticks.model import EXPECTED_SHARES, TickClass, TickModel
from formreader.training.ink.pages.writing import WritingStock
from formreader.training.perceptron import fit_layers
from formreader.training.ticks.drawing import draw_tick
from formreader.training.ticks.marks import Strokes

__all__ = [
    "TickFitOptions",
    "draw_tick_examples",
    "fit_ticks",
    "list_marks",
    "measure_ticks",
]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int_]
_WIDTHS = (48, 16, len(TickClass))
_NOISE, _DECAY = 0.15, 0.1
_BOXES = 59  # tells these draws from all others
_LETTERS = "xXvV"  # that look like crosses and ticks
_TEMPERATURES = np.linspace(0.5, 3, 51)
_SURE = 0.95


@dataclass(frozen=True)
class TickFitOptions:
    """What a fit is made of.

    Attributes:
        boxes: Boxes that are drawn to fit.
        held_out: Boxes to calibrate and measure with, by hands of their own.
        epochs: How often all of them are seen.
        seed: Seed of the weights and of all that is drawn.
    """

    boxes: int = 45_000
    held_out: int = 6_000
    epochs: int = 16
    seed: int = 1


def list_marks(stock: WritingStock) -> list[Strokes]:
    """List the letters of writers that look like crosses and ticks."""
    found: list[Strokes] = []
    for pile in stock.letters:
        for letter in _LETTERS:
            glyphs = (pile.glyph(place) for place in pile.by_label.get(letter, ()))
            found += [glyph.strokes for glyph in glyphs if glyph is not None]
    return found


def draw_tick_examples(
    marks: Sequence[Strokes],
    count: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[Floats, Labels]:
    """Draw boxes and measure what is in them.

    Args:
        marks: Crosses and ticks of real writers.
        count: How many boxes.
        seed: Of the draws.
        progress: Called after each box with how many there are.

    Returns:
        (N, `INPUTS`) and (N,) what each is, a `TickClass`.
    """
    inputs, labels = [], []
    for number in range(count):
        rng = np.random.default_rng([seed, _BOXES, number])
        example = draw_tick(rng, marks)
        inputs.append(measure_marks(example.box[None], example.reference[None]))
        labels.append(example.label)
        if progress is not None:
            progress(number + 1)
    return np.concatenate(inputs), np.array(labels, np.int_)


def fit_ticks(
    inputs: Floats, labels: Labels, options: TickFitOptions, sources: Sequence[Path]
) -> TickModel:
    """Fit two hidden layers by cross-entropy.

    Args:
        inputs: (N, `INPUTS`).
        labels: (N,) what each is, a `TickClass`.
        options: Length and seed.
        sources: The files of handwriting, for the manifest.
    """
    mean, deviation, layers = fit_layers(
        inputs,
        labels,
        _WIDTHS,
        options.epochs,
        options.seed,
        noise=_NOISE,
        decay=_DECAY,
    )
    return TickModel(
        mean=mean,
        deviation=deviation,
        layers=layers,
        shares=_share(labels),
        training={
            "handwriting": ", ".join(path.name.split(".")[0] for path in sources),
            "boxes": options.boxes,
            "seed": options.seed,
        },
    )


def measure_ticks(model: TickModel, inputs: Floats, labels: Labels) -> TickModel:
    """Calibrate a model on boxes that it was not fitted to, and measure it.

    Returns:
        The model with its temperature and its figures: `right`, of the blank and marked
        boxes those that are told so with 0.95; `silent`, of all boxes those called
        blank or marked wrongly with as much, each class as often as on forms.
    """
    fits = [replace(model, temperature=float(one)) for one in _TEMPERATURES]
    weights = EXPECTED_SHARES[labels] / np.array(_share(labels))[labels]
    model = min(fits, key=lambda one: _entropy(one.predict(inputs), labels, weights))
    chances = model.predict(inputs)
    found, is_sure = chances.argmax(axis=1), chances.max(axis=1) >= _SURE
    answers = found <= TickClass.MARKED
    plain = labels <= TickClass.MARKED
    wrong = is_sure & answers & (found != labels)
    figures = {
        "right": float((is_sure & (found == labels))[plain].mean()),
        "silent": float(np.average(wrong, weights=weights)),
        "entropy": _entropy(chances, labels, weights),
    }
    return replace(model, accuracy={n: round(v, 5) for n, v in figures.items()})


def _share(labels: Labels) -> tuple[float, ...]:
    """Find the share of each class, none quite zero."""
    counts = np.bincount(labels, minlength=len(TickClass)) + 1
    return tuple(round(float(share), 5) for share in counts / counts.sum())


def _entropy(chances: Floats, labels: Labels, weights: Floats) -> float:
    of_label = chances[np.arange(len(labels)), labels]
    return float(np.average(-np.log(np.maximum(of_label, 1e-9)), weights=weights))
