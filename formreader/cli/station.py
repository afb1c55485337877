"""What the commands that open a web page have in common."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from formreader.cli.messages import tell

if TYPE_CHECKING:
    from formreader.station.door.auth import OneTimeLinks
    from formreader.station.door.guard import App, Endpoint

port_option = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="PORT",
    help="TCP port to listen on.  [default: a free one; for a run, its last one]",
)
no_browser_option = click.option(
    "--no-browser", is_flag=True, help="Print the address, but open no browser."
)


def listen(
    port: int, host: str | None = None, wanted: Iterable[int] = ()
) -> socket.socket:
    """Open the port that a user asked for, on this computer's own address by default.

    Args:
        port: The port; 0 for any.
        host: The address.
        wanted: Of any, those that are tried first.

    Raises:
        click.BadParameter: If it cannot be had.
    """
    from formreader.station.door.server import LOOPBACK, open_socket

    for one in () if port else wanted:
        with suppress(OSError):
            return open_socket(one, host or LOOPBACK)
    try:
        return open_socket(port, host or LOOPBACK)
    except OSError as error:
        raise click.BadParameter(
            f"port {port} cannot be used ({error.strerror}); choose another, or leave "
            "it out.",
            param_hint="--port" if host is None else "--host, --port",
        ) from error


def run_station(
    listener: socket.socket,
    make_app: Callable[[Endpoint, OneTimeLinks], App],
    *,
    browse: bool,
    at_stop: Callable[[], None] | None = None,
) -> None:
    """Serve until Ctrl-C, and print on stderr each address that lets in a browser.

    Args:
        listener: Where browsers come in.
        make_app: Makes the station.
        browse: Open a browser.
        at_stop: Ends what answers wait for.
    """
    from formreader.station.door.server import serve

    is_first = True

    def announce(address: str) -> None:
        nonlocal is_first
        label = "Open" if is_first else "For another browser:"
        tell(f"{label} {address}")
        is_first = False

    try:
        serve(listener, make_app, announce, browse=browse, at_stop=at_stop)
    except KeyboardInterrupt:
        tell("Stopped.")
