"""What `batch` and `watch` are told about how to read, and who reads."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from formreader.cli.arguments import FiniteRange, UserPath, new_store_option

if TYPE_CHECKING:
    from formreader.batch.executors import Executor
    from formreader.batch.listing import Selection
    from formreader.options import ReadingOptions

__all__ = [
    "ReadingArguments",
    "folder_argument",
    "reading_arguments",
    "run_option",
    "templates_option",
]

folder_argument = click.argument("folder", type=UserPath(), metavar="FOLDER")

run_option = click.option(
    "-o",
    "--output",
    "run",
    required=True,
    type=UserPath(file_okay=False),
    metavar="RUN",
    help="The run folder; made if it is not there, gone on with if it is.",
)

templates_option = click.option(
    "-t",
    "--template",
    "templates",
    multiple=True,
    type=UserPath(),
    metavar="FORM.toml",
    help="The form that the pages show, or a folder of forms; of several, the one "
    "that fits is taken.",
)

_OPTIONS = (
    templates_option,
    click.option(
        "--jobs",
        type=click.IntRange(1, 256),
        metavar="N",
        help="Worker processes.  [default: one for each core]",
    ),
    click.option(
        "--include",
        multiple=True,
        metavar="GLOB",
        help="Read only files whose name or path matches, as '*.tif' or 'room-1/*'.",
    ),
    click.option(
        "--exclude", multiple=True, metavar="GLOB", help="Leave out files that match."
    ),
    click.option(
        "--threshold",
        type=FiniteRange(0, 1),
        help="Fields less certain than this need review.  [default: the model's own]",
    ),
    click.option(
        "--strip",
        metavar="NAME",
        help="Each page is one field already, with this name.",
    ),
    click.option(
        "--ignore-marks",
        is_flag=True,
        help="Points, commas and dashes between digits are no reason for review.",
    ),
    click.option(
        "--model",
        type=UserPath(),
        metavar="PATH",
        help="A digit model of your own.",
    ),
    click.option(
        "--page-timeout",
        "page_timeout_s",
        type=FiniteRange(min=0.1),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="A page that takes longer fails, and the others go on.",
    ),
    click.option(
        "--dask",
        "scheduler",
        metavar="ADDRESS",
        help="Let the workers of a Dask cluster read, as of tcp://host:8786.",
    ),
    click.option(
        "--shared-folder",
        type=UserPath(),
        metavar="PATH",
        help="With --dask: where workers find FOLDER.  [default: they are sent the "
        "files]",
    ),
    new_store_option,
)


@dataclass(frozen=True)
class ReadingArguments:
    """How pages are read, and by whom.

    Attributes:
        templates: Template files.
        jobs: How many worker processes; None for one a core.
        include: Globs of files that are wanted.
        exclude: Globs of files that are not.
        threshold: Fields less certain than this need review.
        strip: Each page is one field already, with this name.
        ignore_marks: Marks between digits are no reason for doubt.
        model: A digit model of the user's own.
        page_timeout_s: How long a page may take, in seconds.
        scheduler: Address of a Dask scheduler, or None for processes of this machine.
        shared_folder: Where its workers find the scans; None to send them.
        store_url: The database of the run; None for a file in its folder.
    """

    templates: tuple[Path, ...]
    jobs: int | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    threshold: float | None
    strip: str | None
    ignore_marks: bool
    model: Path | None
    page_timeout_s: float
    scheduler: str | None
    shared_folder: Path | None
    store_url: str | None

    def __post_init__(self) -> None:
        """Refuse what excludes each other.

        Raises:
            click.UsageError: If options do.
        """
        if self.strip is not None and self.templates:
            raise click.UsageError("--strip and --template exclude each other.")
        if self.shared_folder is not None and self.scheduler is None:
            raise click.UsageError("--shared-folder goes with --dask.")
        if self.jobs is not None and self.scheduler is not None:
            raise click.UsageError("--jobs and --dask exclude each other.")

    @property
    def options(self) -> ReadingOptions:
        """What decides how a page is read."""
        from formreader.forms.templates.file import list_template_files
        from formreader.options import ReadingOptions

        files = list_template_files(self.templates)
        return ReadingOptions(
            files, self.model, self.threshold, self.ignore_marks, self.strip
        )

    @property
    def selection(self) -> Selection:
        """Which files are wanted."""
        from formreader.batch.listing import Selection

        return Selection(self.include, self.exclude)

    def describe(self) -> dict[str, object]:
        """Say what a run must go on with as it was begun.

        Raises:
            FormReaderError: If a template or the model cannot be used.
        """
        chosen = {"include": self.include, "exclude": self.exclude}
        return {**self.options.describe(), **chosen}

    def start_executor(self, folder: Path) -> AbstractContextManager[Executor]:
        """Start worker processes, or connect to a cluster.

        Args:
            folder: The folder of the scans.

        Raises:
            FormReaderError: If the cluster cannot be used.
        """
        if self.scheduler is None:
            from formreader.batch.executors import ProcessExecutor

            jobs = self.jobs or _count_cores()
            return ProcessExecutor(self.options, jobs, self.page_timeout_s)
        from formreader.batch.cluster import DaskExecutor, SharedFolder
        from formreader.batch.remote import pack_options

        there = self.shared_folder
        shared = None if there is None else SharedFolder(folder, there)
        kit = pack_options(self.options, self.page_timeout_s)
        return DaskExecutor(kit, self.scheduler, shared)


def reading_arguments(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; it takes them together, as `reading`."""

    @wraps(command)
    def wrapped(*arguments: Any, **named: Any) -> None:
        own = {field.name: named.pop(field.name) for field in fields(ReadingArguments)}
        command(*arguments, reading=ReadingArguments(**own), **named)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def _count_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
