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
from dataclasses import dataclass, field, replace
from hashlib import sha256

from formreader.station.door.session_file import KeptSession, SessionFile

__all__ = ["LOCAL", "NETWORK", "Lifetime", "OneTimeLinks", "Session", "Sessions"]

_SECRET_BYTES = 32
_MOST_SESSIONS = 200
_SAVE_S = 60.0  # how old a file may be that says when sessions were used last


def _make_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()


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
        browser: Names this browser; no secret.
        proof: What let the user in; the session ends when it lets nobody in any more.
        tab: Names the tab of the browser that a request comes from; may be empty.
        grants: What a program may do; None for a person.
    """

    user: str
    key: str = field(default_factory=_make_secret, repr=False)
    browser: str = field(default_factory=lambda: secrets.token_hex(8))
    proof: str = field(default="", repr=False)
    tab: str = ""
    grants: frozenset[str] | None = None

    @property
    def csrf(self) -> str:
        """The secret that every request that changes something must repeat.

        It stands in the pages, which other sites cannot read, and tells nothing of the
        key that it is made of.
        """
        return hmac.new(self.key.encode(), b"csrf", sha256).hexdigest()

    @property
    def hand(self) -> str:
        """Names who has fields in hand: each tab has its own."""
        return f"{self.browser}/{self.tab}" if self.tab else self.browser


@dataclass
class _Use:
    """A session, and when it began and was used last, in seconds of the clock.

    `kept` is what a file knows of it, which is all until its browser comes again.
    """

    kept: KeptSession
    began: float
    used: float
    session: Session | None = None


class Sessions:
    """The sessions of a station; with a file they outlive it.

    Args:
        lifetime: How long they last.
        clock: Seconds that only go forward.
        file: Where they are kept; None for nowhere.
        admits: Whether a session that was kept by an earlier station still holds.
    """

    def __init__(
        self,
        lifetime: Lifetime = LOCAL,
        clock: Callable[[], float] = time.monotonic,
        file: SessionFile | None = None,
        admits: Callable[[KeptSession], bool] = lambda _: True,
    ) -> None:
        """Begin with those that were kept."""
        self._lifetime, self._clock, self._file = lifetime, clock, file
        self._lock = threading.Lock()
        self._saved = clock()
        self._by_key: dict[str, _Use] = {}
        for kept in filter(admits, file.load() if file else ()):
            began, used = self._saved - kept.age_s, self._saved - kept.idle_s
            self._by_key[kept.key_hash] = _Use(kept, began, used)
        self._save(self._saved)  # the file also says which port it was

    def begin(self, user: str, proof: str = "") -> Session:
        """Begin a session; the oldest one ends when there are too many."""
        session = Session(user, proof=proof)
        kept = KeptSession(_hash(session.key), user, session.browser, proof)
        now = self._clock()
        with self._lock:
            while len(self._by_key) >= _MOST_SESSIONS:
                del self._by_key[next(iter(self._by_key))]
            self._by_key[kept.key_hash] = _Use(kept, now, now, session)
            self._save(now)
        return session

    def end(self, key: str) -> None:
        """End a session."""
        with self._lock:
            if self._by_key.pop(_hash(key), None) is not None:
                self._save(self._clock())

    def find(self, key: str, *, by_hand: bool = True) -> Session | None:
        """Look up the session of a cookie; None if there is none, or not any more.

        Args:
            key: What the cookie says.
            by_hand: Whether a person did something, which keeps the session alive; a
                page that is left open also asks by itself.
        """
        now = self._clock()
        with self._lock:
            use = self._by_key.get(key_hash := _hash(key))
            if use is None:
                return None
            is_idle = now - use.used >= self._lifetime.idle_s
            if is_idle or now - use.began >= self._lifetime.whole_s:
                del self._by_key[key_hash]
                return None
            if by_hand:
                use.used = now
                if now - self._saved >= _SAVE_S:
                    self._save(now)
            if use.session is None:
                kept = use.kept
                use.session = Session(kept.user, key, kept.browser, kept.proof)
            return use.session

    def _save(self, now: float) -> None:
        """Write down which sessions there are, and how long each was used."""
        self._saved = now
        if self._file is not None:
            self._file.save(
                replace(use.kept, age_s=now - use.began, idle_s=now - use.used)
                for use in self._by_key.values()
            )


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
