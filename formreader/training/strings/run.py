"""A whole training run of the string reader, from data to its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from formreader.digits.model import checksum
from formreader.digits.strings import STRING_MODEL_NAME, StringManifest
from formreader.training.digits.supplement import PennedDigits
from formreader.training.loop import EpochReport, StepReport
from formreader.training.sources import Source
from formreader.training.strings.alignment import align_strips
from formreader.training.strings.examples import (
    Example,
    RealStrip,
    draw_example,
    draw_picture,
    plain_example,
)
from formreader.training.strings.files import write_string_model
from formreader.training.strings.fit import StringFitOptions, fit_strings
from formreader.training.strings.network import open_string_network
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
        start: A network to begin with, as .keras; else its weights are drawn.
        name: File of the network that is written.
    """

    options: StringFitOptions = field(default_factory=StringFitOptions)
    background: bool = True
    composed: int = _COMPOSED
    splice_from: int = 14
    start: Path | None = None
    name: str = STRING_MODEL_NAME


@dataclass(frozen=True)
class HeldOut:
    """What is kept from fitting, beside the last strips of the first set.

    Attributes:
        digits: Crops of other writers, of which composed strips are made.
        penned: Digits of other writers as pen strokes, for the same.
        strips: Strips of other writers, by a name for each set.
    """

    digits: Sequence[Source] = ()
    penned: Sequence[PennedDigits] = ()
    strips: Mapping[str, Sequence[RealStrip]] = field(default_factory=dict)


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
    held_out: HeldOut | None = None,
    resume: bool = False,
    report: EpochReport | None = None,
    progress: StepReport | None = None,
) -> StringManifest:
    """Train a string reader and write its files.

    The last 80 strips of the first set, or a third of fewer, are held out to watch and
    to calibrate.

    Args:
        plan: Length and seed.
        data: What strips are made of.
        tests: Real strips that nothing is chosen by; there may be none.
        folder: Takes the model, the log and the checkpoints.
        held_out: What else is kept from fitting.
        resume: Go on from the checkpoint in `folder`, if there is one.
        report: Called after each epoch.
        progress: Called after each step.

    Returns:
        The manifest as written.

    Raises:
        ModelError: If a checkpoint is damaged, or the converted network does not say
            what the original says.
    """
    held_out = held_out or HeldOut()
    fitted, kept = _keep_last(data)
    real = [plain_example(strip) for strip in kept]
    composed = _compose_held_out(plan, held_out, pictured=data.pictured)
    others = {
        name: [plain_example(strip) for strip in strips]
        for name, strips in held_out.strips.items()
    }
    measured = {"held out": real, "composed": composed, **others}
    watched = {
        name.replace(" ", "_"): _batches(found) for name, found in measured.items()
    }
    model = _fit(plan, fitted, watched, folder, resume, report, progress)
    if tests:
        measured["unseen"] = [plain_example(strip) for strip in tests]
    # All kinds in equal parts, since all kinds of paper will come.
    most = max(len(real), 1)
    calibration = [*real, *composed[:most]]
    for found in others.values():
        calibration += found[:most]
    about = _describe(plan, fitted)
    return write_string_model(model, folder, about, calibration, measured, plan.name)


def _keep_last(data: StringData) -> tuple[StringData, Sequence[RealStrip]]:
    """Take the last strips out of the first set; gives what is left, and these."""
    if not data.strips:
        return data, ()
    first, *others = data.strips
    edge = len(first.strips) - min(HELD_OUT_STRIPS, len(first.strips) // 3)
    left = replace(first, strips=first.strips[:edge])
    return replace(data, strips=[left, *others]), first.strips[edge:]


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
    # A network that can read already is asked at once where digits part.
    model = open_string_network(plan.start) if plan.start and not first else None
    for until in sorted({first, options.epochs} - {0}):
        if model is not None:
            aligned = [
                replace(found, strips=align_strips(model, found.strips))
                for found in data.strips
            ]
            data = replace(data, strips=aligned)
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
                resume=resume or until > first > 0,
                start=plan.start,
                report=report,
                progress=progress,
            )
        finally:
            stream.close()
    return model


def _compose_held_out(
    plan: StringPlan, held_out: HeldOut, *, pictured: bool
) -> list[Example]:
    """Compose strips by other writers, with another seed than those that are fitted."""
    seed = plan.options.seed + _HELD_OUT_SEED
    stock = DigitStock(held_out.digits, held_out.penned, writers=50, seed=seed)
    rng = np.random.default_rng([seed, 13])
    draw = draw_picture if pictured else draw_example
    return [draw(stock, (), 0, rng) for _ in range(plan.composed)]


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
        "digits as strokes": ", ".join(found.name for found in data.penned),
        "numbers as strokes": 0 if data.numbers is None else len(data.numbers),
        "strips fitted": sum(len(found.strips) for found in data.strips),
        "share of real strips": data.real_share if data.strips else 0.0,
        "started from": "" if plan.start is None else checksum(plan.start),
        "shown with what stands around them": data.pictured,
        "strips shown": options.epochs * options.steps * options.batch_size,
        "epochs": options.epochs,
        "seed": options.seed,
    }
