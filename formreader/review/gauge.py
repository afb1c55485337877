"""Counts that need not be of this moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Gauge"]

_FRESH = 50  # times what it took to count, for which counts are good enough
_MOST_KEPT = 100

Key = TypeVar("Key")
Count = TypeVar("Count")


class Gauge(Generic[Key, Count]):
    """Counts anew only if that takes little of the time; else gives the last answer.

    Args:
        count: Counts what is asked for.
    """

    def __init__(self, count: Callable[[Key], Count]) -> None:
        """Count nothing yet."""
        self._count = count
        self._known: dict[Key, tuple[float, Count]] = {}

    def read(self, key: Key) -> Count:
        """Give the count; it may be 50 times as old as it takes to count."""
        began = time.monotonic()
        until, known = self._known.get(key, (0.0, None))
        if known is not None and began < until:
            return known
        count = self._count(key)
        now = time.monotonic()
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        self._known[key] = (now + _FRESH * (now - began), count)
        return count
