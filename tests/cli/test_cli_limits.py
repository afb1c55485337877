"""Pages that cost too much, read by real commands."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from page_limits import GOOD, HUNGRY, write_hungry_pdf, write_slow_pdf

SAMPLE = Path(__file__).parents[2] / "samples" / "exam-cover-1.jpg"
ENDING_S = 5  # a second on a machine that has nothing else to do
COMMAND = (sys.executable, "-m", "formreader")

pytestmark = pytest.mark.model
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="limits memory")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False
    )


@needs_linux
def test_a_hungry_page_costs_scan_that_page_alone_and_order_is_kept(
    tmp_path: Path,
) -> None:
    path = write_hungry_pdf(tmp_path / "three.pdf", GOOD, HUNGRY, GOOD)
    done = run("scan", path, SAMPLE, "--page-memory", "256", "--wide", "-v")
    assert done.returncode == 7
    rows = list(csv.DictReader(done.stdout.splitlines()))
    sources = [(Path(row["source"]).name, row["page"]) for row in rows]
    assert sources == [("three.pdf", "1"), ("three.pdf", "3"), (SAMPLE.name, "1")]
    assert [line for line in done.stderr.splitlines() if "error" in line] == [
        f"error: {path}, page 2: needs more than 256 MB of memory; scan it at a lower "
        "resolution, or raise --page-memory"
    ]


def test_a_slow_page_costs_scan_that_page_alone(tmp_path: Path) -> None:
    path = write_slow_pdf(tmp_path / "slow.pdf")
    done = run("scan", path, SAMPLE, "--page-timeout", "10")
    assert done.returncode == 7
    assert "52586982" in done.stdout
    assert done.stderr.splitlines() == [
        f"error: {path}: took longer than 10 s; give it more time with --page-timeout",
        "1 page, 2 fields, 0 to review, 1 failed",
    ]


@needs_linux
def test_a_hungry_page_costs_batch_that_page_alone(tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    write_hungry_pdf(scans / "hungry.pdf")
    (scans / "good.jpg").write_bytes(SAMPLE.read_bytes())
    done = run("batch", scans, "-o", tmp_path / "run", "--page-memory", "256", "-q")
    assert done.returncode == 7
    with (tmp_path / "run" / "failures.csv").open(newline="") as file:
        [failure] = csv.DictReader(file)
    assert failure["source"] == "hungry.pdf"
    assert failure["error"] == "needs more than 256 MB of memory"
    assert "--page-memory, then start with --retry-failed" in failure["remedy"]
    assert "52586982" in (tmp_path / "run" / "fields.csv").read_text()


@needs_linux
def test_a_hungry_page_makes_no_template_and_no_reference(tmp_path: Path) -> None:
    path, form = write_hungry_pdf(tmp_path / "hungry.pdf"), tmp_path / "form.toml"
    done = run("template", "new", path, "-o", form, "--page-memory", "256")
    assert done.returncode == 3
    assert f"{path}: needs more than 256 MB of memory" in done.stderr
    form.write_text(
        f'name = "hungry"\nreference = "{path.name}"\nwidth = 900\nheight = 900\n'
        '[[field]]\nname = "total"\nbox = [1, 1, 90, 20]\n'
    )
    for command in (["check"], ["show", "-o", tmp_path / "shown.png"]):
        done = run("template", *command, form, "--page-memory", "256")
        assert done.returncode != 0
        assert "needs more than 256 MB of memory" in done.stderr


@needs_linux
@pytest.mark.parametrize("command", ["scan", "batch"])
def test_no_process_lives_on_when_the_command_is_killed(
    tmp_path: Path, command: str
) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    write_slow_pdf(scans / "slow.pdf")
    output = ["-o", str(tmp_path / "run"), "--jobs", "2"] if command == "batch" else []
    process = subprocess.Popen(
        [*COMMAND, command, str(scans), *output],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while seconds_of(busiest := members(process.pid)) < 2:  # in PDFium by now
        assert time.monotonic() < deadline, busiest
        time.sleep(0.1)
    assert len(busiest) >= 2
    process.kill()
    process.wait()
    expect_no_members(process.pid)


@needs_linux
def test_ctrl_c_ends_a_scan_at_once_whatever_it_is_at(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "scan", str(write_slow_pdf(tmp_path / "slow.pdf"))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while seconds_of(members(process.pid)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # the worker hears it as well
    _, told = process.communicate(timeout=60)
    assert time.monotonic() - began < ENDING_S
    assert (process.returncode, told) == (130, "stopped\n")
    expect_no_members(process.pid)


def expect_no_members(session: int) -> None:
    """Expect that the last processes of a session end soon."""
    deadline = time.monotonic() + 5
    while members(session) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert members(session) == {}


def members(session: int) -> dict[int, float]:
    """List the processes of a session, with the processor seconds of each."""
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "stat").read_text() if folder.name.isdigit() else ""
        except OSError:  # it has just ended
            continue
        fields = line.rpartition(")")[2].split()
        if fields and fields[0] != "Z" and int(fields[3]) == session:
            ticks = int(fields[11]) + int(fields[12])
            found[int(folder.name)] = ticks / os.sysconf("SC_CLK_TCK")
    return found


def seconds_of(processes: dict[int, float]) -> float:
    return max(processes.values(), default=0.0)
