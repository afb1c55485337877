from __future__ import annotations

import re
from pathlib import Path

import pytest
from made_results import measured, result, truth

from formreader.errors import InputError, UnreadableFileError
from formreader.evaluation import tables
from formreader.evaluation.tables import read_results, read_truth
from formreader.export import PageRows, long_table, write_csv


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


HEADER = "file,page,field,value\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: no column `file`"),
        ("name,value\n", "line 1: no column `file`, `field`"),
        (HEADER, "holds no row"),
        (HEADER + "a.png,1,x,12\na.png,one,x,1\n", "line 3: `page` is 'one'"),
        (HEADER + "a.png,0,x,12\n", "line 2: `page` is '0'"),
        (HEADER + ",1,x,12\n", "line 2: `file` is empty"),
        (HEADER + "a.png,1,x,12,500\n", "line 2: 5 cells, the first line has 4"),
        (HEADER.encode() + b"a.png,1,x,1\n\xff\xfe,1,x,1\n", "line 3: not text in UTF"),
        ((HEADER + "a.png,1,x,1\n").encode("utf-16"), "line 1: not text in UTF-8"),
        (HEADER + f"a.png,1,x,{'1' * 2000}\n", "line 2: `value` has 2000 characters"),
        (HEADER + f'a.png,1,x,"{"1" * 200_000}', "no CSV"),
        ("file,field,value,left\na.png,x,1,wide\n", "line 2: `left` is 'wide'"),
        ("file,field,value,left\na.png,x,1,nan\n", "line 2: `left` is 'nan'"),
        ("file,field,value,value\na.png,x,1,1\n", "two columns are called `value`"),
    ],
)
def test_truth_that_cannot_be_used_names_file_and_line(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    path = write(tmp_path / "truth.csv", content)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_truth(path)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("a.png,x,1,1.5,true", "line 2: `confidence` is 1.5"),
        ("a.png,x,1,sure,true", "line 2: `confidence` is 'sure'"),
        ("a.png,x,1,0.5,yes", "line 2: `needs_review` is 'yes'"),
    ],
)
def test_results_that_cannot_be_used_name_file_and_line(
    tmp_path: Path, cells: str, message: str
) -> None:
    header = "source,field,value,confidence,needs_review\n"
    path = write(tmp_path / "fields.csv", header + cells)
    with pytest.raises(InputError, match=re.escape(message)):
        list(read_results(path))


def test_results_that_are_safe_for_excel_say_the_same(tmp_path: Path) -> None:
    row = result("total", "-6", source="+a.png", raw="-6")
    table = long_table([PageRows("+a.png", 1, (row,))])
    with (tmp_path / "fields.csv").open("w", encoding="utf-8", newline="") as stream:
        write_csv(table, stream, excel_safe=True)
    assert "'-6" in (tmp_path / "fields.csv").read_text(encoding="utf-8")
    [read] = read_results(tmp_path)
    assert (read.source, read.value, read.raw) == ("+a.png", "-6", "-6")


def test_a_wide_table_is_told_from_results(tmp_path: Path) -> None:
    path = write(tmp_path / "wide.csv", "source,page,total,needs_review\na.png,1,3,\n")
    with pytest.raises(InputError, match="without --wide"):
        list(read_results(path))


def test_missing_files_and_folders_without_results_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no such file"):
        read_truth(tmp_path / "gone.csv")
    with pytest.raises(UnreadableFileError, match="not a file"):
        read_truth(tmp_path)
    with pytest.raises(UnreadableFileError) as caught:
        list(read_results(tmp_path))
    assert caught.value.path == tmp_path / "fields.csv"


def test_huge_files_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "truth.csv", HEADER + "a.png,1,x,12\n" * 3)
    monkeypatch.setattr(tables, "MOST_TRUTH", 2)
    with pytest.raises(InputError, match="line 4: the truth has more than 2 rows"):
        read_truth(path)
    monkeypatch.setattr(tables, "LARGEST_TABLE", 10)
    with pytest.raises(InputError, match="larger than"):
        read_truth(path)


def test_too_many_values_to_compare_are_refused(tmp_path: Path) -> None:
    rows = [result(f"field_{n:04d}", "1", box=(0, 50 * n, 9, 9)) for n in range(1001)]
    typed = [truth("x", "1") for _ in range(1001)]
    with pytest.raises(InputError, match="give fields their names or boxes"):
        measured(tmp_path, rows, typed)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_truth_as_spreadsheets_save_it_is_read(tmp_path: Path, separator: str) -> None:
    text = separator.join(["File", "Field", "Value"]) + "\r\n"
    text += separator.join(["a.png", "x", "007"]) + "\r\n" + separator * 2 + "\r\n"
    (row,) = read_truth(write(tmp_path / "truth.csv", text.encode("utf-8-sig")))
    assert (row.file, row.page, row.field, row.value) == ("a.png", 1, "x", "007")
