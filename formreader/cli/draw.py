"""`formreader draw`: a pad to draw digits on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from formreader.cli.reading import reading_options
from formreader.cli.station import listen, no_browser_option, port_option, run_station

if TYPE_CHECKING:
    from formreader.options import ReadingOptions


@click.command()
@port_option
@no_browser_option
@reading_options("threshold", "model")
def draw(port: int, no_browser: bool, options: ReadingOptions) -> None:
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
    from formreader.station.app import make_pad_app

    reader = replace(options, ink_layers=False).make_reader()
    run_station(
        listener,
        lambda endpoint, links: make_pad_app(endpoint, links, reader),
        browse=not no_browser,
    )
