"""The training loop: batches, checkpoints, log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from formreader.training.augmentation import Distortion, distort
from formreader.training.datasets import DigitSet

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class FitOptions:
    """What a training run is made of, beside its data and its network.

    Attributes:
        epochs: Passes over the training digits.
        batch_size: Digits a step.
        learning_rate: Adam's rate at the start; it falls to zero along a half cosine.
        seed: Seed of the weights, the order and the distortion.
        distortion: How training digits are distorted.
    """

    epochs: int = 15
    batch_size: int = 128
    learning_rate: float = 1e-3
    seed: int = 1
    distortion: Distortion = Distortion()


def fit_network(
    model: keras.Model,
    train: DigitSet,
    held_out: DigitSet,
    folder: Path,
    options: FitOptions,
) -> None:
    """Train a network in place, with a checkpoint and a log line after each epoch.

    Args:
        model: The uncompiled network, (N, 28, 28, 1) to (N, C) probabilities.
        train: Digits to fit, distorted anew in each epoch.
        held_out: Digits to watch the accuracy on; never fitted.
        folder: Where `checkpoint.keras` and `log.csv` are written.
        options: Length, rate, seed and distortion.
    """
    import keras

    folder.mkdir(parents=True, exist_ok=True)
    steps = int(np.ceil(len(train) / options.batch_size)) * options.epochs
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(options.learning_rate, steps)
        ),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(
        _batches(train, model.output_shape[-1], options),
        validation_data=(
            held_out.images[..., None] / np.float32(255),
            keras.utils.to_categorical(held_out.labels, model.output_shape[-1]),
        ),
        epochs=options.epochs,
        callbacks=[
            keras.callbacks.ModelCheckpoint(str(folder / "checkpoint.keras")),
            keras.callbacks.CSVLogger(str(folder / "log.csv")),
        ],
        verbose=2,
    )


def _batches(
    digits: DigitSet, classes: int, options: FitOptions
) -> keras.utils.PyDataset:
    """Serve shuffled, distorted batches; each epoch draws another order."""
    import keras

    rng = np.random.default_rng(options.seed)

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.order = rng.permutation(len(digits))

        def __len__(self) -> int:
            return int(np.ceil(len(digits) / options.batch_size))

        def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
            first = step * options.batch_size
            chosen = digits.subset(self.order[first : first + options.batch_size])
            images = distort(chosen.images, rng, options.distortion)
            return images[..., None], keras.utils.to_categorical(chosen.labels, classes)

        def on_epoch_end(self) -> None:
            self.order = rng.permutation(len(digits))

    return Batches()
