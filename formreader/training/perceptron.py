"""Fits small networks whose weights are numbers in a text file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from formreader.digits.perceptron import Layers

__all__ = ["FittedLayers", "fit_layers"]

Floats = npt.NDArray[np.float64]
FittedLayers = tuple[tuple[float, ...], tuple[float, ...], Layers]
"""Mean, deviation and layers, as `run_layers` takes them."""

_BATCH, _RATE = 256, 4e-3


def fit_layers(
    inputs: Floats,
    labels: npt.NDArray[np.int_],
    widths: Sequence[int],
    epochs: int,
    seed: int,
    *,
    noise: float = 0.0,
    decay: float = 1e-3,
) -> FittedLayers:
    """Fit hidden layers with tanh by cross-entropy.

    Args:
        inputs: (N, I).
        labels: (N,) what each is, from 0.
        widths: Of the hidden layers and, last, how many labels there are.
        epochs: How often all of them are seen.
        seed: Seed of the weights.
        noise: Deviation of what is added to each input, in its own deviations, while
            fitting.
        decay: Weight decay.
    """
    import keras

    keras.utils.set_random_seed(seed)
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0) + 1e-3
    dense = keras.layers.Dense
    hidden = [dense(width, activation="tanh") for width in widths[:-1]]
    noisy = [keras.layers.GaussianNoise(noise)] if noise else []
    network = keras.Sequential([*noisy, *hidden, dense(widths[-1])])
    steps = epochs * -(-len(inputs) // _BATCH)
    rate = keras.optimizers.schedules.CosineDecay(_RATE, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.AdamW(rate, weight_decay=decay), loss)
    scaled = (inputs - mean) / deviation
    network.fit(scaled, labels, batch_size=_BATCH, epochs=epochs, verbose=0)
    weights = network.get_weights()
    layers = tuple(
        tuple(tuple(round(float(w), 5) for w in row) for row in np.vstack(pair))
        for pair in zip(weights[::2], weights[1::2], strict=True)
    )
    shift, scale = (
        tuple(round(float(value), 5) for value in values)
        for values in (mean, deviation)
    )
    return shift, scale, layers
