"""Reads a file in any process: for executors of one's own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from formreader.options import ReadingOptions
from formreader.readings import PageFailure, PageReading

if TYPE_CHECKING:
    from formreader.pipeline import FormReader

__all__ = ["read_file"]


def read_file(
    path: str | Path, options: ReadingOptions | None = None
) -> list[PageReading | PageFailure]:
    """Read the pages of one file; for `map` of an executor, a pool or a cluster.

    A process loads the models once, with its first file. What it takes and returns can
    be pickled.

    Args:
        path: A PDF or image.
        options: How pages are read; without a template by default.

    Returns:
        A reading for each page, a failure for each page or file that cannot be used.

    Raises:
        ModelError: If the model cannot be used.
        TemplateError: If a template is wrong.

    Example:
        >>> [page] = read_file("samples/exam-cover-1.jpg")
        >>> [field.value for field in page.fields]
        ['52586982', '3047']
    """
    options = options or ReadingOptions()
    reader = _load_reader(options)
    return list(reader.read_many([path], strip=options.strip, split=options.split))


@lru_cache(maxsize=1)
def _load_reader(options: ReadingOptions) -> FormReader:
    """Load the models for a process; tasks of one kind come one after the other."""
    return options.make_reader()
