"""What is known of a run: its state, its counts, and how fast it gets on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from formreader.errors import FormReaderError, InputError
from formreader.server.run_process import LOG, RunProcess, find_process
from formreader.server.run_queue import find_place
from formreader.server.run_settings import SCANS, RunSettings
from formreader.store.machine.origin import find_target_error
from formreader.store.machine.results import (
    Totals,
    count_files,
    count_totals,
    failures,
)
from formreader.store.people.progress import ReviewProgress, count_reviewed
from formreader.store.tables.connection import RunStore

__all__ = [
    "RunState",
    "RunSummary",
    "describe_run",
    "list_failures",
    "read_events",
]

_MOST_FAILURES = 200
_LOG_BYTES = 50_000  # of its end, in which an error is looked for


class RunState(StrEnum):
    """What a run is at."""

    NEW = "new"  # nothing has been read
    QUEUED = "queued"  # it is read once others are
    READING = "reading"
    WATCHING = "watching"  # what arrives in its folder is read
    STOPPED = "stopped"  # pages wait, and nobody reads
    DONE = "done"
    BROKEN = "broken"  # its store cannot be used, or reading ended with an error


@dataclass(frozen=True)
class RunSummary:
    """A run, as a page shows it.

    Attributes:
        name: Its name.
        state: What it is at.
        pages: Pages that were read.
        waiting: Files and pages that wait, those that were not yet listed among them.
        fields: Fields found.
        empty: Pages without any.
        review: What a person must look at.
        decided: What people are done with.
        failed: Files and pages that cannot be read.
        copies: Files that hold the same as another.
        aside: Files that are no pages.
        scans: Files that the browser brought.
        pages_a_minute: Since reading began; 0 if nobody reads.
        seconds_left: Until all is read, at this rate; None if it cannot be told.
        target_error: The share of accepted fields that may be wrong, if promised.
        problem: What went wrong; empty if nothing did.
        settings: How it was begun in the browser; None if it was not.
        place: In the queue, from 1; 0 if it does not wait there.
    """

    name: str
    state: RunState
    pages: int = 0
    waiting: int = 0
    fields: int = 0
    empty: int = 0
    review: int = 0
    decided: int = 0
    failed: int = 0
    copies: int = 0
    aside: int = 0
    scans: int = 0
    pages_a_minute: float = 0.0
    seconds_left: float | None = None
    target_error: float | None = None
    problem: str = ""
    settings: RunSettings | None = None
    place: int = 0

    @property
    def is_alive(self) -> bool:
        """Whether a process reads, or would read what arrives."""
        return self.state in (RunState.READING, RunState.WATCHING)

    @property
    def all_pages(self) -> int:
        """Pages that were read, failed, or wait."""
        return self.pages + self.failed + self.waiting


def describe_run(run: Path) -> RunSummary:
    """Find out how far a run has come, from its folder alone.

    Args:
        run: The run folder.
    """
    life = _Life.find(run)
    scans = _count_files(run / SCANS)
    try:
        counts = _count(run)
    except InputError:  # there is no store yet
        state = life.judge(RunState.NEW)
        return replace(life.describe(run, state), scans=scans)
    except FormReaderError as error:
        return RunSummary(run.name, RunState.BROKEN, problem=error.message)
    totals = counts.totals
    if life.is_new and not counts.files:  # a database has its tables from the start
        return replace(life.describe(run, life.judge(RunState.NEW)), scans=scans)
    waiting = totals.files_waiting + totals.pages_waiting
    waiting += max(0, scans - counts.files) if scans else 0
    rate = life.measure_rate(totals.pages + totals.failed)
    return replace(
        life.describe(run, life.judge(RunState.STOPPED if waiting else RunState.DONE)),
        pages=totals.pages,
        waiting=waiting,
        fields=totals.fields,
        empty=totals.empty,
        review=counts.reviewed.open,
        decided=counts.reviewed.decided,
        failed=totals.failed,
        copies=totals.copies,
        aside=totals.aside,
        scans=scans,
        pages_a_minute=60 * rate,
        seconds_left=waiting / rate if rate else None,
        target_error=counts.target_error,
    )


def list_failures(run: Path) -> list[dict[str, Any]]:
    """List what cannot be read, with the remedy; at most 200.

    Raises:
        FormReaderError: If the run has no store that can be used.
    """
    with RunStore.open(run) as store, store.read() as transaction:
        found = failures(transaction)
        return [row for _, row in zip(range(_MOST_FAILURES), found, strict=False)]


@dataclass(frozen=True)
class _Counts:
    """What a store holds."""

    totals: Totals
    files: int
    reviewed: ReviewProgress
    target_error: float | None


def _count(run: Path) -> _Counts:
    """Count what a store holds, and look up its promise.

    Raises:
        FormReaderError: If there is none, or it cannot be used.
    """
    with RunStore.open(run) as store:
        with store.read() as transaction:
            totals, known = count_totals(transaction), count_files(transaction)
            reviewed = count_reviewed(transaction)
        return _Counts(totals, known, reviewed, find_target_error(store))


@dataclass(frozen=True)
class _Life:
    """What the processes of a run are at.

    Attributes:
        process: The last one; None if there was none.
        is_alive: Whether it is at work.
        settings: How the run was begun in the browser; None if it was not.
        place: In the queue, from 1; 0 if it does not wait there.
        problem: What ended the last process; empty if it ended as it should.
    """

    process: RunProcess | None
    is_alive: bool
    settings: RunSettings | None
    place: int
    problem: str

    @classmethod
    def find(cls, run: Path) -> _Life:
        process = find_process(run)
        is_alive = process is not None and process.is_alive
        place = 0 if is_alive else find_place(run)
        problem = "" if is_alive or place else _find_error(run, process)
        return cls(process, is_alive, RunSettings.load(run), place, problem)

    @property
    def is_new(self) -> bool:
        """Whether it was made in the browser, and never read."""
        return self.process is None and self.settings is not None

    def judge(self, otherwise: RunState) -> RunState:
        """Say what the run is at, if no process is at work and nothing went wrong."""
        is_inbox = self.settings is not None and self.settings.watch
        if self.is_alive:
            return RunState.WATCHING if is_inbox else RunState.READING
        if self.place:
            return RunState.QUEUED
        if self.problem:
            return RunState.BROKEN
        if is_inbox and otherwise is RunState.DONE:
            return RunState.STOPPED
        return otherwise

    def describe(self, run: Path, state: RunState) -> RunSummary:
        """Describe a run of which nothing is counted yet."""
        return RunSummary(
            run.name,
            state,
            problem=self.problem,
            settings=self.settings,
            place=self.place,
        )

    def measure_rate(self, known: int) -> float:
        """Give the pages a second since the process began; 0 for none yet."""
        if self.process is None or not self.is_alive:
            return 0.0
        seconds = time.time() - self.process.started
        done = max(0, known - self.process.pages_before)
        return done / seconds if seconds > 0 else 0.0


def _count_files(folder: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(folder))


def _find_error(run: Path, process: RunProcess | None) -> str:
    """Find what ended the last process; empty if it ended as it should."""
    last: dict[str, Any] = {}
    for event in read_events(run, process):
        last = event
    if last.get("event") in {"error", "message"}:
        text = str(last.get("text", last.get("error", "")))
        return "" if text.startswith("stopped") else text
    return ""


def read_events(
    run: Path, process: RunProcess | None, most: int = _LOG_BYTES
) -> Iterator[dict[str, Any]]:
    """Yield the last of what a process said; a line that is no JSON is a message.

    Args:
        run: The folder in which its log lies.
        process: The process.
        most: Bytes of the log that are looked at.
    """
    with suppress(OSError), (run / LOG).open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        start = 0 if process is None else process.log_start
        stream.seek(max(start, size - most))
        for line in stream:
            try:
                event = json.loads(line)
            except ValueError:
                text = line.decode(errors="replace").strip()
                event = {"event": "message", "text": text, "is_raw": True}
            if isinstance(event, dict):
                yield event
