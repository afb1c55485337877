"""`formreader serve`: the whole job in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import UserPath
from formreader.cli.messages import tell
from formreader.cli.people import check_name, login_name
from formreader.cli.second_opinions import (
    progress_page_option,
    second_option,
    supervisor_option,
)
from formreader.cli.station import listen, no_browser_option, port_option, run_station

if TYPE_CHECKING:
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
@click.option(
    "--add-token",
    metavar="NAME",
    help="Print a token by which the program NAME may use the API, and end.",
)
@click.option("--remove-token", metavar="NAME", help="Let the program in no more.")
def serve(
    folder: Path,
    port: int,
    no_browser: bool,
    user: str | None,
    seconds: SecondShares | None,
    supervisor: str,
    no_progress_page: bool,
    add_token: str | None,
    remove_token: str | None,
) -> None:
    """Do the whole job in the browser: bring scans, read, review, take the table.

    FOLDER holds all of it: `runs/`, each as `formreader batch` makes it, and `forms/`,
    the templates. It is made if it is not there; by default it is `work` where you are.
    It is served to this computer alone. What is being read goes on when the server is
    stopped with Ctrl-C, and is found again when it is started on the folder.

    \b
    Examples:
        formreader serve
        formreader serve exams/ --no-browser --port 8000
        formreader serve exams/ --second 5% --supervisor eve
        formreader serve exams/ --add-token archive
    """
    if add_token is not None or remove_token is not None:
        _change_tokens(folder, add_token, remove_token)
        return
    from formreader.server.app import create_app
    from formreader.server.editor.work import FormWork
    from formreader.server.page_reader import PageReader
    from formreader.server.review_apps import ReviewApps
    from formreader.server.run_keeper import RunKeeper
    from formreader.server.services import Services
    from formreader.server.work_folder import WorkFolder
    from formreader.server.work_lock import hold_work
    from formreader.station.door.session_file import list_ports

    name = check_name(user or login_name(), "--user")
    work = WorkFolder(folder.absolute())
    with hold_work(work), listen(port, None, list_ports(work.root, "http")) as listener:
        reviews = ReviewApps(
            work, name, seconds, supervisor, has_figures=not no_progress_page
        )
        services = Services(reviews, FormWork(), PageReader())
        keeper = RunKeeper(work)
        keeper.start()
        run_station(
            listener,
            lambda endpoint, links: create_app(endpoint, links, services),
            browse=not no_browser,
            at_stop=services.end,
        )
        keeper.end()


def _change_tokens(folder: Path, added: str | None, removed: str | None) -> None:
    """Let a program in from now on, or no more.

    Raises:
        click.BadParameter: If there is no such program.
    """
    from formreader.server.work_folder import WorkFolder
    from formreader.station.door.programs import Programs

    WorkFolder(folder).prepare()
    programs = Programs(folder)
    if removed is not None and not programs.remove(removed):
        raise click.BadParameter(
            f"there is no {removed!r}; there are: {', '.join(programs.names())}.",
            param_hint="--remove-token",
        )
    if added is not None:
        tell(programs.add(check_name(added, "--add-token")), err=False)
