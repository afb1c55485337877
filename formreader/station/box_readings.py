"""Reads boxes that people draw on pages, in a process with limits of its own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from formreader.errors import InputError, failed_page
from formreader.geometry import Box
from formreader.station.page_drawing import DrawPage
from formreader.store.records import FieldRecord
from formreader.value_types import ValueType
from formreader.workers.limits import (
    Loss,
    PageLimits,
    WorkerLostError,
    is_out_of_memory,
)
from formreader.workers.process import WorkerProcess

if TYPE_CHECKING:
    from formreader.drawn_boxes import BoxReader, DrawnPage

__all__ = ["BoxReadings", "DrawnBox", "Outlines", "ReadBoxes"]

_KEPT = 2  # pages in the memory of the process

Outlines = tuple[tuple[tuple[float, float], ...], ...]
"""Corners (x, y) of fields, clockwise from the upper left, in pixels of the page."""


@dataclass(frozen=True)
class DrawnBox:
    """A box that somebody drew.

    Attributes:
        box: In pixels of the page.
        name: What the field is called; empty if it is to be numbered.
        type: What type of value it holds, or None.
    """

    box: Box
    name: str = ""
    type: ValueType | None = None


@dataclass(frozen=True)
class ReadBoxes:
    """Read boxes of a page; without any, only prepare it.

    Attributes:
        page: The page.
        boxes: The boxes.
        outlines: Of fields that were found on it.
    """

    page: DrawPage
    boxes: tuple[DrawnBox, ...] = ()
    outlines: Outlines = ()


@dataclass(frozen=True)
class MakeTemplate:
    """Make a template of fields of a page.

    Attributes:
        page: The page.
        outlines: Of fields that were found on it.
        name: What the form is called.
        fields: Name, box and printed cells of each.
    """

    page: DrawPage
    outlines: Outlines
    name: str
    fields: tuple[tuple[str, Box, int], ...]


Task = ReadBoxes | MakeTemplate
Answer = tuple[FieldRecord, ...] | bytes | InputError


class BoxReadings:
    """Has boxes read by a process, which starts when it is asked for the first time.

    One thread of its own asks, since a process ends with the thread that started it.

    Args:
        limits: What reading the boxes of one page may take.
        ignore_marks: Points, commas and dashes between digits are left out.
    """

    def __init__(self, limits: PageLimits, *, ignore_marks: bool = False) -> None:
        """Start nothing yet."""
        self._worker: WorkerProcess[Task, Answer] = WorkerProcess(
            partial(_make_reader, limits, ignore_marks), limits
        )
        self._thread = ThreadPoolExecutor(1, "box-readings")

    def ask(self, task: ReadBoxes) -> Future[tuple[FieldRecord, ...]]:
        """Have boxes read; gives a field for each, in the same order.

        The result raises InputError if the page cannot be read or costs too much, and
        OutputError if no process can be started.
        """
        return self._thread.submit(self._read, task)

    def make_template(self, task: MakeTemplate) -> Future[bytes]:
        """Have a template made, as a ZIP archive; the result raises what `ask` does."""
        return self._thread.submit(self._make, task)

    def end(self) -> None:
        """End the process for good; whoever waits gets an error."""
        self._worker.end()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _read(self, task: ReadBoxes) -> tuple[FieldRecord, ...]:
        answer = self._ask(task)
        assert isinstance(answer, tuple)
        return answer

    def _make(self, task: MakeTemplate) -> bytes:
        answer = self._ask(task)
        assert isinstance(answer, bytes)
        return answer

    def _ask(self, task: Task) -> tuple[FieldRecord, ...] | bytes:
        try:
            answer = self._worker.ask(task)
        except WorkerLostError as lost:
            raise lost.as_error(task.page.path) from None
        if isinstance(answer, InputError):
            raise answer
        return answer


def _make_reader(limits: PageLimits, ignore_marks: bool) -> Callable[[Task], Answer]:
    """Load the models and give what reads boxes; whatever it raises is its answer."""
    from formreader.drawn_boxes import BoxReader

    pages: OrderedDict[DrawPage, DrawnPage] = OrderedDict()
    return partial(_answer, BoxReader.load(ignore_marks=ignore_marks), pages, limits)


def _answer(
    reader: BoxReader,
    pages: OrderedDict[DrawPage, DrawnPage],
    limits: PageLimits,
    task: Task,
) -> Answer:
    try:
        drawn = _open(reader, pages, task)
        if isinstance(task, MakeTemplate):
            return _make(drawn, task)
        return _read(reader, drawn, task)
    except Exception as error:
        if is_out_of_memory(error):
            return WorkerLostError(Loss.MEMORY, limits).as_error(task.page.path)
        failure = failed_page(error, task.page.path, None)
        if isinstance(failure, InputError):
            return failure
        return InputError(failure.message, path=task.page.path)


def _open(
    reader: BoxReader, pages: OrderedDict[DrawPage, DrawnPage], task: Task
) -> DrawnPage:
    """Give a page that is in memory, or load it."""
    import numpy as np

    from formreader.pages.loading import load_page

    if task.page not in pages:
        while len(pages) >= _KEPT:
            pages.popitem(last=False)
        where = task.page
        page = load_page(where.path, where.page_index, split=where.split)
        outlines = [np.array(corners, np.float64) for corners in task.outlines]
        pages[where] = reader.prepare(page, outlines)
    pages.move_to_end(task.page)
    return pages[task.page]


def _make(drawn: DrawnPage, task: MakeTemplate) -> bytes:
    """Make a template.

    Raises:
        InputError: If its fields are none that a template can have.
    """
    from formreader.forms.authoring.field_templates import PlacedField

    placed = [PlacedField(*field) for field in task.fields]
    try:
        return drawn.pack_template(task.name, placed)
    except ValueError as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"no template can be made ({reason})") from error


def _read(
    reader: BoxReader, drawn: DrawnPage, task: ReadBoxes
) -> tuple[FieldRecord, ...]:
    from formreader.batch.worker import record_field

    readings = [
        reader.read(drawn, wanted.box, wanted.name, wanted.type)
        for wanted in task.boxes
    ]
    return tuple(
        record_field(reading, drawn.page.pixels, drawn.page.scan)
        for reading in readings
    )
