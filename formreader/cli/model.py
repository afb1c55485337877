"""`formreader model`: train, measure and describe the digit model."""

from __future__ import annotations

from pathlib import Path

import click

from formreader.cli.arguments import UserPath
from formreader.cli.ink_training import train_ink
from formreader.cli.messages import tell
from formreader.cli.training import train
from formreader.output import open_output

_model_option = click.option(
    "--model",
    "model_path",
    type=UserPath(),
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
        tell(f"{name:{width}}  {value}", err=False)


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
    type=UserPath(dir_okay=False),
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
    from formreader.training.digits import model_report
    from formreader.training.digits.measurement import measure
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


model.add_command(train)
model.add_command(train_ink, "train --ink")
