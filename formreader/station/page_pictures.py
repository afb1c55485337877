"""Pictures of the pages of a run, drawn from its files."""

from __future__ import annotations

import os
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from formreader.errors import InputError, UnreadableFileError
from formreader.station.box_readings import BoxReadings
from formreader.station.page_drawing import (
    Drawn,
    DrawPage,
    PagePicture,
    make_drawer,
)
from formreader.store.machine.origin import (
    find_archives,
    has_split_sheets,
    ignores_marks,
)
from formreader.store.people.items import PageSource, find_page
from formreader.store.tables.connection import RunStore
from formreader.workers.limits import Loss, PageLimits, WorkerLostError
from formreader.workers.process import WorkerProcess

__all__ = ["PagePictures"]

_KEPT = 24  # pages in memory


class PagePictures:
    """Draws pages in a process with limits, and keeps the last ones.

    A context manager that starts the process and ends it, whatever it is at; to be
    entered before the station prints or answers anything, by a thread that outlives
    it. One thread of its own asks for pages, for as long as the station runs: a process
    ends with the thread that has started it, and one page at a time is enough, since
    each may be large. So whoever waits for a page keeps none of the threads that
    answer other requests.

    Args:
        store: The run.
        folder: Where its files are.
        limits: What a page may take.

    Attributes:
        boxes: Reads boxes that people draw on the pages.
    """

    def __init__(
        self, store: RunStore, folder: Path, limits: PageLimits | None = None
    ) -> None:
        """Keep no page yet."""
        self._store, self._folder = store, folder.resolve()
        limits = limits or PageLimits()
        self.boxes = BoxReadings(limits, ignore_marks=ignores_marks(store))
        self._worker: WorkerProcess[DrawPage, Drawn] = WorkerProcess(
            partial(make_drawer, limits), limits
        )
        self._thread = ThreadPoolExecutor(1, "page-pictures")
        self._drawn: OrderedDict[int, PagePicture] = OrderedDict()
        self._lost: dict[DrawPage, InputError] = {}

    def __enter__(self) -> Self:
        """Start the process, without waiting until it can draw."""
        self._worker.launch()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process and the thread."""
        self.end()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def end(self) -> None:
        """End the process for good; whoever waits for a page gets an error."""
        self._worker.end()
        self.boxes.end()

    def get(self, page_id: int) -> PagePicture | None:
        """Give a page as JPEG, shrunk; None if there is no such page.

        Raises:
            InputError: If its file cannot be read, is no longer there or has changed,
                or if the page costs too much.
            OutputError: If no process can be started.
        """
        return self.ask(page_id).result()

    def ask(self, page_id: int) -> Future[PagePicture | None]:
        """Have a page drawn, without waiting for it; the result is that of `get`."""
        return self._thread.submit(self._find, page_id)

    def locate(self, page_id: int) -> DrawPage | None:
        """Find the file of a page; None if there is no such page.

        Raises:
            InputError: If it is no longer there, has changed, or lies elsewhere.
        """
        source = find_page(self._store, page_id)
        if source is None:
            return None
        path, split = self._check(source), has_split_sheets(self._store)
        return DrawPage(path, source.page_index, split)

    def _find(self, page_id: int) -> PagePicture | None:
        if page_id in self._drawn:
            self._drawn.move_to_end(page_id)
            return self._drawn[page_id]
        task = self.locate(page_id)
        if task is None:
            return None
        picture = self._draw(task)
        self._drawn[page_id] = picture
        while len(self._drawn) > _KEPT:
            self._drawn.popitem(last=False)
        return picture

    def _draw(self, task: DrawPage) -> PagePicture:
        """Let the process draw a page; one that costs too much does so once."""
        if task in self._lost:
            raise self._lost[task]
        try:
            drawn = self._worker.ask(task)
        except WorkerLostError as lost:
            error = lost.as_error(task.path)
            if lost.loss is not Loss.DEATH:
                self._lost[task] = error
            raise error from None
        if isinstance(drawn, InputError):
            raise drawn
        return drawn

    def _check(self, source: PageSource) -> Path:
        """Find a file that is as it was when it was read."""
        path = self._locate(source)
        try:
            found = path.stat()
        except OSError as error:
            raise UnreadableFileError(
                "is not there any more; put it back to see the page", path=path
            ) from error
        if (found.st_size, found.st_mtime_ns) != (source.size, source.mtime_ns):
            raise UnreadableFileError("has changed since it was read", path=path)
        return path

    def _locate(self, source: PageSource) -> Path:
        """Find the file, in the folder of the run or in one that it moves files to.

        Raises:
            UnreadableFileError: If it lies anywhere else.
        """
        if source.moved_to is None:
            path, allowed = (
                Path(os.path.realpath(self._folder / source.name)),
                [self._folder],
            )
        else:
            path, allowed = (
                Path(os.path.realpath(source.moved_to)),
                find_archives(self._store),
            )
        if not any(path.is_relative_to(folder) for folder in allowed):
            raise UnreadableFileError("lies outside the folders of the run", path=path)
        return path
