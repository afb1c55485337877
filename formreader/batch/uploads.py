"""The files that a Dask cluster was sent, each once while its pages are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from formreader.batch.remote import SentFile
from formreader.errors import UnreadableFileError
from formreader.pages.loading import read_start

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["Uploads"]

_LARGEST = 256 * 2**20  # bytes of one file
_LARGE_GRAPH = "distributed.admin.large-graph-warning-threshold"  # Dask warns above
_MOST = 512 * 2**20  # bytes of all files that are being read


@dataclass
class _Upload:
    """A file that was sent."""

    future: Future[SentFile]
    size: int
    readers: int = 0  # tasks under way


class Uploads:
    """Sends files, and lets the cluster forget them when no task needs them.

    The last one is kept a little longer: its next page comes next.

    Args:
        client: The cluster.
    """

    def __init__(self, client: Client) -> None:
        """Hold nothing yet."""
        self._client = client
        self._held: dict[Path, _Upload] = {}
        self._last: Path | None = None

    def has_room(self, path: Path) -> bool:
        """Tell whether a file can be sent without holding too much at once."""
        held = sum(upload.size for upload in self._held.values() if upload.readers)
        return path in self._held or not held or held + _find_size(path) <= _MOST

    def hold(self, path: Path) -> Future[SentFile]:
        """Send a file unless it is there, and keep it until `release`.

        Raises:
            UnreadableFileError: If it cannot be read or is too large.
        """
        if path not in self._held:
            content, mtime_ns = _read(path)
            self._held[path] = _Upload(self._send(content, mtime_ns), len(content))
        upload = self._held[path]
        upload.readers += 1
        last, self._last = self._last, path
        if last is not None and last != path:
            self._drop_unused(last)
        return upload.future

    def release(self, path: Path) -> None:
        """Say that a task no longer needs a file."""
        if path in self._held:
            self._held[path].readers -= 1
            if path != self._last:
                self._drop_unused(path)

    def forget(self, path: Path) -> None:
        """Let go of a file that may be lost, so that it is sent again."""
        self._held.pop(path, None)

    def _drop_unused(self, path: Path) -> None:
        if path in self._held and not self._held[path].readers:
            del self._held[path]

    def _send(self, content: bytes, mtime_ns: int) -> Future[SentFile]:
        import dask

        # A task of its own, not scattered data: when the only worker that has it dies,
        # the scheduler does the task again.
        with dask.config.set(
            {"distributed.admin.large-graph-warning-threshold": "1TB"}
        ):
            return self._client.submit(
                SentFile,
                content,
                mtime_ns,
                key=f"formreader-file-{uuid4().hex}",
                pure=False,
            )


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
    if before.st_size > _LARGEST:
        raise UnreadableFileError(
            f"the file has more than {_LARGEST // 2**20} MB, too much to send it; use "
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
