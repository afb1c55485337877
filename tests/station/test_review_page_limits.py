"""Pages that cost too much to draw, in a station that others work with meanwhile."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from drawn_runs import Made, make_run
from page_limits import write_hungry_pdf, write_slow_pdf
from sqlalchemy import update
from station_process import StationProcess

from formreader.errors import InputError
from formreader.station.page_pictures import PagePictures
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import files
from formreader.workers.limits import PageLimits

MANY = 50  # more than the threads that answer requests
PROMPT_S = 10  # a fraction of a second on a machine that has nothing else to do
GOOD, BAD = "/pages/2.jpg", "/pages/1.jpg"

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="limits memory")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path, [[Made("12", 0.5)], [Made("34", 0.6)]])


def claim_read(run: Path) -> None:
    """Let the store say that the first page was read from the file as it is now."""
    found = (run.parent / "scans" / "page-001.png").stat()
    with RunStore.open(run) as store, store.write() as connection:
        connection.execute(
            update(files)
            .where(files.c.name == "page-001.png")
            .values(size=found.st_size, mtime_ns=found.st_mtime_ns)
        )


@contextmanager
def visit(station: StationProcess) -> Iterator[httpx.Client]:
    address = station.next_address()
    parts = urlsplit(address)
    with httpx.Client(
        base_url=f"{parts.scheme}://{parts.netloc}",
        trust_env=False,
        timeout=60,
        limits=httpx.Limits(max_connections=None),
    ) as client:
        assert client.get(address).status_code == 200
        yield client


def children(parent: int) -> dict[int, float]:
    """List the child processes of one, with the processor seconds of each."""
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "stat").read_text() if folder.name.isdigit() else ""
        except OSError:  # it has just ended
            continue
        fields = line.rpartition(")")[2].split()
        if fields and int(fields[1]) == parent:
            ticks = int(fields[11]) + int(fields[12])
            found[int(folder.name)] = ticks / os.sysconf("SC_CLK_TCK")
    return found


@needs_linux
def test_a_hungry_page_has_no_picture_and_the_others_have_theirs(run: Path) -> None:
    write_hungry_pdf(run.parent / "scans" / "page-001.png")
    claim_read(run)
    with (
        StationProcess("review", run, "--page-memory", "256") as station,
        visit(station) as client,
    ):
        answer = client.get(BAD)
        assert answer.status_code == 410
        assert "needs more than 256 MB of memory" in answer.json()["detail"]
        assert client.get(GOOD).headers["content-type"] == "image/jpeg"
        assert client.get("/pages/3.jpg").status_code == 404


@needs_linux
def test_a_slow_page_keeps_nobody_waiting_and_ctrl_c_ends_the_station(
    run: Path,
) -> None:
    write_slow_pdf(run.parent / "scans" / "page-001.png")
    claim_read(run)
    with (
        StationProcess("review", run) as station,
        visit(station) as client,
        ThreadPoolExecutor(MANY) as threads,
    ):
        waiting = [threads.submit(client.get, BAD) for _ in range(MANY)]
        deadline = time.monotonic() + 60
        pid = station.process.pid
        while max((workers := children(pid)).values(), default=0.0) < 2:  # in PDFium
            assert time.monotonic() < deadline, workers
            time.sleep(0.1)
        began = time.monotonic()
        for path in ("/queue", "/crops/1.jpg", "/crops/2.jpg", "/pad"):
            assert client.get(path).status_code == 200
        assert time.monotonic() - began < PROMPT_S
        assert not any(one.done() for one in waiting)
        began = time.monotonic()
        station.process.send_signal(signal.SIGINT)
        station.process.wait(60)
        assert time.monotonic() - began < PROMPT_S
        while any(Path(f"/proc/{worker}").exists() for worker in workers):
            assert time.monotonic() - began < PROMPT_S
            time.sleep(0.05)
    assert "".join(station.printed).splitlines()[-1] == "Stopped."
    assert "Traceback" not in "".join(station.printed)


def test_a_page_that_takes_too_long_does_so_once(run: Path) -> None:
    scans = run.parent / "scans"
    write_slow_pdf(scans / "page-001.png")
    claim_read(run)
    with (
        RunStore.open(run) as store,
        PagePictures(store, scans, PageLimits(4)) as pictures,
    ):
        with pytest.raises(InputError, match="took longer than 4 s"):
            pictures.get(1)
        assert pictures.get(2) is not None
        began = time.monotonic()
        with pytest.raises(InputError, match="took longer than 4 s"):
            pictures.get(1)
        assert time.monotonic() - began < 2
