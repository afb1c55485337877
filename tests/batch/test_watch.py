from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from formreader.cli import main

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from exercise_watch import draw_strip, exercise  # noqa: E402  # scripts are no package

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(sys.platform == "win32", reason="has no SIGINT for others"),
]

PATIENCE_S = 60.0


class Watcher:
    """The command at work, and what it says."""

    def __init__(self, place: Path, *options: str) -> None:
        self.inbox, self.run, self.log = place / "inbox", place / "run", place / "log"
        command = [sys.executable, "-m", "formreader", "watch", str(self.inbox)]
        command += ["-o", str(self.run), "--strip", "number", "--jobs", "1"]
        quick = ["--settle", "0.5", "--look-every", "1", "--log-json", *options]
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                [*command, *quick],
                stdout=stream,
                stderr=stream,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )

    def events(self) -> list[tuple[str, str]]:
        lines = [line for line in self.log.read_text().splitlines() if line[0] == "{"]
        parsed = [json.loads(line) for line in lines]
        return [(one["event"], one.get("source", "")) for one in parsed]

    def wait_for(self, *event: str, times: int = 1) -> None:
        wait_until(lambda: self.events().count((event[0], event[1])) >= times, self.log)

    def wait_for_moved(self, archive: Path, count: int) -> None:
        wait_until(lambda: len(list(archive.rglob("*.png"))) == count, self.log)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)

    def rows(self, table: str = "fields.csv") -> list[dict[str, str]]:
        with (self.run / table).open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))


@contextmanager
def watching(place: Path, *options: str) -> Iterator[Watcher]:
    (place / "inbox").mkdir(exist_ok=True)
    watcher = Watcher(place, *options)
    try:
        yield watcher
    finally:
        watcher.process.kill()
        watcher.process.wait()


def wait_until(is_so: Callable[[], bool], log: Path) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < give_up, log.read_text()
        time.sleep(0.05)


def test_each_page_is_read_once_however_it_comes_and_though_the_watcher_is_killed(
    tmp_path: Path,
) -> None:
    result = exercise(60, tmp_path)
    assert result.files == 48
    assert result.wrong == ()
    assert result.twice == 0


def test_ctrl_c_ends_with_whole_tables(tmp_path: Path) -> None:
    with watching(tmp_path) as watcher:
        (watcher.inbox / "a.png").write_bytes(draw_strip(1, 0))
        watcher.wait_for("page", "a.png")
        (watcher.inbox / "empty.png").touch()
        (watcher.inbox / "notes.txt").write_text("no page")
        watcher.wait_for("file", "empty.png")
        wait_until(lambda: len(watcher.rows("skipped.csv")) == 1, watcher.log)
        assert watcher.stop() == 7
    assert [row["source"] for row in watcher.rows()] == ["a.png"]
    assert [row["source"] for row in watcher.rows("failures.csv")] == ["empty.png"]
    assert [row["source"] for row in watcher.rows("skipped.csv")] == ["notes.txt"]


def test_a_folder_may_go_away_and_come_back(tmp_path: Path) -> None:
    with watching(tmp_path) as watcher:
        (watcher.inbox / "a.png").write_bytes(draw_strip(1, 0))
        watcher.wait_for("page", "a.png")
        watcher.inbox.rename(tmp_path / "away")
        watcher.wait_for("away", "")
        (tmp_path / "away" / "b.png").write_bytes(draw_strip(2, 0))
        (tmp_path / "away").rename(watcher.inbox)
        watcher.wait_for("back", "")
        watcher.wait_for("page", "b.png")
        assert watcher.stop() == 0
    assert watcher.events().count(("page", "a.png")) == 1
    with watching(tmp_path) as watcher:
        watcher.inbox.rename(tmp_path / "away")
        watcher.wait_for("away", "", times=2)
        assert watcher.stop() == 0


def test_files_are_moved_once_read_and_a_name_that_comes_again_replaces_nothing(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "archive"
    with watching(tmp_path, "--move-to", str(archive)) as watcher:
        (watcher.inbox / "room").mkdir()
        for number in range(3):
            (watcher.inbox / "room" / "scan.png").write_bytes(draw_strip(number, 0))
            watcher.wait_for_moved(archive, number + 1)
        (watcher.inbox / "again.png").write_bytes(draw_strip(0, 0))
        (watcher.inbox / "cut-short.png").write_bytes(draw_strip(5, 0)[:80])
        watcher.wait_for_moved(archive, 4)
        watcher.wait_for("file", "cut-short.png")
        assert watcher.stop() == 7
    sources = [row["source"] for row in watcher.rows()]
    assert sources == ["room/scan-1.png", "room/scan-2.png", "room/scan.png"]
    assert (archive / "room" / "scan-2.png").read_bytes() == draw_strip(2, 0)
    assert [path.name for path in watcher.inbox.iterdir() if path.is_file()] == [
        "cut-short.png"
    ]


def test_the_archive_must_not_lie_where_files_arrive(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    arguments = [str(inbox), "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(
        main, ["watch", *arguments, "--move-to", str(inbox / "done")]
    )
    assert result.exit_code == 2
    assert "must not lie within" in result.stderr


def test_a_folder_that_was_never_there_is_not_waited_for(tmp_path: Path) -> None:
    arguments = [str(tmp_path / "inbix"), "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(main, ["watch", *arguments])
    assert result.exit_code == 3
    assert "there is no such folder" in result.stderr
