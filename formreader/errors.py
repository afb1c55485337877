"""Every error that formreader raises on purpose.

    FormReaderError
    ├── InputError               the file given cannot be used        exit 3
    │   ├── UnreadableFileError  not there, not an image, damaged
    │   └── RegistrationError    not the form of the template
    ├── TemplateError            the form template is wrong           exit 4
    ├── ModelError               the digit model cannot be used       exit 5
    └── OutputError              the result cannot be written         exit 6
        └── StoreError           a run cannot be used; `formreader.store.errors`

A `ValueError` or `TypeError` from this package is a programmer's mistake; no command
catches it.
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import ClassVar


class ExitCode(IntEnum):
    """What the commands return to the shell.

    2 is click's own, for wrong usage; 130 and 141 are what shells make of the signals
    of Ctrl-C and of a pipe that nobody reads any more.
    """

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    INPUT = 3
    TEMPLATE = 4
    MODEL = 5
    OUTPUT = 6
    SOME_FAILED = 7
    STOPPED = 130
    READER_GONE = 141


def show_text(text: object) -> str:
    r"""Write a name or a text so that it stays in its line, and a terminal unharmed.

    All that a person reads on a terminal or in a log, and that may come from outside,
    passes here: control characters, line ends, what turns the direction of writing and
    what has no width are written as escapes.

    Example:
        >>> show_text("room 1/a\nb.jpg"), show_text("café.jpg")
        ('room 1/a\\nb.jpg', 'café.jpg')
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in str(text)
    )


class FormReaderError(Exception):
    """Base class of every error formreader raises on purpose.

    Attributes:
        message: What went wrong and what the user can do about it.
        path: The file concerned, if any.
        page_index: The 0-based page within `path`, if any.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.UNEXPECTED

    def __init__(
        self, message: str, *, path: Path | None = None, page_index: int | None = None
    ) -> None:
        """Keep the message apart from the place it speaks of."""
        super().__init__(message)
        self.message = message
        self.path = path
        self.page_index = page_index

    def __str__(self) -> str:
        """Name the file and the page (1-based) before the message, in one line."""
        if self.path is None:
            return show_text(self.message)
        page = "" if self.page_index is None else f", page {self.page_index + 1}"
        return show_text(f"{self.path}{page}: {self.message}")


class InputError(FormReaderError):
    """The input cannot be used."""

    exit_code = ExitCode.INPUT


class UnreadableFileError(InputError):
    """The file is missing, is no image, is damaged or is too large."""


class RegistrationError(InputError):
    """The page cannot be aligned with the template."""


class TemplateError(FormReaderError):
    """The form template is missing or wrong.

    Attributes:
        field: The name of the field that is wrong; empty if it is none, or has none.
    """

    exit_code = ExitCode.TEMPLATE
    field: str = ""


class ModelError(FormReaderError):
    """The digit model is missing, damaged or of another kind."""

    exit_code = ExitCode.MODEL


class OutputError(FormReaderError):
    """The result cannot be written."""

    exit_code = ExitCode.OUTPUT


def failed_page(
    error: Exception, path: Path, page_index: int | None
) -> FormReaderError:
    """Turn whatever a page raised into an error that costs this page alone.

    Args:
        error: What was raised.
        path: The file, as the user named it.
        page_index: The 0-based page in it.

    Returns:
        An error raised on purpose as it is; for any other one that says what to do.
    """
    if isinstance(error, FormReaderError):
        return error
    if isinstance(error, MemoryError):
        message = "too little memory to read the page; scan at a lower resolution"
    else:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        message = (
            f"unexpected error ({what}); please report it, with the page if possible"
        )
    failure = InputError(message, path=path, page_index=page_index)
    failure.__cause__ = error
    return failure
