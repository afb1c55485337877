"""The training loop of the string reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import BLANK, SYMBOLS
from formreader.digits.strip_normalization import HEIGHT
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
    make_schedule,
    save_checkpoint,
)
from formreader.training.strings.network import build_string_network
from formreader.training.strings.stream import Batch, StripStream

if TYPE_CHECKING:
    import keras

__all__ = ["StringFitOptions", "fit_strings", "read_greedily"]


@dataclass(frozen=True)
class StringFitOptions:
    """What a training run is made of, beside its data.

    Attributes:
        epochs: How many times the network is saved and measured.
        epoch_size: Strips an epoch.
        batch_size: Strips a step.
        learning_rate: AdamW's highest rate; it rises over the first steps and then
            falls to zero along a half cosine.
        weight_decay: AdamW's decay of the weights.
        average: Share that the averaged weights keep at each step.
        seed: Seed of the weights and of all that is drawn.
    """

    epochs: int = 40
    epoch_size: int = 8192
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    average: float = 0.998
    seed: int = 1

    @property
    def steps(self) -> int:
        """Count the batches of one epoch."""
        return max(1, self.epoch_size // self.batch_size)


def fit_strings(
    stream: StripStream,
    watched: Mapping[str, Sequence[Batch]],
    folder: Path,
    options: StringFitOptions,
    *,
    until: int | None = None,
    resume: bool = False,
    report: EpochReport | None = None,
    progress: StepReport | None = None,
) -> keras.Model:
    """Train a network with the loss of Graves et al. 2006.

    The run can be stopped at any time; what the last whole epoch reached stays in the
    folder, and `resume` goes on from there.

    Args:
        stream: Serves the batches.
        watched: Strips that are never fitted, by name, measured after each epoch.
        folder: Takes `checkpoint.keras` (all that resuming needs), `average.keras` (a
            running average of the weights) and `log.csv`.
        options: Length, rates and seed.
        until: Stop after this epoch, to go on later with other strips.
        resume: Go on from the checkpoint in `folder`, if there is one.
        report: Called after each epoch with the epochs done and what was measured.
        progress: Called after each step with the steps done and how many there are.

    Returns:
        The network with the averaged weights.

    Raises:
        ModelError: If the checkpoint to resume from cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model, average = _begin(folder, options, resume)
    train = _make_step(model)
    done = int(model.optimizer.iterations) // options.steps
    last = options.epochs if until is None else min(until, options.epochs)
    for epoch in range(done, last):
        loss = _run_epoch(model, average, train, stream, epoch, options, progress)
        logs = {"loss": loss}
        for name, batches in watched.items():
            logs[name] = _share_right(average, batches)
        save_checkpoint(model, folder / CHECKPOINT_NAME)
        save_checkpoint(average, folder / AVERAGE_NAME)
        log_epoch(folder / LOG_NAME, epoch + 1, logs)
        if report is not None:
            report(epoch + 1, logs)
    return average


def read_greedily(logits: npt.NDArray[np.float32]) -> list[str]:
    """Take the likeliest symbol of each column.

    Args:
        logits: (N, T, 11) floats.

    Returns:
        N strings.
    """
    texts = []
    for path in logits.argmax(axis=-1):
        fresh = np.concatenate([[True], path[1:] != path[:-1]])
        texts.append("".join(str(symbol) for symbol in path[fresh & (path != BLANK)]))
    return texts


def _begin(
    folder: Path, options: StringFitOptions, resume: bool
) -> tuple[keras.Model, keras.Model]:
    """Give the network and its average, from the checkpoint or anew."""
    import keras

    keras.utils.set_random_seed(options.seed)
    if resume and (folder / CHECKPOINT_NAME).is_file():
        model = load_checkpoint(folder / CHECKPOINT_NAME)
        model.optimizer.learning_rate = _schedule(options)  # may be of another length
        return model, load_checkpoint(folder / AVERAGE_NAME)
    (folder / LOG_NAME).unlink(missing_ok=True)
    model, average = build_string_network(), build_string_network()
    average.set_weights(model.get_weights())
    optimizer = make_optimizer(
        _schedule(options), options.weight_decay, global_clipnorm=5.0
    )
    optimizer.build(model.trainable_variables)
    model.compile(optimizer=optimizer)
    return model, average


def _make_step(model: keras.Model) -> Callable[[Batch], float]:
    """Compile one step of training."""
    import tensorflow as tf

    # One graph for all widths; a graph for each would take longer to make than to run.
    shapes = (
        tf.TensorSpec((None, HEIGHT, None), tf.uint8),
        tf.SparseTensorSpec((None, None), tf.int32),
        tf.TensorSpec((None,), tf.bool),
    )

    @tf.function(input_signature=shapes)  # type: ignore[untyped-decorator,unused-ignore]
    def step(strips: Any, labels: Any, empty: Any) -> Any:
        inputs = tf.cast(strips[..., None], tf.float32) / 255
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)
            count = tf.shape(logits)[0]
            logits = tf.reshape(logits, (count, -1, SYMBOLS))
            losses = tf.compat.v1.nn.ctc_loss(
                labels,
                logits,
                tf.fill([count], tf.shape(logits)[1]),
                ignore_longer_outputs_than_inputs=True,
                time_major=False,
            )
            # TensorFlow knows no empty label; there is one path to it, all blanks.
            blank = tf.nn.log_softmax(logits)[..., BLANK]
            losses = tf.where(empty, -tf.reduce_sum(blank, axis=1), losses)
            loss = tf.reduce_mean(losses)
        variables = model.trainable_variables
        model.optimizer.apply_gradients(
            zip(tape.gradient(loss, variables), variables, strict=True)
        )
        return loss

    def train(batch: Batch) -> float:
        empty = tf.constant([not text for text in batch.texts])
        return float(step(tf.constant(batch.strips), _labels(batch.texts), empty))

    return train


def _labels(texts: Sequence[str]) -> Any:
    """Give strings as TensorFlow's sparse labels; 0 stands in for an empty one."""
    import tensorflow as tf

    texts = [text or "0" for text in texts]
    places = [(row, x) for row, text in enumerate(texts) for x in range(len(text))]
    return tf.SparseTensor(
        np.array(places, np.int64),
        np.array([int(digit) for text in texts for digit in text], np.int32),
        (len(texts), max(map(len, texts))),
    )


def _run_epoch(
    model: keras.Model,
    average: keras.Model,
    train: Callable[[Batch], float],
    stream: StripStream,
    epoch: int,
    options: StringFitOptions,
    progress: StepReport | None,
) -> float:
    """Train for one epoch; gives the mean loss."""
    mean = RunningAverage(average, options.average, options.steps)
    losses = []
    for step in range(options.steps):
        losses.append(train(stream.get(epoch * options.steps + step)))
        mean.follow(model, epoch, step)
        if progress is not None:
            progress(step + 1, options.steps)
    return float(np.mean(losses))


def _share_right(model: keras.Model, batches: Sequence[Batch]) -> float:
    """Measure how many strips are read rightly as a whole."""
    right = [
        read == text
        for batch in batches
        for read, text in zip(_read(model, batch), batch.texts, strict=True)
    ]
    return float(np.mean(right)) if right else 0.0


def _read(model: keras.Model, batch: Batch) -> list[str]:
    inputs = batch.strips[..., None].astype(np.float32) / np.float32(255)
    logits = np.asarray(model(inputs, training=False))
    return read_greedily(logits.reshape(len(inputs), -1, SYMBOLS))


def _schedule(
    options: StringFitOptions,
) -> keras.optimizers.schedules.LearningRateSchedule:
    total = options.steps * options.epochs
    return make_schedule(options.learning_rate, total, warm_up=300)
