"""Opens the store of a run: a SQLite file in the run folder."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, update
from sqlalchemy.exc import DBAPIError

from formreader.batch.store.schema import VERSION, metadata, settings
from formreader.errors import OutputError

__all__ = ["STORE_NAME", "RunStore"]

STORE_NAME = "run.sqlite"
"""Name of the store in a run folder."""

_PATIENCE_MS = 30_000  # for another process that writes
_IMMEDIATE = "formreader_immediate"


class RunStore:
    """The store of one run; a context manager that closes it.

    Attributes:
        engine: What the functions of this package take their connections from.
        run: The run folder.
    """

    def __init__(self, engine: Engine, run: Path) -> None:
        """Use `create` or `open`."""
        self.engine, self.run = engine, run
        self._writer = engine.execution_options(**{_IMMEDIATE: True})

    @classmethod
    def create(cls, run: Path) -> Self:
        """Open the store of a run folder, and make both if they are not there.

        Raises:
            OutputError: If the folder cannot be made or written, or the store is of a
                later version.
        """
        try:
            run.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"the run folder cannot be made ({error.strerror}); choose another "
                "place with -o",
                path=run,
            ) from error
        store = cls(_connect(run / STORE_NAME), run)
        try:
            with store.write() as connection:
                metadata.create_all(connection)
            if store.get_setting("version") is None:
                store.set_setting("version", VERSION)
        except DBAPIError as error:
            raise _unusable(run, error) from error
        store._check_version()
        return store

    @classmethod
    def open(cls, run: Path) -> Self:
        """Open the store of a run that exists.

        Raises:
            OutputError: If there is none, or it cannot be used.
        """
        if not (run / STORE_NAME).is_file():
            raise OutputError(
                "is no run folder; `formreader batch FOLDER -o RUN` makes one", path=run
            )
        store = cls(_connect(run / STORE_NAME), run)
        store._check_version()
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
        with self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def read(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that reads; it sees the store as it is now."""
        return self.engine.connect()

    def write(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that writes; it commits at the end of its block.

        It waits for its turn at once: a transaction that read first and wrote later
        could be refused in between.
        """
        return self._writer.begin()

    def get_setting(self, key: str) -> Any:
        """Look up a setting; None if it was never set."""
        with self.read() as connection:
            return read_setting(connection, key)

    def set_setting(self, key: str, value: Any) -> None:
        """Set a setting to anything that JSON can hold."""
        with self.write() as connection:
            text = json.dumps(value, sort_keys=True)
            changed = connection.execute(
                update(settings).where(settings.c.key == key).values(value=text)
            )
            if not changed.rowcount:
                connection.execute(insert(settings).values(key=key, value=text))

    def _check_version(self) -> None:
        try:
            version = self.get_setting("version")
        except DBAPIError as error:
            raise _unusable(self.run, error) from error
        if version != VERSION:
            raise OutputError(
                f"the store has version {version}, this formreader knows {VERSION}; "
                "use the formreader that made it",
                path=self.run,
            )


def read_setting(connection: Connection, key: str) -> Any:
    """Look up a setting within a transaction; None if it was never set."""
    text = connection.scalar(select(settings.c.value).where(settings.c.key == key))
    return None if text is None else json.loads(text)


def _unusable(run: Path, error: DBAPIError) -> OutputError:
    return OutputError(
        f"the store cannot be used ({error.orig}); check the disk, or start a new run "
        "with another -o",
        path=run,
    )


def _connect(path: Path) -> Engine:
    """Connect to a SQLite file, in a way that survives kills and lets others read."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # SQLAlchemy begins transactions itself, so that reading does so, too.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(_IMMEDIATE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
