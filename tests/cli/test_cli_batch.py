from __future__ import annotations

import csv
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from many_pages import SAMPLES, fill_folder
from PIL import Image

from formreader.batch.run_lock import hold_run
from formreader.cli import main

pytestmark = pytest.mark.model

ROOM_FOR_SLOW_MACHINES_S = 300


def run_batch(folder: Path, run: Path, *options: object) -> Result:
    arguments = [str(folder), "-o", str(run), "--jobs", "1", *map(str, options)]
    return CliRunner().invoke(main, ["batch", *arguments])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def png_header(width: int, height: int) -> bytes:
    """Begin a PNG that claims a size."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + body
        + struct.pack(">I", zlib.crc32(body))
    )


def add_garbage(folder: Path) -> set[str]:
    """Put ten kinds of files into a folder that look like pages and are none."""
    jpeg = (SAMPLES / "tally-1.jpg").read_bytes()
    png = (SAMPLES / "tally-3.png").read_bytes()
    garbage = {
        "empty.jpg": b"",
        "text.png": b"Dear reader, this is no picture.\n",
        "cut-short.jpg": jpeg[: len(jpeg) // 2],
        "cut-short.png": png[: len(png) // 2],
        "huge.png": png_header(100_000, 100_000),
        "cut-short.pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
        "animation.jpg": b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff;",
        "letter.pdf": b"PK\x03\x04 a word processor's file",
        "zeros.tif": bytes(5000),
        "no-directory.tif": b"II*\0" + b"\xff" * 200,
    }
    for name, content in garbage.items():
        (folder / name).write_bytes(content)
    return set(garbage)


def test_a_folder_becomes_a_run_with_its_tables(tmp_path: Path) -> None:
    names = fill_folder(tmp_path / "scans", 4)
    result = run_batch(tmp_path / "scans", tmp_path / "run")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("4 pages, ")
    read = rows(tmp_path / "run" / "fields.csv")
    assert list(dict.fromkeys(row["source"] for row in read)) == names
    flagged = rows(tmp_path / "run" / "flagged.csv")
    assert flagged == [row for row in read if row["needs_review"] == "true"]


def test_excel_safe_tables_of_a_run_hold_no_formula(tmp_path: Path) -> None:
    [name] = fill_folder(tmp_path / "scans", 1)
    (tmp_path / "scans" / name).rename(tmp_path / "scans" / "=1.jpg")
    (tmp_path / "scans" / "@2.jpg").write_bytes(b"")
    run_batch(tmp_path / "scans", tmp_path / "run", "--excel-safe")
    assert rows(tmp_path / "run" / "fields.csv")[0]["source"] == "'=1.jpg"
    assert rows(tmp_path / "run" / "failures.csv")[0]["source"] == "'@2.jpg"


def test_a_batch_reads_what_scan_reads(tmp_path: Path) -> None:
    names = fill_folder(tmp_path / "scans", 3)
    run_batch(tmp_path / "scans", tmp_path / "run")
    paths = [str(tmp_path / "scans" / name) for name in names]
    scanned = tmp_path / "scanned.csv"
    CliRunner().invoke(main, ["scan", *paths, "-o", str(scanned)])
    expected = scanned.read_bytes().decode().replace(f"{tmp_path / 'scans'}/", "")
    written = (tmp_path / "run" / "fields.csv").read_bytes().decode()
    assert written == expected


def test_garbage_of_ten_kinds_costs_no_page_and_is_listed_with_a_remedy(
    tmp_path: Path,
) -> None:
    names = fill_folder(tmp_path / "scans", 6)
    garbage = add_garbage(tmp_path / "scans")
    result = run_batch(tmp_path / "scans", tmp_path / "run")
    assert result.exit_code == 7
    assert "10 failed" in result.stderr
    read = {row["source"] for row in rows(tmp_path / "run" / "fields.csv")}
    assert read == set(names)
    failures = rows(tmp_path / "run" / "failures.csv")
    assert {row["source"] for row in failures} == garbage
    assert all(row["error"] and row["remedy"] for row in failures), failures


def test_a_batch_of_sheets_reads_what_scan_reads_and_goes_on_alike(
    tmp_path: Path,
) -> None:
    scans, scanned = tmp_path / "scans", tmp_path / "scanned.csv"
    scans.mkdir()
    sheet = Image.new("L", (2200, 1000), 255)
    for number, left in ((1, 100), (2, 1200)):
        with Image.open(SAMPLES / f"exam-cover-{number}.jpg") as page:
            part = page.convert("L").crop((400, 550, 1300, 950))
        sheet.paste(part, (left, 300))
    sheet.save(scans / "sheet.png")
    assert run_batch(scans, tmp_path / "run", "--split").exit_code == 0
    read = rows(tmp_path / "run" / "fields.csv")
    assert {row["page"] for row in read} == {"1", "2"}
    name = str(scans / "sheet.png")
    CliRunner().invoke(main, ["scan", name, "--split", "-o", str(scanned)])
    assert [row | {"source": name} for row in read] == rows(scanned)
    again = run_batch(scans, tmp_path / "run")
    assert again.exit_code == 6
    assert "the run was begun with another split" in again.stderr


def test_a_second_start_reads_nothing_again_but_what_is_new(tmp_path: Path) -> None:
    fill_folder(tmp_path / "scans", 2)
    run_batch(tmp_path / "scans", tmp_path / "run")
    first = (tmp_path / "run" / "fields.csv").read_bytes()
    again = run_batch(tmp_path / "scans", tmp_path / "run", "--log-json")
    assert (tmp_path / "run" / "fields.csv").read_bytes() == first
    assert events_of(again.stderr) == ["end"]
    shutil.copy(SAMPLES / "tally-3.png", tmp_path / "scans" / "new.png")
    added = run_batch(tmp_path / "scans", tmp_path / "run", "--log-json")
    assert events_of(added.stderr) == ["file new.png", "page new.png", "end"]


def events_of(log: str) -> list[str]:
    """Name what a log in JSON tells; each of its lines must be JSON."""
    events = [json.loads(line) for line in log.splitlines()]
    return [f"{one['event']} {one.get('source', '')}".strip() for one in events]


def test_the_same_page_under_two_names_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    for name in ("b.jpg", "a.jpg"):
        shutil.copy(SAMPLES / "exam-cover-1.jpg", tmp_path / "scans" / name)
    result = run_batch(tmp_path / "scans", tmp_path / "run")
    assert "1 copy left out" in result.stderr
    read = rows(tmp_path / "run" / "fields.csv")
    assert [row["source"] for row in read] == ["a.jpg", "a.jpg"]
    [aside] = rows(tmp_path / "run" / "skipped.csv")
    assert (aside["source"], aside["reason"]) == ("b.jpg", "the same as a.jpg")


def test_other_options_are_refused_unless_all_is_read_again(tmp_path: Path) -> None:
    fill_folder(tmp_path / "scans", 1)
    run_batch(tmp_path / "scans", tmp_path / "run")
    refused = run_batch(tmp_path / "scans", tmp_path / "run", "--threshold", "0.99999")
    assert refused.exit_code == 6
    assert "another threshold" in refused.stderr
    assert "--redo" in refused.stderr
    redone = run_batch(
        tmp_path / "scans", tmp_path / "run", "--threshold", "0.99999", "--redo"
    )
    assert redone.exit_code == 0, redone.stderr
    assert (tmp_path / "run" / "run-1.sqlite").is_file()
    read = rows(tmp_path / "run" / "fields.csv")
    assert {row["needs_review"] for row in read} == {"true"}


def test_a_run_goes_on_with_the_promise_that_it_was_begun_with(tmp_path: Path) -> None:
    fill_folder(tmp_path / "scans", 1)
    options = ("--target-error", "100%")
    first = run_batch(tmp_path / "scans", tmp_path / "run", *options)
    assert "nothing is promised" in first.stderr
    read = rows(tmp_path / "run" / "fields.csv")
    assert not any(row["flags"] == "low_confidence" for row in read)
    again = run_batch(tmp_path / "scans", tmp_path / "run")
    assert again.exit_code == 6
    assert "the run was begun with another target error" in again.stderr
    assert run_batch(tmp_path / "scans", tmp_path / "run", *options).exit_code == 0


def test_a_failure_is_tried_again_on_request(tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    page = tmp_path / "scans" / "a.jpg"
    whole = (SAMPLES / "exam-cover-1.jpg").read_bytes()
    page.write_bytes(whole[:-5000])
    when = page.stat()
    assert run_batch(tmp_path / "scans", tmp_path / "run").exit_code == 3
    page.write_bytes(whole[:-5000])
    os.utime(page, ns=(when.st_atime_ns, when.st_mtime_ns))
    assert run_batch(tmp_path / "scans", tmp_path / "run").exit_code == 3
    retried = run_batch(
        tmp_path / "scans", tmp_path / "run", "--retry-failed", "--log-json"
    )
    assert retried.exit_code == 3
    assert '"event": "page"' in retried.stderr
    page.write_bytes(whole)
    assert run_batch(tmp_path / "scans", tmp_path / "run").exit_code == 0


def test_two_batches_do_not_share_a_run(tmp_path: Path) -> None:
    fill_folder(tmp_path / "scans", 1)
    with hold_run(tmp_path / "run"):
        result = run_batch(tmp_path / "scans", tmp_path / "run")
    assert result.exit_code == 6
    assert "another formreader is reading into this run" in result.stderr


@pytest.mark.parametrize("make", [True, False])
def test_a_folder_without_pages_is_an_error(tmp_path: Path, make: bool) -> None:
    if make:
        (tmp_path / "scans").mkdir()
    result = run_batch(tmp_path / "scans", tmp_path / "run")
    assert result.exit_code == 3
    assert str(tmp_path / "scans") in result.stderr


def test_a_roster_is_matched_over_the_whole_run(tmp_path: Path) -> None:
    template = tmp_path / "form.toml"
    shutil.copy(SAMPLES / "exam-cover-blank.png", tmp_path / "blank.png")
    template.write_text(
        'name = "exam"\nreference = "blank.png"\nwidth = 1654\nheight = 2339\n'
        '[[field]]\nname = "id"\nbox = [524, 634, 556, 74]\ncells = 8\n'
        'one_of = ["52586982", "99999999"]\nassign = "unique"\n'
    )
    (tmp_path / "scans").mkdir()
    content = (SAMPLES / "exam-cover-1.jpg").read_bytes()
    for number in (1, 2):  # the same number, handed in twice
        (tmp_path / "scans" / f"{number}.jpg").write_bytes(content + bytes([number]))
    for _ in range(2):  # a run that goes on settles it once more, and alike
        result = run_batch(tmp_path / "scans", tmp_path / "run", "-t", template)
        assert result.exit_code == 0, result.stderr
        read = rows(tmp_path / "run" / "fields.csv")
        assert [row["value"] for row in read] == ["52586982", "52586982"]
        assert sum("rule_failed" in row["flags"] for row in read) == 1
        assert {row["needs_review"] for row in read} == {"true"}


def start(folder: Path, run: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "formreader", "batch", str(folder), "-o", str(run)]
    return subprocess.Popen(
        [*command, "--jobs", "2", "--log-json"], stderr=subprocess.PIPE, text=True
    )


def kill_after(batch: subprocess.Popen[str], pages: int, then_s: float) -> None:
    """Kill a batch some time after it has read some pages."""
    assert batch.stderr is not None
    with batch.stderr as stderr:
        for _ in range(pages):
            while json.loads(stderr.readline())["event"] != "page":
                pass
        time.sleep(then_s)
        batch.send_signal(signal.SIGKILL)
        batch.wait()


@pytest.mark.timeout(ROOM_FOR_SLOW_MACHINES_S)
@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
def test_twenty_kills_change_nothing_in_the_result(tmp_path: Path) -> None:
    fill_folder(tmp_path / "scans", 60)
    add_garbage(tmp_path / "scans")
    assert run_batch(tmp_path / "scans", tmp_path / "calm").exit_code == 7
    moments = random.Random(20)
    for pages in (0, 0, 1, 3) * 5:  # at its start, and in the midst of its pages
        batch = start(tmp_path / "scans", tmp_path / "killed")
        kill_after(batch, pages, moments.uniform(0, 0.2 if pages else 1.5))
    with start(tmp_path / "scans", tmp_path / "killed") as batch:
        assert "room-2" in batch.communicate()[1]  # pages were left to read
    assert batch.returncode == 7
    for name in ("fields.csv", "flagged.csv", "failures.csv", "skipped.csv"):
        calm = (tmp_path / "calm" / name).read_bytes()
        assert (tmp_path / "killed" / name).read_bytes() == calm, name
    assert not list((tmp_path / "killed").glob(".*.csv-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGINT for one process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_is_told_how_to_go_on_and_loses_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    names = fill_folder(tmp_path / "scans", 12)
    command = [sys.executable, "-m", "formreader", "batch", str(tmp_path / "scans")]
    batch = subprocess.Popen(
        [*command, "-o", str(tmp_path / "run"), "--jobs", "1", "--log-json"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert batch.stderr is not None
    with batch.stderr as stderr:
        while json.loads(stderr.readline())["event"] != "page":
            pass
        batch.send_signal(number)
        rest = stderr.read()
    assert batch.wait() == 130
    assert "stopped; the same command goes on from here" in rest
    assert "Traceback" not in rest
    assert run_batch(tmp_path / "scans", tmp_path / "run").exit_code == 0
    read = rows(tmp_path / "run" / "fields.csv")
    assert list(dict.fromkeys(row["source"] for row in read)) == names
