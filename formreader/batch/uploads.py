"""The files that a Dask cluster was sent, each once while its pages are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from formreader.batch.remote import SentFile
from formreader.errors import UnreadableFileError
from formreader.pages.contents import read_start
from formreader.store.records import InspectFile, Task

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["LARGEST", "Uploads"]

LARGEST = 256 * 2**20
"""Bytes of one file."""

_MOST = 512 * 2**20  # bytes of all files that are being read


@dataclass
class _Upload:
    """A file that was sent."""

    future: Future[SentFile]
    size: int
    readers: int = 0  # tasks under way


class Uploads:
    """Sends files, and lets the cluster forget them when no task needs them.

    What is asked about a file first travels with the question, since most files have
    one page. The further pages of a file share one copy, which is kept a little longer
    than needed: the next page comes next.

    Args:
        client: The cluster.
    """

    def __init__(self, client: Client) -> None:
        """Hold nothing yet."""
        self._client = client
        self._alone: dict[Task, int] = {}
        self._shared: dict[Path, _Upload] = {}
        self._last: Path | None = None

    def has_room(self, path: Path) -> bool:
        """Tell whether a file can be sent without holding too much at once."""
        shared = sum(upload.size for upload in self._shared.values() if upload.readers)
        held = shared + sum(self._alone.values())
        return path in self._shared or not held or held + _find_size(path) <= _MOST

    def send(self, task: Task) -> Future[SentFile] | SentFile:
        """Give what a task needs to open its file; it is held until `release`.

        Raises:
            UnreadableFileError: If the file cannot be read or is too large.
            OSError: If it cannot be read any more.
        """
        if isinstance(task, InspectFile) or task.page_index == 0:
            content, mtime_ns = _read(task.path)
            self._alone[task] = len(content)
            return SentFile(content, mtime_ns)
        return self._share(task.path)

    def release(self, task: Task) -> None:
        """Say that a task has ended."""
        path = task.path
        if self._alone.pop(task, None) is None and path in self._shared:
            self._shared[path].readers -= 1
            if path != self._last:
                self._drop_unused(path)

    def forget(self, path: Path) -> None:
        """Let go of a file that may be lost, so that it is sent again."""
        self._shared.pop(path, None)

    def _share(self, path: Path) -> Future[SentFile]:
        """Send a file unless it is there."""
        if path not in self._shared:
            content, mtime_ns = _read(path)
            future = self._put(content, mtime_ns)
            self._shared[path] = _Upload(future, len(content))
        upload = self._shared[path]
        upload.readers += 1
        last, self._last = self._last, path
        if last is not None and last != path:
            self._drop_unused(last)
        return upload.future

    def _drop_unused(self, path: Path) -> None:
        if path in self._shared and not self._shared[path].readers:
            del self._shared[path]

    def _put(self, content: bytes, mtime_ns: int) -> Future[SentFile]:
        # A task of its own, not scattered data: when the only worker that has it dies,
        # the scheduler does the task again.
        sent: Future[SentFile] = self._client.submit(
            SentFile,
            content,
            mtime_ns,
            key=f"formreader-file-{uuid4().hex}",
            pure=False,
        )
        return sent


def _find_size(path: Path) -> int:
    """Look up a size in bytes; 0 if there is nothing, which reading will say."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _read(path: Path) -> tuple[bytes, int]:
    """Read a file and when it was last changed, in nanoseconds.

    Raises:
        UnreadableFileError: If it cannot be read, is too large, or changes meanwhile.
    """
    read_start(path)
    before = path.stat()
    if before.st_size > LARGEST:
        raise UnreadableFileError(
            f"the file has more than {LARGEST // 2**20} MB, too much to send it; use "
            "--shared-folder",
            path=path,
        )
    with path.open("rb") as file:
        content = file.read(before.st_size + 1)
    after = path.stat()
    state = (after.st_size, after.st_mtime_ns)
    if (before.st_size, before.st_mtime_ns) != state or len(content) != after.st_size:
        raise UnreadableFileError(
            "the file changed while it was read; start again once it is complete",
            path=path,
        )
    return content, after.st_mtime_ns
