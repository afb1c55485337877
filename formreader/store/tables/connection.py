"""Opens the store of a run, wherever it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.schema import CreateSchema

from formreader.errors import InputError
from formreader.store.errors import (
    BusyStoreError,
    DamagedStoreError,
    NewerStoreError,
    StoreError,
    named_errors,
    parse_json,
)
from formreader.store.tables.address import DatabaseAddress, parse_url
from formreader.store.tables.engines import (
    connect_postgresql,
    connect_sqlite,
    connect_sqlite_read_only,
    for_reading,
    for_writing,
    hold_lock,
    release_lock,
)
from formreader.store.tables.migrations import MIGRATIONS, has_tables
from formreader.store.tables.schema import VERSION, metadata, settings

__all__ = [
    "STORE_NAME",
    "RunStore",
    "Transaction",
    "find_password",
    "read_setting",
    "write_setting",
]

STORE_NAME = "run.sqlite"
"""Name of the store in a run folder, if it is not in a database elsewhere."""

_NEW_NAME = f".{STORE_NAME}.new"  # until it is whole

Transaction = Connection
"""What `RunStore.read` and `RunStore.write` begin, for the functions of this package.

Other rooms hand it on, and need not know what it is.
"""


class RunStore:
    """The store of one run; a context manager that closes it.

    Attributes:
        engine: The database, for the store's own tests.
        run: The run folder.
        is_read_only: Whether this user can read the run, but not write it.
    """

    def __init__(
        self, engine: Engine, run: Path, *, is_read_only: bool = False
    ) -> None:
        """Use `create` or `open`."""
        self.engine, self.run, self.is_read_only = engine, run, is_read_only
        self._reader, self._writer = for_reading(engine), for_writing(engine)
        self._durable_writer = for_writing(engine, durable=True)

    @classmethod
    def create(cls, run: Path, url: str | None = None) -> Self:
        """Open the store of a run folder, and make both if they are not there.

        Args:
            run: The run folder.
            url: Of a PostgreSQL database to keep the run in; None for where it is
                already, or else a file in the folder.

        Raises:
            StoreError: If the folder cannot be made or written, the database cannot be
                reached, or the store is of a later version.
        """
        try:
            run.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the run folder cannot be made ({error.strerror}); choose another "
                "place with -o",
                path=run,
            ) from error
        address = _find_address(run, url)
        if address is None and url is not None:
            address = DatabaseAddress.make(run, parse_url(url))
            address.save(run)
        if address is None:
            return cls._create_file(run)
        store = cls(connect_postgresql(address), run)
        with store._closed_on_error():
            store._prepare(address.schema)
            store._bring_up_to_date()
        return store

    @classmethod
    def _open_file(cls, run: Path) -> Self:
        """Connect to the file in a run folder."""
        path = run / STORE_NAME
        if not path.stat().st_size:  # SQLite would begin a new one
            raise DamagedStoreError.of("it is empty", run)
        if _is_writable(run):
            return cls(connect_sqlite(path), run)
        return cls(connect_sqlite_read_only(path), run, is_read_only=True)

    @classmethod
    def _create_file(cls, run: Path) -> Self:
        """Open the file in a run folder; a new one takes its name when it is whole.

        So an empty file there is no new store, but what is left of one.
        """
        path = run / STORE_NAME
        if not path.exists():
            new = run / _NEW_NAME
            for left_over in run.glob(f"{_NEW_NAME}*"):  # of a process that was killed
                left_over.unlink()
            _touch(new)
            with cls(connect_sqlite(new), run) as store, named_errors(run):
                store._prepare(None)
                store.fold()
            new.rename(path)
        return cls.open(run)

    @classmethod
    def open(cls, run: Path, url: str | None = None) -> Self:
        """Open the store of a run that exists.

        Args:
            run: The run folder.
            url: Of the database, if it is reached in another way than the run folder
                says; it may hold the password.

        Raises:
            InputError: If there is none.
            StoreError: If it cannot be used.
        """
        address = _find_address(run, url)
        if address is None and not (run / STORE_NAME).is_file():
            raise InputError(
                "is no run folder; `formreader batch FOLDER -o RUN` makes one", path=run
            )
        if address is not None:
            store = cls(connect_postgresql(address), run)
        else:
            store = cls._open_file(run)
        with store._closed_on_error():
            store._check_tables()
            store._bring_up_to_date()
        return store

    def __enter__(self) -> Self:
        """Keep it open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def fold(self) -> None:
        """Bring all that was written into the one file, so that it can be moved."""
        with named_errors(self.run), self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a transaction that reads; it sees one state of the store throughout.

        Raises:
            StoreError: If the database cannot be reached, or is damaged.
        """
        with named_errors(self.run), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """Begin a transaction that writes; it commits at the end of its block.

        Those that write take turns, from their beginning to their end.

        Args:
            durable: Let a power cut take nothing of it once the block has ended, for
                what a person did. What a machine did is done again: without it a power
                cut may take the last transactions, though each of them whole.

        Raises:
            StoreError: If the database cannot be reached, is damaged or has no room.
        """
        if self.is_read_only:
            raise StoreError(
                "the run cannot be written; it can be viewed and exported, for more "
                "copy it to a place of yours",
                path=self.run,
            )
        writer = self._durable_writer if durable else self._writer
        with named_errors(self.run), writer.begin() as connection:
            yield connection

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep processes on other machines from reading into the run.

        A store in the run folder needs none of it: the folder has a lock of its own.

        Raises:
            BusyStoreError: If another process is at work on it.
        """
        if self.engine.dialect.name == "sqlite":
            yield
            return
        with named_errors(self.run), self.engine.connect() as connection:
            if not hold_lock(connection):
                raise BusyStoreError(
                    "another formreader is reading into this run; wait for it, or name "
                    "another run with -o",
                    path=self.run,
                )
            connection.commit()  # a lock of the session; an open transaction would age
            try:
                yield
            finally:
                release_lock(connection)

    def get_setting(self, key: str) -> Any:
        """Look up a setting; None if it was never set."""
        with self.read() as connection:
            return read_setting(connection, key)

    def set_setting(self, key: str, value: Any) -> None:
        """Set a setting to anything that JSON can hold."""
        with self.write() as connection:
            write_setting(connection, key, value)

    @contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            with named_errors(self.run):
                yield
        except BaseException:
            self.close()
            raise

    def _prepare(self, schema: str | None) -> None:
        """Make what is missing: the namespace, and the tables of a new store."""
        with self.write() as connection:
            if schema is not None:
                connection.execute(CreateSchema(schema, if_not_exists=True))
            if not has_tables(connection):
                metadata.create_all(connection)
                write_setting(connection, "version", VERSION)

    def _check_tables(self) -> None:
        """Refuse a store in which nothing is; one that is new has its tables."""
        with self.read() as connection:
            if not has_tables(connection):
                raise DamagedStoreError.of("it has no tables")

    def _bring_up_to_date(self) -> None:
        """Migrate a store of an earlier version; refuse one of a later version."""
        version = self.get_setting("version")
        if version == VERSION:
            return
        if not isinstance(version, int) or version < 1:
            raise DamagedStoreError.of("it has no version", self.run)
        if version > VERSION:
            raise NewerStoreError(
                f"the store has version {version}, this formreader knows {VERSION}; "
                "use the formreader that made it",
                path=self.run,
            )
        with self.write() as connection:
            for step in range(read_setting(connection, "version"), VERSION):
                MIGRATIONS[step](connection)
                write_setting(connection, "version", step + 1)


def find_password(url: str) -> str | None:
    """Give the password that the address of a database holds; None if it holds none.

    Raises:
        StoreError: If it is no address of a database.
    """
    return parse_url(url).password


def read_setting(connection: Connection, key: str) -> Any:
    """Look up a setting within a transaction; None if it was never set."""
    text = connection.scalar(select(settings.c.value).where(settings.c.key == key))
    return None if text is None else parse_json(text)


def write_setting(connection: Connection, key: str, value: Any) -> None:
    """Set a setting within a transaction to anything that JSON can hold."""
    text = json.dumps(value, sort_keys=True)
    changed = connection.execute(
        update(settings).where(settings.c.key == key).values(value=text)
    )
    if not changed.rowcount:
        connection.execute(insert(settings).values(key=key, value=text))


def _find_address(run: Path, url: str | None) -> DatabaseAddress | None:
    """Find out which database a run is in; None if it is in none yet.

    Raises:
        StoreError: If it is in a file, but a database was asked for.
    """
    address = DatabaseAddress.load(run)
    if url is None:
        return address
    if address is not None:
        return DatabaseAddress(parse_url(url), address.schema)
    if (run / STORE_NAME).exists():
        raise StoreError(
            f"the run is kept in {STORE_NAME}; leave out --store, or name another run",
            path=run,
        )
    return None


def _is_writable(run: Path) -> bool:
    """Tell whether the file of a store can be written, and files beside it."""
    by_whom = os.access in os.supports_effective_ids
    return all(
        os.access(path, os.W_OK, effective_ids=by_whom)
        for path in (run, run / STORE_NAME)
    )


def _touch(path: Path) -> None:
    """Make an empty file that nobody else can read, as it will hold handwriting.

    Raises:
        StoreError: If it cannot be made.
    """
    try:
        path.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise StoreError(
            f"the run folder cannot be written ({error.strerror}); choose another "
            "place with -o",
            path=path.parent,
        ) from error
