"""Runs that wait until others have been read, in the order in which they came."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

from formreader.errors import OutputError
from formreader.output import replace_file
from formreader.server.run_process import find_process
from formreader.server.run_settings import RunSettings
from formreader.server.work_folder import WorkFolder

__all__ = [
    "find_place",
    "has_room",
    "is_at_work",
    "leave_queue",
    "list_waiting",
    "wait_in_queue",
]

_FILE = "queue.json"


def wait_in_queue(run: Path, *, retry_failed: bool = False) -> None:
    """Let a run wait for its turn; one that waits already keeps its place.

    Args:
        run: The run folder.
        retry_failed: Try once more what failed, then.

    Raises:
        OutputError: If that cannot be written down.
    """
    found = _load(run)
    since = time.time() if found is None else found[0]
    try:
        with replace_file(run / _FILE) as stream:
            stream.write(json.dumps({"since": since, "retry_failed": retry_failed}))
    except OSError as error:
        raise OutputError(
            f"the run cannot be written ({error.strerror}); make room on the disk"
        ) from error


def leave_queue(run: Path) -> None:
    """Let a run wait no more."""
    with suppress(OSError):
        (run / _FILE).unlink(missing_ok=True)


def list_waiting(runs: Path) -> list[tuple[Path, bool]]:
    """List the runs that wait, the next first, and whether failures are tried again.

    Args:
        runs: The folder of the runs.
    """
    found = []
    for path in runs.glob(f"*/{_FILE}"):
        entry = _load(path.parent)
        if entry is not None:
            found.append((entry[0], path.parent, entry[1]))
    return [(run, retry_failed) for _, run, retry_failed in sorted(found)]


def find_place(run: Path) -> int:
    """Give the place of a run in the queue, from 1; 0 if it does not wait."""
    if not (run / _FILE).exists():
        return 0
    waiting = [one for one, _ in list_waiting(run.parent)]
    return waiting.index(run) + 1 if run in waiting else 0


def is_at_work(run: Path) -> bool:
    """Tell whether a run is being read, or waits until it is."""
    process = find_process(run)
    return (process is not None and process.is_alive) or find_place(run) > 0


def has_room(work: WorkFolder) -> bool:
    """Tell whether another run may be read now; inboxes that are watched do not count.

    Args:
        work: The folder of work, which knows how many are read at once.
    """
    reading = 0
    for run in work.list_runs():
        process = find_process(run)
        if process is not None and process.is_alive:
            settings = RunSettings.load(run)
            reading += settings is None or not settings.watch
    return reading < work.most_runs


def _load(run: Path) -> tuple[float, bool] | None:
    try:
        found = json.loads((run / _FILE).read_text(encoding="utf-8"))
        return float(found["since"]), bool(found["retry_failed"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
