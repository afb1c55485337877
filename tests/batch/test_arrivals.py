from __future__ import annotations

import os
from pathlib import Path

import pytest

from formreader.batch.arrivals import Arrivals
from formreader.batch.listing import Selection, list_files
from formreader.store.records import FoundFile, LeftAside

SETTLE_S = 2.0


def see(arrivals: Arrivals, folder: Path, now: float) -> list[str]:
    """Look at all of the folder, and say what is complete."""
    for found in list_files(folder, Selection(), folder / "run"):
        arrivals.note(found, now)
    return [found.name for found in arrivals.take(now)]


def write(path: Path, content: bytes = b"\xff\xd8\xff page") -> Path:
    path.write_bytes(content)
    return path


@pytest.fixture
def arrivals(tmp_path: Path) -> Arrivals:
    return Arrivals(tmp_path, SETTLE_S)


def test_a_file_is_complete_once_it_has_stayed_as_it_is(
    arrivals: Arrivals, tmp_path: Path
) -> None:
    write(tmp_path / "a.jpg")
    assert see(arrivals, tmp_path, 0.0) == []
    assert see(arrivals, tmp_path, 1.9) == []
    assert see(arrivals, tmp_path, 2.0) == ["a.jpg"]
    assert see(arrivals, tmp_path, 9.0) == []


def test_a_file_that_grows_waits_from_its_last_change(
    arrivals: Arrivals, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jpg")
    see(arrivals, tmp_path, 0.0)
    write(path, path.read_bytes() * 2)
    assert see(arrivals, tmp_path, 1.5) == []
    assert see(arrivals, tmp_path, 3.0) == []
    assert see(arrivals, tmp_path, 3.5) == ["a.jpg"]


@pytest.mark.skipif(os.name == "nt", reason="has no time of change")
def test_a_file_renamed_into_its_place_hardly_waits(
    arrivals: Arrivals, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jpg")
    os.utime(path, (1, 1))  # as long ago as its last byte may be
    path.rename(tmp_path / "b.jpg")
    assert see(arrivals, tmp_path, 0.0) == []
    assert see(arrivals, tmp_path, 0.4) == ["b.jpg"]


def test_a_file_that_is_replaced_is_taken_again(
    arrivals: Arrivals, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jpg")
    see(arrivals, tmp_path, 0.0)
    assert see(arrivals, tmp_path, 2.0) == ["a.jpg"]
    write(path, b"\xff\xd8\xff another page")
    assert see(arrivals, tmp_path, 3.0) == []
    assert see(arrivals, tmp_path, 5.0) == ["a.jpg"]


def test_a_file_that_is_gone_is_waited_for_no_more(
    arrivals: Arrivals, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jpg")
    see(arrivals, tmp_path, 0.0)
    path.unlink()
    assert arrivals.due(2.0) == ["a.jpg"]
    arrivals.drop("a.jpg")
    assert arrivals.take(2.0) == []


def test_a_name_is_free_again_when_its_file_was_moved_away(
    arrivals: Arrivals, tmp_path: Path
) -> None:
    write(tmp_path / "a.jpg")
    see(arrivals, tmp_path, 0.0)
    see(arrivals, tmp_path, 2.0)
    arrivals.forget("a.jpg")
    assert see(arrivals, tmp_path, 3.0) == []
    assert see(arrivals, tmp_path, 5.0) == ["a.jpg"]


def test_what_is_taken_has_the_size_and_time_that_it_settled_with(
    arrivals: Arrivals, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jpg")
    arrivals.note(FoundFile("a.jpg", 1, 1), 0.0)
    [found] = arrivals.take(2.0)
    status = path.stat()
    assert found == FoundFile("a.jpg", status.st_size, status.st_mtime_ns)


def test_what_cannot_be_looked_at_by_name_is_said_once(arrivals: Arrivals) -> None:
    nameless = LeftAside("\\xff.jpg", "the name is not UTF-8", "rename it", True)
    for now in (0.0, 2.0):
        arrivals.note(nameless, now)
    arrivals.drop(nameless.name)
    assert arrivals.take(2.0) == [nameless]
    arrivals.note(nameless, 3.0)
    assert arrivals.take(9.0) == []
