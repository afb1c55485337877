"""A cache of counts that need not be of this moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["CountCache"]

_FRESH = 500  # times what it took to count, for which counts are good enough
_CHEAP_S = 0.005  # what takes less is counted anew after every change
_MOST_KEPT = 100

Key = TypeVar("Key")
Count = TypeVar("Count")


@dataclass(frozen=True)
class _Known(Generic[Count]):
    """An answer: what it took, until when it is good, after how many changes."""

    count: Count
    took: float
    until: float
    changes: int


class CountCache(Generic[Key, Count]):
    """Counts anew only if that takes little of the time; else gives the last answer.

    Args:
        count: Counts what is asked for.
    """

    def __init__(self, count: Callable[[Key], Count]) -> None:
        """Count nothing yet."""
        self._count = count
        self._known: dict[Key, _Known[Count]] = {}
        self._changes = 0

    def invalidate(self) -> None:
        """Say that the counts have changed."""
        self._changes += 1

    def get(self, key: Key, *, anew: bool = False) -> tuple[Count, bool]:
        """Give the count; it may be 500 times as old as it takes to count.

        Args:
            key: What to count.
            anew: Count now, whatever it takes.

        Returns:
            The count, and whether nothing is known to have changed since.
        """
        began, changes = time.monotonic(), self._changes
        known = self._known.get(key)
        if known is not None and began < known.until and not anew:
            is_exact = known.changes == changes
            if is_exact or known.took > _CHEAP_S:
                return known.count, is_exact
        count = self._count(key)
        now = time.monotonic()
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        took = now - began
        self._known[key] = _Known(count, took, now + _FRESH * took, changes)
        return count, True
