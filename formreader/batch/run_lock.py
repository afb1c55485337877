"""Who may work on a run, and with what: one process at a time, as it was begun."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from formreader.errors import OutputError
from formreader.store.tables.address import ADDRESS_NAME, DatabaseAddress
from formreader.store.tables.connection import STORE_NAME, RunStore

__all__ = ["check_options", "hold_run", "set_aside"]

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


def check_options(store: RunStore, folder: Path, options: Mapping[str, object]) -> None:
    """Make sure that a run goes on as it was begun.

    Args:
        store: The store; a new one takes what it is given.
        folder: The folder that is read.
        options: What readings depend on, as JSON holds it.

    Raises:
        OutputError: If the run was begun with another folder or other options.
    """
    given = json.loads(json.dumps({"folder": str(folder.resolve()), **options}))
    began = store.get_setting("options")
    if began is None:
        store.set_setting("options", given)
        return
    changed = [key for key in given if began.get(key) != given[key]]
    if changed:
        raise OutputError(
            f"the run was begun with another {' and '.join(changed)}; go on with "
            "the same, name another run with -o, or read all again with --redo",
            path=store.run,
        )


def set_aside(run: Path) -> Path | None:
    """Move the store of a run out of the way, with all that people decided.

    Args:
        run: The run folder, held.

    Returns:
        Where the store is now; None if there was none.

    Raises:
        OutputError: If it cannot be moved.
    """
    address = DatabaseAddress.load(run)
    path = run / (STORE_NAME if address is None else ADDRESS_NAME)
    if not path.exists():
        return None
    if address is None:
        with RunStore.open(run) as store:
            store.fold()
    number = 1
    while (aside := path.with_stem(f"{path.stem}-{number}")).exists():
        number += 1
    try:
        path.rename(aside)
    except OSError as error:
        raise OutputError(
            f"the store cannot be moved ({error.strerror}); close what has it open",
            path=path,
        ) from error
    if address is not None:  # the new run goes into the same database
        DatabaseAddress.make(run, address.url).save(run)
    return aside
