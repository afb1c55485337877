"""Have `batch` and `scan` read hostile files, and count what went wrong.

    python scripts/fuzz_inputs.py --count 5000 --seed 1

Every file must be accounted for: read, failed with a remedy, or left aside. No command
may show a traceback, call an error unexpected, hang, or die; no process may take more
memory than it is allowed; nothing written may hold what a terminal obeys. Ends with 1
if anything did.
"""

from __future__ import annotations

import csv
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import click
import psutil
from hostile_files import HostileFile, make_file

from formreader.errors import show_text

PAGE_MEMORY_MB = 512
OWN_MEMORY_MB = 700
"""What a process takes beside the page: Python, libraries and models."""
_CHUNK = 100  # files of a folder
_EXPECTED_CODES = {0, 3, 7}  # all read, none read, some read
_FILES = """
    SELECT f.name, f.state, f.copy_of, f.page_count,
        COUNT(p.id) FILTER (WHERE p.state IN ('read', 'failed')),
        COUNT(p.id) FILTER (WHERE p.state = 'read')
    FROM files f LEFT JOIN pages p ON p.file_id = f.id GROUP BY f.id
"""
_LIMITS = ("took longer than", "of memory")


@dataclass
class Findings:
    """What went wrong, and what was counted by the way.

    Attributes:
        counts: Files by what came of them, and faults by kind.
        faults: A line each.
        largest_mb: Memory of the largest process.
    """

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    largest_mb: float = 0.0

    def add(self, kind: str, where: str) -> None:
        """Add a fault."""
        self.counts[kind] += 1
        self.faults.append(f"{kind}: {where}")


FAULTS = ("traceback", "unexpected", "hang", "death", "memory", "missing", "control")


@click.command()
@click.option("--count", default=200, show_default=True, help="Files to make.")
@click.option("--seed", default=1, show_default=True, help="Of the files.")
@click.option("--page-timeout", default=10.0, show_default=True, help="Seconds.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for bad chunks.")
def main(count: int, seed: int, page_timeout: float, keep: Path | None) -> None:
    """Make files and read them; end with 1 if anything went wrong."""
    findings, began = Findings(), time.monotonic()
    for start in range(0, count, _CHUNK):
        numbers = range(start, min(start + _CHUNK, count))
        files = [make_file(seed, number) for number in numbers]
        before = len(findings.faults)
        with tempfile.TemporaryDirectory() as name:
            run_chunk(files, Path(name), page_timeout, findings)
        for fault in findings.faults[before:]:
            print(f"{numbers}: {fault}", file=sys.stderr, flush=True)
        if keep and len(findings.faults) > before:
            write_files(files, keep / f"{start:06d}")
    report(findings, count, time.monotonic() - began)
    sys.exit(bool(findings.faults))


def report(findings: Findings, count: int, seconds: float) -> None:
    """Print a table of what was counted."""
    print(f"files                {count:6d}  in {seconds:.0f} s")
    for command in ("batch", "scan"):
        for outcome in ("read", "failed", "left aside", "stopped at a limit"):
            print(
                f"{command} {outcome:<20}{findings.counts[f'{command} {outcome}']:6d}"
            )
    for fault in FAULTS:
        print(f"{fault:<21}{findings.counts[fault]:6d}")
    print(f"largest process      {findings.largest_mb:6.0f} MB")


def run_chunk(
    files: list[HostileFile], folder: Path, page_timeout: float, findings: Findings
) -> None:
    """Read some files with both commands."""
    write_files(files, folder / "scans")
    limits = ["--page-timeout", str(page_timeout), "--page-memory", str(PAGE_MEMORY_MB)]
    # A file may hold many pages, each of which has its time.
    longest = 120 + 2 * page_timeout * len(files)
    run = folder / "run"
    run_command(
        ["batch", str(folder / "scans"), "-o", str(run), "--jobs", "2", *limits],
        longest,
        findings,
    )
    check_batch(files, run, findings)
    table = folder / "numbers.csv"
    shown = run_command(
        ["scan", str(folder / "scans"), "-o", str(table), *limits], longest, findings
    )
    check_scan(files, folder / "scans", table, shown, findings)


def write_files(files: list[HostileFile], folder: Path) -> None:
    """Write files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file.name).write_bytes(file.content)


def run_command(arguments: list[str], longest: float, findings: Findings) -> str:
    """Run a command, watch its processes, and look at how it ended.

    Returns:
        What it wrote to stderr.
    """
    with tempfile.TemporaryFile() as shown:
        process = subprocess.Popen(
            [sys.executable, "-m", "formreader", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=shown,
        )
        watcher = threading.Thread(target=watch_memory, args=(process.pid, findings))
        watcher.start()
        try:
            code = process.wait(longest)
        except subprocess.TimeoutExpired:
            findings.add("hang", f"{arguments[0]} took more than {longest:.0f} s")
            code = 0
            end_tree(process.pid)
        watcher.join()
        shown.seek(0)
        text = shown.read().decode(errors="surrogateescape")
    if code not in _EXPECTED_CODES:
        findings.add("death", f"{arguments[0]} ended with {code}: {text[-500:]!r}")
    check_text(arguments[0], text, findings)
    return text


def check_text(command: str, text: str, findings: Findings) -> None:
    """Look for tracebacks, unexpected errors, and what a terminal obeys."""
    if "Traceback" in text:
        findings.add(
            "traceback", f"{command}: {text[text.index('Traceback') :][-800:]}"
        )
    for line in text.split("\n"):
        if "unexpected error" in line:
            findings.add("unexpected", f"{command}: {show_text(line)[:400]}")
        elif any(ord(letter) < 32 and letter not in "\r\t" for letter in line):
            findings.add("control", f"{command}: {show_text(line)[:400]}")


def watch_memory(pid: int, findings: Findings) -> None:
    """Note the largest memory of any process of a command until it ends."""
    allowed = PAGE_MEMORY_MB + OWN_MEMORY_MB
    most = 0.0
    for process in iter_tree(pid):
        try:
            most = max(most, process.memory_info().rss / 1e6)
        except psutil.Error:
            continue
    findings.largest_mb = max(findings.largest_mb, most)
    if most > allowed:
        findings.add("memory", f"a process took {most:.0f} MB of {allowed} MB")


def iter_tree(pid: int) -> Iterator[psutil.Process]:
    """Yield the processes of a command, over and over, until it has ended."""
    while psutil.pid_exists(pid):
        try:
            parent = psutil.Process(pid)
            if parent.status() == psutil.STATUS_ZOMBIE:
                return
            yield from (parent, *parent.children(recursive=True))
        except psutil.Error:
            return
        time.sleep(0.1)


def end_tree(pid: int) -> None:
    """Kill a command and all that it started."""
    parent = psutil.Process(pid)
    for process in (*parent.children(recursive=True), parent):
        process.kill()
    parent.wait()


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV file; nothing if there is none."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
        return list(csv.DictReader(stream))


def check_batch(files: list[HostileFile], run: Path, findings: Findings) -> None:
    """Find every file in the store of a run, and an end for each of its pages."""
    for row in read_rows(run / "failures.csv"):
        text = f"{row['error']}; {row['remedy']}"
        check_problem("batch", row["source"], text, findings)
    with closing(sqlite3.connect(run / "run.sqlite")) as store:
        rows = list(store.execute(_FILES))
    outcomes = {name: _name_outcome(*row) for name, *row in rows}
    for file in files:
        found = {outcomes[name] for name in names_of(file.name) if name in outcomes}
        if found and None not in found:
            findings.counts[f"batch {found.pop()}"] += 1
        else:
            findings.add("missing", f"batch: {show_text(file.name)} ({file.kind})")


def _name_outcome(
    state: str, copy_of: int | None, pages: int | None, ended: int, read: int
) -> str | None:
    """Say what came of a file; None if it, or one of its pages, has no end."""
    if copy_of is not None or state == "skipped":
        return "left aside"
    if state == "failed":
        return "failed"
    if pages is None or pages != ended:
        return None
    return "read" if read == ended else "failed"


def check_scan(
    files: list[HostileFile], folder: Path, table: Path, shown: str, findings: Findings
) -> None:
    """Find every file in the table, or named with its fault."""
    known = {row["source"] for row in read_rows(table)}
    findings.counts["scan read"] += len(known)
    lines = shown.split("\n")
    findings.counts["scan left aside"] += sum(
        line.startswith("left aside: ") for line in lines
    )
    for file in files:
        name = show_text(folder / file.name)
        named = [line for line in lines if name in line]
        findings.counts["scan failed"] += any("error: " in line for line in named)
        for line in named:
            check_problem("scan", file.name, line, findings)
        if not named and known.isdisjoint(names_of(str(folder / file.name))):
            findings.add("missing", f"scan: {show_text(file.name)} ({file.kind})")


def check_problem(command: str, name: str, text: str, findings: Findings) -> None:
    """Look at what is said of a file that failed."""
    if "unexpected error" in text and command == "batch":  # scan's were seen already
        findings.add("unexpected", f"{command}: {show_text(name)}: {text[:400]}")
    if "process died" in text:
        findings.add("death", f"{command}: {show_text(name)}: {text[:400]}")
    if any(limit in text for limit in _LIMITS):
        findings.counts[f"{command} stopped at a limit"] += 1


def names_of(name: str) -> set[str]:
    """List how a file may be called where a name is replaced or escaped."""
    return {name, show_text(name), os.fsencode(name).decode(errors="replace")}


if __name__ == "__main__":
    main()
