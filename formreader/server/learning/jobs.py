"""The jobs that learn models: what they were asked for, how far they are, their end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from formreader.digits.model import MANIFEST_NAME
from formreader.errors import OutputError
from formreader.output import replace_file
from formreader.server.run_process import find_process, start_process
from formreader.server.runs import read_events
from formreader.server.work_folder import WorkFolder

__all__ = [
    "LearningJob",
    "LearningState",
    "LearningWish",
    "begin_learning",
    "can_learn",
    "describe_learning",
    "find_digits",
    "load_wish",
]

_FILE = "learning.json"
_ERROR = "error: "
_LOG_BYTES = 1_000_000  # of its end; a training writes less
_LEAST_STEPS = 4  # told, two seconds apart or more, before they say how fast it goes


class LearningState(StrEnum):
    """What a model is at."""

    LEARNING = "learning"
    READY = "ready"  # pages can be read with it
    STOPPED = "stopped"
    FAILED = "failed"  # it was worse than the one before, or there was an error


@dataclass(frozen=True)
class LearningWish:
    """What a model is to learn from.

    Attributes:
        runs: Names of the runs.
        start: Name of the model that it goes on from; empty for the one that ships.
        epochs: How often it goes through digits; None for the usual.
        epoch_size: Digits each time; None for the usual.
    """

    runs: tuple[str, ...]
    start: str = ""
    epochs: int | None = None
    epoch_size: int | None = None


@dataclass(frozen=True)
class LearningJob:
    """A model of the folder of work, and the process that learns it.

    Attributes:
        name: Of the model.
        state: What it is at.
        wish: What it learns from; None if it was put there by hand.
        done: How far it is, from 0 to 1.
        seconds_left: Until it is done, at this rate; None if it cannot be told.
        notes: What was said about the digits and the comparison, a line each.
        problem: Why it failed, with what helps; else empty.
    """

    name: str
    state: LearningState
    wish: LearningWish | None
    done: float = 0.0
    seconds_left: float | None = None
    notes: tuple[str, ...] = ()
    problem: str = ""


def can_learn() -> bool:
    """Tell whether TensorFlow is installed, without loading it."""
    return find_spec("tensorflow") is not None


def find_digits(work: WorkFolder) -> tuple[Path, Path] | None:
    """Find digits that people brought to mix in, and to measure on; else None.

    They are `digits/train.npz` and `digits/test.npz`; without them, MNIST is taken,
    which is downloaded once.
    """
    found = work.digits / "train.npz", work.digits / "test.npz"
    return found if all(path.is_file() for path in found) else None


def load_wish(model: Path) -> LearningWish | None:
    """Load what a model learns from; None if it was put there by hand."""
    try:
        found = json.loads((model / _FILE).read_text(encoding="utf-8"))
        return LearningWish(**found | {"runs": tuple(map(str, found["runs"]))})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def begin_learning(work: WorkFolder, name: str, wish: LearningWish) -> None:
    """Begin to learn a model, or once more; nothing happens if it is being learnt.

    Args:
        work: The folder of work.
        name: Of the model.
        wish: What it learns from; the runs and the start are there.

    Raises:
        OutputError: If it cannot be begun.
    """
    model = work.models / name
    try:
        model.mkdir(parents=True, exist_ok=True)
        with replace_file(model / _FILE) as stream:
            stream.write(json.dumps(asdict(wish)))
    except OSError as error:
        raise OutputError(
            f"the model cannot be written ({error.strerror}); make room on the disk"
        ) from error
    start_process(model, _make_arguments(work, model, wish))


def describe_learning(model: Path) -> LearningJob:
    """Find out what a model is at, from its folder alone."""
    wish, process = load_wish(model), find_process(model)
    events = list(read_events(model, process, _LOG_BYTES))
    said = [
        str(one.get("text"))
        for one in events
        if one.get("event") == "message" and not one.get("is_raw")
    ]
    notes = tuple(text for text in said if not text.startswith(_ERROR))
    if process is not None and process.is_alive:
        steps = [one for one in events if one.get("event") == "step"]
        done = _measure(steps[-1]) if steps else 0.0
        left = _estimate(steps)
        return LearningJob(model.name, LearningState.LEARNING, wish, done, left, notes)
    errors = [text.removeprefix(_ERROR) for text in said if text.startswith(_ERROR)]
    if errors and not (process and process.is_stopped):
        problem = errors[-1].removeprefix(f"{model / 'rejected'}: ")
        return LearningJob(
            model.name, LearningState.FAILED, wish, notes=notes, problem=problem
        )
    is_there = (model / MANIFEST_NAME).is_file()
    state = LearningState.READY if is_there else LearningState.STOPPED
    return LearningJob(model.name, state, wish, float(is_there), notes=notes)


def _make_arguments(work: WorkFolder, model: Path, wish: LearningWish) -> Sequence[str]:
    arguments = ["model", "train", "--log-json", "--out", str(model)]
    for run in wish.runs:
        arguments += ["--from-reviews", str(work.runs / run)]
    if wish.start:
        arguments += ["--model", str(work.models / wish.start)]
    for option, number in (
        ("--epochs", wish.epochs),
        ("--epoch-size", wish.epoch_size),
    ):
        if number is not None:
            arguments += [option, str(number)]
    digits = find_digits(work)
    if digits is not None:
        arguments += ["--data", str(digits[0]), "--test", str(digits[1])]
    return arguments


def _measure(step: dict[str, Any]) -> float:
    """Give the share of all steps that are done at one of them."""
    within = step["step"] / max(1, step["steps"])
    return float(min(1.0, (step["epoch"] - 1 + within) / step["epochs"]))


def _estimate(steps: Sequence[dict[str, Any]]) -> float | None:
    """Give the seconds until all steps are done, at the rate since the first told.

    What comes before it, loading digits and building the network, is left out: it
    takes longer than many steps, and is over.
    """
    if len(steps) < _LEAST_STEPS:
        return None
    first, last = _measure(steps[0]), _measure(steps[-1])
    if not first < last < 1:  # after the last step it is compared with the old one
        return None
    seconds = float(steps[-1]["seconds"] - steps[0]["seconds"])
    return seconds * (1 - last) / (last - first)
