"""Reads a folder into a run as files arrive in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from formreader.batch.archive import Archive
from formreader.batch.arrivals import Arrivals
from formreader.batch.events import FolderEvents
from formreader.batch.executors import Executor
from formreader.batch.listing import Selection, list_files
from formreader.batch.runner import Observer, read_all, take_up
from formreader.errors import UnreadableFileError
from formreader.store.tables.connection import RunStore

__all__ = ["WatchObserver", "Watching", "watch_folder"]

_REFRESH_S = 5.0  # between two refreshes of the tables
_REFRESH_SHARE = 0.1  # of the time at most goes into them


class WatchObserver(Observer, Protocol):
    """Anyone who wants to know what is read, and whether the folder is there."""

    def lose_folder(self) -> None:
        """The folder has gone away."""
        ...

    def find_folder(self) -> None:
        """The folder is back."""
        ...

    def complain(self, path: Path, error: OSError) -> None:
        """A file cannot be moved."""
        ...


@dataclass(frozen=True)
class Watching:
    """How a folder is watched.

    Attributes:
        selection: Which files are wanted.
        settle_s: How long a file must stay as it is to count as complete, in seconds.
        look_every_s: How often all of the folder is looked at, in seconds.
        move_to: Where files go that were read; None leaves them where they are.
    """

    selection: Selection
    settle_s: float = 2.0
    look_every_s: float = 30.0
    move_to: Path | None = None


def watch_folder(
    store: RunStore,
    folder: Path,
    executor: Executor,
    watching: Watching,
    observer: WatchObserver,
    refresh: Callable[[], object],
    stop: Event,
) -> None:
    """Read what is in a folder and what arrives in it, until it is stopped.

    Args:
        store: The store.
        folder: The folder.
        executor: Carries out the work.
        watching: How the folder is watched.
        observer: Is told what is read.
        refresh: Writes the tables of the run anew.
        stop: Ends it; what is under way is read again at the next start.

    Raises:
        OutputError: If the store or the workers cannot be reached any more, or files
            cannot be moved.
    """
    arrivals = Arrivals(folder, watching.settle_s)
    archive = Archive(store, folder, watching.move_to, observer.complain)
    tables = _Tables(refresh)
    is_away = False
    for happened in FolderEvents(folder, watching.look_every_s, stop).listen():
        if happened is None:
            if not is_away:
                observer.lose_folder()
            is_away = True
            continue
        came_back, is_away = is_away, False
        if came_back:
            observer.find_folder()
        _note(arrivals, folder, watching, store.run, happened)
        found = arrivals.take(time.monotonic())
        if found or came_back or tables.is_first:
            # What failed while the folder went away is tried again.
            take_up(store, found, retry_failed=came_back)
            read_all(store, folder, executor, observer, stop)
            for name in archive.move_read_files():
                arrivals.forget(name)
            tables.touch()
        tables.refresh_if_due()
    tables.refresh_at_last()


def _note(
    arrivals: Arrivals,
    folder: Path,
    watching: Watching,
    run: Path,
    happened: Iterable[Path],
) -> None:
    """See what has happened, and look once more at files that seem complete."""
    now = time.monotonic()
    with suppress(UnreadableFileError):  # the folder has just gone away
        for path in happened:
            for found in list_files(folder, watching.selection, run, below=path):
                arrivals.note(found, now)
        for name in arrivals.due(now):
            below = folder / name
            again = list(list_files(folder, watching.selection, run, below=below))
            for found in again:
                arrivals.note(found, now)
            if not again:
                arrivals.drop(name)


class _Tables:
    """Refreshes the tables of a run, but not for every page of a busy scanner."""

    def __init__(self, refresh: Callable[[], object]) -> None:
        self._refresh = refresh
        self._is_stale, self._next = False, 0.0
        self.is_first = True

    def touch(self) -> None:
        """Say that there is something new."""
        self._is_stale, self.is_first = True, False

    def refresh_if_due(self) -> None:
        """Write them if they are stale and the last time is long enough ago."""
        began = time.monotonic()
        if self._is_stale and began >= self._next:
            self._refresh()
            self._is_stale = False
            took = time.monotonic() - began
            self._next = began + max(_REFRESH_S, took / _REFRESH_SHARE)

    def refresh_at_last(self) -> None:
        """Write them if they are stale."""
        if self._is_stale:
            self._refresh()
