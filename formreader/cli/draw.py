"""`formreader draw`: a pad to draw digits on."""

from __future__ import annotations

from pathlib import Path

import click

from formreader.cli.arguments import FiniteRange, UserPath
from formreader.cli.station import listen, no_browser_option, port_option, run_station


@click.command()
@port_option
@no_browser_option
@click.option(
    "--threshold",
    type=FiniteRange(0, 1),
    help="Less certain than this is not sure.  [default: the model's own]",
)
@click.option(
    "--model",
    "model_path",
    type=UserPath(),
    metavar="PATH",
    help="A digit model of your own.",
)
def draw(
    port: int, no_browser: bool, threshold: float | None, model_path: Path | None
) -> None:
    """Open a pad in the browser to draw digits on and have them recognised.

    Draw with the mouse, a finger or a pen; several digits in a row are read as one
    number. The page shows what the model saw and how probable it finds each digit. It
    is served to this computer alone, and nothing leaves it. Ctrl-C stops it.

    \b
    Examples:
        formreader draw
        formreader draw --threshold 0.99 --no-browser --port 8000
    """
    listener = listen(port)
    from formreader.digits.classification import DigitClassifier
    from formreader.digits.strings import StringReader
    from formreader.pipeline import FormReader
    from formreader.station.app import make_pad_app

    reader = FormReader(
        DigitClassifier.load(model_path), threshold, string_reader=StringReader.load()
    )
    run_station(
        listener,
        lambda endpoint, links: make_pad_app(endpoint, links, reader),
        browse=not no_browser,
    )
