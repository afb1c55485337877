"""Moves files out of a watched folder once they have been read."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from formreader.store.machine import inventory
from formreader.store.machine.origin import add_archive
from formreader.store.tables.connection import RunStore

__all__ = ["Archive"]


class Archive:
    """Where files go that were read; those of which something failed stay.

    Args:
        store: Knows what was read, and is told where it is now.
        folder: The watched folder.
        target: The folder that they go to; None moves nothing.
        complain: Is told of a file that cannot be moved, and why; it stays for now.
    """

    def __init__(
        self,
        store: RunStore,
        folder: Path,
        target: Path | None,
        complain: Callable[[Path, OSError], None],
    ) -> None:
        """Move nothing yet, but let the run know where it will be."""
        self._store, self._folder, self._complain = store, folder, complain
        self._target = None if target is None else target.resolve()
        if self._target is not None:
            add_archive(store, self._target)

    def move_read_files(self) -> Iterator[str]:
        """Move what has been read since the last time.

        Yields:
            The name that each file had in the watched folder.
        """
        if self._target is None:
            return
        with self._store.read() as connection:
            read = inventory.files_to_move(connection)
        for file_id, name in read:
            if self._move(file_id, name, self._target):
                yield name

    def _move(self, file_id: int, name: str, target: Path) -> bool:
        source = self._folder / name
        if not source.exists():
            return False  # somebody else took it
        new_name = _find_free_name(target, name)
        # First the word, then the deed: if it ends in between, the file is found again
        # as a copy of itself, where the other way a new file of its name would replace
        # what was read.
        with self._store.write() as connection:
            inventory.note_move(connection, file_id, new_name, target / new_name)
        try:
            (target / new_name).parent.mkdir(parents=True, exist_ok=True)
            _move_file(source, target / new_name)
        except OSError as error:
            with self._store.write() as connection:
                inventory.note_move(connection, file_id, name, None)
            self._complain(source, error)
            return False
        return True


def _find_free_name(target: Path, name: str) -> str:
    """Give a file its own name, or one with a number if that is taken."""
    path = Path(name)
    if not os.path.lexists(target / path):
        return name
    numbered = (path.with_name(f"{path.stem}-{n}{path.suffix}") for n in count(1))
    free = next(one for one in numbered if not os.path.lexists(target / one))
    return free.as_posix()


def _move_file(source: Path, target: Path) -> None:
    """Move a file, to another disk if need be, where it appears as a whole.

    Raises:
        OSError: If it cannot be moved.
    """
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        partial = target.with_name(f".{target.name}.partial")
        try:
            shutil.copy2(source, partial)
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)
        source.unlink()
