"""`formreader model`: train, measure and describe the digit model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.errors import ModelError
from formreader.output import open_output

if TYPE_CHECKING:
    from formreader.training.sources import Source

_model_option = click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A model of your own, a file or a folder.  [default: the one that ships]",
)


@click.group()
def model() -> None:
    """Train, measure and describe the digit model.

    \b
    Example:
        formreader model info
    """


@model.command()
@_model_option
def info(model_path: Path | None) -> None:
    """Say what is known about a model.

    \b
    Example:
        formreader model info --model my-model/
    """
    from formreader.digits.classification import DigitClassifier
    from formreader.digits.model import shipped_folder

    manifest = DigitClassifier.load(model_path).manifest
    lines: dict[str, object] = {
        "model": model_path or shipped_folder(),
        "network": manifest.network,
        "classes": " ".join(manifest.classes),
        "temperature": manifest.temperature,
        "threshold": manifest.threshold,
    }
    lines |= {f"trained: {name}": value for name, value in manifest.training.items()}
    lines |= {f"accuracy: {name}": value for name, value in manifest.accuracy.items()}
    width = max(len(name) for name in lines)
    for name, value in lines.items():
        click.echo(f"{name:{width}}  {value}")


@model.command()
@click.argument("data", nargs=-1, required=True, metavar="DATA...")
@_model_option
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="HTML has charts and pictures of the most confident errors.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write instead of stdout.",
)
def evaluate(
    data: tuple[str, ...],
    model_path: Path | None,
    file_format: str,
    output: Path | None,
) -> None:
    """Measure a model on labelled digits.

    DATA are npz files with the arrays x, (N, H, W) uint8 with 255 for ink, and y;
    IDX files of images with their labels beside them; or folders with a folder of
    images a class (0 to 9, crossed, other). FILE@0.8:1 takes the last fifth only.

    Gives accuracy, also by class, the confusions, the expected calibration error in 15
    bins, the error that is left when the least certain are set aside, and how many
    digits and non-digits were rejected.

    \b
    Examples:
        formreader model evaluate mnist_test.npz
        formreader model evaluate mine/ quiz.npz@0.8:1 --format html -o report.html
    """
    from formreader.digits.classification import DigitClassifier
    from formreader.training import model_report
    from formreader.training.measurement import measure
    from formreader.training.sources import load_sources

    classifier = DigitClassifier.load(model_path)
    sets = {source.name: source.normalize() for source in load_sources(data)}
    measured = {name: measure(classifier, digits) for name, digits in sets.items()}
    if file_format == "json":
        text = model_report.write_json(measured)
    elif file_format == "html":
        title = f"Digit model {classifier.manifest.network}"
        text = model_report.write_html(title, measured, sets)
    else:
        text = model_report.write_text(measured)
    with open_output(output) as stream:
        stream.write(text)


@model.command()
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
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
    default=32,
    show_default=True,
    help="Of the first stage; the second has three for every ten.",
)
@click.option(
    "--epoch-size",
    type=click.IntRange(1),
    default=65_536,
    show_default=True,
    help="Crops an epoch; each is drawn, and degraded anew.",
)
@click.option(
    "--patience",
    type=click.IntRange(1),
    default=12,
    show_default=True,
    help="Stop after so many epochs without gain on held-out digits.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--resume", is_flag=True, help="Go on where a stopped run ended.")
def train(
    out: Path,
    data: tuple[str, ...],
    test: tuple[str, ...],
    architecture: str,
    classes: str,
    resume: bool,
    **options: int,
) -> None:
    """Train a digit model and write it, ready for `--model`.

    The last twelfth of each set is held out, to watch the accuracy, to calibrate, and
    to set the threshold for review. FILE@0:0.8 takes the first four fifths of a set
    only. The run can be stopped with Ctrl-C and taken up again with --resume; until it
    is done, OUT/best.keras is the best network so far. Needs TensorFlow:
    pip install 'formreader[train]'.

    \b
    Examples:
        formreader model train -o my-model
        formreader model train -o my-model --data digits.npz --test test.npz
    """
    _prepare_training()
    from formreader.training.fit import FitOptions
    from formreader.training.run import Plan, run_training

    sources, tests = _load_digits(data, test)
    plan = Plan(
        architecture,
        int(classes),
        FitOptions(
            epochs=options["epochs"],
            epoch_size=options["epoch_size"],
            patience=options["patience"],
            seed=options["seed"],
        ),
    )
    with _resumable(), _Display(plan.all_epochs) as display:
        manifest = run_training(
            plan,
            sources,
            {source.name: source for source in tests},
            out,
            resume=resume,
            report=display.end_epoch,
            progress=display.step,
        )
    click.echo(f"temperature {manifest.temperature}", err=True)
    click.echo(f"threshold for review {manifest.threshold}", err=True)
    for name, accuracy in manifest.accuracy.items():
        click.echo(f"accuracy on {name}: {accuracy:.2%}", err=True)


@contextmanager
def _resumable() -> Iterator[None]:
    """Say after Ctrl-C that nothing but the epoch is lost."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("stopped; go on with the same command and --resume", err=True)
        raise


def _prepare_training() -> None:
    """See that TensorFlow is there before anything else needs it.

    Raises:
        ModelError: If TensorFlow is not installed.
    """
    from formreader.digits.runtime import load_keras

    try:
        load_keras()
    except ImportError as error:
        raise ModelError(
            "training needs TensorFlow (Python 3.11 to 3.13): "
            "pip install 'formreader[train]'"
        ) from error


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

        self._epochs = epochs
        self._started = time.monotonic()
        console = Console(stderr=True)
        self._bar = Progress(
            console=console, transient=True, disable=not console.is_terminal
        )
        self._task = self._bar.add_task("epoch", total=None)

    def __enter__(self) -> _Display:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def step(self, done: int, steps: int) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=done, total=steps)

    def end_epoch(self, done: int, logs: dict[str, float]) -> None:
        """Write a line about an epoch."""
        click.echo(
            f"epoch {done}/{self._epochs}  loss {logs['loss']:.4f}  "
            f"accuracy held out {logs['val_accuracy']:.2%}  "
            f"{time.monotonic() - self._started:.0f} s",
            err=True,
        )
