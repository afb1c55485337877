from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from formreader.errors import InputError
from formreader.server import uploads
from formreader.server.scan_names import clean_name
from formreader.server.uploads import (
    INCOMING,
    NoRoomError,
    ReceivedFile,
    TooLargeError,
    TooManyError,
    UploadLimits,
    hold_place,
    receive_file,
)
from formreader.server.work_folder import check_name

GENEROUS = UploadLimits(spare_bytes=0)


async def _give(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def bring(
    folder: Path,
    name: str,
    *parts: bytes,
    limits: UploadLimits = GENEROUS,
    declared: int | None = None,
) -> ReceivedFile:
    return run_apart(receive_file(_give(*parts), folder, name, limits, declared))


def run_apart(task: Coroutine[Any, Any, ReceivedFile]) -> ReceivedFile:
    """Run a task in a thread of its own: a browser may have a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, task).result()


def list_all(folder: Path) -> list[str]:
    found = folder.parent.rglob("*")
    return sorted(str(p.relative_to(folder.parent)) for p in found if p.is_file())


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    return tmp_path / "run" / "scans"


@pytest.fixture(autouse=True)
def run(scans: Path) -> None:
    scans.parent.mkdir()


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/abs/olute.jpg", "abs/olute.jpg"),
        ("C:\\scans\\a.jpg", "C_/scans/a.jpg"),
        ("a\x00b\x1b[31m\n.jpg", "a_b_[31m_.jpg"),
        ("‮gpj.exe", "_gpj.exe"),
        (".hidden.jpg", "_hidden.jpg"),
        ("....//...", "page"),
        ("", "page"),
        ("CON.jpg", "_CON.jpg"),
        ("a?b*c|.png", "a_b_c_.png"),
        ("trailing. .", "trailing"),
    ],
)
def test_no_name_leads_out_of_the_folder_or_harms_a_terminal(
    name: str, clean: str
) -> None:
    assert str(clean_name(name)) == clean


def test_a_long_name_keeps_its_ending_and_fits_every_system() -> None:
    name = clean_name("é" * 500 + ".tiff").name
    assert name.endswith(".tiff")
    assert len(name.encode()) <= 160
    assert len(clean_name("a/" * 100 + "b.jpg").parts) == 8


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", ".x", "con", "a\n", "x" * 81])
def test_a_run_has_a_name_that_is_one_folder(name: str) -> None:
    with pytest.raises(InputError):
        check_name(f"{name}/" if name == "a\n" else name)


def test_the_same_file_is_taken_once_and_another_of_its_name_beside_it(
    scans: Path,
) -> None:
    first = bring(scans, "a.jpg", b"12", b"34")
    assert (first.name, first.bytes, first.is_known) == ("a.jpg", 4, False)
    assert bring(scans, "a.jpg", b"1234").is_known
    assert bring(scans, "a.jpg", b"4321").name == "a-2.jpg"
    assert list_all(scans) == ["scans/a-2.jpg", "scans/a.jpg"]
    assert (scans / "a.jpg").read_bytes() == b"1234"


def test_a_file_that_is_too_large_is_refused_before_and_while_it_comes(
    scans: Path,
) -> None:
    small = UploadLimits(file_bytes=10, spare_bytes=0)
    with pytest.raises(TooLargeError):
        bring(scans, "a.jpg", b"1", limits=small, declared=11)
    with pytest.raises(TooLargeError):  # it said that it was small
        bring(scans, "a.jpg", b"12345", b"678901", limits=small, declared=1)
    assert list_all(scans) == []


def test_a_full_disk_and_a_full_run_take_nothing(scans: Path) -> None:
    with pytest.raises(NoRoomError, match="make room"):
        bring(scans, "a.jpg", b"1", limits=UploadLimits(spare_bytes=10**18))
    bring(scans, "a.jpg", b"12345")
    with pytest.raises(NoRoomError):
        quota = UploadLimits(run_bytes=6, spare_bytes=0)
        bring(scans, "b.jpg", b"12", limits=quota, declared=2)
    assert list_all(scans) == ["scans/a.jpg"]


@pytest.mark.parametrize("content", [b"", b"<script>alert(1)</script>"])
def test_what_is_no_scan_is_refused_and_leaves_nothing(
    scans: Path, content: bytes
) -> None:
    with pytest.raises(InputError):
        bring(scans, "page.html", content)
    assert list_all(scans) == []


def test_a_browser_that_goes_away_leaves_no_half_file(scans: Path) -> None:
    async def break_off() -> AsyncIterator[bytes]:
        yield b"x" * 3_000_000
        assert list((scans.parent / INCOMING).iterdir())
        raise ClientDisconnect

    with pytest.raises(ClientDisconnect):
        run_apart(receive_file(break_off(), scans, "a.jpg", GENEROUS))
    assert list_all(scans) == []


def test_a_large_file_comes_whole(scans: Path) -> None:
    parts = [bytes([number]) * 700_001 for number in range(9)]
    bring(scans, "room 1/a.tif", *parts)
    found = (scans / "room 1" / "a.tif").read_bytes()
    assert hashlib.sha256(found).digest() == hashlib.sha256(b"".join(parts)).digest()


def test_more_files_at_once_than_there_are_places_are_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads, "_PLACES", BoundedSemaphore(1))
    refusal = pytest.raises(TooManyError, match="again in a moment")
    with hold_place(), refusal, hold_place():
        pass
    with hold_place():
        pass
