"""One server at a time works in a folder of work, and begins with an order in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from formreader.errors import OutputError
from formreader.server.removal import finish_removals
from formreader.server.uploads import discard_parts
from formreader.server.work_folder import WorkFolder

__all__ = ["hold_work"]

_LOCK_NAME = ".serve.lock"


@contextmanager
def hold_work(work: WorkFolder) -> Iterator[None]:
    """Keep other servers from the folder; throw away what a killed one left half done.

    Args:
        work: The folder; it is made if it is not there.

    Raises:
        OutputError: If another server is at work in it, or it cannot be written.
    """
    work.prepare()
    lock = FileLock(work.root / _LOCK_NAME)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(
            "another `formreader serve` works in this folder; use its address, or name "
            "another folder",
            path=work.root,
        ) from error
    except OSError as error:
        raise OutputError(
            f"the folder of work cannot be written ({error.strerror}); choose another",
            path=work.root,
        ) from error
    with lock:
        finish_removals(work.runs)
        for run in work.list_runs():
            discard_parts(run)
        try:
            yield
        finally:
            lock.release()
