"""Tells which of the files that arrive in a folder are complete.

Nothing says that a writer is done, so a file counts as complete once its size and time
have not changed for a while. One that was renamed into its place needs no such wait:
its inode changed after its bytes did, which no writer that goes on leaves so.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from formreader.store.records import FoundFile, LeftAside

__all__ = ["Arrivals"]

_RENAMED_S = 0.3  # to wait for a writer that only seems to be done
_HAS_CHANGE_TIME = os.name != "nt"  # there it is the time of creation


@dataclass(frozen=True)
class _State:
    """What shows that a file changes, and whether it seems to have been renamed."""

    size: int
    mtime_ns: int
    was_renamed: bool


_UNKNOWN = _State(0, 0, was_renamed=False)  # its name cannot even be said


@dataclass
class _Waiting:
    """A file that may still be written."""

    found: FoundFile | LeftAside
    state: _State
    since: float


class Arrivals:
    """The files that have been seen, and are not complete yet.

    Args:
        folder: Where they are.
        settle_s: How long a file must stay as it is, in seconds.
    """

    def __init__(self, folder: Path, settle_s: float) -> None:
        """Know no file."""
        self._folder, self._settle_s = folder, settle_s
        self._waiting: dict[str, _Waiting] = {}
        self._taken: dict[str, tuple[int, int]] = {}

    def __len__(self) -> int:
        """Count the files that are not complete yet."""
        return len(self._waiting)

    def note(self, found: FoundFile | LeftAside, now: float) -> None:
        """See a file, for the first time or again.

        Args:
            found: The file as it was listed.
            now: Seconds of a clock that only goes forward.
        """
        state = self._look(found.name)
        if self._taken.get(found.name) == (state.size, state.mtime_ns):
            self._waiting.pop(found.name, None)
            return
        if isinstance(found, FoundFile):
            found = FoundFile(found.name, state.size, state.mtime_ns)
        before = self._waiting.get(found.name)
        unchanged = before is not None and before.state == state
        since = before.since if before is not None and unchanged else now
        self._waiting[found.name] = _Waiting(found, state, since)

    def due(self, now: float) -> list[str]:
        """Name the files that have waited long enough, to be noted once more."""
        return [name for name in self._waiting if self._is_due(name, now)]

    def take(self, now: float) -> list[FoundFile | LeftAside]:
        """Take the files that have waited long enough, each once."""
        names = self.due(now)
        taken = []
        for name in names:
            waiting = self._waiting.pop(name)
            self._taken[name] = waiting.state.size, waiting.state.mtime_ns
            taken.append(waiting.found)
        return taken

    def drop(self, name: str) -> None:
        """Stop to wait for a file that is gone."""
        waiting = self._waiting.get(name)
        if waiting is not None and waiting.state != _UNKNOWN:
            del self._waiting[name]

    def forget(self, name: str) -> None:
        """Let a name be taken anew: its file was moved away."""
        self._taken.pop(name, None)

    def _is_due(self, name: str, now: float) -> bool:
        waiting = self._waiting[name]
        quick = min(_RENAMED_S, self._settle_s)
        patience = quick if waiting.state.was_renamed else self._settle_s
        return now - waiting.since >= patience

    def _look(self, name: str) -> _State:
        """Look at a file, or at a link that leads nowhere."""
        path = self._folder / name
        try:
            status = path.stat() if path.exists() else path.lstat()
        except OSError:
            return _UNKNOWN
        renamed = _HAS_CHANGE_TIME and status.st_ctime_ns > status.st_mtime_ns
        return _State(status.st_size, status.st_mtime_ns, renamed)
