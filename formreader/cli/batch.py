"""`formreader batch`: a folder of scans into a run that can be taken up again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import folder_argument, run_option
from formreader.cli.ending import stopped_by_signals
from formreader.cli.messages import (
    guarded_stderr,
    log_json_option,
    speaks_json,
    tell,
    tell_event,
)
from formreader.cli.progress import (
    BarProgress,
    JsonProgress,
    LineProgress,
    QuietProgress,
    describe_end,
)
from formreader.cli.runs import RunArguments, run_arguments
from formreader.cli.wording import count, count_empty, tell_promise
from formreader.errors import ExitCode, InputError

if TYPE_CHECKING:
    from formreader.options import ReadingOptions
    from formreader.store.machine.results import Totals


@click.command()
@folder_argument
@run_option
@run_arguments
@click.option("--retry-failed", is_flag=True, help="Try once more what failed before.")
@click.option(
    "--redo",
    is_flag=True,
    help="Read all again; what the run held before is kept beside it.",
)
@log_json_option
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but the summary.")
@guarded_stderr()
def batch(
    folder: Path,
    run: Path,
    reading: RunArguments,
    retry_failed: bool,
    redo: bool,
    log_json: bool,
    quiet: bool,
) -> None:
    """Read a folder of scans, however many, into a run folder.

    FOLDER is searched with its subfolders. The run can be stopped or killed at any
    moment: the same command goes on where it was, with no page lost and none twice.
    Files that were added or changed since are read as well. A page that cannot be read
    costs no other page.

    RUN then holds fields.csv with all readings, flagged.csv with those that a person
    must look at, failures.csv with what cannot be read and what to do about it, and
    skipped.csv with copies of other files and files that are no scans. Exit code 7 says
    that something failed.

    \b
    Examples:
        formreader batch scans/ -o run/
        formreader batch scans/ -o run/ -t exam.toml --jobs 8
        formreader batch scans/ -o run/ --include '*.tif' --exclude 'drafts/*'
        formreader batch scans/ -o run/ --retry-failed
        formreader batch scans/ -o run/ --dask tcp://scheduler:8786
        formreader batch scans/ -o run/ --store postgresql+psycopg://ann@db/forms
    """
    from formreader.batch.finishing import finish_run
    from formreader.batch.listing import list_files
    from formreader.batch.run_lock import hold_run
    from formreader.batch.runner import read_all, take_up
    from formreader.store.machine.form_rules import note_rules
    from formreader.store.machine.origin import check_options
    from formreader.store.tables.connection import RunStore
    from formreader.store.tables.retirement import set_aside

    if not folder.is_dir():
        raise InputError("there is no such folder; check the path", path=folder)
    described = reading.describe()
    progress = _choose_progress(folder, log_json=log_json, quiet=quiet)
    with hold_run(run):
        if redo and (aside := set_aside(run)):
            tell(f"what was read before is in {aside}")
        with (
            RunStore.create(run, reading.store_url) as store,
            store.hold(),
            reading.start_executor(folder) as executor,
        ):
            check_options(store, folder, described)
            note_rules(store, reading.options.load_templates())
            found = list_files(folder, reading.selection, run)
            take_up(store, found, retry_failed=retry_failed)
            with stopped_by_signals() as stop, progress:
                is_done = read_all(store, folder, executor, progress, stop)
            if not is_done:
                tell("stopped; the same command goes on from here")
                sys.exit(ExitCode.STOPPED)
            totals = finish_run(store, reading.options, excel_safe=reading.excel_safe)
    _tell(totals, folder, run, reading.options)


def _choose_progress(folder: Path, *, log_json: bool, quiet: bool) -> QuietProgress:
    if log_json:
        return JsonProgress(folder)
    if quiet:
        return QuietProgress(folder)
    return BarProgress(folder) if sys.stderr.isatty() else LineProgress(folder)


def _tell(totals: Totals, folder: Path, run: Path, options: ReadingOptions) -> None:
    """Sum up, and end with the exit code that says whether all was read."""
    if not totals.pages and not totals.failed:
        raise InputError(
            "the folder holds no image or PDF that is wanted; check the path, "
            "--include and --exclude",
            path=folder,
        )
    if speaks_json():
        tell_event(describe_end(totals, options.promise))
    else:
        _tell_person(totals, run)
        tell_promise(options)
    if totals.failed:
        sys.exit(ExitCode.SOME_FAILED if totals.pages else ExitCode.INPUT)


def _tell_person(totals: Totals, run: Path) -> None:
    parts = [
        count(totals.pages, "page"),
        count(totals.fields, "field"),
        f"{totals.review:,} to review",
    ]
    if totals.empty:
        parts.append(count_empty(totals.empty))
    if totals.failed:
        parts.append(f"{totals.failed:,} failed")
    if totals.copies:
        parts.append(f"{count(totals.copies, 'copy', 'copies')} left out")
    if totals.aside:
        parts.append(f"{count(totals.aside, 'other file')} left aside")
    tell(", ".join(parts))
    tell(f"readings: {run / 'fields.csv'}")
    if totals.review:
        tell(f"to review: formreader review {run}")
    if totals.failed:
        tell(f"what failed, and why: {run / 'failures.csv'}")
