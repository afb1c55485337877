"""The training loop of the digit model."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from formreader.training.datasets import DigitSet
from formreader.training.digits.stream import BatchStream
from formreader.training.loop import (
    AVERAGE_NAME,
    CHECKPOINT_NAME,
    LOG_NAME,
    EpochReport,
    LoopOptions,
    RunningAverage,
    StepReport,
    begin,
    load_checkpoint,
    make_optimizer,
    save_checkpoint,
    save_epoch,
)

if TYPE_CHECKING:
    import keras

BEST_NAME = "best.keras"
CHECKPOINTS = (CHECKPOINT_NAME, AVERAGE_NAME, BEST_NAME)

_WARM_UP = 400  # steps


@dataclass(frozen=True, kw_only=True)
class FitOptions(LoopOptions):
    """What a training run of the digit model is made of; examples are crops.

    Attributes:
        patience: Epochs without gain on held-out crops after which the run ends.
    """

    epochs: int = 32
    epoch_size: int = 65_536
    batch_size: int = 256
    learning_rate: float = 3e-3
    patience: int = 12


def fit_network(
    build: Callable[[], keras.Model],
    stream: BatchStream,
    held_out: DigitSet,
    folder: Path,
    options: FitOptions,
    *,
    resume: bool = False,
    report: EpochReport | None = None,
    progress: StepReport | None = None,
) -> keras.Model:
    """Train a network, with a checkpoint and a log line after each epoch.

    The run can be stopped at any time; what the last whole epoch reached stays in the
    folder, and `resume` goes on from there. Beside the weights that are trained, a
    running average of them is kept; it is what is measured and returned.

    Args:
        build: Makes the uncompiled network, (N, 28, 28, 1) to (N, C) probabilities.
        stream: Serves the batches.
        held_out: Crops to watch the accuracy on; never fitted.
        folder: Takes `checkpoint.keras` (all that resuming needs), `average.keras`
            (the averaged weights of the last epoch), `best.keras` (of the epoch with
            the least held-out loss) and `log.csv`.
        options: Length, rates and seed.
        resume: Go on from the checkpoint in `folder`, if there is one.
        report: Called after each epoch.
        progress: Called after each step.

    Returns:
        The averaged network of the epoch with the least held-out loss.

    Raises:
        ModelError: If the checkpoint to resume from cannot be read.
    """
    model, average = begin(
        folder,
        build,
        partial(_compile, options=options),
        partial(options.make_schedule, _WARM_UP),
        seed=options.seed,
        resume=resume,
        stale=(BEST_NAME,),
    )
    done = int(model.optimizer.iterations) // options.steps
    for epoch in range(done, options.epochs):
        logs = _run_epoch(model, average, stream, epoch, options, progress)
        logs |= _measure(average, held_out)
        save_epoch(folder, model, average, epoch + 1, logs)
        best = _best_epoch(folder / LOG_NAME)
        if best == epoch + 1:
            save_checkpoint(average, folder / BEST_NAME)
        if report is not None:
            report(epoch + 1, logs)
        if epoch + 1 - best >= options.patience:
            break
    return load_checkpoint(folder / BEST_NAME)


def _run_epoch(
    model: keras.Model,
    average: keras.Model,
    stream: BatchStream,
    epoch: int,
    options: FitOptions,
    progress: StepReport | None,
) -> dict[str, float]:
    """Train for one epoch; gives the loss and accuracy on its crops."""
    import keras

    mean = RunningAverage(average, options.average, options.steps)
    totals: list[tuple[float, float]] = []
    for step in range(options.steps):
        images, labels = stream.get(epoch, step, options.steps)
        inputs = images[..., None].astype(np.float32) / np.float32(255)
        targets = keras.utils.to_categorical(labels, model.output_shape[-1])
        result: Any = model.train_on_batch(inputs, targets, return_dict=True)
        totals.append((float(result["loss"]), float(result["accuracy"])))
        model.reset_metrics()
        mean.follow(model, epoch, step)
        if progress is not None:
            progress(step + 1, options.steps)
    loss, accuracy = np.mean(totals, axis=0)
    return {"loss": float(loss), "accuracy": float(accuracy)}


def _measure(model: keras.Model, held_out: DigitSet) -> dict[str, float]:
    """Measure loss and accuracy on held-out crops."""
    inputs = held_out.normalized[..., None]
    probabilities = np.asarray(model.predict(inputs, batch_size=256, verbose=0))
    true = probabilities[np.arange(len(held_out)), held_out.labels]
    right = probabilities.argmax(axis=1) == held_out.labels
    return {
        "val_loss": float(-np.log(np.maximum(true, 1e-7)).mean()),
        "val_accuracy": float(right.mean()),
    }


def _compile(model: keras.Model, options: FitOptions) -> None:
    """Give the network its loss and its optimizer."""
    optimizer = make_optimizer(options.make_schedule(_WARM_UP), options.weight_decay)
    model.compile(
        optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"]
    )


def _best_epoch(path: Path) -> int:
    """Find the epoch with the least held-out loss in the log."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return int(min(rows, key=lambda row: float(row["val_loss"]))["epoch"])
