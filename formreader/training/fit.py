"""The training loop: batches, checkpoints, log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from formreader.errors import ModelError
from formreader.training.augmentation import Distortion, distort
from formreader.training.datasets import DigitSet

if TYPE_CHECKING:
    import keras

CHECKPOINT_NAME = "checkpoint.keras"
LOG_NAME = "log.csv"

EpochReport = Callable[[int, dict[str, float]], None]
"""Told after each epoch: how many are done, and what was measured."""


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

    epochs: int = 14
    batch_size: int = 128
    learning_rate: float = 1e-3
    seed: int = 1
    distortion: Distortion = field(default_factory=Distortion)

    def steps(self, digits: DigitSet) -> int:
        """Count the batches of one epoch."""
        return int(np.ceil(len(digits) / self.batch_size))


def fit_network(
    build: Callable[[], keras.Model],
    train: DigitSet,
    held_out: DigitSet,
    folder: Path,
    options: FitOptions,
    *,
    resume: bool = False,
    report: EpochReport | None = None,
) -> keras.Model:
    """Train a network, with a checkpoint and a log line after each epoch.

    The run can be stopped at any time; what the last whole epoch reached stays in the
    checkpoint, and `resume` goes on from there.

    Args:
        build: Makes the uncompiled network, (N, 28, 28, 1) to (N, C) probabilities.
        train: Digits to fit, distorted anew in each epoch.
        held_out: Digits to watch the accuracy on; never fitted.
        folder: Where `checkpoint.keras` and `log.csv` are written.
        options: Length, rate, seed and distortion.
        resume: Go on from the checkpoint in `folder`, if there is one.
        report: Called after each epoch.

    Returns:
        The trained network.

    Raises:
        ModelError: If the checkpoint to resume from cannot be read.
    """
    import keras

    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(options.seed)
    checkpoint = folder / CHECKPOINT_NAME
    resume = resume and checkpoint.is_file()
    model = _load_checkpoint(checkpoint) if resume else build()
    if not resume:
        _compile(model, options.steps(train) * options.epochs, options)
    done = int(model.optimizer.iterations) // options.steps(train)
    classes = model.output_shape[-1]
    model.fit(
        _batches(train, classes, options, first_epoch=done),
        validation_data=(
            held_out.normalized[..., None],
            keras.utils.to_categorical(held_out.labels, classes),
        ),
        initial_epoch=done,
        epochs=options.epochs,
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: _finish_epoch(
                    model, checkpoint, epoch + 1, logs, report
                )
            ),
            keras.callbacks.CSVLogger(str(folder / LOG_NAME), append=resume),
        ],
        verbose=0,
    )
    return model


def _compile(model: keras.Model, steps: int, options: FitOptions) -> None:
    """Give the network its loss and its optimizer for a run of so many steps."""
    import keras

    schedule = keras.optimizers.schedules.CosineDecay(options.learning_rate, steps)
    model.compile(
        optimizer=keras.optimizers.Adam(schedule),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )


def _load_checkpoint(path: Path) -> keras.Model:
    """Load a network together with the state of its optimizer."""
    import keras

    try:
        return keras.models.load_model(path)
    except (OSError, ValueError) as error:
        raise ModelError(
            "cannot go on from this checkpoint; remove it to start again", path=path
        ) from error


def _finish_epoch(
    model: keras.Model,
    checkpoint: Path,
    done: int,
    logs: dict[str, float],
    report: EpochReport | None,
) -> None:
    """Save the checkpoint in one step, so that it is whole whenever the run ends."""
    partial = checkpoint.with_suffix(".partial.keras")
    model.save(partial)
    partial.replace(checkpoint)
    if report is not None:
        report(done, logs)


def _batches(
    digits: DigitSet, classes: int, options: FitOptions, *, first_epoch: int
) -> keras.utils.PyDataset:
    """Serve shuffled, distorted batches.

    A batch depends on nothing but the seed, the epoch and the step, so that a resumed
    run sees the batches it would have seen.
    """
    import keras

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.epoch = first_epoch

        def __len__(self) -> int:
            return options.steps(digits)

        def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
            order = np.random.default_rng([options.seed, self.epoch])
            first = step * options.batch_size
            index = order.permutation(len(digits))[first : first + options.batch_size]
            chosen = digits.subset(index)
            rng = np.random.default_rng([options.seed, self.epoch, step])
            images = distort(chosen.images, rng, options.distortion)
            return images[..., None], keras.utils.to_categorical(chosen.labels, classes)

        def on_epoch_end(self) -> None:
            self.epoch += 1

    return Batches()
