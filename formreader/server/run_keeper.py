"""Sees that runs go on by themselves: after a crash, and when scans came meanwhile."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Event, Thread

from fastapi import HTTPException

from formreader.errors import FormReaderError
from formreader.server.run_process import RunProcess, find_process
from formreader.server.run_routes import start_run
from formreader.server.runs import RunState, describe_run
from formreader.server.work_folder import WorkFolder

__all__ = ["RunKeeper"]

_LOG = logging.getLogger(__name__)
_EVERY_S = 2.0


class RunKeeper:
    """Looks at the processes of runs now and then, in a thread of its own.

    A process that was killed, or that had listed its files before others came, is
    followed by another one. A run that a person has stopped, one that ended with an
    error, and one that has got no further since its process began are left alone.

    Args:
        work: The folder of work.
    """

    def __init__(self, work: WorkFolder) -> None:
        """Look at nothing yet."""
        self._work = work
        self._over = Event()
        self._settled: set[tuple[Path, int, float]] = set()
        self._thread = Thread(target=self._watch, name="run-keeper", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def end(self) -> None:
        """Look no more; processes at work go on."""
        self._over.set()

    def look(self) -> None:
        """Look once at all runs."""
        for run in self._work.list_runs():
            process = find_process(run)
            if process is None or process.is_alive:
                continue
            key = (run, process.pid, process.created)
            if key not in self._settled:
                self._settled.add(key)
                self._follow(run, process)

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
        if now.state is RunState.STOPPED and (has_more or gets_on or not now.pages):
            try:
                start_run(self._work, run)
            except (FormReaderError, HTTPException) as error:
                _LOG.warning("%s cannot be gone on with (%s)", run, error)
