"""`formreader serve`: the whole job in the browser."""

from __future__ import annotations

from pathlib import Path

import click

from formreader.cli.arguments import UserPath
from formreader.cli.people import check_name, login_name
from formreader.cli.station import listen, no_browser_option, port_option, run_station


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
def serve(folder: Path, port: int, no_browser: bool, user: str | None) -> None:
    """Do the whole job in the browser: bring scans, read, review, take the table.

    FOLDER holds all of it: `runs/`, each as `formreader batch` makes it, and `forms/`,
    the templates. It is made if it is not there; by default it is `work` where you are.
    It is served to this computer alone. What is being read goes on when the server is
    stopped with Ctrl-C, and is found again when it is started on the folder.

    \b
    Examples:
        formreader serve
        formreader serve exams/ --no-browser --port 8000
    """
    from formreader.server.app import create_app
    from formreader.server.editor.work import FormWork
    from formreader.server.review_apps import ReviewApps
    from formreader.server.run_keeper import RunKeeper
    from formreader.server.work_folder import WorkFolder
    from formreader.server.work_lock import hold_work
    from formreader.station.door.session_file import list_ports

    name = check_name(user or login_name(), "--user")
    work = WorkFolder(folder.absolute())
    with hold_work(work), listen(port, None, list_ports(work.root, "http")) as listener:
        reviews, keeper = ReviewApps(work, name), RunKeeper(work)
        forms = FormWork()
        keeper.start()

        def stop() -> None:
            reviews.end()
            forms.end()

        run_station(
            listener,
            lambda endpoint, links: create_app(endpoint, links, reviews, forms),
            browse=not no_browser,
            at_stop=stop,
        )
        keeper.end()
