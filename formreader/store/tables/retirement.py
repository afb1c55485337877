"""Moves the store of a run out of the way, or removes it for good."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sqlalchemy.schema import DropSchema

from formreader.store.errors import (
    DamagedStoreError,
    NewerStoreError,
    StoreError,
    named_errors,
)
from formreader.store.tables.address import ADDRESS_NAME, DatabaseAddress
from formreader.store.tables.connection import STORE_NAME, RunStore
from formreader.store.tables.engines import connect_postgresql, for_writing

__all__ = ["drop_stores", "set_aside"]

_BESIDE = ("-wal", "-shm")  # files of SQLite that belong to a store


def set_aside(run: Path) -> Path | None:
    """Move the store of a run out of the way, with all that people decided.

    Args:
        run: The run folder, held.

    Returns:
        Where the store is now; None if there was none.

    Raises:
        StoreError: If it cannot be moved.
    """
    address = DatabaseAddress.load(run)
    path = run / (STORE_NAME if address is None else ADDRESS_NAME)
    if not path.exists():
        return None
    if address is None:
        _fold(run)
    number = 1
    while (aside := path.with_stem(f"{path.stem}-{number}")).exists():
        number += 1
    try:
        path.rename(aside)
        for ending in _BESIDE:
            with suppress(FileNotFoundError):
                path.with_name(path.name + ending).rename(f"{aside}{ending}")
    except OSError as error:
        raise StoreError(
            f"the store cannot be moved ({error.strerror}); close what has it open",
            path=path,
        ) from error
    if address is not None:  # the new run goes into the same database
        DatabaseAddress.make(run, address.url).save(run)
    return aside


def drop_stores(run: Path) -> None:
    """Remove what databases hold of a run, also what was set aside; no file.

    Args:
        run: The run folder; nothing is at work in it.

    Raises:
        StoreError: If a database cannot be used, or an address is damaged.
    """
    stem = Path(ADDRESS_NAME).stem
    for path in sorted(run.glob(f"{stem}*{Path(ADDRESS_NAME).suffix}")):
        address = DatabaseAddress.load_file(path)
        if address is None:
            continue
        engine = for_writing(connect_postgresql(address))
        try:
            with named_errors(run), engine.begin() as connection:
                drop = DropSchema(address.schema, cascade=True, if_exists=True)
                connection.execute(drop)
        finally:
            engine.dispose()


def _fold(run: Path) -> None:
    """Bring a store into one file; one that cannot be used is left as it is."""
    with suppress(DamagedStoreError, NewerStoreError), RunStore.open(run) as store:
        store.fold()
