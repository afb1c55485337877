"""Fits the network that tells marks from digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.digits.marks import CLASSES, MarkModel, describe_components
from formreader.training.ink.pages.writing import WritingStock
from formreader.training.marks.drawing import draw_number
from formreader.training.perceptron import fit_layers

__all__ = ["MarkFitOptions", "draw_examples", "fit_marks", "measure_marks"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int_]
_DIGIT = CLASSES.index("digit")
_SURE = 0.9
_NUMBERS = 51  # tells these draws from all others


@dataclass(frozen=True)
class MarkFitOptions:
    """What a fit is made of.

    Attributes:
        numbers: Numbers that are drawn to fit.
        held_out: Numbers to measure with, by hands of their own.
        epochs: How often all of them are seen.
        seed: Seed of the weights and of all that is drawn.
    """

    numbers: int = 14_000
    held_out: int = 2_500
    epochs: int = 60
    seed: int = 1


def draw_examples(
    stock: WritingStock,
    count: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[Floats, Labels]:
    """Draw numbers and describe their components.

    Args:
        stock: Handwriting.
        count: How many numbers.
        seed: Of the draws.
        progress: Called after each number with how many there are.

    Returns:
        (N, `FEATURES`) and (N,) places in `CLASSES`; numbers without ink are left out.
    """
    features, labels = [], []
    for number in range(count):
        rng = np.random.default_rng([seed, _NUMBERS, number])
        components, truth = draw_number(stock, rng)
        if _DIGIT in truth:
            features.append(describe_components(components))
            labels.append(truth)
        if progress is not None:
            progress(number + 1)
    return np.concatenate(features), np.concatenate(labels)


def fit_marks(
    features: Floats, labels: Labels, options: MarkFitOptions, sources: Sequence[Path]
) -> MarkModel:
    """Fit two hidden layers by cross-entropy.

    Args:
        features: (N, `FEATURES`).
        labels: (N,) places in `CLASSES`.
        options: Length and seed.
        sources: The files of handwriting, for the manifest.
    """
    widths = (24, 16, len(CLASSES))
    mean, deviation, layers = fit_layers(
        features, labels, widths, options.epochs, options.seed
    )
    return MarkModel(
        mean=mean,
        deviation=deviation,
        layers=layers,
        training={
            "handwriting": ", ".join(path.name.split(".")[0] for path in sources),
            "numbers": options.numbers,
            "components": len(labels),
            "seed": options.seed,
        },
    )


def measure_marks(
    model: MarkModel, features: Floats, labels: Labels
) -> dict[str, float]:
    """Measure a model on components that it was not fitted to.

    Returns:
        `right`, the share of all; `marks_sure`, of the marks those rightly named with
        0.9 at least; `marks_wrong`, of them those surely named otherwise; and
        `digits_wrong`, of the digits those surely taken for a mark.
    """
    chances = model.predict(features)
    best, sure = chances.argmax(axis=1), chances.max(axis=1) >= _SURE
    marks, digits = labels < _DIGIT, labels == _DIGIT
    right = best == labels
    return {
        "right": round(float(right.mean()), 4),
        "marks_sure": round(float((sure & right)[marks].mean()), 4),
        "marks_wrong": round(float((sure & ~right)[marks].mean()), 4),
        "digits_wrong": round(float((sure & (best < _DIGIT))[digits].mean()), 5),
    }
