"""Fit the network that tells how upright a window looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from formreader.orientation.features import FEATURES, SIDES, turn_features
from formreader.training.loop import LoopOptions

if TYPE_CHECKING:
    import keras

__all__ = ["UprightFitOptions", "build_upright_network", "fit_upright"]

Features = npt.NDArray[np.float32]

_HIDDEN = (96, 32)
_DROPOUT = 0.15
_WARM_UP = 100  # steps


@dataclass(frozen=True, kw_only=True)
class UprightFitOptions(LoopOptions):
    """What a training run is made of."""

    epochs: int = 8
    epoch_size: int = 58_000
    batch_size: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 0.02


def build_upright_network() -> keras.Model:
    """Build the network; it has 52,000 weights.

    Returns:
        An uncompiled model from (N, 512) float32, windows as `describe_windows` gives
        them, to (N, 1): how much speaks for the window as it is, in natural logarithms.
    """
    import keras
    from keras import layers

    inputs = keras.Input((FEATURES,))
    x = layers.Dense(_HIDDEN[0], activation="relu")(inputs)
    x = layers.Dropout(_DROPOUT)(x)
    x = layers.Dense(_HIDDEN[1], activation="relu")(x)
    return keras.Model(inputs, layers.Dense(1)(x), name="upright")


def fit_upright(
    features: Features,
    options: UprightFitOptions,
    report: Callable[[int, float], None] | None = None,
) -> keras.Model:
    """Fit the network to windows that stand upright.

    Of the eight views of a window, it learns to tell the upright one.

    Args:
        features: (N, 512) float32.
        options: Length, rates and seed.
        report: Told after each epoch how many are done, and the mean loss.

    Returns:
        The fitted network.
    """
    import keras

    keras.utils.set_random_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    network = build_upright_network()
    model = _let_views_compete(network)
    model.compile(
        keras.optimizers.AdamW(
            options.make_schedule(_WARM_UP), weight_decay=options.weight_decay
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    first = np.zeros(options.batch_size)  # the first view is as it stands
    for epoch in range(options.epochs):
        losses = []
        for _ in range(options.steps):
            chosen = rng.integers(len(features), size=options.batch_size)
            losses.append(model.train_on_batch(turn_features(features[chosen]), first))
        if report is not None:
            report(epoch + 1, float(np.mean(losses)))
    return network


def _let_views_compete(network: keras.Model) -> keras.Model:
    """Put all views of a window through one network; gives (N, 8) logits."""
    import keras
    from keras import layers

    views = keras.Input((len(SIDES), FEATURES))
    scores = layers.TimeDistributed(network)(views)
    return keras.Model(views, layers.Reshape((len(SIDES),))(scores))
