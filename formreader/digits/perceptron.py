"""Runs small networks whose weights are numbers in a text file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["Layers", "check_layers", "run_layers"]

Floats = npt.NDArray[np.float64]
Layers = tuple[tuple[tuple[float, ...], ...], ...]
"""For each layer its weights, a row an input, and last its biases."""


def check_layers(
    layers: Layers,
    mean: Sequence[float],
    deviation: Sequence[float],
    inputs: int,
    outputs: int,
) -> None:
    """Refuse layers that do not fit together.

    Args:
        layers: The weights.
        mean: What is taken off each input.
        deviation: What it is divided by.
        inputs: Numbers that come in.
        outputs: Numbers that come out.

    Raises:
        ValueError: If sizes differ, or a deviation is not positive.
    """
    sizes = [inputs, *(len(layer[0]) for layer in layers if layer)]
    fits = len(mean) == len(deviation) == inputs
    fits = fits and len(sizes) == len(layers) + 1 and sizes[-1] == outputs
    for size, layer in zip(sizes, layers, strict=False):
        widths = {len(row) for row in layer}
        fits = fits and len(layer) == size + 1 and len(widths) == 1
    if not fits:
        raise ValueError("the layers do not fit together")
    if min(deviation) <= 0:
        raise ValueError("a deviation is not positive")


def run_layers(
    inputs: Floats, layers: Layers, mean: Sequence[float], deviation: Sequence[float]
) -> Floats:
    """Run a network of hidden layers with tanh.

    Args:
        inputs: (N, I) as they are, before `mean` and `deviation`.
        layers: The weights.
        mean: What is taken off each input.
        deviation: What it is divided by.

    Returns:
        (N, O) float64 exponentials of the outputs, the largest of each row 1: odds.
    """
    x = (inputs - np.array(mean)) / np.array(deviation)
    for index, layer in enumerate(layers):
        weights = np.array(layer)
        x = x @ weights[:-1] + weights[-1]
        if index < len(layers) - 1:
            x = np.tanh(x)
    return np.asarray(np.exp(x - x.max(axis=1, keepdims=True)))
