"""Let many files arrive in a watched folder in every way, and kill the watcher.

Files are written slowly, renamed into place, replaced and deleted, while `formreader
watch` runs and is killed twice. At the end each page must have been read once, with the
bytes that it has now:

    python scripts/exercise_watch.py --files 500
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from sqlalchemy import func, select

from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import FileState, PageState, files, pages

SETTLE_S = 1.0
WRITERS = 8
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Result:
    """What became of the files.

    Attributes:
        files: How many there are at the end.
        wrong: Those that were not read once as they are now.
        twice: How many pages were reported twice with the same bytes.
        seconds: How long it took.
    """

    files: int
    wrong: tuple[str, ...]
    twice: int
    seconds: float


def draw_strip(number: int, version: int) -> bytes:
    """Draw an image with a number on it, unlike all others, as PNG."""
    pixels = np.full((60, 220), 255, np.uint8)
    text = f"{number:04d}{version}"
    cv2.putText(pixels, text, (10, 45), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 0, 3)
    return cv2.imencode(".png", pixels)[1].tobytes()


def arrive(folder: Path, outside: Path, number: int) -> None:
    """Let one file come in one of five ways."""
    ways: tuple[Callable[[Path, Path, int], None], ...] = (
        write_slowly,
        rename_into_place,
        replace,
        delete,
        write_into_new_folder,
    )
    ways[number % len(ways)](folder, outside, number)


def write_slowly(folder: Path, outside: Path, number: int) -> None:
    """Write a file in pieces, with pauses."""
    content = draw_strip(number, 0)
    with (folder / f"slow-{number}.png").open("wb", buffering=0) as file:
        for start in range(0, len(content), len(content) // 4):
            file.write(content[start : start + len(content) // 4])
            time.sleep(0.25)


def rename_into_place(folder: Path, outside: Path, number: int) -> None:
    """Write a file elsewhere and move it, whole, into the folder."""
    path = outside / f"{number}"
    path.write_bytes(draw_strip(number, 0))
    time.sleep(0.02)
    path.rename(folder / f"renamed-{number}.png")


def replace(folder: Path, outside: Path, number: int) -> None:
    """Write a file, and put another in its place later."""
    path = folder / f"replaced-{number}.png"
    path.write_bytes(draw_strip(number, 0))
    time.sleep(random.uniform(0, 2 * SETTLE_S))
    new = outside / f"{number}"
    new.write_bytes(draw_strip(number, 1))
    new.replace(path)


def delete(folder: Path, outside: Path, number: int) -> None:
    """Write a file and delete it later."""
    path = folder / f"deleted-{number}.png"
    path.write_bytes(draw_strip(number, 0))
    time.sleep(random.uniform(0, 2 * SETTLE_S))
    path.unlink()


def write_into_new_folder(folder: Path, outside: Path, number: int) -> None:
    """Write a file at once, into a folder that is new."""
    below = folder / f"room-{number}"
    below.mkdir()
    (below / "page.png").write_bytes(draw_strip(number, 0))


def start_watch(folder: Path, run: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start the command, with what it says added to a file."""
    command = [sys.executable, "-m", "formreader", "watch", str(folder), "-o", str(run)]
    options = ("--strip", "number", "--settle", str(SETTLE_S), "--log-json")
    with log.open("ab") as stream:
        return subprocess.Popen([*command, *options, "--jobs", "2"], stderr=stream)


def exercise(count: int, place: Path) -> Result:
    """Do it.

    Args:
        count: How many files arrive.
        place: An empty folder.
    """
    folder, outside, run = place / "inbox", place / "outside", place / "run"
    folder.mkdir()
    outside.mkdir()
    began = time.monotonic()
    watcher = start_watch(folder, run, place / "log")
    with ThreadPoolExecutor(WRITERS) as writers:
        for third in range(3):
            numbers = range(third * count // 3, (third + 1) * count // 3)
            futures = [writers.submit(arrive, folder, outside, n) for n in numbers]
            for future in futures:
                future.result()
            if third < 2:
                watcher.kill()
                watcher.wait()
                watcher = start_watch(folder, run, place / "log")
    wait_until_read(folder, run)
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(60) in {0, 7}, (place / "log").read_text()
    present = list_present(folder)
    wrong = find_wrong(present, run)
    return Result(
        len(present), wrong, count_twice(place / "log"), time.monotonic() - began
    )


def list_present(folder: Path) -> dict[str, str]:
    """List the files that are there, with their checksums."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in folder.rglob("*.png")
    }


def wait_until_read(folder: Path, run: Path) -> None:
    """Wait until all that is there has been read, or for as long as is decent."""
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        with suppress(Exception):
            if not find_wrong(list_present(folder), run):
                return
        time.sleep(0.5)


def find_wrong(present: dict[str, str], run: Path) -> tuple[str, ...]:
    """Name files that were not read once, as they are now."""
    query = (
        select(files.c.name, files.c.sha256, func.count(pages.c.id).label("read"))
        .join(pages, pages.c.file_id == files.c.id)
        .where(files.c.state == FileState.KNOWN, pages.c.state == PageState.READ)
        .group_by(files.c.id)
    )
    with RunStore.open(run) as store, store.read() as connection:
        read = Counter(
            (row.name, row.sha256) for row in connection.execute(query) if row.read == 1
        )
    rows: Counter[str] = Counter()
    if (run / "fields.csv").is_file():
        with (run / "fields.csv").open(newline="", encoding="utf-8") as stream:
            rows.update(row["source"] for row in csv.DictReader(stream))
    return tuple(
        name
        for name, checksum in present.items()
        if read[name, checksum] != 1 or rows[name] != 1
    )


def count_twice(log: Path) -> int:
    """Count pages that were reported more often than their file had contents."""
    reported: Counter[str] = Counter()
    for line in log.read_text().splitlines():
        if line.startswith("{") and (event := json.loads(line))["event"] == "page":
            reported[event["source"]] += "error" not in event
    return sum(
        max(0, times - (2 if name.startswith("replaced") else 1))
        for name, times in reported.items()
    )


def main() -> None:
    """Exercise, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        result = exercise(arguments.files, Path(place))
    print(
        f"{result.files} files at the end, {len(result.wrong)} not read once as they "
        f"are now, {result.twice} read twice, {result.seconds:.0f} s"
    )
    print(*result.wrong, sep="\n")
    sys.exit(bool(result.wrong or result.twice))


if __name__ == "__main__":
    main()
