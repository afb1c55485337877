from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from formreader.batch.listing import Selection, list_files
from formreader.errors import UnreadableFileError
from formreader.store.records import FoundFile, LeftAside

PNG = b"\x89PNG\r\n\x1a\n and so on"


def write(folder: Path, *names: str, content: bytes = PNG) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def listed(folder: Path, **globs: tuple[str, ...]) -> list[str]:
    run = folder / "run"
    return [file.name for file in list_files(folder, Selection(**globs), run)]


def test_files_come_by_name_with_those_of_subfolders(tmp_path: Path) -> None:
    write(tmp_path, "b.png", "a/2.png", "a/10.png", "c.PDF")
    assert listed(tmp_path) == ["a/10.png", "a/2.png", "b.png", "c.PDF"]


def test_hidden_files_and_the_run_itself_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "a.png", ".hidden.png", ".git/b.png", "run/c.png", "Thumbs.db")
    assert listed(tmp_path) == ["a.png"]


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        ({"include": ("*.png",)}, ["a/1.png", "b/2.png"]),
        ({"include": ("a/*",)}, ["a/1.png", "a/3.jpg"]),
        ({"exclude": ("a/*",)}, ["b/2.png"]),
        ({"include": ("*.png",), "exclude": ("2.*",)}, ["a/1.png"]),
    ],
)
def test_globs_choose_by_name_or_by_path(
    tmp_path: Path, globs: dict[str, tuple[str, ...]], expected: list[str]
) -> None:
    write(tmp_path, "a/1.png", "b/2.png", "a/3.jpg")
    assert listed(tmp_path, **globs) == expected


def test_a_scan_without_an_ending_is_read_and_a_text_is_left_aside(
    tmp_path: Path,
) -> None:
    write(tmp_path, "scan-001")
    write(tmp_path, "notes.txt", content=b"buy paper")
    scan, notes = sorted(
        list_files(tmp_path, Selection(), tmp_path / "run"), key=lambda one: one.name
    )[::-1]
    assert isinstance(scan, FoundFile)
    assert scan.size == len(PNG)
    assert isinstance(notes, LeftAside)
    assert not notes.is_failure


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "outside.png", "scans/a.png")
    (tmp_path / "scans" / "link.png").symlink_to(tmp_path / "outside.png")
    (tmp_path / "scans" / "alias.png").symlink_to(tmp_path / "scans" / "a.png")
    found = list(list_files(tmp_path / "scans", Selection(), tmp_path / "run"))
    assert [type(file) for file in found] == [FoundFile, FoundFile, LeftAside]
    assert isinstance(found[2], LeftAside)
    assert found[2].is_failure


def test_a_link_to_itself_is_a_failure_and_costs_no_other_file(tmp_path: Path) -> None:
    write(tmp_path, "b.png")
    (tmp_path / "a.png").symlink_to(tmp_path / "a.png")
    (tmp_path / "loop").symlink_to(tmp_path)
    first, second, third = list_files(tmp_path, Selection(), tmp_path / "run")
    assert isinstance(first, LeftAside) and first.is_failure
    assert first.problem.startswith("cannot be looked at")
    assert isinstance(second, FoundFile) and second.name == "b.png"
    assert isinstance(third, LeftAside) and third.problem == "a link to a folder"


def test_a_broken_link_is_a_failure_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    [found] = list_files(tmp_path, Selection(), tmp_path / "run")
    assert isinstance(found, LeftAside)
    assert found.is_failure
    assert found.remedy


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode elsewhere")
def test_a_name_that_is_no_unicode_is_a_failure_that_can_be_shown(
    tmp_path: Path,
) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")).write_bytes(PNG)
    [found] = list_files(tmp_path, Selection(), tmp_path / "run")
    assert isinstance(found, LeftAside)
    assert found.is_failure
    assert found.name == "caf\\udce9.png"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="nowhere: there is no such folder"):
        list(list_files(tmp_path / "nowhere", Selection(), tmp_path / "run"))
