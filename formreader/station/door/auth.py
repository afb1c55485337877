"""Who may use the station: sessions, and the links that begin them.

A link holds a secret that works once. It buys a session, which the browser keeps in a
cookie that scripts cannot read and other sites cannot send. What the session may do is
decided in `formreader.station.door.guard`. Passwords, the other way to begin a session,
have a module of their own, `formreader.station.door.passwords`.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["OneTimeLinks", "Session", "Sessions"]

_SECRET_BYTES = 32
_MOST_SESSIONS = 200


def _make_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


@dataclass(frozen=True)
class Session:
    """One browser that was let in.

    Attributes:
        user: Who works there; decisions carry this name.
        key: The secret in the browser's cookie.
        csrf: The secret that every request that changes something must repeat; it
            stands in the pages, which other sites cannot read.
        browser: Names this browser where it holds fields; no secret.
    """

    user: str
    key: str = field(default_factory=_make_secret, repr=False)
    csrf: str = field(default_factory=_make_secret, repr=False)
    browser: str = field(default_factory=lambda: secrets.token_hex(8))


class Sessions:
    """The sessions of a running station; they end with it."""

    def __init__(self) -> None:
        """Begin without any."""
        self._by_key: dict[str, Session] = {}
        self._lock = threading.Lock()

    def begin(self, user: str) -> Session:
        """Begin a session; the oldest one ends when there are too many."""
        session = Session(user)
        with self._lock:
            while len(self._by_key) >= _MOST_SESSIONS:
                del self._by_key[next(iter(self._by_key))]
            self._by_key[session.key] = session
        return session

    def end(self, key: str) -> None:
        """End a session."""
        with self._lock:
            self._by_key.pop(key, None)

    def find(self, key: str) -> Session | None:
        """Look up the session of a cookie."""
        with self._lock:
            return self._by_key.get(key)


class OneTimeLinks:
    """The secret of the link that opens the station; each works once.

    Args:
        announce: Is told each secret, the next one as soon as one is used, so that the
            person at the terminal can let in another browser.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        """Make the first secret and announce it."""
        self._announce = announce
        self._lock = threading.Lock()
        self._secret = _make_secret()
        announce(self._secret)

    def redeem(self, secret: str) -> bool:
        """Use up a secret.

        Returns:
            Whether it was the valid one.
        """
        with self._lock:
            if not hmac.compare_digest(self._secret.encode(), secret.encode()):
                return False
            self._secret = _make_secret()
        self._announce(self._secret)
        return True
