"""Runs the station, for browsers on this computer alone unless told otherwise."""

from __future__ import annotations

import signal
import socket
import ssl
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from formreader.station.door.auth import OneTimeLinks
from formreader.station.door.connections import (
    BoundedServer,
    count_places,
    watch_requests,
)
from formreader.station.door.guard import ENTRANCE, App, Endpoint
from formreader.station.door.log import log_scarcely

__all__ = [
    "LOOPBACK",
    "Tls",
    "find_names",
    "open_socket",
    "serve",
    "serve_network",
]

LOOPBACK = "127.0.0.1"
"""The address that the station listens on unless it is told otherwise."""

_SIGNPOST = (
    '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>formreader</title>'
    '<meta name="referrer" content="no-referrer">'
    '<meta http-equiv="refresh" content="0;url={address}">'
    '<p><a href="{address}">Go to the station</a></p></html>'
)
_GRACE_S = 2  # for answers under way when it is stopped


@dataclass(frozen=True)
class Tls:
    """The files with which the station proves who it is.

    Attributes:
        certificate: PEM, with the chain.
        key: PEM, without a password.
    """

    certificate: Path
    key: Path

    def check(self) -> None:
        """Open both.

        Raises:
            OSError: If they cannot be used, or do not belong together.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key, password="")


def find_names(host: str) -> tuple[str, ...]:
    """List how browsers may call a station that listens on an address."""
    names = [socket.gethostname(), socket.getfqdn(), "localhost", LOOPBACK]
    try:
        address = ip_address(host)
    except ValueError:
        names.append(host)
    else:
        if not address.is_unspecified:
            names.append(f"[{host}]" if address.version == 6 else host)
    return tuple(dict.fromkeys(name.lower() for name in names))


def open_socket(port: int, host: str = LOOPBACK) -> socket.socket:
    """Begin to listen.

    Args:
        port: TCP port; 0 for a free one.
        host: The address; of all that this computer has, `0.0.0.0` or `::`.

    Raises:
        OSError: If the port is in use or not for everybody, or the address is another
            computer's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    # An answer goes out in two parts; the second must not wait for word of the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def serve(
    listener: socket.socket,
    make_app: Callable[[Endpoint, OneTimeLinks], App],
    announce: Callable[[str], None],
    *,
    browse: bool = True,
    at_stop: Callable[[], None] | None = None,
) -> None:
    """Serve this computer until the process is told to stop.

    Args:
        listener: As `open_socket` makes it; closed at the end.
        make_app: Makes the station for an endpoint and its links.
        announce: Is told each address that lets in a browser, the first one before the
            station runs.
        browse: Open the first one in a browser.
        at_stop: Ends what answers wait for; called as soon as the station is to stop.
    """
    endpoint = Endpoint(listener.getsockname()[1])
    addresses: list[str] = []

    def announce_link(secret: str) -> None:
        address = f"http://{LOOPBACK}:{endpoint.port}{ENTRANCE}?token={secret}"
        addresses.append(address)
        announce(address)

    app = make_app(endpoint, OneTimeLinks(announce_link))
    if not browse:
        _run(listener, app, None, at_stop)
        return
    with make_signpost(addresses[0]) as page:
        threading.Thread(
            target=webbrowser.open, args=(page.as_uri(),), daemon=True
        ).start()
        _run(listener, app, None, at_stop)


@contextmanager
def make_signpost(address: str) -> Iterator[Path]:
    """Write a page that leads to an address, for the eyes of this user alone.

    The command line of a browser is seen by everybody on the computer; so it is given
    the name of this page, not the address, whose secret lets in whoever is first.

    Args:
        address: Where the page leads.

    Yields:
        The page; it is gone at the end of the block.
    """
    with tempfile.TemporaryDirectory(prefix="formreader-") as folder:  # mode 0700
        page = Path(folder, "open.html")
        page.touch(0o600)
        page.write_text(_SIGNPOST.format(address=escape(address)), encoding="utf-8")
        yield page


def serve_network(
    listener: socket.socket,
    make_app: Callable[[Endpoint], App],
    names: tuple[str, ...],
    tls: Tls,
    *,
    at_stop: Callable[[], None] | None = None,
) -> None:
    """Serve other computers as well, until the process is told to stop.

    Args:
        listener: As `open_socket` makes it; closed at the end.
        make_app: Makes the station for an endpoint; it must ask for passwords.
        names: How browsers may call the station.
        tls: Its certificate.
        at_stop: As for `serve`.
    """
    endpoint = Endpoint(listener.getsockname()[1], names, "https")
    _run(listener, make_app(endpoint), tls, at_stop)


def _run(
    listener: socket.socket,
    app: App,
    tls: Tls | None,
    at_stop: Callable[[], None] | None,
) -> None:
    """Serve until Ctrl-C, which is raised, or SIGTERM, which is how a service ends."""
    log_scarcely()
    config = uvicorn.Config(
        watch_requests(app),
        loop="asyncio",
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
    )
    server = BoundedServer(config, listener, count_places(), at_stop=at_stop)
    with listener, _stopped_by_sigterm(server):
        server.run()


@contextmanager
def _stopped_by_sigterm(server: uvicorn.Server) -> Iterator[None]:
    """Let SIGTERM stop a server, and no more.

    uvicorn raises the signal once again when it has stopped, for whoever was there
    before; that would end the process as if it had been killed.
    """

    def stop(*_: object) -> None:
        server.should_exit = True

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
