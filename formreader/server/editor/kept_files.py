"""Files that browsers send, to make a form of them or to try one; kept for a while."""

from __future__ import annotations

import secrets
import shutil
import weakref
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from formreader.server.uploads import UploadLimits, receive_file

__all__ = ["KeptFiles"]

_LIMITS = UploadLimits(file_bytes=100_000_000, run_bytes=1_000_000_000)
_MOST_FILES = 12
_MOST_BYTES = 300_000_000  # of all together


class KeptFiles:
    """A folder of files by names that nobody guesses; the oldest make room.

    The folder goes with the server: a browser whose file is gone sends it again.

    Args:
        folder: Holds nothing else; what a server that was killed left there goes.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder with the first file."""
        shutil.rmtree(folder, ignore_errors=True)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._folder = folder / "files"

    async def keep(
        self, chunks: AsyncIterator[bytes], declared: int | None = None
    ) -> str:
        """Keep a file as it comes.

        Args:
            chunks: What it holds.
            declared: How large it is said to be, in bytes.

        Returns:
            Its name.

        Raises:
            InputError: If it is empty, too large, or no image or PDF.
            OutputError: If there is no room for it.
        """
        name = secrets.token_hex(16)
        self._folder.mkdir(parents=True, exist_ok=True)
        await receive_file(chunks, self._folder, name, _LIMITS, declared)
        await run_in_threadpool(_make_room, self._folder)
        return name

    def find(self, name: str) -> Path | None:
        """Find a file; None if it is not kept any more."""
        path = self._folder / name
        return path if path.is_file() else None


def _make_room(folder: Path) -> None:
    """Remove the oldest files beyond what is kept."""
    with suppress(OSError):  # another request removes them
        files = sorted(
            folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True
        )
        total = 0
        for number, path in enumerate(files):
            total += path.stat().st_size
            if number >= _MOST_FILES or (number and total > _MOST_BYTES):
                path.unlink(missing_ok=True)
