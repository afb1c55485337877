"""Go on training a model with digits that people have reviewed.

The network starts from the weights of the model in use, learns at a low rate from the
reviewed digits among many others, so that it does not forget these, and ends as the
mean of both. It takes the place of a model only if the gate lets it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from formreader.digits.classification import DigitClassifier
from formreader.digits.model import (
    CLASSES,
    DIGITS,
    INPUT_SHAPE,
    MANIFEST_NAME,
    Manifest,
    checksum,
    find_model,
)
from formreader.digits.runtime import load_keras
from formreader.errors import ModelError, OutputError
from formreader.training.curves import draw_learning_curve
from formreader.training.digits.convert import Origin, write_model
from formreader.training.digits.fit import CHECKPOINTS, FitOptions
from formreader.training.digits.holdout import hold_out, split_sources
from formreader.training.digits.mixture import Recipe
from formreader.training.digits.run import (
    CURVE_NAME,
    average_networks,
    check_sources,
    copy_network,
    fit_stage,
)
from formreader.training.loop import LOG_NAME, EpochReport, StepReport
from formreader.training.reviewed.gate import Comparison, compare
from formreader.training.reviewed.reviews import Reviews
from formreader.training.sources import Source

if TYPE_CHECKING:
    import keras

__all__ = [
    "REJECTED_NAME",
    "RETRAINING",
    "LearningPlan",
    "Start",
    "install",
    "judge_candidate",
    "open_start",
    "reject",
    "train_candidate",
]

RETRAINING = FitOptions(
    epochs=4, epoch_size=16_384, learning_rate=5e-4, patience=4, average=0.99
)
"""A short training from a low rate: the network knows digits already."""

CANDIDATE_NAME, REJECTED_NAME = "candidate", "rejected"
OWN_NAME = "reviewed pages, held out"

_LARGEST_SHARE = 0.3  # of the written digits that are shown, for reviewed ones
_MOST_TIMES = 40  # that each reviewed digit is shown; a few would be learnt by heart
_LARGEST_POOL = 3000


@dataclass(frozen=True)
class LearningPlan:
    """How to go on training.

    Attributes:
        options: Length, rates and seed.
        background: Make batches in another process.
    """

    options: FitOptions = field(default_factory=lambda: RETRAINING)
    background: bool = True

    def recipe(self, classes: int, reviewed: int) -> Recipe:
        """Say what the batches are made of.

        Args:
            classes: 12, or 10 for digits alone.
            reviewed: How many reviewed digits there are to learn from.
        """
        shown = self.options.epochs * self.options.steps * self.options.batch_size
        return Recipe(
            classes=classes,
            pool=min(_LARGEST_POOL, max(8, self.options.epoch_size // 8)),
            last_share=min(_LARGEST_SHARE, _MOST_TIMES * reviewed / shown),
        )


@dataclass(frozen=True, eq=False)
class Start:
    """The model to start from.

    Attributes:
        network: In Keras.
        classifier: As it reads.
        sha256: Checksum of its file.
    """

    network: keras.Model
    classifier: DigitClassifier
    sha256: str

    @property
    def manifest(self) -> Manifest:
        """What is known about it."""
        return self.classifier.manifest


def open_start(path: Path | None) -> Start:
    """Open the model to start from.

    Args:
        path: A `.keras` file or a folder as `formreader model train` writes it; None is
            the model that ships.

    Raises:
        ModelError: If it cannot be opened, or is of a kind that cannot be trained on.
    """
    found = find_model(path, suffix=".keras")
    if found.path.suffix.lower() == ".tflite":
        raise ModelError(
            "a converted network cannot be trained; give the .keras file, or the "
            "folder that holds it",
            path=found.path,
        )
    classifier = DigitClassifier.load(path)
    load_keras()
    import keras

    network = keras.models.load_model(found.path, compile=False)
    is_known = classifier.manifest.classes in (DIGITS, CLASSES)
    takes_ink = classifier.manifest.ink_value == 1
    if network.input_shape[1:] != (*INPUT_SHAPE, 1) or not (is_known and takes_ink):
        raise ModelError(
            "can only be read with; training goes on from a model that "
            "`formreader model train` has written",
            path=found.path,
        )
    return Start(network, classifier, checksum(found.path))


def train_candidate(
    plan: LearningPlan,
    start: Start,
    reviews: Reviews,
    sources: Sequence[Source],
    folder: Path,
    *,
    report: EpochReport | None = None,
    progress: StepReport | None = None,
) -> None:
    """Train a candidate, and write it beside the model that it may replace.

    Args:
        plan: Length and seed.
        start: The model to start from.
        reviews: What people vouched for.
        sources: Digits to mix with it; the last twelfth of each is held out, to watch
            and to calibrate.
        folder: Takes the candidate, in a folder of its own.
        report: Called after each epoch.
        progress: Called after each step.

    Raises:
        InputError: If there are too few digits.
        ModelError: If the converted network does not say what the original says.
        OutputError: If the folder cannot be written.
    """
    check_sources(sources)
    candidate = _make_folder(folder)
    fitted, kept = split_sources(sources)
    recipe = plan.recipe(len(start.manifest.classes), len(reviews.fitted))
    held_out = hold_out(kept, replace(recipe, last_share=None), plan.options.seed)
    trained = fit_stage(
        recipe,
        [*fitted, reviews.fitted],
        held_out.watched,
        lambda: copy_network(start.network),
        plan.options,
        candidate,
        calm_from=0,
        resume=False,
        background=plan.background,
        report=report,
        progress=progress,
    )
    draw_learning_curve(candidate / LOG_NAME, candidate / CURVE_NAME)
    network = average_networks(start.network, trained)
    origin = _describe(plan, start, reviews, fitted)
    write_model(network, candidate, origin, held_out, {})
    for name in CHECKPOINTS:
        (candidate / name).unlink()


def judge_candidate(
    start: Start, reviews: Reviews, tests: Mapping[str, Source], folder: Path
) -> list[Comparison]:
    """Compare the candidate with the model that it started from.

    Its manifest notes what was measured, and takes over the threshold: if the gate
    finds that confidence is worth as much as before, so is the threshold, and one
    chosen by digits of others says nothing about these forms.

    Args:
        start: The model that it started from.
        reviews: What people vouched for.
        tests: Digits to compare on, beside the reviewed pages that are held out.
        folder: Holds the candidate in a folder of its own.

    Returns:
        What both say about the reviewed pages that are held out, then about each test.
    """
    candidate = folder / CANDIDATE_NAME
    after = DigitClassifier.load(candidate)
    others = {name: source.normalize() for name, source in tests.items()}
    own = {OWN_NAME: reviews.held_out}
    comparisons = compare(start.classifier, after, own, others)
    measured = {c.name: round(c.after.accuracy, 4) for c in comparisons}
    complete = replace(
        after.manifest,
        threshold=start.manifest.threshold,
        accuracy={**after.manifest.accuracy, **measured},
    )
    path = candidate / MANIFEST_NAME
    path.write_text(complete.to_json(), encoding="utf-8")
    return comparisons


def install(folder: Path) -> Manifest:
    """Let the candidate take the place of the model in the folder.

    The manifest comes last, and knows the other files by their checksums.

    Returns:
        What is known about it.
    """
    candidate = folder / CANDIDATE_NAME
    manifest = candidate / MANIFEST_NAME
    others = sorted(path for path in candidate.iterdir() if path != manifest)
    for path in (*others, manifest):
        path.replace(folder / path.name)
    candidate.rmdir()
    shutil.rmtree(folder / REJECTED_NAME, ignore_errors=True)
    found = find_model(folder).manifest
    assert found is not None
    return found


def reject(folder: Path, problems: Sequence[str]) -> ModelError:
    """Put the candidate aside; the model in the folder stays as it is.

    Returns:
        The error that says why.
    """
    rejected = folder / REJECTED_NAME
    shutil.rmtree(rejected, ignore_errors=True)
    (folder / CANDIDATE_NAME).replace(rejected)
    return ModelError(
        f"the new model is worse and was not installed: {'; '.join(problems)}. Review "
        "more pages, or look for wrong decisions among those there are",
        path=rejected,
    )


def _make_folder(folder: Path) -> Path:
    """Make an empty folder for the candidate.

    Raises:
        OutputError: If it cannot be made.
    """
    candidate = folder / CANDIDATE_NAME
    try:
        shutil.rmtree(candidate, ignore_errors=True)
        candidate.mkdir(parents=True)
    except OSError as error:
        raise OutputError(
            f"cannot write here ({error.strerror}); choose another place with -o",
            path=folder,
        ) from error
    return candidate


def _describe(
    plan: LearningPlan, start: Start, reviews: Reviews, fitted: Sequence[Source]
) -> Origin:
    """Say for the manifest how the network was trained."""
    options = plan.options
    names = [source.name for source in (*fitted, reviews.fitted)]
    recipe = plan.recipe(len(start.manifest.classes), len(reviews.fitted))
    assert recipe.last_share is not None
    training = {
        "started from": start.sha256,
        "data": ", ".join(names),
        "reviewed digits fitted": len(reviews.fitted),
        "share of reviewed digits": f"{recipe.last_share:.1%}",
        "crops shown": options.epochs * options.steps * options.batch_size,
        "epochs": options.epochs,
        "seed": options.seed,
    }
    return Origin(start.manifest.network, training, recipe.non_digit_odds)
