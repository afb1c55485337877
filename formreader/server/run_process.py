"""The process that reads the pages of a run: started, found again, and stopped.

It is a session of its own, so that it goes on when the server ends. What it was is
written into the run folder; a process is the one that is meant only if it also began at
the same time, since numbers of processes are used again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Thread

import psutil

from formreader.errors import OutputError
from formreader.output import replace_file

__all__ = ["LOG", "RunProcess", "find_process", "start_process", "stop_process"]

LOG = "batch.log"
"""What the process says, in the run folder: a line of JSON each."""

_FILE = "process.json"
_PATIENCE_S = 20.0  # for the page under way when it is stopped


@dataclass(frozen=True)
class RunProcess:
    """A process that reads, or has read, a run.

    Attributes:
        pid: Its number.
        created: When the system says that it began, seconds since 1970.
        started: When it was started, seconds since 1970.
        pages_before: How many pages had been read or failed before.
        scans_before: How many files there were for it.
        log_start: Size of the log before, in bytes.
        is_stopped: Whether a person has stopped it.
    """

    pid: int
    created: float
    started: float
    pages_before: int
    scans_before: int
    log_start: int
    is_stopped: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether it is still at work."""
        return self._find() is not None

    def _find(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.created) < 0.01
            if is_same and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except psutil.Error:
            pass
        return None

    def stop(self) -> None:
        """Let it end the page under way; after a while, end it."""
        process = self._find()
        if process is None:
            return
        with suppress(psutil.Error):
            process.terminate()
            try:
                process.wait(_PATIENCE_S)
            except psutil.TimeoutExpired:
                process.kill()


def find_process(run: Path) -> RunProcess | None:
    """Find the last process of a run; None if there was none."""
    try:
        found = json.loads((run / _FILE).read_text(encoding="utf-8"))
        return RunProcess(**found)
    except (OSError, ValueError, TypeError):
        return None


def start_process(
    run: Path, arguments: Sequence[str], pages_before: int = 0, scans_before: int = 0
) -> None:
    """Start to read a run, or to learn a model; nothing happens if that goes on.

    Args:
        run: The folder of the run or model.
        arguments: Of `formreader`, the command first.
        pages_before: How many pages have been read or failed.
        scans_before: How many files there are for it.

    Raises:
        OutputError: If it cannot be started.
    """
    known = find_process(run)
    if known is not None and known.is_alive:
        return
    command = [sys.executable, "-m", "formreader", *arguments]
    try:
        with (run / LOG).open("ab") as log:
            begin = log.tell()
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        created = psutil.Process(child.pid).create_time()
        started = RunProcess(
            child.pid, created, time.time(), pages_before, scans_before, begin
        )
        _save(run, started)
    except (OSError, psutil.Error) as error:
        raise OutputError(
            f"the process cannot be started ({error}); make room, and try again",
            path=run,
        ) from error
    # Whoever started a process must hear of its end, or it stays in the system's list.
    Thread(target=child.wait, daemon=True).start()


def stop_process(run: Path) -> None:
    """Stop to read a run, after the page under way."""
    known = find_process(run)
    if known is not None:
        _save(run, replace(known, is_stopped=True))
        known.stop()


def _save(run: Path, process: RunProcess) -> None:
    with replace_file(run / _FILE) as stream:
        stream.write(json.dumps(asdict(process)))
