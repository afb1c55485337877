"""A whole training run: data, network, fitting, conversion, all figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from formreader.digits.model import CLASSES, Manifest
from formreader.errors import InputError, ModelError
from formreader.training.architectures import find_architecture
from formreader.training.convert import Origin, write_model
from formreader.training.curves import draw_learning_curve
from formreader.training.fit import (
    CHECKPOINTS,
    LOG_NAME,
    EpochReport,
    FitOptions,
    StepReport,
    fit_network,
)
from formreader.training.holdout import HELD_OUT_SHARE, hold_out, split_sources
from formreader.training.mixture import BatchStream, Recipe
from formreader.training.sources import Source

__all__ = ["CURVE_NAME", "Plan", "run_training"]

CURVE_NAME = "learning-curve.png"
_LARGEST_POOL = 6000
_CALM_FROM = 0.75  # of the epochs
_FEWEST = 5 * HELD_OUT_SHARE


@dataclass(frozen=True)
class Plan:
    """What to train.

    Attributes:
        architecture: Name of the network.
        classes: 12, or 10 for digits alone.
        options: Length, rates and seed.
        background: Make batches in another process.
    """

    architecture: str = "default"
    classes: int = len(CLASSES)
    options: FitOptions = field(default_factory=FitOptions)
    background: bool = True

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
    resume: bool = False,
    report: EpochReport | None = None,
    progress: StepReport | None = None,
) -> Manifest:
    """Train a model and write all its files.

    Args:
        plan: Network, length and seed.
        sources: Digits to learn from; the last twelfth of each is held out.
        tests: Digits to measure the result on, by name.
        folder: Takes the model, the log, the learning curve and, until the run is
            done, the checkpoints.
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
    _check_sources(sources)
    fitted, kept = split_sources(sources)
    held_out = hold_out(kept, plan.recipe, plan.options.seed)
    build = find_architecture(plan.architecture)
    stream = BatchStream(
        fitted,
        plan.recipe,
        seed=plan.options.seed,
        size=plan.options.batch_size,
        calm_from=round(_CALM_FROM * plan.options.epochs),
        background=plan.background,
    )
    try:
        network = fit_network(
            lambda: build(plan.classes),
            stream,
            held_out.watched,
            folder,
            plan.options,
            resume=resume,
            report=report,
            progress=progress,
        )
    finally:
        stream.close()
        draw_learning_curve(folder / LOG_NAME, folder / CURVE_NAME)
    if network.output_shape[-1] != plan.classes:
        raise ModelError("the checkpoint has other classes; remove it", path=folder)
    origin = Origin(plan.architecture, _describe(plan, fitted))
    normalized = {name: source.normalize() for name, source in tests.items()}
    manifest = write_model(network, folder, origin, held_out, normalized)
    for name in CHECKPOINTS:
        (folder / name).unlink(missing_ok=True)
    return manifest


def _check_sources(sources: Sequence[Source]) -> None:
    """Refuse sources of which no part can be held out.

    Raises:
        InputError: If there are too few digits.
    """
    for source in sources:
        if len(source) < _FEWEST:
            raise InputError(f"{len(source)} digits in {source.name} are too few")


def _describe(plan: Plan, fitted: Sequence[Source]) -> dict[str, object]:
    """Say for the manifest how the network was trained."""
    options = plan.options
    return {
        "data": ", ".join(source.name for source in fitted),
        "digits fitted": sum(len(source) for source in fitted),
        "crops shown": options.epochs * options.steps * options.batch_size,
        "epochs": options.epochs,
        "seed": options.seed,
    }
