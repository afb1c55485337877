"""`formreader review`: the review station of a run."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from formreader.cli.station import listen, no_browser_option, port_option, run_station


@click.command()
@click.argument("run", type=click.Path(path_type=Path, file_okay=False), metavar="RUN")
@port_option
@no_browser_option
@click.option("--read-only", is_flag=True, help="Look, but decide nothing.")
@click.option(
    "--user",
    metavar="NAME",
    help="Who decides, for the log.  [default: your login name]",
)
def review(
    run: Path, port: int, no_browser: bool, read_only: bool, user: str | None
) -> None:
    """Look at what the machine doubts, in the browser.

    RUN is a folder that `formreader batch` made; it may still be at work on it. The
    page shows one field after the other, the least certain first, and is made for the
    keyboard. It is served to this computer alone. Every decision is in the store when
    the page says so, and `export` applies them. Ctrl-C stops the station.

    \b
    Examples:
        formreader review run/
        formreader review run/ --user ann --no-browser --port 8000
        formreader review run/ --read-only
    """
    listener = listen(port)
    from formreader.batch.store.connection import RunStore
    from formreader.pipeline import FormReader
    from formreader.review.app import Station, make_review_app

    with RunStore.open(run) as store:
        options = store.get_setting("options") or {}
        station = Station(
            store,
            folder=Path(options.get("folder", run)),
            user=_clean(user or _login_name()),
            reader=FormReader(),
            read_only=read_only,
        )
        run_station(
            listener,
            lambda place, links: make_review_app(place, links, station),
            browse=not no_browser,
        )


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # KeyError before Python 3.13: a user without a name
        return "unknown"


def _clean(user: str) -> str:
    """Refuse names that would not stand in one cell of a table.

    Raises:
        click.BadParameter: If the name is no such name.
    """
    if not user.strip() or not user.isprintable() or len(user) > 100:
        raise click.BadParameter("a name of up to 100 letters.", param_hint="--user")
    return user.strip()
