"""Which browser decided what: the name of a user does not tell browsers apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Authorship"]

Key = TypeVar("Key")


class Authorship(Generic[Key]):
    """Remembers what each browser did, as long as the station runs."""

    def __init__(self) -> None:
        """Know of nothing."""
        self._browsers: dict[Key, str] = {}

    def note(self, key: Key, browser: str) -> None:
        """Remember that a browser did something."""
        self._browsers[key] = browser

    def is_open_to(self, browser: str) -> Callable[[Key], bool]:
        """Give the test whether a browser may take something back.

        It may not what another browser did. What was done before the station was
        started is open to everybody of the same name, since sessions end with it.
        """
        return lambda key: self._browsers.get(key, browser) == browser
