"""Names and passwords, for a station that other computers can reach.

Passwords are kept as argon2 hashes in a register: that of a run, so that every station
of the run knows the same people, or that of a server.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["SHORTEST", "Attempts", "Passwords", "Register", "TooManyAttemptsError"]

SHORTEST = 10
"""Characters of a password."""

_MOST_REMEMBERED = 10_000  # who failed lately
_FREE_FAILURES = {"name": 50, "client": 20, "both": 5}  # before anybody must wait
_LONGEST_WAIT_S = 900.0
_FORGET_S = 3600.0
_TRUST_S = 1.0  # how long it is not asked again who may come in


class TooManyAttemptsError(Exception):
    """Somebody has guessed too often.

    Attributes:
        wait_s: How long no further attempt is heard, in seconds.
    """

    def __init__(self, wait_s: float) -> None:
        """Keep the time."""
        super().__init__(f"wait {wait_s:.0f} s")
        self.wait_s = wait_s


class Register(Protocol):
    """Where the hashes of passwords are kept, by name."""

    def load_hashes(self) -> Mapping[str, str]:
        """Give the hash of each password, by name."""

    def set_hash(self, name: str, password_hash: str) -> None:
        """Let somebody in from now on, or with another password."""

    def remove(self, name: str) -> bool:
        """Let somebody in no more; tell whether there was such a name."""


class Passwords:
    """Who may come in, and with which password.

    Args:
        register: Where they are kept.
    """

    def __init__(self, register: Register) -> None:
        """Know nobody but those in the register."""
        self._register = register
        self._hasher = PasswordHasher()
        self._attempts = Attempts()
        self._turn = threading.Lock()  # a hash takes much memory: one at a time
        self._nobody = self._hasher.hash("nobody has this password")
        self._known: Mapping[str, str] = {}
        self._asked = float("-inf")

    def names(self) -> list[str]:
        """Name everybody, sorted."""
        return sorted(self._register.load_hashes())

    def set(self, name: str, password: str) -> None:
        """Let somebody in with a password from now on.

        Raises:
            ValueError: If the password is too short.
        """
        self._register.set_hash(name, self.hash(password))

    def hash(self, password: str) -> str:
        """Give what a register keeps of a password.

        Raises:
            ValueError: If the password is too short.
        """
        if len(password) < SHORTEST:
            raise ValueError(f"the password has fewer than {SHORTEST} characters")
        with self._turn:
            return self._hasher.hash(password)

    def remove(self, name: str) -> bool:
        """Let somebody in no more; tell whether there was such a name."""
        return self._register.remove(name)

    def admits(self, name: str, proof: str) -> bool:
        """Tell whether what let somebody in still does.

        It does not when the name was removed or given another password, by whichever
        process; this is known a second later at the latest.

        Args:
            name: Who came in.
            proof: As `check` gave it.

        Raises:
            StoreError: If the store of a run cannot say.
        """
        now = time.monotonic()
        if now - self._asked >= _TRUST_S:
            self._known, self._asked = self._register.load_hashes(), now
        known = self._known.get(name)
        return known is not None and hmac.compare_digest(_prove(known), proof)

    def check(self, name: str, password: str, client: str) -> str | None:
        """Give proof that a password is right, for `admits`; None if it is wrong.

        An unknown name takes as long as a wrong password.

        Args:
            name: Who it is said to be.
            password: The password.
            client: The address that it comes from.

        Raises:
            TooManyAttemptsError: If there were too many wrong ones lately.
        """
        with self._turn:
            self._attempts.begin(name, client)
            known = self._register.load_hashes().get(name)
            is_right = self._matches(known or self._nobody, password)
            is_right = is_right and known is not None
            self._attempts.end(name, client, is_right=is_right)
        return _prove(known) if known is not None and is_right else None

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
        return True


@dataclass
class _Failures:
    """Wrong passwords of one kind lately."""

    count: int = 0
    last: float = 0.0


def _prove(password_hash: str) -> str:
    """Give what tells a password's hash from others, without the hash."""
    return sha256(password_hash.encode()).hexdigest()


class Attempts:
    """Makes those wait who guess passwords, longer each time.

    Counted are a name from an address, an address, and a name, the last with patience:
    nobody should be kept out by what others do elsewhere.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Know of no failure."""
        self._clock = clock
        self._failures: dict[tuple[str, ...], _Failures] = {}

    def begin(self, name: str, client: str) -> None:
        """Hear an attempt.

        Raises:
            TooManyAttemptsError: If it comes too soon.
        """
        now = self._clock()
        for key in _keys(name, client):
            failures = self._failures.get(key)
            if failures is None:
                continue
            if now - failures.last > _FORGET_S:
                del self._failures[key]
                continue
            wait_s = failures.last + _penalty_s(key[0], failures.count) - now
            if wait_s > 0:
                raise TooManyAttemptsError(wait_s)

    def end(self, name: str, client: str, *, is_right: bool) -> None:
        """Note how an attempt ended."""
        for key in _keys(name, client):
            failures = self._failures.pop(key, _Failures())
            if is_right and key[0] == "both":
                continue
            failures.count += not is_right
            failures.last = self._clock() if not is_right else failures.last
            if failures.count:
                self._failures[key] = failures  # the newest last
        while len(self._failures) > _MOST_REMEMBERED:
            del self._failures[next(iter(self._failures))]


def _keys(name: str, client: str) -> tuple[tuple[str, ...], ...]:
    return ("both", name, client), ("client", client), ("name", name)


def _penalty_s(kind: str, failures: int) -> float:
    """Say how long to wait after so many failures."""
    beyond = failures - _FREE_FAILURES[kind]
    return min(_LONGEST_WAIT_S, 2.0 ** min(beyond, 20)) if beyond >= 0 else 0.0
