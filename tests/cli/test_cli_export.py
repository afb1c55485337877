from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from click.testing import CliRunner, Result
from made_runs import make_field, make_run
from PIL import Image
from pyarrow import parquet
from sqlalchemy import select

from formreader.batch.tables import write_tables
from formreader.cli import main
from formreader.errors import ExitCode
from formreader.export import COLUMNS
from formreader.records import FieldKind
from formreader.store.machine import inventory
from formreader.store.people import decisions
from formreader.store.people.decisions import Action, Decision
from formreader.store.records import FoundFile
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import fields


@pytest.fixture
def run(tmp_path: Path, store_url: str | None) -> Path:
    """Two files, one with two pages, the last of them without a field."""
    return make_run(
        tmp_path / "run",
        {
            "=b.png": [[make_field("id", "007"), make_field("room", "3", 0.5)]],
            "a/a.pdf": [[make_field("room", "12")], []],
        },
        store_url,
    )


def export(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


def exported(run: Path, name: str, *options: str) -> Path:
    path = run.parent / name
    result = export(run, "-o", path, *options)
    assert result.exit_code == ExitCode.OK, result.output
    assert result.stdout == ""
    assert f"written: {path}" in result.stderr
    return path


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_csv_is_the_same_as_the_fields_csv_of_the_run(run: Path) -> None:
    with RunStore.open(run) as store:
        write_tables(store)
    assert exported(run, "out.csv").read_bytes() == (run / "fields.csv").read_bytes()


def test_every_format_holds_the_same_fields(run: Path) -> None:
    values = ["007", "3", "12"]
    _, *cells = rows(exported(run, "out.csv"))
    assert [row[3] for row in cells] == values
    assert [row[0] for row in cells] == ["=b.png", "=b.png", "a/a.pdf"]
    pages = json.loads(exported(run, "out.json").read_text(encoding="utf-8"))
    assert [field["value"] for page in pages for field in page["fields"]] == values
    text = exported(run, "out.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["value"] for line in text.splitlines()] == values
    table = parquet.read_table(exported(run, "out.parquet"))
    assert table.column("value").to_pylist() == values
    sheet = openpyxl.load_workbook(exported(run, "out.XLSX")).active
    _, *lines = sheet
    assert [line[3].value for line in lines] == values
    assert lines[0][0].value == "=b.png"
    assert lines[0][0].data_type == "s"


def test_json_has_pages_without_a_field(run: Path) -> None:
    pages = json.loads(exported(run, "out.json").read_text(encoding="utf-8"))
    assert [(page["source"], page["page"], len(page["fields"])) for page in pages] == [
        ("=b.png", 1, 2),
        ("a/a.pdf", 1, 1),
        ("a/a.pdf", 2, 0),
    ]


def test_the_wide_form_has_a_row_for_every_page(run: Path) -> None:
    wide = [
        ["source", "page", "id", "room", "needs_review"],
        ["=b.png", "1", "007", "3", "room"],
        ["a/a.pdf", "1", "", "12", ""],
        ["a/a.pdf", "2", "", "", ""],
    ]
    assert rows(exported(run, "out.csv", "--wide")) == wide
    book = openpyxl.load_workbook(exported(run, "out.xlsx", "--wide"))
    sheet = [[cell.value or "" for cell in row] for row in book.active]
    assert [[str(cell) for cell in row] for row in sheet] == wide
    table = parquet.read_table(exported(run, "out.parquet", "--wide"))
    assert table.column("room").to_pylist() == ["3", "12", ""]


def test_excel_safe_csv_holds_no_formula(run: Path) -> None:
    assert {row[0] for row in rows(exported(run, "out.csv"))[1:]} == {
        "=b.png",
        "a/a.pdf",
    }
    safe = rows(exported(run, "out.csv", "--excel-safe"))
    assert [row[0] for row in safe] == ["source", "'=b.png", "'=b.png", "a/a.pdf"]


@pytest.mark.parametrize(
    ("only", "values"), [("flagged", ["3"]), ("accepted", ["007", "12"])]
)
def test_only_what_is_wanted_is_written(
    run: Path, only: str, values: list[str]
) -> None:
    _, *cells = rows(exported(run, "out.csv", "--only", only))
    assert [row[3] for row in cells] == values
    wide = rows(exported(run, "out.csv", "--only", only, "--wide"))
    assert len(wide) == 1 + len({row[0] for row in cells})
    with pypdfium2.PdfDocument(exported(run, "o.pdf", "--only", only)) as document:
        text = document[0].get_textpage().get_text_bounded()
    assert ("007" in text) == ("007" in values)


def decide(run: Path, field: str, action: Action, value: str = "") -> int:
    """Decide about the first field of a name; returns the decision."""
    with RunStore.open(run) as store, store.write() as connection:
        query = select(fields).where(fields.c.name == field).order_by(fields.c.id)
        row = connection.execute(query.limit(1)).one()
        made = Decision(row.id, action, value, "ada", "queue", row.decision_id)
        return decisions.decide(connection, made)


def by_name(path: Path) -> dict[str, dict[str, str]]:
    """Look up the fields of the first file by name."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {
            row["field"]: row
            for row in csv.DictReader(stream)
            if row["source"] == "=b.png"
        }


def test_a_correction_takes_the_place_of_what_was_read(run: Path) -> None:
    decide(run, "room", Action.CORRECT, "08")
    room = by_name(exported(run, "out.csv", "--with-reviews"))["room"]
    assert (room["value"], room["raw"]) == ("08", "3")
    assert (room["needs_review"], room["confidence"]) == ("false", "1.0000")
    assert room["reviewed_by"] == "ada"
    when = datetime.fromisoformat(room["reviewed_at"])
    assert abs((datetime.now(UTC) - when).total_seconds()) < 600
    assert "08" in exported(run, "wide.csv", "--wide").read_text(encoding="utf-8")
    assert rows(exported(run, "out.csv", "--only", "flagged"))[1:] == []
    (page, *_) = json.loads(exported(run, "o.json", "--with-reviews").read_text())
    assert [field["reviewed_by"] for field in page["fields"]] == ["", "ada"]


@pytest.mark.parametrize(
    ("action", "value", "needs_review", "confidence"),
    [
        (Action.ACCEPT, "3", "false", "1.0000"),
        (Action.BLANK, "", "false", "1.0000"),
        (Action.UNREADABLE, "", "true", "0.0000"),
        (Action.DOUBT, "3", "true", "0.5000"),
    ],
)
def test_every_decision_says_what_holds(
    run: Path, action: Action, value: str, needs_review: str, confidence: str
) -> None:
    decide(run, "room", action, value)
    room = by_name(exported(run, "out.csv"))["room"]
    assert (room["value"], room["needs_review"]) == (value, needs_review)
    assert room["confidence"] == confidence


def test_what_was_taken_back_holds_no_more(run: Path) -> None:
    before = exported(run, "before.csv", "--with-reviews").read_bytes()
    decision = decide(run, "room", Action.CORRECT, "08")
    with RunStore.open(run) as store, store.write() as connection:
        decisions.undo(connection, [decision], "ada")
    assert exported(run, "after.csv", "--with-reviews").read_bytes() == before


def test_contact_sheets_show_the_pictures_of_the_store(run: Path) -> None:
    with pypdfium2.PdfDocument(exported(run, "out.pdf")) as document:
        text = document[0].get_textpage().get_text_bounded()
        pictures = [one for one in document[0].get_objects() if one.type == 3]
    assert len(pictures) == 3
    for word in ("007", "0.5000", "room REVIEW low_confidence", "a/a.pdf, page 1"):
        assert word in " ".join(text.split())
    with Image.open(exported(run, "out.png")) as sheet:
        assert sheet.size == (1240, 1754)


def test_further_sheets_are_named_on_stderr(tmp_path: Path) -> None:
    fields = [make_field(f"f{number}", "1") for number in range(28)]
    run = make_run(tmp_path / "run", {"a.png": [fields]})
    result = export(run, "-o", tmp_path / "out.png")
    assert result.exit_code == ExitCode.OK
    assert "2 files" in result.stderr
    assert (tmp_path / "out-0002.png").is_file()


def test_a_run_that_is_not_done_is_exported_with_a_warning(run: Path) -> None:
    with RunStore.open(run) as store, store.write() as connection:
        inventory.add_files(connection, [FoundFile("new.png", 1, 1)])
    result = export(run, "-o", run.parent / "out.csv")
    assert result.exit_code == ExitCode.OK
    assert "warning: 0 pages and 1 files have not been read yet" in result.stderr


def test_pictures_of_texts_are_written_and_named_in_the_table(tmp_path: Path) -> None:
    text = make_field("remark", "")
    text = replace(text, reading=replace(text.reading, kind=FieldKind.TEXT))
    run = make_run(
        tmp_path / "run", {"a/1.png": [[make_field("age", "44"), text]]}, None
    )
    folder = tmp_path / "texts"
    wide = exported(run, "wide.csv", "--wide", "--pictures", str(folder))
    assert [row[2:] for row in rows(wide)] == [
        ["age", "remark", "remark.picture", "needs_review"],
        ["44", "", "texts/a/1.png.1.remark.jpg", ""],
    ]
    assert (folder / "a/1.png.1.remark.jpg").read_bytes() == text.crop.image
    assert len(list(folder.rglob("*.jpg"))) == 1
    long = exported(run, "long.csv", "--pictures", str(folder))
    assert [row[-1] for row in rows(long)[1:]] == ["", "texts/a/1.png.1.remark.jpg"]


def test_a_row_a_respondent_names_who_lacks_a_page(tmp_path: Path) -> None:
    pages = {f"{n}.png": [[make_field("age", str(n))]] for n in range(1, 4)}
    run = make_run(tmp_path / "run", pages, None)
    path = tmp_path / "out.csv"
    result = export(run, "-o", path, "--wide", "--respondent", "2")
    assert "warning: 3.png page 1: no page 2\n2 respondents" in result.stderr
    assert rows(path) == [
        ["respondent", "pages", "p1.age", "p2.age", "problem", "needs_review"],
        ["1", "1.png 1, 2.png 1", "1", "2", "", ""],
        ["2", "3.png 1", "3", "", "no page 2", ""],
    ]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("out.txt", []),
        ("out", []),
        ("out.json", ["--wide"]),
        ("out.pdf", ["--with-reviews"]),
        ("out.csv", ["--wide", "--with-reviews"]),
        ("out.xlsx", ["--excel-safe"]),
        ("out.pdf", ["--pictures", "texts"]),
        ("out.csv", ["--respondent", "2"]),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    run: Path, name: str, options: list[str]
) -> None:
    result = export(run, "-o", run.parent / name, *options)
    assert result.exit_code == ExitCode.USAGE
    assert not (run.parent / name).exists()


def test_a_missing_run_exits_3_and_another_folder_is_named(tmp_path: Path) -> None:
    result = export(tmp_path / "gone", "-o", tmp_path / "out.csv")
    assert result.exit_code == ExitCode.INPUT
    assert "gone: there is no such run folder" in result.stderr
    result = export(tmp_path, "-o", tmp_path / "out.csv")
    assert result.exit_code == ExitCode.INPUT
    assert f"{tmp_path}: is no run folder" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_exits_6_and_leaves_nothing(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("out.csv", "out.xlsx", "out.pdf"):
        result = export(run, "-o", run.parent / "no" / name)
        assert result.exit_code == ExitCode.OUTPUT
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    result = export(run, "-o", run.parent / "out.xlsx")
    assert result.exit_code == ExitCode.OUTPUT
    assert "pip install 'formreader[export]'" in result.stderr
    assert not (run.parent / "out.xlsx").exists()


def test_columns_are_those_of_the_contract(run: Path) -> None:
    assert tuple(rows(exported(run, "out.csv"))[0]) == COLUMNS
    reviewed = rows(exported(run, "out.csv", "--with-reviews"))
    assert reviewed[0] == [
        *COLUMNS,
        "reviewed_by",
        "reviewed_at",
        "found_by",
        "comment",
    ]
    assert reviewed[1][-4:] == ["", "", "machine", ""]
