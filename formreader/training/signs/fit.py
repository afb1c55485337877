"""Fits the network that tells signs of currency and percent from digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.digits.settings import SETTINGS
from formreader.digits.signs import SIGN_CLASSES, SignModel, describe_groups
from formreader.training.ink.pages.writing import WritingStock
from formreader.training.perceptron import fit_layers
from formreader.training.signs.drawing import draw_signed_number

__all__ = ["SignFitOptions", "draw_sign_examples", "fit_signs", "measure_signs"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int_]
_WIDTHS = (64, 24, len(SIGN_CLASSES))
_NOISE, _DECAY = 0.1, 0.1
_NUMBERS = 53  # tells these draws from all others


@dataclass(frozen=True)
class SignFitOptions:
    """What a fit is made of.

    Attributes:
        numbers: Numbers that are drawn to fit.
        held_out: Numbers to measure with, by hands of their own.
        epochs: How often all of them are seen.
        seed: Seed of the weights and of all that is drawn.
    """

    numbers: int = 42_000
    held_out: int = 4_000
    epochs: int = 24
    seed: int = 1


def draw_sign_examples(
    stock: WritingStock,
    count: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[Floats, Labels]:
    """Draw numbers and describe what stands at their ends.

    Args:
        stock: Handwriting.
        count: How many numbers.
        seed: Of the draws.
        progress: Called after each number with how many there are.

    Returns:
        (N, `INPUTS`) and (N,) places in `SIGN_CLASSES`.
    """
    inputs, labels = [], []
    for number in range(count):
        rng = np.random.default_rng([seed, _NUMBERS, number])
        components, groups, truth = draw_signed_number(stock, rng)
        if groups:
            inputs.append(describe_groups(components, groups))
            labels.append(truth)
        if progress is not None:
            progress(number + 1)
    return np.concatenate(inputs), np.concatenate(labels)


def fit_signs(
    inputs: Floats, labels: Labels, options: SignFitOptions, sources: Sequence[Path]
) -> SignModel:
    """Fit two hidden layers by cross-entropy.

    Args:
        inputs: (N, `INPUTS`).
        labels: (N,) places in `SIGN_CLASSES`.
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
    return SignModel(
        mean=mean,
        deviation=deviation,
        layers=layers,
        training={
            "handwriting": ", ".join(path.name.split(".")[0] for path in sources),
            "numbers": options.numbers,
            "groups": len(labels),
            "seed": options.seed,
        },
    )


def measure_signs(model: SignModel, inputs: Floats, labels: Labels) -> dict[str, float]:
    """Measure a model on groups that it was not fitted to.

    Returns:
        `signs_sure`, of the signs those that are taken out; `signs_doubted`, those that
        are doubted; `others_sure` and `others_doubted`, the same of what is no sign.
    """
    chance = 1 - model.predict(inputs)[:, 0]
    low, high = SETTINGS.signs.unsure
    sure, doubted = chance >= high, (low < chance) & (chance < high)
    signs = labels > 0
    return {
        "signs_sure": round(float(sure[signs].mean()), 4),
        "signs_doubted": round(float(doubted[signs].mean()), 4),
        "others_sure": round(float(sure[~signs].mean()), 5),
        "others_doubted": round(float(doubted[~signs].mean()), 5),
    }
