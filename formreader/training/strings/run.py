"""A whole training run of the string reader, from data to its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from formreader.digits.strings import StringManifest
from formreader.training.loop import EpochReport, StepReport
from formreader.training.strings.alignment import align_strips
from formreader.training.strings.examples import (
    Example,
    RealStrip,
    draw_example,
    plain_example,
)
from formreader.training.strings.files import write_string_model
from formreader.training.strings.fit import StringFitOptions, fit_strings
from formreader.training.strings.stock import DigitStock
from formreader.training.strings.stream import (
    Batch,
    StringData,
    StripStream,
    make_batch,
)

if TYPE_CHECKING:
    import keras

__all__ = ["StringPlan", "run_string_training", "split_strips"]

HELD_OUT_STRIPS = 80
_COMPOSED = 400  # strips composed to measure with
_HELD_OUT_SEED = 1000  # added to that of the run
_WATCHED_BATCH = 20


@dataclass(frozen=True)
class StringPlan:
    """What to train.

    Attributes:
        options: Length, rates and seed.
        background: Make batches in another process.
        composed: How many composed strips to measure with.
        splice_from: First epoch, 0-based, in which real strips are spliced; by then the
            network knows where their digits part.
    """

    options: StringFitOptions = field(default_factory=StringFitOptions)
    background: bool = True
    composed: int = _COMPOSED
    splice_from: int = 14


def split_strips(
    strips: Sequence[RealStrip], seed: int = 1
) -> tuple[list[RealStrip], list[RealStrip]]:
    """Split strips, ordered by name, into halves by chance.

    Args:
        strips: In the order of their names.
        seed: Of the permutation.

    Returns:
        A half to fit and choose with, and a half to measure the result on only.
    """
    order = np.random.default_rng(seed).permutation(len(strips))
    half = len(strips) // 2
    return [strips[i] for i in order[:half]], [strips[i] for i in order[half:]]


def run_string_training(
    plan: StringPlan,
    data: StringData,
    tests: Sequence[RealStrip],
    folder: Path,
    *,
    resume: bool = False,
    report: EpochReport | None = None,
    progress: StepReport | None = None,
) -> StringManifest:
    """Train a string reader and write its files.

    The last 80 strips, or a third of fewer, are held out to watch and to calibrate.

    Args:
        plan: Length and seed.
        data: What strips are made of.
        tests: Real strips that nothing is chosen by; there may be none.
        folder: Takes the model, the log and the checkpoints.
        resume: Go on from the checkpoint in `folder`, if there is one.
        report: Called after each epoch.
        progress: Called after each step.

    Returns:
        The manifest as written.

    Raises:
        ModelError: If a checkpoint is damaged, or the converted network does not say
            what the original says.
    """
    edge = len(data.strips) - min(HELD_OUT_STRIPS, len(data.strips) // 3)
    fitted = replace(data, strips=data.strips[:edge])
    real = [plain_example(strip) for strip in data.strips[edge:]]
    composed = _compose_held_out(plan, data)
    watched = {"held_out": _batches(real), "composed": _batches(composed)}
    model = _fit(plan, fitted, watched, folder, resume, report, progress)
    measured = {"held out": real, "composed": composed}
    if tests:
        measured["unseen"] = [plain_example(strip) for strip in tests]
    # Both kinds in equal parts, since both kinds of paper will come.
    calibration = [*real, *composed[: max(len(real), 1)]]
    about = _describe(plan, fitted)
    return write_string_model(model, folder, about, calibration, measured)


def _fit(
    plan: StringPlan,
    data: StringData,
    watched: Mapping[str, Sequence[Batch]],
    folder: Path,
    resume: bool,
    report: EpochReport | None,
    progress: StepReport | None,
) -> keras.Model:
    """Train on strips as they are, then, once the network can align them, spliced."""
    options = plan.options
    first = min(plan.splice_from, options.epochs)
    model = None
    for until in sorted({first, options.epochs}):
        if model is not None:
            data = replace(data, strips=align_strips(model, data.strips))
        stream = StripStream(
            data,
            seed=options.seed,
            size=options.batch_size,
            background=plan.background,
        )
        try:
            model = fit_strings(
                stream,
                watched,
                folder,
                options,
                until=until,
                resume=resume or model is not None,
                report=report,
                progress=progress,
            )
        finally:
            stream.close()
    return model


def _compose_held_out(plan: StringPlan, data: StringData) -> list[Example]:
    """Compose strips with another seed than those that are fitted."""
    seed = plan.options.seed + _HELD_OUT_SEED
    stock = DigitStock(data.digits, writers=max(2, data.writers // 4), seed=seed)
    rng = np.random.default_rng([seed, 13])
    return [draw_example(stock, (), 0, rng) for _ in range(plan.composed)]


def _batches(examples: Sequence[Example]) -> list[Batch]:
    """Put strips of like width into batches."""
    ordered = sorted(examples, key=lambda example: example.strip.shape[1])
    return [
        make_batch(ordered[first : first + _WATCHED_BATCH])
        for first in range(0, len(ordered), _WATCHED_BATCH)
    ]


def _describe(plan: StringPlan, data: StringData) -> dict[str, object]:
    """Say for the manifest how the network was trained."""
    options = plan.options
    return {
        "digits": ", ".join(source.name for source in data.digits),
        "digits composed of": sum(len(source) for source in data.digits),
        "strips fitted": len(data.strips),
        "share of real strips": data.real_share if data.strips else 0.0,
        "strips shown": options.epochs * options.steps * options.batch_size,
        "epochs": options.epochs,
        "seed": options.seed,
    }
