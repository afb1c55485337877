"""The training loop: batches, checkpoints, log."""

from __future__ import annotations

import csv
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
    if resume and checkpoint.is_file():
        model = _load_checkpoint(checkpoint)
    else:
        (folder / LOG_NAME).unlink(missing_ok=True)
        model = build()
        _compile(model, options.steps(train) * options.epochs, options)
    classes = model.output_shape[-1]
    batches = _batches(train, classes, options)
    model.fit(
        batches,
        validation_data=(
            held_out.normalized[..., None],
            keras.utils.to_categorical(held_out.labels, classes),
        ),
        initial_epoch=int(model.optimizer.iterations) // options.steps(train),
        epochs=options.epochs,
        callbacks=[_epoch_callback(model, batches, folder, report)],
        shuffle=False,  # the batches are in random order already
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


def _epoch_callback(
    model: keras.Model,
    batches: keras.utils.PyDataset,
    folder: Path,
    report: EpochReport | None,
) -> keras.callbacks.Callback:
    """Tell the batches which epoch begins; save, log and report one that ended."""
    import keras

    def begin(epoch: int, logs: dict[str, float]) -> None:
        batches.epoch = epoch

    def end(epoch: int, logs: dict[str, float]) -> None:
        _save_checkpoint(model, folder / CHECKPOINT_NAME)
        _log_epoch(folder / LOG_NAME, epoch + 1, logs)
        if report is not None:
            report(epoch + 1, logs)

    return keras.callbacks.LambdaCallback(on_epoch_begin=begin, on_epoch_end=end)


def _save_checkpoint(model: keras.Model, path: Path) -> None:
    """Save in one step, so that the checkpoint is whole whenever the run ends."""
    partial = path.with_suffix(".partial.keras")
    model.save(partial)
    partial.replace(path)


def _log_epoch(path: Path, done: int, logs: dict[str, float]) -> None:
    """Add a line to the log, and its head before the first."""
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if file.tell() == 0:
            writer.writerow(["epoch", *sorted(logs)])
        writer.writerow([done, *(f"{logs[name]:.6f}" for name in sorted(logs))])


def _batches(
    digits: DigitSet, classes: int, options: FitOptions
) -> keras.utils.PyDataset:
    """Serve shuffled, distorted batches.

    A batch depends on nothing but the seed, the epoch and the step, so that a resumed
    run sees the batches it would have seen.
    """
    import keras

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.epoch = 0

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

    return Batches()
