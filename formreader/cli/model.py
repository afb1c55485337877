"""`formreader model`: train, measure and describe the digit model."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.errors import InputError, ModelError

if TYPE_CHECKING:
    from formreader.training.datasets import DigitSet
    from formreader.training.fit import FitOptions

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
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@_model_option
def evaluate(data: tuple[Path, ...], model_path: Path | None) -> None:
    """Measure a model on labelled digits and write CSV, one row a class.

    DATA are npz files with the arrays x, (N, 28, 28) uint8 with 255 for ink, and y, the
    digits; or folders of such files.

    \b
    Example:
        formreader model evaluate mnist_test.npz
    """
    import csv

    from formreader.digits.classification import DigitClassifier
    from formreader.training.datasets import load_all
    from formreader.training.measurement import measure

    measured = measure(DigitClassifier.load(model_path), load_all(data))
    rows = measured.per_class
    rows["all"] = (int(measured.confusion.sum()), int(measured.confusion.trace()))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["class", "digits", "right", "accuracy"])
    for name, (count, right) in rows.items():
        writer.writerow([name, count, right, f"{right / count:.4f}"])
    click.echo(
        f"accuracy {measured.accuracy:.2%}, mean confidence "
        f"{measured.mean_confidence:.2%}",
        err=True,
    )


@model.command()
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for digits.keras, digits.tflite, digits.json and the log.",
)
@click.option(
    "--data",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Digits to train on: an npz file or a folder of them; may be given again.  "
    "[default: MNIST, downloaded once]",
)
@click.option(
    "--test",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Digits to measure the result on.  [default: the MNIST test set if --data is "
    "not given]",
)
@click.option("--architecture", default="report", show_default=True, help="Network.")
@click.option("--epochs", type=click.IntRange(1), default=14, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--resume", is_flag=True, help="Go on where a stopped run ended.")
def train(
    out: Path,
    data: tuple[Path, ...],
    test: Path | None,
    architecture: str,
    epochs: int,
    seed: int,
    resume: bool,
) -> None:
    """Train a digit model and write it, ready for `--model`.

    One digit in twelve is held out, to watch the accuracy and to calibrate. The run can
    be stopped with Ctrl-C and taken up again with --resume. Needs TensorFlow:
    pip install 'formreader[train]'.

    \b
    Examples:
        formreader model train -o my-model
        formreader model train -o my-model --data digits.npz --test test.npz
    """
    _prepare_training()
    import numpy as np

    from formreader.training.architectures import find_architecture
    from formreader.training.convert import Origin, write_model
    from formreader.training.datasets import split_held_out
    from formreader.training.fit import CHECKPOINT_NAME, FitOptions, fit_network

    build = find_architecture(architecture)
    digits, tests = _load_digits(data, test)
    fitted, held_out = split_held_out(
        digits, len(digits) // _HELD_OUT_SHARE, np.random.default_rng(seed)
    )
    options = FitOptions(epochs=epochs, seed=seed)
    with _resumable():
        network = fit_network(
            lambda: build(_count_classes(digits)),
            fitted,
            held_out,
            out,
            options,
            resume=resume,
            report=_epoch_report(epochs),
        )
    manifest = write_model(
        network,
        out,
        Origin(architecture, _describe(data, len(fitted), options)),
        held_out,
        tests,
    )
    (out / CHECKPOINT_NAME).unlink()
    for name, accuracy in manifest.accuracy.items():
        click.echo(f"accuracy on {name}: {accuracy:.2%}", err=True)


_HELD_OUT_SHARE = 12  # one in


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
    data: tuple[Path, ...], test: Path | None
) -> tuple[DigitSet, dict[str, DigitSet]]:
    """Load what to train on and, by name, what to measure on."""
    from formreader.training.datasets import load_all, load_keras_mnist

    tests = {} if test is None else {test.stem: load_all([test])}
    if not data:
        digits, mnist_test = load_keras_mnist()
        return digits, tests or {"MNIST test": mnist_test}
    digits = load_all(data)
    if len(digits) < _HELD_OUT_SHARE:
        raise InputError(f"{len(digits)} digits are too few to train on")
    return digits, tests


def _describe(
    data: tuple[Path, ...], fitted: int, options: FitOptions
) -> dict[str, object]:
    """Say for the manifest how the network was trained."""
    return {
        "data": ", ".join(path.name for path in data) or "MNIST training set",
        "digits fitted": fitted,
        "epochs": options.epochs,
        "seed": options.seed,
    }


def _count_classes(digits: DigitSet) -> int:
    """Take the ten digits, or all classes if one of the others occurs."""
    from formreader.digits.model import CLASSES, DIGITS

    return len(DIGITS if digits.labels.max() < len(DIGITS) else CLASSES)


def _epoch_report(epochs: int) -> Callable[[int, dict[str, float]], None]:
    """Write a line to stderr after each epoch."""
    started = time.monotonic()

    def report(done: int, logs: dict[str, float]) -> None:
        click.echo(
            f"epoch {done}/{epochs}  loss {logs['loss']:.4f}  "
            f"accuracy held out {logs['val_accuracy']:.2%}  "
            f"{time.monotonic() - started:.0f} s",
            err=True,
        )

    return report
