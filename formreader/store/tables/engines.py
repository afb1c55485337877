"""Connects to the databases that a run may be kept in.

Both give the functions of this package the same promise: a transaction that reads sees
the store as it was at its first query, and those that write take turns.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from formreader.store.errors import StoreError
from formreader.store.tables.address import DatabaseAddress

__all__ = [
    "connect_postgresql",
    "connect_sqlite",
    "connect_sqlite_read_only",
    "for_reading",
    "for_writing",
    "hold_lock",
    "release_lock",
]

_PATIENCE_MS = 30_000  # for another process that writes
_CONNECT_S = 10
_IMMEDIATE = "formreader_immediate"
_DURABLE = "formreader_durable"
_LOCK_KEY = "formreader_lock_key"
_WRITING, _HOLDING = 1, 2  # what advisory locks are for


def connect_sqlite(path: Path) -> Engine:
    """Connect to a SQLite file, in a way that survives kills and lets others read."""
    # Not by a text: of that, `?` and `%41` in the name of a folder would be syntax.
    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # SQLAlchemy begins transactions itself, so that reading does so, too.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get(_IMMEDIATE):
            connection.exec_driver_sql("BEGIN")
            return
        # Connections are lent out again, so each transaction says what it needs.
        level = "FULL" if options.get(_DURABLE) else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def connect_sqlite_read_only(path: Path) -> Engine:
    """Connect to a SQLite file that this user cannot write, nor anything beside it.

    Each transaction looks anew whether another process is at work on it.
    """

    def connect() -> sqlite3.Connection:
        # SQLite locks by files beside its own. If there are none, nobody writes; where
        # they cannot be made, that must be said.
        is_in_use = path.with_name(f"{path.name}-wal").exists()
        mode = "mode=ro" if is_in_use else "immutable=1"
        return sqlite3.connect(
            f"file:{quote(str(path))}?{mode}", uri=True, check_same_thread=False
        )

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA query_only = ON").close()
        connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def connect_postgresql(address: DatabaseAddress) -> Engine:
    """Connect to a namespace of a PostgreSQL database.

    Raises:
        StoreError: If the driver is not installed.
    """
    try:
        engine = create_engine(
            address.url,
            pool_pre_ping=True,  # a server that was restarted costs no run
            connect_args={
                "connect_timeout": _CONNECT_S,
                "application_name": "formreader",
                "options": f"-c lock_timeout={_PATIENCE_MS}",
            },
        )
    except ImportError as error:
        raise StoreError(
            "a store on PostgreSQL needs another package; install it with `pip install "
            "'formreader[postgresql]'`"
        ) from error

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_IMMEDIATE):
            _lock(connection, "pg_advisory_xact_lock", _WRITING)

    return engine.execution_options(
        schema_translate_map={None: address.schema},
        **{_LOCK_KEY: _hash(address.schema)},
    )


def for_reading(engine: Engine) -> Engine:
    """Give an engine whose transactions see one state of the store."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )


def for_writing(engine: Engine, *, durable: bool = False) -> Engine:
    """Give an engine whose transactions wait for their turn as they begin.

    One that read first and waited later could be refused in between, or decide by what
    is no longer so.

    Args:
        engine: As it was connected.
        durable: Commit only when the disk has it, in SQLite; what PostgreSQL does is
            the server's setting, by default the same.
    """
    return engine.execution_options(**{_IMMEDIATE: True, _DURABLE: durable})


def hold_lock(connection: Connection) -> bool:
    """Take the lock of a run in PostgreSQL; it goes when the connection does.

    Returns:
        Whether it was free.
    """
    return bool(_lock(connection, "pg_try_advisory_lock", _HOLDING))


def release_lock(connection: Connection) -> None:
    """Give the lock back; a connection that was lost has done so already."""
    with suppress(DBAPIError):
        _lock(connection, "pg_advisory_unlock", _HOLDING)
        connection.commit()


def _lock(connection: Connection, function: str, purpose: int) -> Any:
    key = connection.get_execution_options()[_LOCK_KEY]
    query = text(f"SELECT {function}(:key, :purpose)")
    return connection.scalar(query, {"key": key, "purpose": purpose})


def _hash(schema: str) -> int:
    """Make a number of 32 bits with sign from a name."""
    digest = hashlib.sha256(schema.encode()).digest()
    return int.from_bytes(digest[:4], "big", signed=True)
