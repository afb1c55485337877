"""`formreader review`: the review station of a run."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import UserPath, parse_share, store_option
from formreader.cli.limits import limit_options
from formreader.cli.messages import tell
from formreader.cli.network import (
    Network,
    network_options,
    run_network_station,
)
from formreader.cli.people import ask_password, check_name, login_name
from formreader.cli.second_opinions import (
    progress_page_option,
    second_option,
    supervisor_option,
)
from formreader.cli.station import listen, no_browser_option, port_option, run_station

if TYPE_CHECKING:
    import socket

    from formreader.station.app import Station
    from formreader.station.page_pictures import PagePictures
    from formreader.store.people.asking import SecondShares
    from formreader.store.tables.connection import RunStore
    from formreader.workers.limits import PageLimits


@click.command()
@click.argument("run", type=UserPath(file_okay=False), metavar="RUN")
@port_option
@no_browser_option
@click.option(
    "--audit",
    callback=lambda context, parameter, text: parse_share(text),
    metavar="SHARE",
    help="Mix in this share of the accepted fields, as 2%, to measure their errors.",
)
@second_option
@supervisor_option
@click.option(
    "--order",
    type=click.Choice(["doubt", "page"]),
    default="doubt",
    help="What the queue begins with, until somebody chooses there: the least certain "
    "field, or page by page.  [default: doubt]",
)
@progress_page_option
@click.option("--read-only", is_flag=True, help="Look, but decide nothing.")
@click.option(
    "--user",
    metavar="NAME",
    help="Who decides, for the log.  [default: your login name]",
)
@network_options
@click.option(
    "--add-user",
    metavar="NAME",
    help="Ask for a password, or read it from a pipe; let NAME in with it from now on.",
)
@click.option("--remove-user", metavar="NAME", help="Let NAME in no more.")
@limit_options
@store_option
def review(
    run: Path,
    port: int,
    no_browser: bool,
    audit: float | None,
    seconds: SecondShares | None,
    supervisor: str,
    order: str,
    no_progress_page: bool,
    read_only: bool,
    user: str | None,
    network: Network | None,
    add_user: str | None,
    remove_user: str | None,
    store_url: str | None,
    limits: PageLimits,
) -> None:
    """Look at what the machine doubts, in the browser.

    RUN is a folder that `formreader batch` made; it may still be at work on it. The
    page shows one field after the other, the least certain first, and is made for the
    keyboard. It is served to this computer alone unless --host says otherwise. Every
    decision is in the store when the page says so, and `export` applies them. Ctrl-C
    stops the station.

    \b
    Examples:
        formreader review run/
        formreader review run/ --user ann --no-browser --port 8000
        formreader review run/ --audit 2%
        formreader review run/ --second 5% --second total=50% --supervisor eve
        formreader review run/ --read-only
        formreader review run/ --add-user ann
        formreader review run/ --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
    """
    if (audit or seconds) and read_only:
        option = "--audit" if audit else "--second"
        raise click.UsageError(f"{option} and --read-only exclude each other.")
    from formreader.store.tables.connection import RunStore

    if add_user is not None or remove_user is not None:
        with RunStore.open(run, store_url) as store:
            _change_users(store, add_user, remove_user)
        return
    from formreader.station.door.session_file import list_ports

    scheme = "http" if network is None else "https"
    listener = listen(port, network.host if network else None, list_ports(run, scheme))
    with listener, RunStore.open(run, store_url) as store:
        if store.is_read_only and not read_only:
            tell("the run cannot be written: nothing can be decided")
            read_only = True
        if audit:
            _draw(store, audit)
        if seconds and not read_only:
            _draw_seconds(store, seconds)
        with _open_pictures(store, limits) as pictures:
            station = _make_station(
                store,
                pictures,
                user,
                read_only=read_only,
                order=order,
                has_figures=not no_progress_page,
                seconds=seconds,
                supervisor=supervisor,
            )
            if network is None:
                _serve_here(listener, station, browse=not no_browser)
            else:
                _serve_others(listener, station, network)
        _tell_of_seconds(store)


def _open_pictures(store: RunStore, limits: PageLimits) -> PagePictures:
    from formreader.station.page_pictures import PagePictures
    from formreader.store.machine.origin import find_folder

    return PagePictures(store, find_folder(store), limits)


def _make_station(
    store: RunStore,
    pictures: PagePictures,
    user: str | None,
    *,
    read_only: bool,
    order: str,
    has_figures: bool,
    seconds: SecondShares | None,
    supervisor: str,
) -> Station:
    from formreader.options import ReadingOptions
    from formreader.station.app import Station
    from formreader.store.people.asking import SecondShares

    return Station(
        store,
        pictures,
        user=check_name(user or login_name(), "--user"),
        reader=ReadingOptions(ink_layers=False).make_reader(),
        read_only=read_only,
        order=order,
        has_figures=has_figures,
        second=seconds or SecondShares(),
        supervisors=partial(frozenset, [supervisor] if supervisor else ()),
    )


def _serve_here(listener: socket.socket, station: Station, *, browse: bool) -> None:
    from formreader.station.app import make_review_app

    run_station(
        listener,
        lambda endpoint, links: make_review_app(endpoint, station, links),
        browse=browse,
        at_stop=station.page_pictures.end,
    )


def _serve_others(listener: socket.socket, station: Station, network: Network) -> None:
    """Serve other computers until Ctrl-C.

    Raises:
        click.UsageError: If nobody has a password.
    """
    from formreader.station.app import make_review_app
    from formreader.station.door.passwords import Passwords
    from formreader.store.people.users import RunUsers

    passwords = Passwords(RunUsers(station.store))
    if not passwords.names():
        raise click.UsageError(
            "--host needs people with passwords; name one with --add-user first."
        )
    run_network_station(
        listener,
        network,
        lambda endpoint: make_review_app(endpoint, station, passwords),
        at_stop=station.page_pictures.end,
    )


def _change_users(store: RunStore, added: str | None, removed: str | None) -> None:
    """Let somebody in from now on, or no more.

    Raises:
        click.BadParameter: If there is no such name, or the password is too short.
    """
    from formreader.station.door.passwords import Passwords
    from formreader.store.people.users import RunUsers

    passwords = Passwords(RunUsers(store))
    if removed is not None and not passwords.remove(removed):
        raise click.BadParameter(
            f"there is no {removed!r}; there are: {', '.join(passwords.names())}.",
            param_hint="--remove-user",
        )
    if added is not None:
        name = check_name(added, "--add-user")
        try:
            passwords.set(name, ask_password(name))
        except ValueError as error:
            raise click.BadParameter(f"{error}.", param_hint="--add-user") from error
    tell(f"may come in: {', '.join(passwords.names()) or 'nobody'}")


def _draw_seconds(store: RunStore, shares: SecondShares) -> None:
    """Draw of what was decided before, and say how many wait for a second opinion."""
    from formreader.store.people.asking import draw_decided
    from formreader.store.people.identity import find_identity
    from formreader.store.people.opinions import measure_review

    draw_decided(store, shares, find_identity(store))
    result = measure_review(store)
    tell(f"second opinion: {result.drawn - result.seen} decided fields are asked again")


def _tell_of_seconds(store: RunStore) -> None:
    """Say what second opinions found, if there are any."""
    from formreader.store.people.opinions import measure_review

    result = measure_review(store)
    if result.rate is None:
        return
    low, high = result.interval
    tell(
        f"error rate after review: {100 * result.rate:.2f} % ({result.wrong} of "
        f"{result.known}), with 95 % certainty between {100 * low:.2f} % and "
        f"{100 * high:.2f} %"
    )
    if result.split:
        tell(f"{result.split} fields, about which people differ, are to be decided")


def _draw(store: RunStore, share: float) -> None:
    """Draw accepted fields for the audit, and say how many."""
    import random

    from formreader.store.people.audit import draw_sample, measure_errors

    draw_sample(store, share, random.SystemRandom())
    result = measure_errors(store)
    left = result.drawn - result.seen
    tell(f"audit: {left} accepted fields are mixed into the queue")
