"""Reads a folder of scans into a run: what is left to do, in which order, how far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Protocol

from formreader.batch.executors import Executor
from formreader.store.machine import inventory, recording
from formreader.store.machine.results import Totals, count_totals
from formreader.store.records import (
    FoundFile,
    InspectFile,
    LeftAside,
    Outcome,
    ReadPage,
    Task,
)
from formreader.store.tables.connection import RunStore

__all__ = ["Observer", "Stage", "read_all", "take_up"]

_CHUNK = 500  # rows that are looked up at once


class Stage(StrEnum):
    """What a run is at."""

    OPENING = "opening files"
    READING = "reading pages"


class Observer(Protocol):
    """Anyone who wants to know how far a run has come."""

    def begin(self, stage: Stage, waiting: int) -> None:
        """A stage begins, with so many files or pages to do."""
        ...

    def advance(self, outcome: Outcome) -> None:
        """An outcome is in the store."""
        ...


def take_up(
    store: RunStore,
    listed: Iterable[FoundFile | LeftAside],
    *,
    retry_failed: bool = False,
) -> None:
    """Add the files of the folder that the store does not know yet.

    Args:
        store: The store.
        listed: The files, and what lies beside them.
        retry_failed: Whether what failed before is tried again.
    """
    remaining = iter(listed)
    while chunk := list(islice(remaining, _CHUNK)):
        with store.write() as connection:
            inventory.add_files(connection, chunk)
    if retry_failed:
        with store.write() as connection:
            inventory.retry_failed(connection)


def read_all(
    store: RunStore,
    folder: Path,
    executor: Executor,
    observer: Observer,
    stop: Event,
) -> bool:
    """Open all files, then read all pages.

    Every outcome is in the store before the observer hears of it, so the run can end at
    any moment and be taken up again.

    Args:
        store: The store.
        folder: The folder that names of files refer to.
        executor: Carries out the work.
        observer: Is told how far it is.
        stop: Once it is set, nothing new is begun.

    Returns:
        Whether all is done; False if it was stopped before.

    Raises:
        OutputError: If no worker can be reached any more.
    """
    observer.begin(Stage.OPENING, _count(store).files_waiting)
    if not _work_off(store, _files_to_open(store, folder), executor, observer, stop):
        return False
    with store.write() as connection:
        inventory.mark_copies(connection)
    observer.begin(Stage.READING, _count(store).pages_waiting)
    return _work_off(store, _pages_to_read(store, folder), executor, observer, stop)


def _count(store: RunStore) -> Totals:
    with store.read() as connection:
        return count_totals(connection)


def _work_off(
    store: RunStore,
    tasks: Iterator[Task],
    executor: Executor,
    observer: Observer,
    stop: Event,
) -> bool:
    """Keep the workers busy until all tasks are done, with few under way at a time."""
    under_way = 0
    while True:
        for task in islice(tasks, executor.slots - under_way):
            executor.submit(task)
            under_way += 1
        if not under_way or stop.is_set():
            return not under_way
        done = list(executor.outcomes())
        if not done:
            continue
        with store.write() as connection:
            for outcome in done:
                recording.record(connection, outcome)
        under_way -= len(done)
        for outcome in done:
            observer.advance(outcome)


def _files_to_open(store: RunStore, folder: Path) -> Iterator[Task]:
    after = 0
    while True:
        with store.read() as connection:
            chunk = inventory.next_files(connection, after, _CHUNK)
        for file_id, name in chunk:
            yield InspectFile(file_id, folder / name)
            after = file_id
        if not chunk:
            return


def _pages_to_read(store: RunStore, folder: Path) -> Iterator[Task]:
    after = 0
    while True:
        with store.read() as connection:
            chunk = inventory.next_pages(connection, after, _CHUNK)
        for page_id, name, page_index in chunk:
            yield ReadPage(page_id, folder / name, page_index)
            after = page_id
        if not chunk:
            return
