"""`formreader serve`: the whole job in the browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import UserPath, warn_of_password
from formreader.cli.network import Network, network_options, run_network_station
from formreader.cli.people import check_name, login_name
from formreader.cli.second_opinions import (
    progress_page_option,
    second_option,
    supervisor_option,
)
from formreader.cli.server_people import change_people, change_tokens
from formreader.cli.station import listen, no_browser_option, port_option, run_station
from formreader.errors import InputError

if TYPE_CHECKING:
    import socket

    from formreader.server.services import Services
    from formreader.store.people.asking import SecondShares


@click.command()
@click.argument(
    "folder",
    type=UserPath(file_okay=False),
    metavar="[FOLDER]",
    required=False,
    default=Path("work"),
)
@port_option
@no_browser_option
@click.option(
    "--user",
    metavar="NAME",
    help="Who decides, for the log.  [default: your login name]",
)
@second_option
@supervisor_option
@progress_page_option
@network_options
@click.option(
    "--add-user",
    metavar="NAME",
    help="Ask for a password, or read it from a pipe; let NAME in with it from now on.",
)
@click.option("--remove-user", metavar="NAME", help="Let NAME in no more.")
@click.option(
    "--allow-folder",
    "allowed",
    multiple=True,
    type=UserPath(file_okay=False),
    metavar="DIR",
    help="Let runs read the scans in this folder of the computer where they are, once "
    "or as they arrive; may be given several times.  [default: none]",
)
@click.option(
    "--at-once",
    "most_runs",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    metavar="N",
    help="How many runs are read at once; others wait for their turn.",
)
@click.option(
    "--store",
    "store_url",
    metavar="URL",
    callback=warn_of_password,
    help="Keep new runs in a PostgreSQL database, as of "
    "postgresql+psycopg://user@host/db.  [default: a file each]",
)
@click.option(
    "--dask",
    "scheduler",
    metavar="ADDRESS",
    help="Let the workers of a Dask cluster read, as of tcp://host:8786.",
)
@click.option(
    "--shared-folder",
    "shared",
    type=UserPath(file_okay=False),
    metavar="PATH",
    help="With --dask: where workers find FOLDER.  [default: they are sent the scans]",
)
@click.option(
    "--add-token",
    metavar="NAME",
    help="Print a token by which the program NAME may use the API, and end.",
)
@click.option("--remove-token", metavar="NAME", help="Let the program in no more.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(["scan", "review", "supervise", "manage"]),
    help="What --add-user or --add-token allows; may be given several times.  "
    "[default: manage for a new person, scan and supervise for a program]",
)
def serve(
    folder: Path,
    port: int,
    no_browser: bool,
    user: str | None,
    seconds: SecondShares | None,
    supervisor: str,
    no_progress_page: bool,
    network: Network | None,
    add_user: str | None,
    remove_user: str | None,
    allowed: tuple[Path, ...],
    most_runs: int,
    store_url: str | None,
    scheduler: str | None,
    shared: Path | None,
    add_token: str | None,
    remove_token: str | None,
    roles: tuple[str, ...],
) -> None:
    """Do the whole job in the browser: bring scans, read, review, take the table.

    FOLDER holds all of it: `runs/`, each as `formreader batch` makes it, and `forms/`,
    the templates. It is made if it is not there; by default it is `work` where you are.
    It is served to this computer alone unless --host says otherwise. What is being
    read goes on when the server is stopped with Ctrl-C, and is found again when it is
    started on the folder.

    \b
    Examples:
        formreader serve
        formreader serve exams/ --no-browser --port 8000
        formreader serve exams/ --second 5% --supervisor eve
        formreader serve exams/ --allow-folder /mnt/scanner --at-once 1
        formreader serve exams/ --store postgresql+psycopg://ann@db/forms
        formreader serve exams/ --dask tcp://scheduler:8786
        formreader serve exams/ --add-token archive
        formreader serve exams/ --add-user ann
        formreader serve exams/ --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
    """
    if add_user is not None or remove_user is not None:
        change_people(folder, add_user, remove_user, roles)
        return
    if add_token is not None or remove_token is not None:
        change_tokens(folder, add_token, remove_token, roles)
        return
    if roles:
        raise click.UsageError("--role goes with --add-user or --add-token.")
    if shared is not None and scheduler is None:
        raise click.UsageError("--shared-folder goes with --dask.")
    from formreader.server.editor.work import FormWork
    from formreader.server.page_reader import PageReader
    from formreader.server.review_apps import ReviewApps
    from formreader.server.run_keeper import RunKeeper
    from formreader.server.services import Services
    from formreader.server.work_folder import Machines, WorkFolder
    from formreader.server.work_lock import hold_work
    from formreader.station.door.session_file import list_ports

    name = check_name(user or login_name(), "--user")
    _check_store(store_url)
    machines = Machines(store_url, scheduler, shared)
    work = WorkFolder(folder.absolute(), _find_folders(allowed), most_runs, machines)
    scheme = "http" if network is None else "https"
    ports = list_ports(work.root, scheme)
    with (
        hold_work(work),
        listen(port, network.host if network else None, ports) as listener,
    ):
        reviews = ReviewApps(
            work, name, seconds, supervisor, has_figures=not no_progress_page
        )
        services = Services(reviews, FormWork(), PageReader())
        keeper = RunKeeper(work)
        keeper.start()
        _serve(listener, network, services, browse=not no_browser)
        keeper.end()


def _check_store(url: str | None) -> None:
    """Make sure that new runs can be kept there; hand its password to what reads them.

    Raises:
        StoreError: If it is no address of a database.
    """
    if url is None:
        return
    from formreader.store.tables.connection import find_password

    password = find_password(url)
    if password:  # the command line of what reads a run would show it to everybody
        os.environ["PGPASSWORD"] = password


def _find_folders(allowed: tuple[Path, ...]) -> tuple[Path, ...]:
    """Give the folders that runs may read.

    Raises:
        InputError: If there is none.
    """
    for path in allowed:
        if not path.is_dir():
            raise InputError("there is no such folder; check --allow-folder", path=path)
    return tuple(path.absolute() for path in allowed)


def _serve(
    listener: socket.socket,
    network: Network | None,
    services: Services,
    *,
    browse: bool,
) -> None:
    """Serve until Ctrl-C.

    Raises:
        click.UsageError: If others are to come in, but nobody manages.
    """
    from formreader.server.app import create_app
    from formreader.server.people.people import People
    from formreader.station.door.passwords import Passwords

    if network is None:
        run_station(
            listener,
            lambda endpoint, links: create_app(endpoint, links, services),
            browse=browse,
            at_stop=services.end,
        )
        return
    people = People(services.reviews.work.root)
    if not people.has_manager():
        raise click.UsageError(
            "--host needs somebody with a password who manages; name one with "
            "--add-user first."
        )
    passwords = Passwords(people)
    run_network_station(
        listener,
        network,
        lambda endpoint: create_app(endpoint, passwords, services),
        at_stop=services.end,
    )
