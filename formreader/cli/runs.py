"""What `batch` and `watch` are told: how to read, which files, and who reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from formreader.cli.arguments import (
    UserPath,
    excel_safe_option,
    new_store_option,
)
from formreader.cli.limits import limit_options
from formreader.cli.reading import reading_options

if TYPE_CHECKING:
    from formreader.batch.executors import Executor
    from formreader.batch.listing import Selection
    from formreader.options import ReadingOptions
    from formreader.workers.limits import PageLimits

__all__ = ["RunArguments", "run_arguments"]

_OPTIONS = (
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
    excel_safe_option,
    new_store_option,
)


@dataclass(frozen=True)
class RunArguments:
    """How the pages of a run are read, which, and by whom.

    Attributes:
        options: What decides how a page is read.
        jobs: How many worker processes; None for one a core.
        include: Globs of files that are wanted.
        exclude: Globs of files that are not.
        limits: What a page may take.
        scheduler: Address of a Dask scheduler, or None for processes of this machine.
        shared_folder: Where its workers find the scans; None to send them.
        excel_safe: Texts of the run's tables are kept from being taken for formulas.
        store_url: The database of the run; None for a file in its folder.
    """

    options: ReadingOptions
    jobs: int | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    limits: PageLimits
    scheduler: str | None
    shared_folder: Path | None
    excel_safe: bool
    store_url: str | None

    def __post_init__(self) -> None:
        """Refuse what excludes each other.

        Raises:
            click.UsageError: If options do.
        """
        if self.shared_folder is not None and self.scheduler is None:
            raise click.UsageError("--shared-folder goes with --dask.")
        if self.jobs is not None and self.scheduler is not None:
            raise click.UsageError("--jobs and --dask exclude each other.")

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
        return {**self._describe_options(), **chosen}

    def _describe_options(self) -> Mapping[str, object]:
        """Describe the options; references of templates are loaded within limits."""
        if not self.options.templates:
            return self.options.describe()
        from formreader.workers.calls import LimitedCalls

        with LimitedCalls(self.limits) as calls:
            return calls.run(self.options.describe, self.options.templates[0])

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
            return ProcessExecutor(self.options, jobs, self.limits)
        from formreader.batch.cluster import DaskExecutor, SharedFolder
        from formreader.batch.remote import pack_options

        there = self.shared_folder
        shared = None if there is None else SharedFolder(folder, there)
        kit = pack_options(self.options, self.limits.seconds)
        return DaskExecutor(kit, self.scheduler, shared)


def run_arguments(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; it takes them together, as `reading`."""

    @wraps(command)
    def wrapped(*arguments: Any, **named: Any) -> None:
        own = {field.name: named.pop(field.name) for field in fields(RunArguments)}
        command(*arguments, reading=RunArguments(**own), **named)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return reading_options()(limit_options(wrapped))


def _count_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
