"""What is known of a run: its state, its counts, and how fast it gets on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from formreader.errors import FormReaderError, InputError
from formreader.server.run_process import LOG, RunProcess, find_process
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

__all__ = ["RunState", "RunSummary", "describe_run", "list_failures"]

_MOST_FAILURES = 200
_LOG_BYTES = 50_000  # of its end, in which an error is looked for


class RunState(StrEnum):
    """What a run is at."""

    NEW = "new"  # nothing has been read
    READING = "reading"
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

    @property
    def all_pages(self) -> int:
        """Pages that were read, failed, or wait."""
        return self.pages + self.failed + self.waiting


def describe_run(run: Path) -> RunSummary:
    """Find out how far a run has come, from its folder alone.

    Args:
        run: The run folder.
    """
    process, settings = find_process(run), RunSettings.load(run)
    is_alive = process is not None and process.is_alive
    scans = _count_files(run / SCANS)
    try:
        counts = _count(run)
    except InputError:  # there is no store yet
        problem = "" if is_alive else _find_error(run, process)
        state = RunState.BROKEN if problem else RunState.NEW
        return RunSummary(
            run.name,
            RunState.READING if is_alive else state,
            scans=scans,
            problem=problem,
            settings=settings,
        )
    except FormReaderError as error:
        return RunSummary(run.name, RunState.BROKEN, problem=error.message)
    totals = counts.totals
    waiting = totals.files_waiting + totals.pages_waiting
    waiting += max(0, scans - counts.files) if scans else 0
    known = totals.pages + totals.failed
    rate = _measure_rate(process, known) if is_alive else 0.0
    problem = "" if is_alive else _find_error(run, process)
    return RunSummary(
        run.name,
        _judge(is_alive, waiting, problem),
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
        problem=problem,
        settings=settings,
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


def _judge(is_alive: bool, waiting: int, problem: str) -> RunState:
    if is_alive:
        return RunState.READING
    if problem:
        return RunState.BROKEN
    return RunState.STOPPED if waiting else RunState.DONE


def _measure_rate(process: RunProcess | None, known: int) -> float:
    """Give the pages a second since a process began; 0 for none yet."""
    if process is None:
        return 0.0
    seconds = time.time() - process.started
    return max(0, known - process.pages_before) / seconds if seconds > 0 else 0.0


def _count_files(folder: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(folder))


def _find_error(run: Path, process: RunProcess | None) -> str:
    """Find what ended the last process; empty if it ended as it should."""
    last: dict[str, Any] = {}
    for event in _read_events(run / LOG, process):
        last = event
    if last.get("event") in {"error", "message"}:
        text = str(last.get("text", last.get("error", "")))
        return "" if text.startswith("stopped") else text
    return ""


def _read_events(log: Path, process: RunProcess | None) -> Iterator[dict[str, Any]]:
    """Yield what the last process said, as far as it is JSON."""
    with suppress(OSError), log.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        start = 0 if process is None else process.log_start
        stream.seek(max(start, size - _LOG_BYTES))
        for line in stream:
            try:
                event = json.loads(line)
            except ValueError:
                event = {"event": "message", "text": line.decode(errors="replace")}
            if isinstance(event, dict):
                yield event
