"""Reads single pages, for whoever waits for the answer, in a process with limits."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from formreader.errors import InputError
from formreader.export.json_files import to_dict
from formreader.options import ReadingOptions
from formreader.pages.loading import count_pages, load_page
from formreader.pipeline import FormReader
from formreader.workers.calls import LimitedCalls
from formreader.workers.limits import PageLimits

__all__ = ["PageReader"]

_MOST_PAGES = 20


class PageReader:
    """Reads files, one page after the other.

    A thread of its own asks the process, which ends with the thread that started it.

    Args:
        limits: What a page may take.
    """

    def __init__(self, limits: PageLimits | None = None) -> None:
        """Start nothing yet."""
        self._calls = LimitedCalls(limits or PageLimits())
        self._thread = ThreadPoolExecutor(1, "page-reader")

    def end(self) -> None:
        """End the process for good; whoever waits for a page gets an error."""
        self._calls.end()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def read(self, path: Path, options: ReadingOptions) -> list[dict[str, Any]]:
        """Read the pages of a file.

        Args:
            path: The file; the pages are named after it.
            options: How they are read.

        Returns:
            The pages as `formreader scan --format json` writes them.

        Raises:
            InputError: If a page cannot be read, or there are too many.
            FormReaderError: If a template or the model cannot be used.
        """
        task = self._thread.submit(self._read_all, path, options)
        return await asyncio.wrap_future(task)

    def _read_all(self, path: Path, options: ReadingOptions) -> list[dict[str, Any]]:
        count = self._calls.run(partial(count_pages, path), path)
        if count > _MOST_PAGES:
            raise InputError(
                f"the file has {count} pages, {_MOST_PAGES} are read at once; make a "
                "run of it"
            )
        changed = tuple(file.stat().st_mtime_ns for file in options.templates)
        return [
            self._calls.run(partial(_read, path, index, options, changed), path)
            for index in range(count)
        ]


def _read(
    path: Path, page_index: int, options: ReadingOptions, changed: tuple[int, ...]
) -> dict[str, Any]:
    reading = _make_reader(options, changed).read_page(load_page(path, page_index))
    return {**to_dict(reading), "source": path.name}


@lru_cache(maxsize=2)
def _make_reader(options: ReadingOptions, changed: tuple[int, ...]) -> FormReader:
    """Make what reads; the next pages have it ready, unless a template changed."""
    return options.make_reader()
