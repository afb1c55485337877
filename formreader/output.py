"""Where results go: stdout, or a file that is whole or not there."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from formreader.errors import OutputError


@contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Open what a result is written to.

    A file takes its name when it is complete; if the block ends with an exception, what
    stood there before stays. A device or pipe is written to as it is.

    Args:
        path: The file, or None for stdout.

    Yields:
        A text stream in UTF-8 that leaves line ends alone.

    Raises:
        OutputError: If it cannot be opened or written.
    """
    try:
        if path is None:
            yield _open_stdout()
            sys.stdout.flush()
        elif path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as stream:
                yield stream
        else:
            with replace_file(_target(path)) as stream:
                yield stream
    except BrokenPipeError:
        raise  # the reader has gone, as `head` does; click ends without a word
    except OSError as error:
        if path is None:
            send_nowhere(sys.stdout.fileno())  # Python flushes it once more at exit
        raise _refuse(path, error) from error


@contextmanager
def open_binary_output(path: Path) -> Iterator[BinaryIO]:
    """Open a file that a result in binary form is written to.

    It takes its name when it is complete, as with `open_output`.

    Args:
        path: The file.

    Yields:
        A binary stream that can seek.

    Raises:
        OutputError: If it cannot be opened or written, or is no ordinary file.
    """
    if path.exists() and not path.is_file():
        raise OutputError("not an ordinary file; give the name of one", path=path)
    try:
        with _replace_bytes(_target(path)) as stream:
            yield stream
    except OSError as error:
        raise _refuse(path, error) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that is whole or not there; a device or pipe as it is.

    Args:
        path: The file.
        content: What it holds.

    Raises:
        OSError: If it cannot be written.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    with _replace_bytes(_target(path)) as stream:
        stream.write(content)


def send_nowhere(descriptor: int) -> None:
    """Let what is still written to an open file descriptor be lost without an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


@contextmanager
def replace_file(path: Path) -> Iterator[TextIO]:
    """Write beside a file, then take its place.

    What stood there before stays until the new file is complete, and if the block ends
    with an exception.

    Args:
        path: The file.

    Yields:
        A text stream in UTF-8 that leaves line ends alone.

    Raises:
        OSError: If it cannot be written.
    """
    with _replace_bytes(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()


@contextmanager
def _replace_bytes(path: Path) -> Iterator[BinaryIO]:
    """Write bytes beside a file, then take its place."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        partial.chmod(0o666 & ~_current_umask())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _refuse(path: Path | None, error: OSError) -> OutputError:
    return OutputError(
        f"cannot write ({error.strerror or error}); choose another place with -o",
        path=path,
    )


def _target(path: Path) -> Path:
    """Follow links, so that a result goes where its name leads.

    A link that leads to itself is replaced.
    """
    return Path(os.path.realpath(path))


def _current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _open_stdout() -> TextIO:
    """Let stdout be what a file would be, whatever the locale and the system say.

    Raises:
        OutputError: If the command was started without one.
    """
    if sys.stdout is None:
        raise OutputError("there is no stdout to write to; give a file with -o")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="strict", newline="")
    return sys.stdout
