"""Waits for what happens in a folder, even in one that goes away and comes back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from watchfiles import Change, watch

__all__ = ["FolderEvents"]

_STEP_MS, _DEBOUNCE_MS, _TIMEOUT_MS = 20, 100, 200
_RETRY_S = 1.0


class FolderEvents:
    """The paths of a folder tree at which something has happened.

    Events are heard natively where the system tells them. It tells none of what another
    machine does in a network folder, so all of the folder is due to be looked at now
    and then as well.

    Args:
        folder: The folder.
        look_every_s: How often all of it is due to be looked at, in seconds.
        stop: Ends the waiting.
    """

    def __init__(self, folder: Path, look_every_s: float, stop: Event) -> None:
        """Hear nothing yet."""
        self._folder, self._look_every_s, self._stop = folder, look_every_s, stop

    def listen(self) -> Iterator[set[Path] | None]:
        """Yield a few times a second what has happened, until it is stopped.

        Yields:
            Paths that are new or have changed; the folder itself when all of it is due
            to be looked at, as at first and whenever it has come back; None as long as
            it is away.
        """
        while not self._stop.is_set():
            identity = _identify(self._folder)
            if identity is None:
                yield None
                self._stop.wait(_RETRY_S)
                continue
            yield from self._listen_to(identity)
            if not self._stop.is_set():
                yield None  # what is there now may be another folder

    def _listen_to(self, identity: tuple[int, int]) -> Iterator[set[Path]]:
        """Listen for as long as the folder stays the one that it is."""
        looked = -self._look_every_s
        for happened in self._hear():
            if _identify(self._folder) != identity:
                return
            if time.monotonic() - looked >= self._look_every_s:
                happened = {self._folder}
                looked = time.monotonic()
            yield happened

    def _hear(self) -> Iterator[set[Path]]:
        try:
            for changes in watch(
                self._folder.absolute(),
                watch_filter=None,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=self._stop,
                rust_timeout=_TIMEOUT_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                yield {
                    self._name(Path(path))
                    for kind, path in changes
                    if kind is not Change.deleted
                }
        except OSError:  # too many folders for the system: look at all of it instead
            while not self._stop.wait(_RETRY_S):
                yield set()

    def _name(self, path: Path) -> Path:
        """Name a path as the folder was named."""
        try:
            return self._folder / path.relative_to(self._folder.absolute())
        except ValueError:  # the system knows the folder by another name
            return self._folder


def _identify(folder: Path) -> tuple[int, int] | None:
    """Tell a folder from another that is mounted in its place; None if it is away."""
    try:
        with os.scandir(folder):
            status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
