"""`formreader model train`: from the beginning, or on from a model with reviews."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from formreader.cli.arguments import UserPath
from formreader.cli.ink_training import train_ink
from formreader.cli.messages import (
    make_json_option,
    speaks_json,
    tell,
    tell_event,
)
from formreader.cli.preparation import prepare_training, resumable

if TYPE_CHECKING:
    from formreader.training.sources import Source


_FROM_THE_BEGINNING = {
    "architecture": "--architecture",
    "classes": "--classes",
    "letters": "--letters",
    "patience": "--patience",
    "resume": "--resume",
    "strokes": "--strokes",
    "without": "--without",
}
_OF_THE_MODEL = ("architecture", "classes")
_LENGTHS = ("epochs", "epoch_size", "seed")
_INK_FLAG = "--ink"
_STEP_EVERY_S = 2.0


class _TrainCommand(click.Command):
    """Hands over to the command for the ink network if its flag is given."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Parse the arguments, by the options of the network that is to be trained."""
        if _INK_FLAG not in args:
            return super().make_context(info_name, args, parent, **extra)
        rest = [text for text in args if text != _INK_FLAG]
        name = f"{info_name} {_INK_FLAG}"
        return train_ink.make_context(name, rest, parent, **extra)


@click.command(cls=_TrainCommand)
@click.option(
    "-o",
    "--out",
    required=True,
    type=UserPath(file_okay=False),
    help="Folder for digits.keras, digits.tflite, digits.json, the log and the "
    "learning curve.",
)
@click.option(
    "--data",
    multiple=True,
    metavar="DATA",
    help="Digits to train on: an npz or IDX file, or a folder with a folder of images "
    "a class; may be given again.  [default: MNIST, downloaded once]",
)
@click.option(
    "--test",
    multiple=True,
    metavar="DATA",
    help="Digits to measure the result on; may be given again.  [default: the MNIST "
    "test set if --data is not given]",
)
@click.option(
    "--letters",
    multiple=True,
    metavar="FILE",
    help="Handwritten letters and signs, .npz with the code of each character: what is "
    "no digit. Those that look like digits are left out, x counts as crossed out; may "
    "be given again.",
)
@click.option(
    "--strokes",
    multiple=True,
    type=UserPath(dir_okay=False),
    metavar="FILE",
    help="Digits as pen strokes, .json.gz, to be written anew with any pen; may be "
    "given again.",
)
@click.option(
    "--without",
    type=UserPath(dir_okay=False),
    metavar="CSV",
    help="Writers to leave out: columns `file`, a name without its endings, and "
    "`writer`.",
)
@click.option(
    "--architecture",
    type=click.Choice(["default", "report"]),
    default="default",
    show_default=True,
    help="The network that ships, or that of the original report.",
)
@click.option(
    "--classes",
    type=click.Choice(["10", "12"]),
    default="12",
    show_default=True,
    help="12 learns crossed-out cells and non-digits, too.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1),
    help="Of the first stage; the second has three for every ten.  [default: 32; 4 "
    "with --from-reviews, which has one stage]",
)
@click.option(
    "--epoch-size",
    type=click.IntRange(1),
    help="Crops an epoch; each is drawn, and degraded anew.  [default: 65536; 16384 "
    "with --from-reviews]",
)
@click.option(
    "--patience",
    type=click.IntRange(1),
    default=12,
    show_default=True,
    help="Stop after so many epochs without gain on held-out digits.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Of the weights, and of all that is drawn.",
)
@click.option("--resume", is_flag=True, help="Go on where a stopped run ended.")
@click.option(
    "--from-reviews",
    "runs",
    multiple=True,
    type=UserPath(file_okay=False),
    metavar="RUN",
    help="Go on from a trained model with the digits that people confirmed or "
    "corrected in this run folder; may be given again.",
)
@click.option(
    "--model",
    "model_path",
    type=UserPath(),
    metavar="PATH",
    help="Go on from the weights of this model, a .keras file or a folder.  [default: "
    "new weights; with --from-reviews the model that ships]",
)
@make_json_option("a step")
def train(
    out: Path,
    data: tuple[str, ...],
    test: tuple[str, ...],
    runs: tuple[Path, ...],
    model_path: Path | None,
    log_json: bool,
    **options: Any,
) -> None:
    """Train a digit model and write it, ready for `--model`.

    One writer in ten of each set, or the last twelfth of one that names no writers, is
    held out, to watch the accuracy, to calibrate, and to set the threshold for review.
    FILE@0:0.8 takes the first four fifths of a set only, FILE*0.3 lets it count for
    less among others. The run can be stopped with Ctrl-C and taken up again with
    --resume; until it is done, OUT/best.keras is the best network so far. Needs
    TensorFlow: pip install 'formreader[train]'. With --ink, another network is trained,
    with options of its own: see `formreader model train --ink --help`.

    With --from-reviews, training goes on from a model, with digits of reviewed runs
    mixed into those of --data. One page in five is held out. The new model is refused
    (exit code 5) if it makes more errors than the old one on these pages, or more than
    chance explains on a set of --test; it is then kept in OUT/rejected, and a model in
    OUT stays as it was.

    \b
    Examples:
        formreader model train -o my-model
        formreader model train -o my-model --data digits.npz --test test.npz
        formreader model train -o my-model --data digits.npz --letters abc.npz
        formreader model train -o my-model --from-reviews run/
        formreader scan page.jpg --model my-model
    """
    _check_options(bool(runs), model_path, data, test)
    prepare_training()
    options = {name: value for name, value in options.items() if value is not None}
    if runs:
        _learn(runs, model_path, data, test, out, options)
    else:
        _train(data, test, out, model_path, **options)


def _check_options(
    from_reviews: bool,
    model_path: Path | None,
    data: tuple[str, ...],
    test: tuple[str, ...],
) -> None:
    """Refuse options that do not go together.

    Raises:
        UsageError: If there are such.
    """
    context = click.get_current_context()
    if not from_reviews:
        for name in _OF_THE_MODEL if model_path is not None else ():
            if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
                raise click.UsageError(f"--model goes on from a model; no --{name}.")
        return
    for name, option in _FROM_THE_BEGINNING.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--from-reviews goes on from a model; no {option}.")
    if data and not test:
        raise click.UsageError(
            "--from-reviews with --data needs --test: digits on which the new model "
            "may not be worse."
        )


def _train(
    data: tuple[str, ...],
    test: tuple[str, ...],
    out: Path,
    model_path: Path | None,
    *,
    architecture: str,
    classes: str,
    letters: tuple[str, ...],
    strokes: tuple[Path, ...],
    resume: bool,
    without: Path | None = None,
    **options: Any,
) -> None:
    """Train from the beginning, or on from a model."""
    from formreader.training.digits.fit import FitOptions
    from formreader.training.digits.run import GOING_ON, Plan, run_training
    from formreader.training.digits.supplement import Supplement
    from formreader.training.reviewed.learning import open_start
    from formreader.training.writers import load_writers

    gone = load_writers(without) if without is not None else {}
    sources, tests = _load_digits(data, test)
    sources = [source.without(gone.get(source.name, ())) for source in sources]
    plan, network = Plan(architecture, int(classes), FitOptions(**options)), None
    if model_path is not None:
        start = open_start(model_path)
        network = start.network
        plan = Plan(
            start.manifest.network,
            len(start.manifest.classes),
            replace(plan.options, learning_rate=GOING_ON),
            start=start.sha256,
        )
    with resumable(), _Display(plan.all_epochs) as display:
        manifest = run_training(
            plan,
            sources,
            {source.name: source for source in tests},
            out,
            supplement=Supplement.load(letters, strokes, gone),
            network=network,
            resume=resume,
            report=display.end_epoch,
            progress=display.step,
        )
    tell(f"temperature {manifest.temperature}")
    tell(f"threshold for review {manifest.threshold}")
    for name, accuracy in manifest.accuracy.items():
        tell(f"accuracy on {name}: {accuracy:.2%}")


def _learn(
    runs: tuple[Path, ...],
    model_path: Path | None,
    data: tuple[str, ...],
    test: tuple[str, ...],
    out: Path,
    options: dict[str, Any],
) -> None:
    """Go on from a model, with reviewed digits.

    Raises:
        ModelError: If the new model is worse.
    """
    from formreader.training.reviewed import learning
    from formreader.training.reviewed.gate import write_comparisons
    from formreader.training.reviewed.reviews import gather_reviews

    start = learning.open_start(model_path)
    reviews = gather_reviews(runs)
    for line in reviews.describe().splitlines():
        tell(line)
    sources, tests = _load_digits(data, test)
    lengths = {name: options[name] for name in _LENGTHS if name in options}
    plan = learning.LearningPlan(replace(learning.RETRAINING, **lengths))
    with _Display(plan.options.epochs) as display:
        learning.train_candidate(
            plan,
            start,
            reviews,
            sources,
            out,
            report=display.end_epoch,
            progress=display.step,
        )
    named = {source.name: source for source in tests}
    comparisons = learning.judge_candidate(start, reviews, named, out)
    for line in write_comparisons(comparisons).splitlines():
        tell(line)
    problems = [found.problem for found in comparisons if found.problem is not None]
    if problems:
        raise learning.reject(out, problems)
    manifest = learning.install(out)
    tell(f"threshold for review {manifest.threshold}")
    tell(f"installed in {out}")


def _load_digits(
    data: tuple[str, ...], test: tuple[str, ...]
) -> tuple[list[Source], list[Source]]:
    """Load what to train on and what to measure on."""
    from formreader.training.sources import load_keras_mnist, load_sources

    if data:
        return load_sources(data), load_sources(test)
    mnist, mnist_test = load_keras_mnist()
    return [mnist], load_sources(test) if test else [mnist_test]


class _Display:
    """A progress bar within each epoch and a line after it, on stderr."""

    def __init__(self, epochs: int) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._epochs, self._epoch = epochs, 1
        self._started, self._told = time.monotonic(), 0.0
        console = Console(stderr=True)
        self._bar = Progress(
            console=console,
            transient=True,
            disable=speaks_json() or not console.is_terminal,
        )
        self._task = self._bar.add_task("epoch", total=None)

    def __enter__(self) -> _Display:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def step(self, done: int, steps: int) -> None:
        """Move the bar, or tell a program how far it is, now and then."""
        now = time.monotonic()
        if speaks_json() and now - self._told >= _STEP_EVERY_S:
            self._told = now
            place = {"epoch": self._epoch, "epochs": self._epochs, "step": done}
            seconds = round(now - self._started, 1)
            tell_event({"event": "step", **place, "steps": steps, "seconds": seconds})
        self._bar.update(self._task, completed=done, total=steps)

    def end_epoch(self, done: int, logs: dict[str, float]) -> None:
        """Write a line about an epoch."""
        self._epoch = done + 1
        tell(
            f"epoch {done}/{self._epochs}  loss {logs['loss']:.4f}  "
            f"accuracy held out {logs['val_accuracy']:.2%}  "
            f"{time.monotonic() - self._started:.0f} s",
        )
