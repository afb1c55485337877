"""The training loop of the ink network."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from formreader.training.ink.crops import Batch
from formreader.training.ink.measurement import measure_classes
from formreader.training.ink.network import build_ink_network
from formreader.training.ink.stream import CropStream
from formreader.training.loop import (
    AVERAGE_NAME,
    CHECKPOINT_NAME,
    LOG_NAME,
    EpochReport,
    RunningAverage,
    StepReport,
    load_checkpoint,
    log_epoch,
    make_optimizer,
    save_checkpoint,
)

if TYPE_CHECKING:
    import keras

__all__ = ["InkFitOptions", "Page", "fit_ink"]

Page = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
"""(H, W, 3) pixels and (H, W) classes."""

_TIME_NAME = "seconds.txt"
_CLASS_WEIGHTS = (1.0, 1.5, 1.5, 1.5)  # in the order of CLASSES; paper is everywhere
_EDGE_WEIGHT = 0.5  # where ink meets paper, which of the two is a matter of rounding
_WARM_UP = 200  # steps
_LOWEST = 0.002  # of the highest learning rate


@dataclass(frozen=True)
class InkFitOptions:
    """What a training run is made of, beside its data.

    Attributes:
        epochs: How many times the network is saved and measured.
        steps: Batches an epoch.
        minutes: Let the learning rate fall by time rather than by steps, and stop after
            so many minutes; the run is then not repeated to the letter.
        learning_rate: AdamW's highest rate; it rises over the first steps and then
            falls to zero along a half cosine.
        weight_decay: AdamW's decay of the weights.
        average: Share that the averaged weights keep at each step.
        mixed: Compute in bfloat16 where that loses nothing.
        seed: Seed of the weights and of all that is drawn.
    """

    epochs: int = 40
    steps: int = 500
    minutes: float | None = None
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    average: float = 0.998
    mixed: bool = False
    seed: int = 1


def fit_ink(
    stream: CropStream,
    watched: Sequence[Page],
    folder: Path,
    options: InkFitOptions,
    *,
    resume: bool = False,
    report: EpochReport | None = None,
    progress: StepReport | None = None,
) -> keras.Model:
    """Train a network with cross-entropy, classes and edges weighted.

    The run can be stopped at any time; what the last whole epoch reached stays in the
    folder, and `resume` goes on from there.

    Args:
        stream: Serves the batches.
        watched: Pages that are never fitted, measured after each epoch.
        folder: Takes `checkpoint.keras` (all that resuming needs), `average.keras` (a
            running average of the weights), `log.csv`, and `seconds.txt`, how long it
            has taken so far.
        options: Length, rates and seed.
        resume: Go on from the checkpoint in `folder`, if there is one.
        report: Called after each epoch with the epochs done and what was measured.
        progress: Called after each step with the steps done and how many there are.

    Returns:
        The network with the averaged weights, which gives logits.

    Raises:
        ModelError: If the checkpoint to resume from cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model, average = _begin(folder, options, resume)
    clock = _Clock(folder / _TIME_NAME, options)
    train = _make_step(model)
    done = int(model.optimizer.iterations) // options.steps
    for epoch in range(done, options.epochs):
        if clock.is_over:
            break
        loss = _run_epoch(model, average, train, stream, epoch, clock, progress)
        logs = {"loss": loss, **measure_classes(_classifier(average), watched)}
        save_checkpoint(model, folder / CHECKPOINT_NAME)
        save_checkpoint(average, folder / AVERAGE_NAME)
        clock.save()
        log_epoch(folder / LOG_NAME, epoch + 1, logs)
        if report is not None:
            report(epoch + 1, logs)
    return average


def _begin(
    folder: Path, options: InkFitOptions, resume: bool
) -> tuple[keras.Model, keras.Model]:
    """Give the network and its average, from the checkpoint or anew."""
    import keras

    keras.utils.set_random_seed(options.seed)
    if resume and (folder / CHECKPOINT_NAME).is_file():
        model = load_checkpoint(folder / CHECKPOINT_NAME)
        return model, load_checkpoint(folder / AVERAGE_NAME)
    for name in (LOG_NAME, _TIME_NAME):
        (folder / name).unlink(missing_ok=True)
    model, average = build_ink_network(mixed=options.mixed), build_ink_network()
    average.set_weights(model.get_weights())
    optimizer = make_optimizer(
        options.learning_rate, options.weight_decay, global_clipnorm=5.0
    )
    optimizer.build(model.trainable_variables)
    model.compile(optimizer=optimizer)
    return model, average


class _Clock:
    """Tells the learning rate of a step, by the steps or by the time.

    Args:
        path: Keeps the seconds of a run over its pauses.
        options: Length of the run.
    """

    def __init__(self, path: Path, options: InkFitOptions) -> None:
        """Go on from the time that was kept."""
        self.options = options
        self._path = path
        self._steps = options.steps * options.epochs
        kept = float(path.read_text()) if path.is_file() else 0.0
        self._began = time.monotonic() - kept

    @property
    def is_over(self) -> bool:
        """Tell whether the time is up."""
        return self._passed >= 1

    @property
    def _passed(self) -> float:
        """Give the share of the time that has passed; 0 if it does not matter."""
        minutes = self.options.minutes
        return (time.monotonic() - self._began) / (60 * minutes) if minutes else 0.0

    def rate(self, step: int) -> float:
        """Give the learning rate of a step, counted over the whole run."""
        warm_up = min(_WARM_UP, self._steps // 10)
        if step < warm_up:
            return self.options.learning_rate * (step + 1) / warm_up
        if self.options.minutes:
            done = min(1.0, self._passed)
        else:
            done = (step - warm_up) / max(1, self._steps - warm_up)
        falling = (1 + cos(pi * done)) / 2
        return self.options.learning_rate * max(_LOWEST, falling)

    def save(self) -> None:
        """Keep the time that the run has taken."""
        self._path.write_text(f"{time.monotonic() - self._began:.0f}\n")


def _make_step(model: keras.Model) -> Callable[[Batch, float], float]:
    """Compile one step of training."""
    import tensorflow as tf

    shapes = (
        tf.TensorSpec((None, None, None, 3), tf.uint8),
        tf.TensorSpec((None, None, None), tf.uint8),
    )
    by_class = tf.constant(_CLASS_WEIGHTS)

    @tf.function(input_signature=shapes)  # type: ignore[untyped-decorator,unused-ignore]
    def step(pixels: Any, classes: Any) -> Any:
        inputs = 1 - tf.cast(pixels, tf.float32) / 255
        labels = tf.cast(classes, tf.int32)
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            weights = tf.gather(by_class, labels) * _weigh_edges(labels)
            loss = tf.reduce_sum(weights * losses) / tf.reduce_sum(weights)
        variables = model.trainable_variables
        model.optimizer.apply_gradients(
            zip(tape.gradient(loss, variables), variables, strict=True)
        )
        return loss

    def train(batch: Batch, rate: float) -> float:
        model.optimizer.learning_rate.assign(rate)
        return float(step(tf.constant(batch.pixels), tf.constant(batch.classes)))

    return train


def _weigh_edges(labels: Any) -> Any:
    """Give pixels with both ink and paper around them less weight."""
    import tensorflow as tf

    ink = tf.cast(labels > 0, tf.float32)[..., None]
    near_ink = tf.nn.max_pool2d(ink, 3, 1, "SAME")
    near_paper = tf.nn.max_pool2d(1 - ink, 3, 1, "SAME")
    return 1 - (1 - _EDGE_WEIGHT) * (near_ink * near_paper)[..., 0]


def _run_epoch(
    model: keras.Model,
    average: keras.Model,
    train: Callable[[Batch, float], float],
    stream: CropStream,
    epoch: int,
    clock: _Clock,
    progress: StepReport | None,
) -> float:
    """Train for one epoch; gives the mean loss."""
    options = clock.options
    mean = RunningAverage(average, options.average, options.steps)
    losses = []
    for step in range(options.steps):
        place = epoch * options.steps + step
        losses.append(train(stream.get(place), clock.rate(place)))
        mean.follow(model, epoch, step)
        if progress is not None:
            progress(step + 1, options.steps)
    return float(np.mean(losses))


def _classifier(
    model: keras.Model,
) -> Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]:
    """Give a network as a function of arrays."""
    import tensorflow as tf

    compiled = tf.function(lambda inputs: model(inputs, training=False))

    def classify(inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(compiled(tf.constant(inputs)), np.float32)

    return classify
