"""How commands put things into words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from formreader.cli.messages import tell

if TYPE_CHECKING:
    from formreader.options import ReadingOptions

__all__ = ["count", "count_empty", "tell_promise", "tell_written"]


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Name a number of things.

    Example:
        >>> count(1, "page"), count(2, "page"), count(2, "copy", "copies")
        ('1 page', '2 pages', '2 copies')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def count_empty(pages: int) -> str:
    """Name the pages on which no field was found; empty for none.

    Example:
        >>> count_empty(1), count_empty(0)
        ('nothing found on 1 page', '')
    """
    return f"nothing found on {count(pages, 'page')}" if pages else ""


def tell_promise(options: ReadingOptions) -> None:
    """Say on stderr which promise is kept, if one was asked for."""
    if options.promise is not None:
        from formreader.promises.report import describe_promise

        tell(describe_promise(options.promise))


def tell_written(files: Sequence[Path]) -> None:
    """Say on stderr which files a command has written, one or more in a row."""
    names = str(files[0])
    if len(files) > 1:
        names += f" to {files[-1]}, {count(len(files), 'file')}"
    tell(f"written: {names}")
