"""The training loop of the string reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import ALPHABET, BLANK, SYMBOLS
from formreader.digits.strip_normalization import HEIGHT
from formreader.records import MARKS
from formreader.training.loop import (
    EpochReport,
    LoopOptions,
    RunningAverage,
    StepReport,
    begin,
    make_optimizer,
    save_epoch,
)
from formreader.training.strings.network import open_string_network
from formreader.training.strings.stream import Batch, StripStream

if TYPE_CHECKING:
    import keras

__all__ = ["StringFitOptions", "fit_strings", "pass_over_marks", "read_greedily"]

_WARM_UP = 300  # steps
_DIGITS = len(ALPHABET) - len(MARKS)
_IMPOSSIBLE = -30.0  # logit of a symbol that does not count


@dataclass(frozen=True, kw_only=True)
class StringFitOptions(LoopOptions):
    """What a training run of the string reader is made of; examples are strips."""

    epochs: int = 40
    epoch_size: int = 8192
    batch_size: int = 64
    learning_rate: float = 2e-3


def fit_strings(
    stream: StripStream,
    watched: Mapping[str, Sequence[Batch]],
    folder: Path,
    options: StringFitOptions,
    *,
    until: int | None = None,
    resume: bool = False,
    start: Path | None = None,
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
        start: A network of `build_string_network` to begin with, as .keras; else its
            weights are drawn.
        report: Called after each epoch with the epochs done and what was measured.
        progress: Called after each step with the steps done and how many there are.

    Returns:
        The network with the averaged weights.

    Raises:
        ModelError: If the checkpoint to resume from, or the network to begin with,
            cannot be read.
    """
    model, average = begin(
        folder,
        partial(open_string_network, start),
        partial(_compile, options=options),
        partial(options.make_schedule, _WARM_UP),
        seed=options.seed,
        resume=resume,
    )
    train = _make_step(model)
    done = int(model.optimizer.iterations) // options.steps
    last = options.epochs if until is None else min(until, options.epochs)
    for epoch in range(done, last):
        loss = _run_epoch(model, average, train, stream, epoch, options, progress)
        logs = {"loss": loss}
        for name, batches in watched.items():
            logs[name] = _share_right(average, batches)
        save_epoch(folder, model, average, epoch + 1, logs)
        if report is not None:
            report(epoch + 1, logs)
    return average


def read_greedily(logits: npt.NDArray[np.float32]) -> list[str]:
    """Take the likeliest symbol of each column.

    Args:
        logits: (N, T, 16) floats.

    Returns:
        N strings.
    """
    texts = []
    for path in logits.argmax(axis=-1):
        fresh = np.concatenate([[True], path[1:] != path[:-1]])
        kept = path[fresh & (path != BLANK)]
        texts.append("".join(ALPHABET[symbol] for symbol in kept))
    return texts


def _compile(model: keras.Model, options: StringFitOptions) -> None:
    """Give the network its optimizer; the loss is in the step."""
    optimizer = make_optimizer(
        options.make_schedule(_WARM_UP), options.weight_decay, global_clipnorm=5.0
    )
    optimizer.build(model.trainable_variables)
    model.compile(optimizer=optimizer)


def _make_step(model: keras.Model) -> Callable[[Batch], float]:
    """Compile one step of training."""
    import tensorflow as tf

    # One graph for all widths; a graph for each would take longer to make than to run.
    shapes = (
        tf.TensorSpec((None, HEIGHT, None), tf.uint8),
        tf.SparseTensorSpec((None, None), tf.int32),
        tf.TensorSpec((None,), tf.bool),
        tf.TensorSpec((None,), tf.bool),
    )

    @tf.function(input_signature=shapes)  # type: ignore[untyped-decorator,unused-ignore]
    def step(strips: Any, labels: Any, empty: Any, marks_known: Any) -> Any:
        inputs = tf.cast(strips[..., None], tf.float32) / 255
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)
            count = tf.shape(logits)[0]
            logits = tf.reshape(logits, (count, -1, SYMBOLS))
            logits = tf.where(
                marks_known[:, None, None], logits, pass_over_marks(logits)
            )
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
        known = tf.constant(batch.marks_known)
        strips = tf.constant(batch.strips)
        return float(step(strips, _labels(batch.texts), empty, known))

    return train


def pass_over_marks(logits: Any) -> Any:
    """Count each mark as a blank: what marks a strip has is then no matter.

    Args:
        logits: (N, T, 16) tensor.

    Returns:
        The same shape, with marks all but impossible.
    """
    import tensorflow as tf

    others = logits[..., _DIGITS:]
    total = tf.reduce_logsumexp(others, axis=-1, keepdims=True)
    # The odds of marks to blanks stay as they are: all of them move by the same.
    mean = tf.reduce_mean(others, axis=-1, keepdims=True)
    blank = tf.stop_gradient(total - mean) + mean
    marks = tf.fill(tf.shape(logits[..., _DIGITS:BLANK]), _IMPOSSIBLE)
    return tf.concat([logits[..., :_DIGITS], marks, blank], axis=-1)


def _labels(texts: Sequence[str]) -> Any:
    """Give strings as TensorFlow's sparse labels; 0 stands in for an empty one."""
    import tensorflow as tf

    texts = [text or "0" for text in texts]
    places = [(row, x) for row, text in enumerate(texts) for x in range(len(text))]
    return tf.SparseTensor(
        np.array(places, np.int64),
        np.array([ALPHABET.index(c) for text in texts for c in text], np.int32),
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
        read == text if known else _drop_marks(read) == text
        for batch in batches
        for read, text, known in zip(
            _read(model, batch), batch.texts, batch.marks_known, strict=True
        )
    ]
    return float(np.mean(right)) if right else 0.0


def _drop_marks(text: str) -> str:
    return "".join(character for character in text if character not in MARKS)


def _read(model: keras.Model, batch: Batch) -> list[str]:
    inputs = batch.strips[..., None].astype(np.float32) / np.float32(255)
    logits = np.asarray(model(inputs, training=False))
    return read_greedily(logits.reshape(len(inputs), -1, SYMBOLS))
