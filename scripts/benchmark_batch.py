"""How fast a folder is read, with one worker process and with several.

Run by `benchmark.py batch`. All figures come from one run, so they can be compared:
pages a second and core-seconds a page, beside those of bare JPEG decoding, and the
memory that each worker holds while the run goes on.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import cv2
from make_samples import make_samples

PAGE_BYTES = resource.getpagesize()
JOIN = "multiprocessing.spawn"  # in the command line of a worker process


@dataclass(frozen=True)
class Speed:
    """How fast pages were read.

    Attributes:
        pages: How many.
        seconds: On the clock.
        core_seconds: Of all processes together.
        memory: (first, last) MB that the largest worker held, on average over the
            first hundred pages and over the last hundred.
        peak_mb: The most that any worker held.
    """

    pages: int
    seconds: float
    core_seconds: float
    memory: tuple[float, float] = (0.0, 0.0)
    peak_mb: float = 0.0

    def describe(self) -> str:
        """Say it in one line."""
        line = (
            f"{self.pages / self.seconds:8.1f} pages/s"
            f"{1000 * self.core_seconds / self.pages:8.1f} core-ms a page"
        )
        if self.peak_mb:
            first, last = self.memory
            line += (
                f"   worker memory: first 100 pages {first:.0f} MB, last 100 "
                f"{last:.0f} MB, peak {self.peak_mb:.0f} MB"
            )
        return line


def fill(folder: Path, count: int, seed: int) -> None:
    """Draw pages, and repeat them until there are enough, no two files alike.

    What follows the end of a JPEG does not matter to its picture, but to its checksum.
    """
    drawn = folder.with_name("drawn")
    drawn.mkdir()
    for sheet in range(4):
        make_samples(seed + sheet, drawn / str(sheet))
    sources = cycle(sorted(drawn.rglob("*.jpg")))
    for number, source in enumerate(islice(sources, count)):
        path = folder / f"{number // 500:02d}" / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes() + str(number).encode())


def time_decoding(folder: Path, count: int) -> Speed:
    """Decode pages to grey, one after the other, and nothing else."""
    cv2.setNumThreads(1)
    paths = sorted(folder.rglob("*.jpg"))[:count]
    began, used = time.perf_counter(), time.process_time()
    for path in paths:
        cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    return Speed(len(paths), time.perf_counter() - began, time.process_time() - used)


def time_batch(folder: Path, run: Path, jobs: int) -> Speed:
    """Read a folder with `formreader batch`, the start of its processes included."""
    command = [sys.executable, "-m", "formreader", "batch", str(folder), "-o", str(run)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with subprocess.Popen(
        [*command, "--jobs", str(jobs), "--log-json"], stderr=subprocess.PIPE, text=True
    ) as batch:
        assert batch.stderr is not None
        memory = list(watch(batch.pid, batch.stderr))
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if batch.returncode:
        raise RuntimeError(f"formreader batch ended with {batch.returncode}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    first, last = memory[:100], memory[-100:]
    return Speed(
        len(memory),
        seconds,
        used,
        (sum(first) / len(first), sum(last) / len(last)),
        max(memory),
    )


def watch(pid: int, log: Iterator[str]) -> Iterator[float]:
    """Yield, for each page that was read, what the largest worker holds in MB."""
    for line in log:
        if line.startswith("{") and json.loads(line)["event"] == "page":
            yield max(map(resident_mb, workers_of(pid)), default=0.0)


def workers_of(pid: int) -> list[int]:
    """List the worker processes of a batch; its threads started them."""
    listed: list[str] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        listed += children.read_text().split()
    return [int(child) for child in listed if is_worker(int(child))]


def is_worker(pid: int) -> bool:
    """Tell a worker from the other processes that a batch starts."""
    try:
        return JOIN in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def resident_mb(pid: int) -> float:
    """Measure the resident memory of a process in MB; 0 if it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * PAGE_BYTES / 1e6
