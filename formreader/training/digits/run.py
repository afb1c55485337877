"""A whole training run: data, network, fitting, conversion, all figures.

A run has two stages. The second goes on where the first ended, at a lower rate and with
digits mostly as they are; the mean of the weights of both ends is the model.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from formreader.digits.model import CLASSES, Manifest
from formreader.errors import InputError, ModelError
from formreader.training.curves import draw_learning_curve
from formreader.training.datasets import DigitSet, join
from formreader.training.digits.architectures import find_architecture
from formreader.training.digits.convert import Origin, write_model
from formreader.training.digits.fit import CHECKPOINTS, FitOptions, fit_network
from formreader.training.digits.holdout import hold_out, split_sources
from formreader.training.digits.mixture import Recipe
from formreader.training.digits.stream import BatchStream
from formreader.training.digits.supplement import Supplement
from formreader.training.loop import LOG_NAME, EpochReport, StepReport, append_log
from formreader.training.sources import HELD_OUT_SHARE, Source

if TYPE_CHECKING:
    import keras

__all__ = [
    "CURVE_NAME",
    "GOING_ON",
    "Plan",
    "average_networks",
    "check_sources",
    "copy_network",
    "fit_stage",
    "run_training",
]

CURVE_NAME = "learning-curve.png"
_LARGEST_POOL = 6000
POLISH_NAME = "polish"
_POLISH_EPOCHS = 0.3  # of those of the first stage
_CALM_FROM = 0.75  # of the epochs
_FEWEST = 5 * HELD_OUT_SHARE
_HELD_OUT_LETTERS = "held-out letters"
_NOTHING = Supplement()

GOING_ON = 1e-3
"""The highest rate of a run that goes on from a network."""


@dataclass(frozen=True)
class Plan:
    """What to train.

    Attributes:
        architecture: Name of the network.
        classes: 12, or 10 for digits alone.
        options: Length, rates and seed.
        background: Make batches in another process.
        start: Checksum of the file of the network that the run goes on from; empty if
            it begins with new weights.
    """

    architecture: str = "default"
    classes: int = len(CLASSES)
    options: FitOptions = field(default_factory=FitOptions)
    background: bool = True
    start: str = ""

    @property
    def all_epochs(self) -> int:
        """Epochs of both stages."""
        return self.options.epochs + self.polish_options.epochs

    @property
    def polish_options(self) -> FitOptions:
        """Length and rates of the second stage: short, and from a lower rate."""
        epochs = max(1, round(_POLISH_EPOCHS * self.options.epochs))
        return replace(
            self.options,
            epochs=epochs,
            learning_rate=self.options.learning_rate / 3,
            patience=epochs,
            seed=self.options.seed + 1,
        )

    @property
    def recipe(self) -> Recipe:
        """What the batches are made of; a short run draws fewer shapes."""
        pool = min(_LARGEST_POOL, max(8, self.options.epoch_size // 8))
        return Recipe(classes=self.classes, pool=pool)


def run_training(
    plan: Plan,
    sources: Sequence[Source],
    tests: Mapping[str, Source],
    folder: Path,
    *,
    supplement: Supplement = _NOTHING,
    network: keras.Model | None = None,
    resume: bool = False,
    report: EpochReport | None = None,
    progress: StepReport | None = None,
) -> Manifest:
    """Train a model and write all its files.

    Args:
        plan: Network, length and seed.
        sources: Digits to learn from; a part of each is held out (`Source.split`).
        tests: Digits to measure the result on, by name.
        folder: Takes the model, the log, the learning curve and, until the run is
            done, the checkpoints.
        supplement: Letters and strokes to learn from beside.
        network: Begin with the weights of this one.
        resume: Go on from the checkpoint in `folder`, if there is one.
        report: Called after each epoch.
        progress: Called after each step.

    Returns:
        The manifest as written.

    Raises:
        InputError: If there are too few digits.
        ModelError: If the network is unknown, a checkpoint is damaged, or the
            converted network does not say what the original says.
    """
    check_sources(sources)
    fitted, kept = split_sources(sources)
    learnt, unlearnt = supplement.split()
    recipe = plan.recipe.beside(learnt)
    held_out = hold_out(kept, recipe, plan.options.seed, unlearnt)
    fit = partial(
        fit_stage,
        recipe,
        fitted,
        held_out.watched,
        resume=resume,
        progress=progress,
        background=plan.background,
        supplement=learnt,
    )
    trained = _fit_both_stages(plan, network, folder, fit, report)
    if trained.output_shape[-1] != plan.classes:
        raise ModelError("the checkpoint has other classes; remove it", path=folder)
    about = _describe(plan, fitted, learnt)
    origin = Origin(plan.architecture, about, recipe.non_digit_odds)
    measured = {name: source.normalize() for name, source in tests.items()}
    if unlearnt.of_class("other"):
        letters = [source.normalize() for source in unlearnt.of_class("other")]
        measured[_HELD_OUT_LETTERS] = join(letters)
    manifest = write_model(trained, folder, origin, held_out, measured)
    shutil.rmtree(folder / POLISH_NAME)
    for name in CHECKPOINTS:
        (folder / name).unlink(missing_ok=True)
    return manifest


def _fit_both_stages(
    plan: Plan,
    network: keras.Model | None,
    folder: Path,
    fit: Callable[..., keras.Model],
    report: EpochReport | None,
) -> keras.Model:
    """Train, then polish on calm crops, and take the mean of both networks."""
    polish = folder / POLISH_NAME

    def build() -> keras.Model:
        if network is not None:
            return copy_network(network)
        return find_architecture(plan.architecture)(plan.classes)

    try:
        first = fit(
            build,
            plan.options,
            folder,
            calm_from=round(_CALM_FROM * plan.options.epochs),
            report=report,
        )
        second = fit(
            lambda: copy_network(first),
            plan.polish_options,
            polish,
            calm_from=0,
            report=_shifted(report, plan.options.epochs),
        )
        append_log(folder / LOG_NAME, polish / LOG_NAME)
    finally:
        draw_learning_curve(folder / LOG_NAME, folder / CURVE_NAME)
    return average_networks(first, second)


def average_networks(first: keras.Model, second: keras.Model) -> keras.Model:
    """Take the mean of the weights of two ends of one training [1].

    Args:
        first: A network.
        second: The same network, trained on from there.

    Returns:
        A third one, uncompiled.

    References:
        [1] Izmailov, Podoprikhin, Garipov, Vetrov, Wilson, "Averaging weights leads to
        wider optima and better generalization", UAI 2018. arXiv:1803.05407
    """
    mean = copy_network(first)
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    mean.set_weights([(one + other) / 2 for one, other in pairs])
    return mean


def fit_stage(
    recipe: Recipe,
    fitted: Sequence[Source],
    watched: DigitSet,
    build: Callable[[], keras.Model],
    options: FitOptions,
    folder: Path,
    *,
    calm_from: int,
    resume: bool,
    background: bool,
    report: EpochReport | None,
    progress: StepReport | None,
    supplement: Supplement = _NOTHING,
) -> keras.Model:
    """Run one stage of a training.

    Args:
        recipe: What the batches are made of.
        fitted: Digits to learn from.
        watched: Crops to watch the accuracy on.
        build: Makes the network that the stage begins with.
        options: Length, rates and seed.
        folder: Takes the checkpoints and the log.
        calm_from: First epoch of batches with digits mostly as they are, 0-based.
        resume: Go on from the checkpoint in `folder`, if there is one.
        background: Make batches in another process.
        report: Called after each epoch.
        progress: Called after each step.
        supplement: Letters and strokes to learn from beside.
    """
    stream = BatchStream(
        fitted,
        recipe,
        seed=options.seed,
        size=options.batch_size,
        calm_from=calm_from,
        background=background,
        supplement=supplement,
    )
    try:
        return fit_network(
            build,
            stream,
            watched,
            folder,
            options,
            resume=resume,
            report=report,
            progress=progress,
        )
    finally:
        stream.close()


def copy_network(network: keras.Model) -> keras.Model:
    """Copy a network without its optimizer."""
    copy = type(network).from_config(network.get_config())
    copy.set_weights(network.get_weights())
    return copy


def _shifted(report: EpochReport | None, epochs: int) -> EpochReport | None:
    """Count the epochs of the second stage on from those of the first."""
    if report is None:
        return None
    return lambda done, logs: report(epochs + done, logs)


def check_sources(sources: Sequence[Source]) -> None:
    """Refuse sources of which no part can be held out.

    Raises:
        InputError: If there are too few digits.
    """
    for source in sources:
        if len(source) < _FEWEST:
            raise InputError(f"{len(source)} digits in {source.name} are too few")


def _describe(
    plan: Plan, fitted: Sequence[Source], supplement: Supplement
) -> dict[str, object]:
    """Say for the manifest how the network was trained."""
    options = plan.options
    about: dict[str, object] = {"started from": plan.start} if plan.start else {}
    about["data"] = ", ".join(source.name for source in fitted)
    for name, parts in (
        ("letters", supplement.letters),
        ("strokes", supplement.penned),
    ):
        if parts:
            about[name] = ", ".join(part.name for part in parts)
    return about | {
        "digits fitted": sum(len(source) for source in fitted),
        "crops shown": plan.all_epochs * options.steps * options.batch_size,
        "epochs": plan.all_epochs,
        "seed": options.seed,
    }
