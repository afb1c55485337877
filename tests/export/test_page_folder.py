from __future__ import annotations

from pathlib import Path

import pytest

from formreader.errors import OutputError
from formreader.export.page_folder import PageFolder
from formreader.readings import PageReading

FIRST = PageReading("scans/page.jpg", 0, ())


def test_pages_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    folder = PageFolder(tmp_path / "new", "--overlay")
    other = PageReading("more/page.jpg", 0, ())
    second_page = PageReading("scans/page.jpg", 1, ())
    paths = [
        folder.write(page, content)
        for page, content in ((FIRST, b"1"), (other, b"2"), (second_page, b"3"))
    ]
    names = ["page.jpg.png", "page.jpg-2.png", "page.jpg-page2.png"]
    assert [path.name for path in paths] == names
    assert [path.read_bytes() for path in paths] == [b"1", b"2", b"3"]


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match=r"taken.*--explain"):
        PageFolder(tmp_path / "taken", "--explain").write(FIRST, b"")
