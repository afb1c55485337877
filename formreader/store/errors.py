"""What goes wrong with a store; whatever the database raises comes out as one of these.

OutputError
└── StoreError               the store of a run cannot be used     exit 6
├── DamagedStoreError    it is not what formreader wrote
├── NewerStoreError      a later formreader made it
└── BusyStoreError       another process reads into the run
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import exc

from formreader.errors import OutputError

__all__ = [
    "BusyStoreError",
    "DamagedStoreError",
    "NewerStoreError",
    "StoreError",
    "named_errors",
    "parse_json",
]

_DAMAGES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class StoreError(OutputError):
    """The store of a run cannot be used."""


class DamagedStoreError(StoreError):
    """The store is not what formreader wrote."""

    @classmethod
    def of(cls, reason: str, run: Path | None = None) -> DamagedStoreError:
        """Say what is wrong with it, and what can be done."""
        return cls(
            f"the store is damaged ({reason}); put back a copy of the run, or start a "
            "new run with another -o",
            path=run,
        )


class NewerStoreError(StoreError):
    """A later formreader has made the store."""


class BusyStoreError(StoreError):
    """Another process reads into the run."""


@contextmanager
def named_errors(run: Path) -> Iterator[None]:
    """Say which run it is whose store fails, in place of what the database raises.

    Raises:
        StoreError: If it does.
    """
    try:
        yield
    except exc.DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        if _is_damage(error.orig):
            raise DamagedStoreError.of(reason, run) from error
        raise StoreError(
            f"the store cannot be used ({reason}); check the disk or the database, or "
            "start a new run with another -o",
            path=run,
        ) from error
    except exc.TimeoutError as error:
        raise StoreError(
            "the store is asked for more at once than it can answer; try again later",
            path=run,
        ) from error
    except (exc.NoResultFound, exc.MultipleResultsFound) as error:
        raise DamagedStoreError.of("rows are missing", run) from error
    except StoreError as error:
        error.path = error.path or run
        raise


def parse_json(text: str) -> Any:
    """Read JSON that a store holds.

    Raises:
        DamagedStoreError: If it is none.
    """
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise DamagedStoreError.of("a text in it is no JSON") from error


def _is_damage(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", None)  # the low byte is the kind
    return code is not None and code & 0xFF in _DAMAGES
