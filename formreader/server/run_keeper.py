"""Sees that runs go on by themselves: after a crash, and when scans came meanwhile."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from threading import Event, Thread

from fastapi import HTTPException

from formreader.errors import FormReaderError
from formreader.server.run_process import RunProcess, find_process
from formreader.server.run_queue import has_room, leave_queue, list_waiting
from formreader.server.run_routes import start_run
from formreader.server.run_settings import SCANS
from formreader.server.runs import RunState, describe_run
from formreader.server.work_folder import WorkFolder

__all__ = ["RunKeeper"]

_LOG = logging.getLogger(__name__)
_EVERY_S = 2.0
_LIVED_S = 10.0  # a process that watches, and ends sooner, would end again


class RunKeeper:
    """Looks at the processes of runs now and then, in a thread of its own.

    A process that was killed, or that had listed its files before others came, is
    followed by another one; so is one that had ended when they came. A run that a
    person has stopped, one that ended with an error, and one that has got no further
    since its process began are left alone.

    Args:
        work: The folder of work.
    """

    def __init__(self, work: WorkFolder) -> None:
        """Look at nothing yet."""
        self._work = work
        self._over = Event()
        self._settled: dict[Path, tuple[int, float, int]] = {}
        self._thread = Thread(target=self._watch, name="run-keeper", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def end(self) -> None:
        """Look no more; processes at work go on."""
        self._over.set()

    def look(self) -> None:
        """Look once at all runs, and begin those that wait if there is room."""
        for run in self._work.list_runs():
            process = find_process(run)
            if process is None or process.is_alive:
                continue
            key = (process.pid, process.created, _stamp_scans(run))
            if self._settled.get(run) != key:
                self._settled[run] = key
                self._follow(run, process)
        for run, retry_failed in list_waiting(self._work.runs):
            if has_room(self._work):
                self._start(run, retry_failed=retry_failed)

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_S):
            try:
                self.look()
            except OSError as error:  # the folder is away for a moment
                _LOG.warning("the runs cannot be looked at (%s)", error)

    def _follow(self, run: Path, process: RunProcess) -> None:
        """Let another process follow one that has ended, if there is need of it."""
        if process.is_stopped:
            return
        now = describe_run(run)
        has_more = now.scans > process.scans_before
        gets_on = now.pages + now.failed > process.pages_before
        is_inbox = now.settings is not None and now.settings.watch
        is_due = has_more or gets_on or not now.pages
        if is_inbox:
            is_due = time.time() - process.started > _LIVED_S
        if now.state is RunState.STOPPED and is_due:
            self._start(run)

    def _start(self, run: Path, *, retry_failed: bool = False) -> None:
        try:
            start_run(self._work, run, retry_failed=retry_failed)
        except (FormReaderError, HTTPException) as error:
            leave_queue(run)
            _LOG.warning("%s cannot be gone on with (%s)", run, error)


def _stamp_scans(run: Path) -> int:
    """Tell one state of the scans of a run from another; 0 if it has none."""
    try:
        return (run / SCANS).stat().st_mtime_ns
    except OSError:
        return 0
