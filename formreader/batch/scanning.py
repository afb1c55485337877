"""Reads the inputs of one command, sheet by sheet, each within its limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from formreader.errors import FormReaderError, InputError, failed_page
from formreader.options import ReadingOptions
from formreader.pages.selection import PageSelection
from formreader.readings import PageReading
from formreader.records import PageImage
from formreader.workers.limits import (
    Loss,
    PageLimits,
    WorkerLostError,
    is_out_of_memory,
)
from formreader.workers.process import WorkerProcess

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from formreader.pages.loading import Document
    from formreader.pipeline import FormReader

__all__ = [
    "OpenInput",
    "ScanOptions",
    "ScannedPage",
    "SheetReader",
    "scan_input",
    "start_reader",
]


@dataclass(frozen=True)
class ScanOptions:
    """How inputs are read, and what is drawn of them.

    Attributes:
        reading: How pages are read.
        pages: Which pages of each input; None for all.
        overlay: Whether what was read is drawn on the page.
        explain: Whether it is drawn how fields were found.
    """

    reading: ReadingOptions
    pages: PageSelection | None = None
    overlay: bool = False
    explain: bool = False


@dataclass(frozen=True)
class OpenInput:
    """Open an input.

    Attributes:
        path: The file; for bytes how they are named.
        data: The bytes, if they came from elsewhere.
    """

    path: Path
    data: bytes | None = None


@dataclass(frozen=True)
class _ReadSheet:
    """Read a sheet, by its 0-based number, of the input that is open."""

    index: int


@dataclass(frozen=True)
class _Opened:
    """What an input holds.

    Attributes:
        page_count: How many sheets it has.
        wanted: 0-based numbers of those that are asked for.
        missing: Says which one is asked for and is not there.
    """

    page_count: int
    wanted: tuple[int, ...]
    missing: InputError | None


@dataclass(frozen=True)
class ScannedPage:
    """A page that was read.

    Attributes:
        reading: What was read.
        page_count: Of its input.
        pictures: PNGs of it: the overlay, then the explanation, as asked for.
    """

    reading: PageReading
    page_count: int
    pictures: tuple[bytes, ...] = ()


Task = OpenInput | _ReadSheet
_Pages = tuple[ScannedPage | FormReaderError, ...]
Answer = _Opened | FormReaderError | _Pages | None
ReaderProcess = WorkerProcess[Task, Answer]


class SheetReader:
    """Carries out the tasks, in a worker process.

    Args:
        options: How inputs are read.
        limits: What a sheet may take, to say it of one that took more.
    """

    def __init__(self, options: ScanOptions, limits: PageLimits) -> None:
        """Load the models."""
        self._options, self._limits = options, limits
        self._reader = options.reading.make_reader()
        self._files = ExitStack()
        self._document: Document | None = None
        self._path = Path()

    def run(self, task: Task) -> Answer:
        """Open an input, or read a sheet; None if no input is open."""
        if isinstance(task, OpenInput):
            return self._open(task)
        return None if self._document is None else self._read(self._document, task)

    def close(self) -> None:
        """Close the input."""
        self._files.close()
        self._document = None

    def _open(self, task: OpenInput) -> _Opened | FormReaderError:
        from formreader.pages.loading import check_selection, open_document

        self.close()
        self._path = task.path
        given = task.path if task.data is None else task.data
        try:
            document = open_document(given, str(task.path))
        except InputError as error:
            return self._explain(error)
        self._document = document
        self._files.enter_context(document)
        pages = self._options.pages
        wanted = tuple(
            index
            for index in range(document.page_count)
            if pages is None or index + 1 in pages
        )
        missing = check_selection(pages, document.page_count, task.path)
        return _Opened(document.page_count, wanted, missing)

    def _read(self, document: Document, task: _ReadSheet) -> _Pages:
        from formreader.pages.loading import load_sheet

        split = self._options.reading.split
        loaded = load_sheet(document, task.index, self._path, split)
        return tuple(
            self._explain(page) if isinstance(page, InputError) else self._scan(page)
            for page in loaded
        )

    def _scan(self, page: PageImage) -> ScannedPage | FormReaderError:
        """Read a page and draw it; whatever this raises is its own failure."""
        try:
            reading = _read_page(self._reader, page, self._options.reading.strip)
            pictures = tuple(_draw(self._options, self._reader, page, reading))
        except Exception as error:
            return self._explain(failed_page(error, self._path, page.page_index))
        return ScannedPage(reading, page.page_count, pictures)

    def _explain(self, error: FormReaderError) -> FormReaderError:
        """Say of a page that lacked memory how much it might take."""
        if not is_out_of_memory(error):
            return error
        lost = WorkerLostError(Loss.MEMORY, self._limits)
        return lost.as_error(self._path, error.page_index)


class Asked(Protocol):
    """Whoever carries out the tasks."""

    def ask(self, task: Task) -> Answer:
        """Carry out a task.

        Raises:
            WorkerLostError: If it takes more than it may.
            FormReaderError: If a model or template cannot be used.
        """
        ...


def start_reader(
    options: ScanOptions, limits: PageLimits
) -> WorkerProcess[Task, Answer]:
    """Start a process that reads, and do not wait for it."""
    worker: WorkerProcess[Task, Answer] = WorkerProcess(
        partial(_make_reader, options, limits), limits
    )
    worker.launch()
    return worker


def scan_input(
    worker: Asked, task: OpenInput
) -> Iterator[ScannedPage | FormReaderError]:
    """Read the sheets of an input; what cannot be read or costs too much has failed.

    Args:
        worker: Reads.
        task: Opens the input.

    Yields:
        Each page, or an error in its place.
    """
    opened = _open_input(worker, task)
    if isinstance(opened, FormReaderError):
        yield opened
        return
    if opened.missing is not None:
        yield opened.missing
    for index in opened.wanted:
        try:
            yield from _read_sheet(worker, task, index)
        except WorkerLostError as lost:
            yield lost.as_error(task.path, index if opened.page_count > 1 else None)


def _open_input(worker: Asked, task: OpenInput) -> _Opened | FormReaderError:
    try:
        opened = worker.ask(task)
    except WorkerLostError as lost:
        return lost.as_error(task.path)
    assert isinstance(opened, _Opened | FormReaderError)
    return opened


def _read_sheet(worker: Asked, task: OpenInput, index: int) -> _Pages:
    """Read a sheet; a process that is new since the last one opens the input first."""
    pages = worker.ask(_ReadSheet(index))
    if pages is None:
        opened = _open_input(worker, task)
        if isinstance(opened, FormReaderError):
            return (opened,)
        pages = worker.ask(_ReadSheet(index))
    assert isinstance(pages, tuple)
    return pages


def _make_reader(options: ScanOptions, limits: PageLimits) -> Callable[[Task], Answer]:
    return SheetReader(options, limits).run


def _read_page(reader: FormReader, page: PageImage, strip: str | None) -> PageReading:
    if strip is None:
        return reader.read_page(page)
    return reader.read_strip_page(page, strip)


def _draw(
    options: ScanOptions, reader: FormReader, page: PageImage, reading: PageReading
) -> Iterator[bytes]:
    """Draw the pictures that are asked for."""
    if options.overlay:
        from formreader.export.overlay import draw_overlay

        yield _encode(draw_overlay(page, reading))
    if options.explain:
        from formreader.export.explanation import draw_explanation

        yield _encode(draw_explanation(page, reading, reader.separator))


def _encode(picture: npt.NDArray[np.uint8]) -> bytes:
    import cv2

    return cv2.imencode(".png", picture)[1].tobytes()
