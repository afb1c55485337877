"""What every training loop shares: beginning, rate, averaged weights, checkpoints."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
    "LoopOptions",
    "RunningAverage",
    "StepReport",
    "append_log",
    "begin",
    "count_epochs",
    "load_checkpoint",
    "log_epoch",
    "make_optimizer",
    "make_schedule",
    "save_checkpoint",
    "save_epoch",
]

CHECKPOINT_NAME = "checkpoint.keras"
AVERAGE_NAME = "average.keras"
LOG_NAME = "log.csv"

EpochReport = Callable[[int, dict[str, float]], None]
"""Told after each epoch: how many are done, and what was measured."""
StepReport = Callable[[int, int], None]
"""Told after each step: how many of the epoch are done, and of how many."""

_AVERAGE_EVERY = 8  # steps; reading the weights out costs as much as a small batch


@dataclass(frozen=True, kw_only=True)
class LoopOptions:
    """What a training run is made of, beside its data and its network.

    Attributes:
        epochs: How many times the network is saved and measured.
        epoch_size: Examples an epoch.
        batch_size: Examples a step.
        learning_rate: AdamW's highest rate; it rises over the first steps and then
            falls to zero along a half cosine.
        weight_decay: AdamW's decay of the weights.
        average: Share that the averaged weights keep at each step.
        seed: Seed of the weights and of all that is drawn.
    """

    epochs: int
    epoch_size: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.01
    average: float = 0.998
    seed: int = 1

    @property
    def steps(self) -> int:
        """Count the batches of one epoch."""
        return max(1, self.epoch_size // self.batch_size)

    def make_schedule(
        self, warm_up: int
    ) -> keras.optimizers.schedules.LearningRateSchedule:
        """Make the learning rate of the run; it rises over `warm_up` steps."""
        return make_schedule(self.learning_rate, self.steps * self.epochs, warm_up)


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


def begin(
    folder: Path,
    build: Callable[[], keras.Model],
    prepare: Callable[[keras.Model], None],
    schedule: Callable[[], keras.optimizers.schedules.LearningRateSchedule],
    *,
    seed: int,
    resume: bool,
    stale: Sequence[str] = (),
) -> tuple[keras.Model, keras.Model]:
    """Give a network and its average, from the checkpoint or anew.

    Args:
        folder: Where checkpoints and the log are; made if it is not there.
        build: Makes the uncompiled network.
        prepare: Gives a new network its loss and its optimizer.
        schedule: Makes the learning rate; a run that goes on may be of another length.
        seed: Of the weights.
        resume: Go on from the checkpoint in `folder`, if there is one.
        stale: Files of an earlier run, beside its log, that a new one removes.

    Raises:
        ModelError: If the checkpoint to resume from cannot be read.
    """
    import keras

    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    if resume and (folder / CHECKPOINT_NAME).is_file():
        model = load_checkpoint(folder / CHECKPOINT_NAME)
        model.optimizer.learning_rate = schedule()
        return model, load_checkpoint(folder / AVERAGE_NAME)
    for name in (LOG_NAME, *stale):
        (folder / name).unlink(missing_ok=True)
    model, average = build(), build()
    average.set_weights(model.get_weights())
    prepare(model)
    return model, average


def save_epoch(
    folder: Path,
    model: keras.Model,
    average: keras.Model,
    done: int,
    logs: Mapping[str, float],
) -> None:
    """Save what an epoch reached: the network, its average, and a line of the log.

    Args:
        folder: Where they go.
        model: The network that is trained.
        average: Its weights averaged.
        done: How many epochs are done.
        logs: What was measured.
    """
    save_checkpoint(model, folder / CHECKPOINT_NAME)
    save_checkpoint(average, folder / AVERAGE_NAME)
    log_epoch(folder / LOG_NAME, done, logs)


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


def count_epochs(path: Path) -> int:
    """Count the epochs in a log."""
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.DictReader(file))


def append_log(path: Path, later: Path) -> None:
    """Add the epochs of another log to a log, counted on from it."""
    done = count_epochs(path)
    with later.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            epoch = int(row.pop("epoch"))
            log_epoch(path, done + epoch, {n: float(v) for n, v in row.items()})
