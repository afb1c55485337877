"""What a cluster costs for each page, with the reading replaced by a fixed wait.

The scheduler, the workers and the process that asks share this machine. Since workers
only wait, many of them fit on few cores, and what is left is the engine's own work:
sending pages, scheduling, fetching readings, writing the store.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import psutil
from invented_runs import make_doubtful_field

from formreader.batch.cluster import DaskExecutor
from formreader.batch.remote import ReadingKit, pack_options
from formreader.batch.runner import Stage, read_all
from formreader.batch.worker import Worker
from formreader.options import ReadingOptions
from formreader.store.machine import inventory, recording
from formreader.store.records import (
    FoundFile,
    Inspected,
    InspectFile,
    Outcome,
    PageRecord,
    ReadPage,
    Task,
)
from formreader.store.tables.connection import RunStore

__all__ = ["Measured", "measure_scale"]

WAIT_S = 0.1
FIELDS = 10
ROOT = Path(__file__).resolve().parent.parent
_PROCESSES = 2  # that the workers' threads are spread over


@dataclass(frozen=True)
class Measured:
    """What so many workers did.

    Attributes:
        workers: How many there were.
        pages: How many pages they read.
        seconds: How long it took.
        core_ms: Processor time of all processes a page, in milliseconds.
        memory_mb: Of the asking process, after a quarter of the pages and at the end.
    """

    workers: int
    pages: int
    seconds: float
    core_ms: float
    memory_mb: tuple[float, float]

    @property
    def overhead_ms(self) -> float:
        """What a page took beyond the wait that its workers share, in milliseconds."""
        return (self.seconds / self.pages - WAIT_S / self.workers) * 1000


class WaitingWorker(Worker):
    """Answers every page with the same fields, after a while."""

    def __init__(self) -> None:
        """Load nothing."""
        self._fields = tuple(make_doubtful_field(n) for n in range(FIELDS))

    def run(self, task: Task) -> Outcome:
        """Wait, and answer."""
        time.sleep(WAIT_S)
        assert isinstance(task, ReadPage)
        assert task.path.stat().st_size
        return PageRecord(task, 1700, 2200, self._fields)


class WaitingKit(ReadingKit):
    """Makes such workers on a cluster."""

    def make_worker(self) -> Worker:
        """Make one."""
        return WaitingWorker()


class Clock:
    """An observer that looks at the memory of this process."""

    def __init__(self) -> None:
        """Have seen nothing."""
        self._process = psutil.Process()
        self.began = self.ended = 0.0
        self.memory_mb: list[float] = []

    def begin(self, stage: Stage, waiting: int) -> None:
        """Start the clock with the pages."""
        self.began = time.perf_counter()

    def advance(self, outcome: Outcome) -> None:
        """Look at the clock and the memory."""
        self.ended = time.perf_counter()
        self.memory_mb.append(self._process.memory_info().rss / 2**20)


def measure_scale(place: Path, page: Path, workers: int, pages: int) -> Measured:
    """Read so many pages with so many workers.

    Args:
        place: An empty folder.
        page: The file that is sent, again and again.
        workers: How many threads wait at once.
        pages: How many pages are read.
    """
    folder, run = place / "scans", place / "run"
    folder.mkdir()
    for number in range(pages):
        os.link(page, folder / f"{number:06d}.jpg")
    with RunStore.create(run) as store, run_workers(place, workers) as address:
        add_pages(store, pages)
        clock = Clock()
        content = pack_options(ReadingOptions(), 60)
        with DaskExecutor(content, address, kit_type=WaitingKit) as executor:
            wait_for_threads(executor, workers)
            before = count_core_seconds()
            read_all(store, folder, executor, clock, Event())
            core_ms = (count_core_seconds() - before) / pages * 1000
    memory = clock.memory_mb[pages // 4], clock.memory_mb[-1]
    return Measured(workers, pages, clock.ended - clock.began, core_ms, memory)


def count_core_seconds() -> float:
    """Count the processor time of this process and all that it has started."""
    me = psutil.Process()
    times = [one.cpu_times() for one in (me, *me.children(recursive=True))]
    return sum(time.user + time.system for time in times)


def wait_for_threads(executor: DaskExecutor, workers: int) -> None:
    """Wait until all workers are there, and each has made itself ready."""
    while executor.slots < workers:
        list(executor.outcomes())
        time.sleep(0.1)


def add_pages(store: RunStore, count: int) -> None:
    """Make rows of pages that wait to be read."""
    found = [FoundFile(f"{number:06d}.jpg", 1, 1) for number in range(count)]
    with store.write() as connection:
        inventory.add_files(connection, found)
        for file_id, name in inventory.next_files(connection, 0, count):
            task = InspectFile(file_id, Path(name))
            recording.record(connection, Inspected(task, name, 1, 1, 1))


@contextmanager
def run_workers(place: Path, workers: int) -> Iterator[str]:
    """Run a scheduler and workers, and give the scheduler's address."""
    file = place / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    nowhere = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)]
    processes = min(_PROCESSES, workers)
    size = ["--nworkers", str(processes), "--nthreads", str(workers // processes)]
    scratch = ["--local-directory", str(place / "space"), "--memory-limit", "0"]
    paths = os.pathsep.join((str(ROOT), str(ROOT / "scripts")))
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    started = []
    with (place / "log").open("wb") as log:
        for command in (["scheduler", "--port", "0"], ["worker", *size, *scratch]):
            started.append(
                subprocess.Popen(
                    [*dask, *command, *nowhere],
                    stdout=log,
                    stderr=log,
                    env=environment,
                )
            )
            while not file.exists():
                time.sleep(0.05)
    try:
        yield str(json.loads(file.read_text())["address"])
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()
