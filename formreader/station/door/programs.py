"""Tokens by which programs come in, without a browser.

A program names its token in each request. Other sites cannot have a browser do that, so
what a program asks for needs no proof that a page sent it. Of a token no more is kept
than what it can be recognised by.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from formreader.errors import OutputError
from formreader.station.door.auth import Session
from formreader.station.door.private_file import replace_private_file

__all__ = ["Programs"]

_FILE = ".programs.json"
_SECRET_BYTES = 32


@dataclass(frozen=True)
class _Entry:
    """What is kept of a program."""

    token_hash: str
    grants: frozenset[str]


@dataclass(frozen=True)
class Programs:
    """The programs that may come in, as a file keeps them.

    Attributes:
        folder: Where the file lies; its owner alone can read it.
    """

    folder: Path

    def names(self) -> list[str]:
        """List the names."""
        return sorted(self._load())

    def add(self, name: str, grants: Iterable[str] = ()) -> str:
        """Let a program in from now on; one of this name gets a new token.

        Args:
            name: What it is called.
            grants: What it may do, as words of whoever asks for it.

        Returns:
            The token, which is not to be had again.

        Raises:
            OutputError: If the file cannot be written.
        """
        token = secrets.token_urlsafe(_SECRET_BYTES)
        entry = _Entry(_hash(token), frozenset(grants))
        self._save({**self._load(), name: entry})
        return token

    def remove(self, name: str) -> bool:
        """Let a program in no more; tell whether there was such a name.

        Raises:
            OutputError: If the file cannot be written.
        """
        known = self._load()
        if name not in known:
            return False
        del known[name]
        self._save(known)
        return True

    def find(self, token: str) -> Session | None:
        """Give the session of a program; None if there is no such token."""
        hashed = _hash(token)
        for name, known in self._load().items():
            if hmac.compare_digest(known.token_hash, hashed):
                return Session(name, grants=known.grants)
        return None

    def _load(self) -> dict[str, _Entry]:
        try:
            found = json.loads((self.folder / _FILE).read_text(encoding="utf-8"))
            return {
                name: _Entry(str(entry["token"]), frozenset(map(str, entry["grants"])))
                for name, entry in found.items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def _save(self, known: dict[str, _Entry]) -> None:
        path = self.folder / _FILE
        entries = {
            name: {"token": entry.token_hash, "grants": sorted(entry.grants)}
            for name, entry in known.items()
        }
        try:
            replace_private_file(path, json.dumps(entries))
        except OSError as error:
            raise OutputError(
                f"the tokens cannot be written ({error.strerror}); make room",
                path=path,
            ) from error


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
