"""Runs the station on this computer, for browsers on it alone."""

from __future__ import annotations

import socket
import threading
import webbrowser
from collections.abc import Callable

import uvicorn

from formreader.review.auth import OneTimeLinks
from formreader.review.guard import ENTRANCE, App, Place

__all__ = ["LOOPBACK", "open_socket", "serve"]

LOOPBACK = "127.0.0.1"
"""The only address that the station listens on."""

_GRACE_S = 2  # for answers under way when it is stopped


def open_socket(port: int) -> socket.socket:
    """Begin to listen.

    Args:
        port: TCP port; 0 for a free one.

    Raises:
        OSError: If the port is in use, or not for everybody.
    """
    return socket.create_server((LOOPBACK, port))


def serve(
    listener: socket.socket,
    make_app: Callable[[Place, OneTimeLinks], App],
    announce: Callable[[str], None],
    *,
    browse: bool = True,
) -> None:
    """Serve until the process is told to stop.

    Args:
        listener: As `open_socket` makes it; closed at the end.
        make_app: Makes the station for a place and its links.
        announce: Is told each address that lets in a browser, the first one before the
            station runs.
        browse: Open the first one in a browser.
    """
    place = Place(listener.getsockname()[1])
    addresses: list[str] = []

    def announce_link(secret: str) -> None:
        address = f"http://{LOOPBACK}:{place.port}{ENTRANCE}?token={secret}"
        addresses.append(address)
        announce(address)

    app = make_app(place, OneTimeLinks(announce_link))
    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=_GRACE_S,
    )
    if browse:
        threading.Thread(
            target=webbrowser.open, args=(addresses[0],), daemon=True
        ).start()
    with listener:
        uvicorn.Server(config).run(sockets=[listener])
