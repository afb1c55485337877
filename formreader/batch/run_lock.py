"""The lock of a run folder: one process at a time reads into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from formreader.errors import OutputError

__all__ = ["hold_run"]

_LOCK_NAME = ".lock"


@contextmanager
def hold_run(run: Path) -> Iterator[None]:
    """Keep other processes from reading into the same run, until the block ends.

    The system lets go of the lock when the process ends, however it ends.

    Args:
        run: The run folder; it is made if it is not there.

    Raises:
        OutputError: If another process is at work on it, or it cannot be written.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
        lock = FileLock(run / _LOCK_NAME)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(
            "another formreader is reading into this run; wait for it, or name another "
            "run with -o",
            path=run,
        ) from error
    except OSError as error:
        raise OutputError(
            f"the run folder cannot be written ({error.strerror}); choose another "
            "place with -o",
            path=run,
        ) from error
    try:
        yield
    finally:
        lock.release()
