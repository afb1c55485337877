"""What the commands have in common that let other computers in."""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from formreader.cli.arguments import UserPath
from formreader.cli.messages import tell

if TYPE_CHECKING:
    from formreader.station.door.guard import App, Endpoint
    from formreader.station.door.server import Tls

__all__ = ["Network", "network_options", "run_network_station"]


@dataclass(frozen=True)
class Network:
    """How other computers are let in.

    Attributes:
        host: The address that is listened on.
        names: What browsers may call this computer, beside its own names.
        tls: The certificate.
    """

    host: str
    names: tuple[str, ...]
    tls: Tls


def network_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command is given a `Network`, or None without `--host`."""

    @functools.wraps(command)
    def with_network(
        *,
        host: str | None,
        names: tuple[str, ...],
        tls_cert: Path | None,
        tls_key: Path | None,
        **others: Any,
    ) -> None:
        command(network=_check(host, names, tls_cert, tls_key), **others)

    for option in reversed(_OPTIONS):
        with_network = option(with_network)
    return with_network


_OPTIONS = (
    click.option(
        "--host",
        metavar="ADDRESS",
        help="Let other computers in, too: listen on this address, or on 0.0.0.0 for "
        "all. Needs --tls-cert, --tls-key and people with passwords.",
    ),
    click.option(
        "--name",
        "names",
        multiple=True,
        metavar="NAME",
        help="With --host: another name that browsers call this computer by.",
    ),
    click.option(
        "--tls-cert",
        type=UserPath(dir_okay=False),
        metavar="FILE.pem",
        help="The certificate, with its chain.",
    ),
    click.option(
        "--tls-key",
        type=UserPath(dir_okay=False),
        metavar="FILE.pem",
        help="Its key.",
    ),
)


def run_network_station(
    listener: socket.socket,
    network: Network,
    make_app: Callable[[Endpoint], App],
    *,
    at_stop: Callable[[], None] | None = None,
) -> None:
    """Serve other computers until Ctrl-C, and print by which names.

    Args:
        listener: Where browsers come in.
        network: How they are let in.
        make_app: Makes the station; it must ask for passwords.
        at_stop: Ends what answers wait for.
    """
    from formreader.station.door.server import find_names, serve_network

    own = find_names(network.host)
    known = (*(name.lower() for name in network.names), *own)
    port = listener.getsockname()[1]
    tell(f"Open https://{known[0]}:{port}/ from any of these names:")
    tell("  " + ", ".join(dict.fromkeys(known)))
    with suppress(KeyboardInterrupt):
        serve_network(listener, make_app, known, network.tls, at_stop=at_stop)
    tell("Stopped.")


def _check(
    host: str | None,
    names: tuple[str, ...],
    certificate: Path | None,
    key: Path | None,
) -> Network | None:
    """Refuse a station that sends passwords for everybody to hear.

    Raises:
        click.UsageError: If something is missing.
        click.BadParameter: If the files cannot be used.
    """
    if host is None:
        if certificate is not None or key is not None:
            raise click.UsageError("--tls-cert and --tls-key go with --host.")
        return None
    if certificate is None or key is None:
        raise click.UsageError("--host needs --tls-cert and --tls-key.")
    from formreader.station.door.server import Tls

    tls = Tls(certificate, key)
    try:
        tls.check()
    except OSError as error:
        raise click.BadParameter(
            f"they cannot be used ({error.strerror or error}); give a certificate and "
            "its key as PEM files, the key without a password.",
            param_hint="--tls-cert, --tls-key",
        ) from error
    return Network(host, names, tls)
