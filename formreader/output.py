"""Where results go: stdout, or a file that is whole or not there."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

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
            yield sys.stdout
            sys.stdout.flush()
        elif path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as stream:
                yield stream
        else:
            with replace_file(path.resolve()) as stream:
                yield stream
    except BrokenPipeError:
        raise  # the reader has gone, as `head` does; click ends without a word
    except OSError as error:
        if path is None:
            _silence_stdout()
        raise OutputError(
            f"cannot write ({error.strerror}); choose another place with -o", path=path
        ) from error


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
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    partial = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
        partial.chmod(0o666 & ~_current_umask())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _silence_stdout() -> None:
    """Keep Python from failing once more when it flushes stdout at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
