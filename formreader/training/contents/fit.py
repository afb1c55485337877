"""Fit the network that says what a field shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from formreader.contents.model import Content
from formreader.contents.pictures import HEIGHT, WIDTH
from formreader.training.loop import (
    LOG_NAME,
    EpochReport,
    LoopOptions,
    RunningAverage,
    begin,
    count_epochs,
    make_optimizer,
    save_epoch,
)

if TYPE_CHECKING:
    import keras

__all__ = [
    "ContentFitOptions",
    "Pictures",
    "build_content_network",
    "fit_contents",
    "measure_contents",
]

_DROPOUT = 0.25
_WARM_UP = 200  # steps
_WEIGHTS = np.array([1.0, 1.8, 1.0, 1.5], np.float32)  # by `Content`; words are fewer
_SHIFTED = 0.3  # of the pictures lie a little farther to the right
_TONED = 0.3  # are darker or paler


@dataclass(frozen=True, kw_only=True)
class ContentFitOptions(LoopOptions):
    """What a training run is made of."""

    epochs: int = 24
    epoch_size: int = 25_600
    batch_size: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures and what they show.

    Attributes:
        pixels: (N, 32, 160) uint8, 255 = ink.
        contents: (N,) int64, of `Content`.
    """

    pixels: npt.NDArray[np.uint8]
    contents: npt.NDArray[np.int64]


def build_content_network() -> keras.Model:
    """Build the network; it has 66,000 weights.

    Returns:
        An uncompiled model from (N, 32, 160, 1) float32 in [0, 1], 1 = ink, to (N, 4)
        probabilities in the order of `Content`.
    """
    import keras
    from keras import layers

    inputs = x = keras.Input((HEIGHT, WIDTH, 1))
    for filters, stride, pooled in ((16, 2, 0), (24, 1, 1), (48, 1, 1), (96, 1, 0)):
        x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        if pooled:
            x = layers.MaxPooling2D()(x)
    mean, most = layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)
    x = layers.Dropout(_DROPOUT)(layers.Concatenate()([mean, most]))
    outputs = layers.Dense(len(Content), activation="softmax")(x)
    return keras.Model(inputs, outputs, name="contents")


def fit_contents(
    pictures: Pictures,
    options: ContentFitOptions,
    folder: Path,
    *,
    watched: Pictures,
    resume: bool = False,
    report: EpochReport | None = None,
) -> keras.Model:
    """Fit the network; each epoch is saved.

    Args:
        pictures: What to learn from.
        options: Length, rates and seed.
        folder: Takes checkpoints and the log.
        watched: Others, to be measured after each epoch.
        resume: Go on from the checkpoint in `folder`, if there is one.
        report: Told after each epoch.

    Returns:
        The network with its weights averaged.

    Raises:
        ModelError: If the checkpoint to resume from cannot be read.
    """

    def prepare(model: keras.Model) -> None:
        schedule = options.make_schedule(_WARM_UP)
        model.compile(
            make_optimizer(schedule, options.weight_decay),
            "sparse_categorical_crossentropy",
        )

    model, average = begin(
        folder,
        build_content_network,
        prepare,
        lambda: options.make_schedule(_WARM_UP),
        seed=options.seed,
        resume=resume,
    )
    log = folder / LOG_NAME
    for epoch in range(count_epochs(log) if log.is_file() else 0, options.epochs):
        rng = np.random.default_rng([options.seed, epoch])
        running = RunningAverage(average, options.average, options.steps)
        losses = []
        for step in range(options.steps):
            chosen = rng.integers(len(pictures.pixels), size=options.batch_size)
            contents = pictures.contents[chosen]
            shown = _vary(pictures.pixels[chosen], rng)
            losses.append(model.train_on_batch(shown, contents, _WEIGHTS[contents]))
            running.follow(model, epoch, step)
        logs = {"loss": float(np.mean(losses)), **measure_contents(average, watched)}
        save_epoch(folder, model, average, epoch + 1, logs)
        if report is not None:
            report(epoch + 1, logs)
    return average


def measure_contents(network: keras.Model, watched: Pictures) -> dict[str, float]:
    """Measure how often a network is right, by what is shown."""
    shown = watched.pixels.astype(np.float32)[..., None] / np.float32(255)
    right = network.predict(shown, verbose=0).argmax(axis=1) == watched.contents
    return {
        one.name.lower(): round(float(right[watched.contents == one].mean()), 4)
        for one in Content
        if (watched.contents == one).any()
    }


def _vary(
    pixels: npt.NDArray[np.uint8], rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Change the place and the tone of a batch a little; gives (N, 32, 160, 1)."""
    shown = pixels.astype(np.float32) / np.float32(255)
    if rng.random() < _SHIFTED:
        shown = np.roll(shown, int(rng.integers(1, 3)), axis=2)
    if rng.random() < _TONED:
        shown = shown ** np.float32(rng.uniform(0.7, 1.4))
    return shown[..., None]
