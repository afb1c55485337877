"""Files that browsers send, to make a form of them or to try one; kept for a while."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from formreader.errors import InputError

__all__ = ["LARGEST_FILE", "Uploads"]

LARGEST_FILE = 100_000_000
"""Bytes of one file."""

_MOST_FILES = 12
_MOST_BYTES = 300_000_000  # of all together


class Uploads:
    """A folder of files by the SHA-256 of what they hold; the oldest make room.

    The folder goes with the server: a browser whose file is gone sends it again.
    """

    def __init__(self) -> None:
        """Make the folder with the first file."""
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def keep(self, chunks: AsyncIterator[bytes]) -> str:
        """Keep a file as it comes.

        Returns:
            Its name.

        Raises:
            InputError: If it is empty or too large.
        """
        folder, digest, size = self._open(), hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".") as stream:
            async for chunk in chunks:
                size += len(chunk)
                if size > LARGEST_FILE:
                    limit = LARGEST_FILE // 1_000_000
                    raise InputError(f"the file is larger than {limit} MB")
                digest.update(chunk)
                await run_in_threadpool(stream.write, chunk)
            if not size:
                raise InputError("the file is empty")
            stream.flush()
            name = digest.hexdigest()
            kept = folder / name
            kept.unlink(missing_ok=True)
            kept.hardlink_to(stream.name)
        self._make_room(folder)
        return name

    def find(self, name: str) -> Path | None:
        """Find a file; None if it is not kept any more."""
        path = self._open() / name
        return path if path.is_file() else None

    def _open(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="formreader-")
        return Path(self._folder.name)

    def _make_room(self, folder: Path) -> None:
        files = [path for path in folder.iterdir() if not path.name.startswith(".")]
        files.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
        total = 0
        for number, path in enumerate(files):
            total += path.stat().st_size
            if number >= _MOST_FILES or (number and total > _MOST_BYTES):
                path.unlink(missing_ok=True)
