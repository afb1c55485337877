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
import time
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["LOCAL", "NETWORK", "Lifetime", "OneTimeLinks", "Session", "Sessions"]

_SECRET_BYTES = 32
_MOST_SESSIONS = 200


def _make_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


@dataclass(frozen=True)
class Lifetime:
    """How long sessions last, in seconds.

    Attributes:
        idle_s: Without a person doing anything.
        whole_s: In any case.
    """

    idle_s: float
    whole_s: float


LOCAL = Lifetime(12 * 3600, 7 * 24 * 3600)
"""For browsers on this computer, which came by a link of its terminal."""

NETWORK = Lifetime(3600, 12 * 3600)
"""For browsers that came in by password, from anywhere."""


@dataclass(frozen=True)
class Session:
    """One browser that was let in.

    Attributes:
        user: Who works there; decisions carry this name.
        key: The secret in the browser's cookie.
        csrf: The secret that every request that changes something must repeat; it
            stands in the pages, which other sites cannot read.
        browser: Names this browser where it holds fields; no secret.
        proof: What let the user in; the session ends when it lets nobody in any more.
    """

    user: str
    key: str = field(default_factory=_make_secret, repr=False)
    csrf: str = field(default_factory=_make_secret, repr=False)
    browser: str = field(default_factory=lambda: secrets.token_hex(8))
    proof: str = field(default="", repr=False)


@dataclass
class _Use:
    """A session, and when it began and was used last, in seconds of the clock."""

    session: Session
    began: float
    used: float


class Sessions:
    """The sessions of a running station; they end with it at the latest.

    Args:
        lifetime: How long they last.
        clock: Seconds that only go forward.
    """

    def __init__(
        self, lifetime: Lifetime = LOCAL, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin without any."""
        self._lifetime, self._clock = lifetime, clock
        self._by_key: dict[str, _Use] = {}
        self._lock = threading.Lock()

    def begin(self, user: str, proof: str = "") -> Session:
        """Begin a session; the oldest one ends when there are too many."""
        session = Session(user, proof=proof)
        now = self._clock()
        with self._lock:
            while len(self._by_key) >= _MOST_SESSIONS:
                del self._by_key[next(iter(self._by_key))]
            self._by_key[session.key] = _Use(session, now, now)
        return session

    def end(self, key: str) -> None:
        """End a session."""
        with self._lock:
            self._by_key.pop(key, None)

    def find(self, key: str, *, by_hand: bool = True) -> Session | None:
        """Look up the session of a cookie; None if there is none, or not any more.

        Args:
            key: What the cookie says.
            by_hand: Whether a person did something, which keeps the session alive; a
                page that is left open also asks by itself.
        """
        now = self._clock()
        with self._lock:
            use = self._by_key.get(key)
            if use is None:
                return None
            is_idle = now - use.used >= self._lifetime.idle_s
            if is_idle or now - use.began >= self._lifetime.whole_s:
                del self._by_key[key]
                return None
            if by_hand:
                use.used = now
            return use.session


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
