"""How much the folders of scans hold, without looking through them for each file."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock

__all__ = ["HeldBytes"]

_COUNT_AGAIN_S = 600.0  # what is put there or taken away by others is known after it


class HeldBytes:
    """Counts each folder once, and from then on what is added to it.

    Looking through a folder of thousands for each file that comes takes most of the
    time of the server.
    """

    def __init__(self) -> None:
        """Know of no folder."""
        self._lock = Lock()
        self._known: dict[Path, _Count] = {}

    def count(self, folder: Path, *, anew: bool = False) -> int:
        """Give the bytes of a folder, and of what was added to it on its way there.

        Args:
            folder: The folder.
            anew: Whether it is looked through, whatever is known.
        """
        with self._lock:
            self._forget_old()
            known = self._known.get(folder)
            if known is None or anew:
                known = self._known[folder] = _Count(_measure(folder))
            return known.bytes

    def add(self, folder: Path, count: int) -> None:
        """Add bytes that were written to a folder, or take off what is gone again."""
        with self._lock:
            if folder in self._known:
                self._known[folder].bytes += count

    def _forget_old(self) -> None:
        oldest = time.monotonic() - _COUNT_AGAIN_S
        self._known = {k: v for k, v in self._known.items() if v.since > oldest}


class _Count:
    """Bytes, and since when they are counted."""

    def __init__(self, count: int) -> None:
        self.bytes, self.since = count, time.monotonic()


def _measure(folder: Path) -> int:
    """Add up the sizes of the files in a folder."""
    found = 0
    for above, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                found += Path(above, name).lstat().st_size
    return found
