"""A whole training run of the ink network, from handwriting to its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from formreader.ink.model import InkManifest
from formreader.training.ink.drawing import DrawnPages
from formreader.training.ink.files import write_ink_model
from formreader.training.ink.fit import InkFitOptions, Page, fit_ink
from formreader.training.ink.stream import CropStream, PoolOptions
from formreader.training.loop import (
    LOG_NAME,
    EpochReport,
    StepReport,
    count_epochs,
)

if TYPE_CHECKING:
    import keras

__all__ = ["InkPlan", "describe_training", "draw_held_out", "run_ink_training"]

_POOL_FOLDER = "pool"
_HELD_OUT = 41  # tells these draws from all others


@dataclass(frozen=True)
class InkPlan:
    """What to train.

    Attributes:
        options: Length, rates and seed.
        pool: How many pages are drawn, and how large the crops are.
        held_out: How many pages to measure with, written by hands of their own.
    """

    options: InkFitOptions = field(default_factory=InkFitOptions)
    pool: PoolOptions = field(default_factory=PoolOptions)
    held_out: int = 48


def run_ink_training(
    plan: InkPlan,
    pages: DrawnPages,
    folder: Path,
    *,
    resume: bool = False,
    report: EpochReport | None = None,
    progress: StepReport | None = None,
) -> InkManifest:
    """Train an ink network and write its files.

    Args:
        plan: Length, rates and seed.
        pages: What pages are drawn with.
        folder: Takes the model, the log, the checkpoints and, until the end, the pool
            of drawn pages.
        resume: Go on from the checkpoint in `folder`, if there is one.
        report: Called after each epoch.
        progress: Called after each step.

    Returns:
        The manifest as written.

    Raises:
        ModelError: If a checkpoint is damaged, or the converted network does not say
            what the original says.
    """
    watched = draw_held_out(pages, plan)
    model = _fit(plan, pages, watched, folder, resume, report, progress)
    for path in (folder / _POOL_FOLDER).glob("*.npy"):
        path.unlink()
    about = describe_training(plan, pages, count_epochs(folder / LOG_NAME))
    return write_ink_model(model, folder, about, watched)


def draw_held_out(pages: DrawnPages, plan: InkPlan) -> list[Page]:
    """Draw the pages to measure with, by hands that are never fitted."""
    draw = replace(pages, held_out=True)()
    seed, size = plan.options.seed, plan.pool.page_size
    return [
        draw(np.random.default_rng([seed, _HELD_OUT, number]), size)
        for number in range(plan.held_out)
    ]


def describe_training(
    plan: InkPlan, pages: DrawnPages, epochs: int
) -> dict[str, object]:
    """Say for the manifest how a network was trained.

    Args:
        plan: What was to be trained.
        pages: What pages were drawn with.
        epochs: How many epochs it came to.
    """
    options, pool = plan.options, plan.pool
    steps = epochs * options.steps
    files = [*pages.digits, *pages.letters, *pages.strokes]
    return {
        "handwriting": ", ".join(file.name.split(".")[0] for file in files),
        "blank forms": len(pages.blanks),
        "pages drawn": pool.drawn_by(steps),
        "crops shown": steps * pool.batch_size,
        "crop size": pool.crop_size,
        "epochs": epochs,
        "seed": options.seed,
    }


def _fit(
    plan: InkPlan,
    pages: DrawnPages,
    watched: Sequence[Page],
    folder: Path,
    resume: bool,
    report: EpochReport | None,
    progress: StepReport | None,
) -> keras.Model:
    """Train on crops of drawn pages."""
    options = plan.options
    stream = CropStream(pages, folder / _POOL_FOLDER, plan.pool, seed=options.seed)
    try:
        return fit_ink(
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
