"""`formreader watch`: a folder of scans into a run, as they arrive."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import (
    FiniteRange,
    UserPath,
    folder_argument,
    run_option,
)
from formreader.cli.ending import stopped_by_signals
from formreader.cli.messages import (
    guarded_stderr,
    log_json_option,
    speaks_json,
    tell,
    tell_event,
)
from formreader.cli.progress import WatchJson, WatchLines, describe_end
from formreader.cli.runs import RunArguments, run_arguments
from formreader.cli.wording import count_empty, tell_promise
from formreader.errors import ExitCode, InputError

if TYPE_CHECKING:
    from formreader.options import ReadingOptions
    from formreader.store.machine.results import Totals


@click.command()
@folder_argument
@run_option
@run_arguments
@click.option(
    "--settle",
    "settle_s",
    type=FiniteRange(min=0.1),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="A file is complete once it has stayed as it is for so long; at once if it "
    "was renamed into its place.",
)
@click.option(
    "--look-every",
    "look_every_s",
    type=FiniteRange(min=0.5),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Look through all of FOLDER so often: of a network folder the system may not "
    "tell what others do in it.",
)
@click.option(
    "--move-to",
    type=UserPath(file_okay=False),
    metavar="ARCHIVE",
    help="Move files there once they have been read.",
)
@log_json_option
@guarded_stderr()
def watch(
    folder: Path,
    run: Path,
    reading: RunArguments,
    settle_s: float,
    look_every_s: float,
    move_to: Path | None,
    log_json: bool,
) -> None:
    """Read what is in a folder and what arrives in it, until Ctrl-C or SIGTERM.

    RUN is the same as `formreader batch` makes, and is kept up to date. Each page is
    read once, however often the command is stopped or killed and started again. A file
    is read when it is complete. A network folder may go away and come back. Files stay
    where they are unless --move-to says otherwise; those that cannot be read stay in
    any case. After SIGTERM, as services are stopped, the exit code is 0 even if a file
    failed.

    \b
    Examples:
        formreader watch inbox/ -o run/
        formreader watch inbox/ -o run/ -t exam.toml --move-to archive/
        formreader watch /mnt/scanner -o run/ --look-every 5 --log-json
    """
    from formreader.batch.finishing import finish_run
    from formreader.batch.run_lock import hold_run
    from formreader.batch.watch import Watching, watch_folder
    from formreader.store.machine.form_rules import note_rules
    from formreader.store.machine.origin import check_options
    from formreader.store.tables.connection import RunStore

    _check_places(folder, run, move_to)
    observer = WatchJson(folder) if log_json else WatchLines(folder)
    watching = Watching(reading.selection, settle_s, look_every_s, move_to)
    with (
        hold_run(run),
        RunStore.create(run, reading.store_url) as store,
        store.hold(),
        reading.start_executor(folder) as executor,
        stopped_by_signals() as stop,
    ):
        check_options(store, folder, reading.describe())
        note_rules(store, reading.options.load_templates())
        finish = partial(
            finish_run, store, reading.options, excel_safe=reading.excel_safe
        )
        watch_folder(
            store,
            folder,
            executor,
            watching,
            observer,
            finish,
            stop,
        )
        totals = finish()
    _tell(totals, reading.options)
    if totals.failed and not stop.is_service:
        sys.exit(ExitCode.SOME_FAILED)


def _check_places(folder: Path, run: Path, move_to: Path | None) -> None:
    """Refuse folders that cannot be meant.

    A folder that is away is waited for, but only by a run that was begun when it was
    there.
    """
    if move_to is not None and move_to.resolve().is_relative_to(folder.resolve()):
        raise click.UsageError("--move-to must not lie within FOLDER.")
    if not folder.is_dir() and not run.is_dir():
        raise InputError("there is no such folder; check the path", path=folder)


def _tell(totals: Totals, options: ReadingOptions) -> None:
    if speaks_json():
        tell_event(describe_end(totals, options.promise))
        return
    empty = f", {count_empty(totals.empty)}" if totals.empty else ""
    failed = f", {totals.failed} failed" if totals.failed else ""
    tell(
        f"stopped: {totals.pages} pages, {totals.fields} fields, {totals.review} to "
        f"review{empty}{failed}; the same command goes on from here",
    )
    tell_promise(options)
