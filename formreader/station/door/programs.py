"""Tokens by which programs come in, without a browser.

A program names its token in each request. Other sites cannot have a browser do that, so
what a program asks for needs no proof that a page sent it. Of a token no more is kept
than what it can be recognised by.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from formreader.errors import OutputError
from formreader.station.door.auth import Session

__all__ = ["Programs"]

_FILE = ".programs.json"
_SECRET_BYTES = 32


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

    def add(self, name: str) -> str:
        """Let a program in from now on; one of this name gets a new token.

        Returns:
            The token, which is not to be had again.

        Raises:
            OutputError: If the file cannot be written.
        """
        token = secrets.token_urlsafe(_SECRET_BYTES)
        self._save({**self._load(), name: _hash(token)})
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
            if hmac.compare_digest(known, hashed):
                return Session(name)
        return None

    def _load(self) -> dict[str, str]:
        try:
            found = json.loads((self.folder / _FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        is_map = isinstance(found, dict)
        return {str(k): str(v) for k, v in found.items()} if is_map else {}

    def _save(self, known: dict[str, str]) -> None:
        path = self.folder / _FILE
        new = path.with_suffix(".new")
        try:
            with suppress(FileNotFoundError):
                new.unlink()
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(known, stream)
            new.replace(path)
        except OSError as error:
            raise OutputError(
                f"the tokens cannot be written ({error.strerror}); make room",
                path=path,
            ) from error


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
