"""What every training loop shares: rate, averaged weights, checkpoints, log."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formreader.errors import ModelError

if TYPE_CHECKING:
    import keras

__all__ = [
    "AVERAGE_NAME",
    "CHECKPOINT_NAME",
    "LOG_NAME",
    "EpochReport",
    "RunningAverage",
    "StepReport",
    "append_log",
    "load_checkpoint",
    "log_epoch",
    "make_optimizer",
    "make_schedule",
    "save_checkpoint",
]

CHECKPOINT_NAME = "checkpoint.keras"
AVERAGE_NAME = "average.keras"
LOG_NAME = "log.csv"

EpochReport = Callable[[int, dict[str, float]], None]
"""Told after each epoch: how many are done, and what was measured."""
StepReport = Callable[[int, int], None]
"""Told after each step: how many of the epoch are done, and of how many."""

_AVERAGE_EVERY = 8  # steps; reading the weights out costs as much as a small batch


class RunningAverage:
    """The weights of a network, averaged over the steps of an epoch.

    Args:
        average: Holds the average so far, and takes it at the end of the epoch.
        share: What the average keeps at each step.
        steps: Steps of the epoch.
    """

    def __init__(self, average: keras.Model, share: float, steps: int) -> None:
        """Begin an epoch."""
        self._average = average
        self._grown = share**_AVERAGE_EVERY
        self._steps = steps
        self._mean = average.get_weights()

    def follow(self, model: keras.Model, epoch: int, step: int) -> None:
        """Take in what a network has become.

        Args:
            model: The network that is trained.
            epoch: Which epoch it is in, from 0.
            step: Which step of the epoch is done, from 0.
        """
        is_last = step == self._steps - 1
        if step % _AVERAGE_EVERY == _AVERAGE_EVERY - 1 or is_last:
            done = epoch * self._steps + step + 1
            # Little stays at first, when all is in motion.
            keep = min(self._grown, done / (done + 10 * _AVERAGE_EVERY))
            self._mean = [
                keep * old + (1 - keep) * new
                for old, new in zip(self._mean, model.get_weights(), strict=True)
            ]
        if is_last:
            self._average.set_weights(self._mean)


def make_schedule(
    highest: float, steps: int, warm_up: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Let the learning rate rise over the first steps and fall along a half cosine.

    Args:
        highest: The rate at the end of the rise.
        steps: Steps of the whole run.
        warm_up: Steps of the rise; a tenth of a short run at most.
    """
    import keras

    warm_up = min(warm_up, steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        highest / 20,
        max(1, steps - warm_up),
        alpha=0.002,
        warmup_target=highest,
        warmup_steps=warm_up,
    )


def make_optimizer(
    schedule: keras.optimizers.schedules.LearningRateSchedule,
    weight_decay: float,
    **options: Any,
) -> keras.optimizers.Optimizer:
    """Make an AdamW that leaves biases and the scales of normalisation undecayed."""
    import keras

    optimizer = keras.optimizers.AdamW(schedule, weight_decay=weight_decay, **options)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def load_checkpoint(path: Path) -> keras.Model:
    """Load a network together with the state of its optimizer.

    Raises:
        ModelError: If it cannot be read.
    """
    import keras

    try:
        return keras.models.load_model(path)
    except (OSError, ValueError) as error:
        raise ModelError(
            "cannot go on from this checkpoint; remove it to start again", path=path
        ) from error


def save_checkpoint(model: keras.Model, path: Path) -> None:
    """Save in one step, so that the file is whole whenever the run ends."""
    partial = path.with_suffix(".partial.keras")
    model.save(partial)
    partial.replace(path)


def log_epoch(path: Path, done: int, logs: Mapping[str, float]) -> None:
    """Add a line to the log, and its head before the first."""
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if file.tell() == 0:
            writer.writerow(["epoch", *sorted(logs)])
        writer.writerow([done, *(f"{logs[name]:.6f}" for name in sorted(logs))])


def append_log(path: Path, later: Path) -> None:
    """Add the epochs of another log to a log, counted on from it."""
    with path.open(newline="", encoding="utf-8") as file:
        done = sum(1 for _ in csv.DictReader(file))
    with later.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            epoch = int(row.pop("epoch"))
            log_epoch(path, done + epoch, {n: float(v) for n, v in row.items()})
