"""Where the store of a run is: a file in the run folder, or a PostgreSQL database."""

from __future__ import annotations

import re
import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import tomlkit
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from formreader.output import replace_file
from formreader.store.errors import StoreError

__all__ = ["ADDRESS_NAME", "DatabaseAddress", "parse_url"]

ADDRESS_NAME = "run.toml"
"""Name of the file in a run folder that names its database."""

_DRIVER = "postgresql+psycopg"
_OTHER_NAMES = {"postgres", "postgresql"}
_SECRETS = {"password", "passfile", "sslpassword"}
_LONGEST = 63  # bytes of a name in PostgreSQL
_LARGEST = 10_000  # bytes of the file


@dataclass(frozen=True)
class DatabaseAddress:
    """A run in a PostgreSQL database.

    Attributes:
        url: Of the database; the password, if it has one, is never written.
        schema: The namespace that holds the tables of this run alone.
    """

    url: URL
    schema: str

    @classmethod
    def load(cls, run: Path) -> Self | None:
        """Read the address that a run folder holds; None if it holds none.

        Raises:
            StoreError: If the file is damaged.
        """
        return cls.load_file(run / ADDRESS_NAME)

    @classmethod
    def load_file(cls, path: Path) -> Self | None:
        """Read an address, also of a store that was set aside; None for no file.

        Raises:
            StoreError: If the file is damaged.
        """
        try:
            content = tomllib.loads(_read_text(path))
            return cls(parse_url(content["store"]), _check_schema(content["schema"]))
        except FileNotFoundError:
            return None
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            RecursionError,  # of lists within lists within lists
            StoreError,
        ) as error:
            raise StoreError(
                "the file does not say where the store is; put it back as it was",
                path=path,
            ) from error

    @classmethod
    def make(cls, run: Path, url: URL) -> Self:
        """Choose a new namespace, named after a run folder."""
        name = re.sub(r"[^a-z0-9]+", "_", run.resolve().name.lower()).strip("_")
        suffix = secrets.token_hex(4)
        return cls(url, f"formreader_{name[:30]}_{suffix}")

    def save(self, run: Path) -> None:
        """Write it into a run folder, without the password.

        Raises:
            StoreError: If it cannot be written.
        """
        query = {k: v for k, v in self.url.query.items() if k not in _SECRETS}
        url = URL.create(
            self.url.drivername,
            self.url.username,
            None,
            self.url.host,
            self.url.port,
            self.url.database,
            query,
        )
        content = tomlkit.document()
        content.add(tomlkit.comment("Where formreader keeps what it read of this run."))
        content["store"] = url.render_as_string(hide_password=False)
        content["schema"] = self.schema
        try:
            with replace_file(run / ADDRESS_NAME) as stream:
                stream.write(tomlkit.dumps(content))
        except OSError as error:
            raise StoreError(
                f"the run folder cannot be written ({error.strerror}); choose another "
                "place with -o",
                path=run,
            ) from error


def parse_url(text: str) -> URL:
    """Check the address of a database.

    Raises:
        StoreError: If it is none of PostgreSQL.

    Example:
        >>> parse_url("postgresql://ann@db.example.org/forms").drivername
        'postgresql+psycopg'
    """
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is not None and url.drivername in _OTHER_NAMES:
        url = url.set(drivername=_DRIVER)
    if url is None or url.drivername != _DRIVER or not url.database:
        raise StoreError(
            "the store is no address of a database; give it as "
            "postgresql+psycopg://user@host/database"
        )
    return url


def _read_text(path: Path) -> str:
    """Read the file, if it is as small as it must be.

    Raises:
        ValueError: If it is larger, or no text in UTF-8.
    """
    with path.open("rb") as stream:
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST} bytes")
    return content.decode()


def _check_schema(name: str) -> str:
    """Refuse a namespace that is no plain name.

    Raises:
        ValueError: If it is not.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name) or len(name) > _LONGEST:
        raise ValueError(f"{name!r} is no name of a schema")
    return name
