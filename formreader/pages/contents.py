"""The bytes of a file, on disk or in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from formreader.errors import UnreadableFileError

__all__ = ["FileContent", "read_start"]

_START_BYTES = 1024  # in which a file says what it is


@dataclass(frozen=True)
class FileContent:
    """A file to load pages from.

    Attributes:
        path: Where it is; for bytes in memory how errors name them.
        data: The bytes, if they are in memory.
    """

    path: Path
    data: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(cls, given: Path | bytes, source: str | None) -> FileContent:
        """Take a path, or bytes that `source` names."""
        if isinstance(given, bytes):
            return cls(Path("bytes" if source is None else source), given)
        return cls(given)

    def open(self) -> BinaryIO:
        """Open it for reading.

        Raises:
            OSError: If it cannot be opened.
        """
        return self.path.open("rb") if self.data is None else BytesIO(self.data)

    def read_start(self) -> bytes:
        """Read the first bytes, enough to tell what it is.

        Raises:
            UnreadableFileError: If there are none, or they cannot be read.
        """
        if self.data is None:
            return read_start(self.path)
        if not self.data:
            raise UnreadableFileError("there are no bytes to read", path=self.path)
        return self.data[:_START_BYTES]


def read_start(path: Path) -> bytes:
    """Read the first bytes of a file, enough to tell what it is.

    Raises:
        UnreadableFileError: If there is no such file, or it is empty or cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise UnreadableFileError("not a file; give images or PDFs", path=path)
        with path.open("rb") as file:
            start = file.read(_START_BYTES)
    except FileNotFoundError as error:
        raise UnreadableFileError(
            "there is no such file; check the path", path=path
        ) from error
    except PermissionError as error:
        raise UnreadableFileError(
            "not allowed to read the file; check its permissions", path=path
        ) from error
    except OSError as error:
        raise UnreadableFileError(
            f"cannot read the file ({error.strerror}); copy it again", path=path
        ) from error
    if not start:
        raise UnreadableFileError("the file is empty; copy or scan it again", path=path)
    return start
