"""Which browser decided what: the name of a user does not tell browsers apart.

A browser holds fields tab by tab, as `browser/tab`; what was done in one tab can be
taken back in another.
"""

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
        self._browsers[key] = _leave_out_tab(browser)

    def is_open_to(self, browser: str) -> Callable[[Key], bool]:
        """Give the test whether a browser may take something back.

        It may not what another browser did. What was done before the station was
        started is open to everybody of the same name.
        """
        own = _leave_out_tab(browser)
        return lambda key: self._browsers.get(key, own) == own


def _leave_out_tab(browser: str) -> str:
    return browser.partition("/")[0]
