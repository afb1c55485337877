"""Files that browsers bring: taken as they come, and whole or not there.

A file lies in a hidden folder until it is complete; what a process that was killed left
there is thrown away, and bringing the same file again adds nothing.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool

from formreader.errors import FormReaderError, InputError, OutputError
from formreader.pages.folders import is_page
from formreader.server.held_bytes import HeldBytes
from formreader.server.scan_names import clean_name, find_free_name

__all__ = [
    "NoRoomError",
    "ReceivedFile",
    "TooLargeError",
    "TooManyError",
    "UploadLimits",
    "discard_parts",
    "hold_place",
    "receive_file",
]

INCOMING = ".incoming"
"""The folder, in a run folder, of files that are on their way."""

_PART = 1_000_000  # bytes that are written at once
_PLACING = Lock()
_MOST_AT_ONCE = 40
_PLACES = BoundedSemaphore(_MOST_AT_ONCE)
_HELD = HeldBytes()


class TooLargeError(InputError):
    """The file is larger than what is taken."""


class NoRoomError(OutputError):
    """The disk, or what the run may take of it, is full."""


class TooManyError(OutputError):
    """As many files are on their way as are taken at once."""


@contextmanager
def hold_place() -> Iterator[None]:
    """Hold one of the places for files that are on their way, or wait to be read.

    Raises:
        TooManyError: If there is none.
    """
    if not _PLACES.acquire(blocking=False):
        raise TooManyError(
            f"{_MOST_AT_ONCE} files are being taken already; send this one again in "
            "a moment"
        )
    try:
        yield
    finally:
        _PLACES.release()


@dataclass(frozen=True)
class UploadLimits:
    """How much is taken.

    Attributes:
        file_bytes: Of one file.
        run_bytes: Of all files of a run.
        spare_bytes: Left free on the disk, for the store and everybody else.
    """

    file_bytes: int = 500_000_000
    run_bytes: int = 100_000_000_000
    spare_bytes: int = 500_000_000


@dataclass(frozen=True)
class ReceivedFile:
    """A file that was taken.

    Attributes:
        name: What it is called in the folder of the scans, with `/`.
        bytes: Its size.
        is_known: Whether the same file lay there already.
    """

    name: str
    bytes: int
    is_known: bool


async def receive_file(
    chunks: AsyncIterator[bytes],
    folder: Path,
    name: str,
    limits: UploadLimits,
    declared: int | None = None,
) -> ReceivedFile:
    """Take a file into a folder.

    Args:
        chunks: What it holds, as it comes; no more than 1 MB is kept in memory.
        folder: The folder of the scans; on its way the file lies beside it.
        name: What the browser calls it.
        limits: How much is taken.
        declared: How large it is said to be, in bytes; nothing is taken of one that
            would be too large.

    Raises:
        TooLargeError: If it is too large.
        NoRoomError: If there is no room for it.
        InputError: If it is empty, or no image or PDF.
    """
    incoming = folder.parent / INCOMING
    await run_in_threadpool(_check_room, folder, limits, declared or 0)
    part = await run_in_threadpool(_make_part, incoming, name)
    try:
        digest, size = await _write(chunks, part, folder, limits)
        return await run_in_threadpool(_place, part, folder, name, digest, size)
    except OSError as error:
        raise _no_room(f"cannot be written ({error.strerror})") from error
    finally:
        _discard(part, folder)


def discard_parts(run: Path) -> None:
    """Throw away what a process that ended left half taken."""
    shutil.rmtree(run / INCOMING, ignore_errors=True)


def _check_room(folder: Path, limits: UploadLimits, size: int) -> None:
    """Refuse a file for which there is no room, before any of it is taken."""
    if size > limits.file_bytes:
        raise _too_large(limits)
    if shutil.disk_usage(folder.parent).free - size < limits.spare_bytes:
        raise _no_room("the disk is full")
    most = limits.run_bytes - size
    if _HELD.count(folder) > most and _HELD.count(folder, anew=True) > most:
        raise _no_room("the run holds as much as a run may")


def _discard(part: Path, folder: Path) -> None:
    """Remove what lies on its way still: it was refused, or lay there already."""
    with suppress(OSError):
        size = part.lstat().st_size
        part.unlink()
        _HELD.add(folder, -size)


def _make_part(incoming: Path, name: str) -> Path:
    """Make an empty file, with the ending that the name has."""
    try:
        incoming.mkdir(exist_ok=True)
        part = incoming / f"{secrets.token_hex(8)}{clean_name(name).suffix}"
        part.touch(0o600, exist_ok=False)
    except OSError as error:
        raise _no_room(f"cannot be written ({error.strerror})") from error
    return part


async def _write(
    chunks: AsyncIterator[bytes], part: Path, folder: Path, limits: UploadLimits
) -> tuple[str, int]:
    """Write what comes; give its checksum and size."""
    digest, size, held = hashlib.sha256(), 0, bytearray()
    stream = await run_in_threadpool(part.open, "wb")
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > limits.file_bytes:
                raise _too_large(limits)
            digest.update(chunk)
            held += chunk
            if len(held) >= _PART:
                await run_in_threadpool(_append, stream, bytes(held), folder, limits)
                held.clear()
        await run_in_threadpool(_append, stream, bytes(held), folder, limits)
        await run_in_threadpool(_settle, stream)
    finally:
        await run_in_threadpool(stream.close)
    return digest.hexdigest(), size


def _append(
    stream: BinaryIO, content: bytes, folder: Path, limits: UploadLimits
) -> None:
    stream.write(content)
    _HELD.add(folder, len(content))
    if shutil.disk_usage(stream.name).free < limits.spare_bytes:
        raise _no_room("the disk is full")


def _settle(stream: BinaryIO) -> None:
    """Let a power cut take nothing of it any more."""
    stream.flush()
    os.fsync(stream.fileno())


def _place(part: Path, folder: Path, name: str, digest: str, size: int) -> ReceivedFile:
    """Give a complete file its name, unless the same lies there."""
    if not size:
        raise InputError("the file is empty; scan the page again")
    if not is_page(part):
        raise InputError(
            "no image or PDF; convert it to PDF, PNG, TIFF or JPEG if it is a scan"
        )
    wanted = clean_name(name)
    with _PLACING:
        path = folder / wanted
        if is_known := _holds(path, digest, size):
            return ReceivedFile(wanted.as_posix(), size, is_known)
        path = find_free_name(folder, wanted)
        path.parent.mkdir(parents=True, exist_ok=True)
        part.rename(path)
    return ReceivedFile(path.relative_to(folder).as_posix(), size, is_known)


def _holds(path: Path, digest: str, size: int) -> bool:
    """Tell whether a file is the same as one that was taken."""
    if not path.is_file() or path.stat().st_size != size:
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == digest


def _too_large(limits: UploadLimits) -> TooLargeError:
    return TooLargeError(
        f"the file is larger than {limits.file_bytes / 1e6:,.0f} MB; scan it at a "
        "lower resolution, or split it"
    )


def _no_room(problem: str) -> FormReaderError:
    return NoRoomError(f"{problem}; make room on the disk, and bring the file again")
