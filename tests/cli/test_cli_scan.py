from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import cv2
import pytest
from click.testing import CliRunner, Result
from drawn_pages import blank_page, draw_row, fill_row
from fake_classifier import FakeClassifier
from made_checks import count_checks
from PIL import Image

from formreader import pipeline
from formreader.batch.scanning import ScanOptions, SheetReader
from formreader.cli import main
from formreader.digits.classification import DigitClassifier
from formreader.digits.strings import StringReader
from formreader.errors import ExitCode
from formreader.ink.separation import InkSeparator
from formreader.orientation.sides import SideDecision
from formreader.pipeline import FormReader
from formreader.promises.checks import Check, load_checks
from formreader.readings import PageReading
from formreader.records import FieldKind, PageImage
from formreader.workers.limits import PageLimits


class LocalReader:
    """Carries out the tasks of a worker process in this one, with the fake model."""

    def __init__(self, options: ScanOptions, limits: PageLimits) -> None:
        self._reader = SheetReader(options, limits)
        self.ask = self._reader.run

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def wait_until_ready(self) -> None: ...


HEADER = (
    "source,page,field,value,confidence,needs_review,flags,raw,digit_confidences,"
    "left,top,width,height,kind"
)


@pytest.fixture(autouse=True)
def fake_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answer with 1, 2, 3, ... for the digits of each page, cleaned in one way."""
    monkeypatch.setattr(
        DigitClassifier, "load", lambda *_, **__: FakeClassifier("1234567890")
    )
    monkeypatch.setattr(StringReader, "load", lambda *_, **__: None)
    monkeypatch.setattr(InkSeparator, "load", lambda *_, **__: None)
    # A row of four digits is too little to tell which way up a page lies.
    monkeypatch.setattr(pipeline, "decide_side", lambda *_: SideDecision())
    monkeypatch.setattr("formreader.batch.scanning.start_reader", LocalReader)
    yield


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.png"
    drawn = blank_page(1000, 900)
    fill_row(drawn, draw_row(drawn, 100, 100, 4), "1234")
    cv2.imwrite(str(path), drawn)
    return path


def scan(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["scan", *map(str, arguments)])


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_page_becomes_csv_on_stdout_and_a_summary_on_stderr(page: Path) -> None:
    result = scan(page)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == HEADER
    assert len(lines) == 2
    assert lines[1].startswith(f"{page},1,field_001,1234,0.9605,false,,1234,0.9900 ")
    assert result.stderr == "1 page, 1 field, 0 to review\n"


def test_the_source_is_the_path_as_given(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(page.parent)
    assert rows(scan("page.png").stdout)[0]["source"] == "page.png"


def test_a_name_that_is_no_utf8_costs_no_result(page: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "scans", tmp_path / "out.csv"
    folder.mkdir()
    odd = os.fsdecode(os.fsencode(folder) + b"/a\xff.png")
    try:
        shutil.copy(page, odd)
    except OSError:
        pytest.skip("this file system knows no such names")
    assert scan(folder, "-o", out).exit_code == 0
    (row,) = rows(out.read_text(encoding="utf-8"))
    assert row["source"] == f"{folder}/a\\udcff.png"


def test_a_threshold_above_the_confidence_asks_for_review(page: Path) -> None:
    (row,) = rows(scan(page, "--threshold", 0.97).stdout)
    assert (row["needs_review"], row["flags"]) == ("true", "low_confidence")


def write_checks(folder: Path, kind: FieldKind, confidence: float) -> Path:
    """Write 1,000 checked fields, none of which is wrong."""
    path = folder / "my.threshold"
    checks = [Check(kind, confidence, True)] * 1000
    path.write_text(count_checks(checks, {kind: 0.5}).to_json(), encoding="utf-8")
    return path


def test_a_promise_moves_the_threshold_and_is_told(page: Path, tmp_path: Path) -> None:
    for confidence, needs_review in ((0.95, "false"), (0.99, "true")):
        mine = write_checks(tmp_path, FieldKind.CELLS, confidence)
        result = scan(page, "--target-error", "0.5%", "--calibration", mine)
        (row,) = rows(result.stdout)
        assert (row["value"], row["needs_review"]) == ("1234", needs_review)
        assert "promise: at most 0.5 % of the accepted fields" in result.stderr


def test_what_another_model_has_read_proves_nothing(page: Path, tmp_path: Path) -> None:
    mine = write_checks(tmp_path, FieldKind.CELLS, 0.95)
    theirs = replace(load_checks(mine), models={"string model": "0" * 64})
    mine.write_text(theirs.to_json(), encoding="utf-8")
    refused = scan(page, "--target-error", "1%", "--calibration", mine)
    assert refused.exit_code == ExitCode.MODEL
    assert "another string model" in refused.stderr


def test_kinds_that_were_not_checked_go_to_review(page: Path, tmp_path: Path) -> None:
    mine = write_checks(tmp_path, FieldKind.LINE, 0.95)
    result = scan(page, "--target-error", "1%", "--calibration", mine)
    assert rows(result.stdout)[0]["needs_review"] == "true"


def test_a_promise_that_nothing_proves_is_told(page: Path, tmp_path: Path) -> None:
    mine = write_checks(tmp_path, FieldKind.CELLS, 0.95)
    result = scan(page, "--target-error", "0.1%", "--calibration", mine)
    assert rows(result.stdout)[0]["needs_review"] == "true"
    assert "no kind of field is proved to have at most 0.1 % wrong" in result.stderr


def test_all_may_be_wrong_without_any_check(page: Path) -> None:
    result = scan(page, "--target-error", "100%")
    assert rows(result.stdout)[0]["needs_review"] == "false"
    assert "nothing is promised" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--target-error", "0"),
        ("--target-error", "-1%"),
        ("--target-error", "1%", "--threshold", "0.9"),
        ("--target-error", "1%", "--model", "my.tflite"),
        ("--target-error", "1%", "--no-ink-layers"),
        ("--calibration", "my.threshold"),
    ],
)
def test_promises_that_cannot_be_meant_are_wrong_usage(
    page: Path, options: tuple[str, ...]
) -> None:
    assert scan(page, *options).exit_code == ExitCode.USAGE


def test_a_file_that_holds_no_checks_is_named(page: Path, tmp_path: Path) -> None:
    mine = tmp_path / "my.threshold"
    mine.write_text('{"format": 1}', encoding="utf-8")
    result = scan(page, "--target-error", "1%", "--calibration", mine)
    assert result.exit_code == ExitCode.MODEL
    assert "formreader calibrate" in result.stderr


def test_wide_and_json_carry_the_same_value(page: Path) -> None:
    (wide,) = rows(scan(page, "--wide").stdout)
    assert (wide["field_001"], wide["needs_review"]) == ("1234", "")
    (document,) = json.loads(scan(page, "--format", "json").stdout)
    assert document["fields"][0]["value"] == "1234"


def test_wide_json_is_refused_as_wrong_usage(page: Path) -> None:
    assert scan(page, "--wide", "--format", "json").exit_code == 2


def test_a_bad_file_among_good_ones_exits_7_and_the_rest_is_written(
    page: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"")
    result = scan(bad, page)
    assert result.exit_code == 7
    assert [row["source"] for row in rows(result.stdout)] == [str(page)]
    error, summary = result.stderr.splitlines()
    assert error == f"error: {bad}: the file is empty; copy or scan it again"
    assert summary == "1 page, 1 field, 0 to review, 1 failed"


def test_unreadable_input_exits_3_and_says_which_file(tmp_path: Path) -> None:
    result = scan(tmp_path / "gone.png")
    assert result.exit_code == 3
    assert f"error: {tmp_path / 'gone.png'}: there is no such file" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_empty_folder_exits_3_and_is_named(tmp_path: Path) -> None:
    result = scan(tmp_path)
    assert result.exit_code == 3
    assert f"error: {tmp_path}: the folder holds no image" in result.stderr


def test_a_page_without_fields_has_one_row_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "blank.png"
    cv2.imwrite(str(path), blank_page(1000, 900))
    result = scan(path)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        HEADER,
        f"{path},1,page,,0.0000,true,no_field,,,0,0,1000,900,plain",
    ]
    assert result.stderr.splitlines() == [
        f"warning: {path}: no field found",
        "1 page, 0 fields, 1 to review, nothing found on 1 page",
    ]


def test_a_page_without_fields_is_doubtful_in_the_wide_form_too(
    page: Path, tmp_path: Path
) -> None:
    blank = tmp_path / "z.png"
    cv2.imwrite(str(blank), blank_page())
    assert scan(page, blank, "--wide").stdout.splitlines() == [
        "source,page,field_001,needs_review",
        f"{page},1,1234,",
        f"{blank},1,,page",
    ]


def test_kind_says_what_a_field_is(page: Path) -> None:
    assert [row["kind"] for row in rows(scan(page).stdout)] == ["cells"]
    (strip,) = rows(scan(page, "--strip", "amount").stdout)
    assert strip["kind"] == "strip"


def test_a_folder_is_searched_and_overlays_are_written(
    page: Path, tmp_path: Path
) -> None:
    result = scan(tmp_path, "--overlay", tmp_path / "seen", "-v")
    assert result.exit_code == 0
    assert (tmp_path / "seen" / "page.png.png").is_file()
    assert f"{page}: 1 field" in result.stderr


def test_an_explanation_is_written_and_the_csv_stays_the_same(
    page: Path, tmp_path: Path
) -> None:
    result = scan(page, "--explain", tmp_path / "why")
    assert result.exit_code == 0
    assert result.stdout == scan(page).stdout
    assert [path.name for path in (tmp_path / "why").iterdir()] == ["page.png.png"]


def test_a_strip_has_no_layout_to_explain(page: Path, tmp_path: Path) -> None:
    result = scan(page, "--strip", "amount", "--explain", tmp_path / "why")
    assert result.exit_code == 2
    assert "--strip and --explain exclude each other" in result.stderr


def test_output_goes_to_a_file_and_nothing_to_stdout(
    page: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    result = scan(page, "-o", target)
    assert result.stdout == ""
    assert rows(target.read_text(encoding="utf-8"))[0]["value"] == "1234"
    assert {path.name for path in tmp_path.iterdir()} == {"page.png", "out.csv"}


def test_a_failed_scan_leaves_an_older_result_alone(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("older")
    assert scan(tmp_path / "gone.png", "-o", target).exit_code == 3
    assert target.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_place_that_cannot_be_written_exits_6(page: Path, tmp_path: Path) -> None:
    result = scan(page, "-o", tmp_path / "no" / "such" / "out.csv")
    assert result.exit_code == 6
    assert "error:" in result.stderr
    assert "-o" in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.model
def test_a_full_disk_exits_6_without_a_traceback(page: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "formreader", "scan", str(page)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 6
    assert "Traceback" not in done.stderr
    assert "No space left" in done.stderr


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A PDF of three pages, each with a row of boxes, at 300 dpi."""
    pages = []
    for _ in range(3):
        drawn = blank_page()
        fill_row(drawn, draw_row(drawn, 100, 100, 4), "1234")
        pages.append(Image.fromarray(drawn))
    path = tmp_path / "scan.pdf"
    pages[0].save(path, resolution=300, save_all=True, append_images=pages[1:])
    return path


def test_every_page_of_a_pdf_is_read(document: Path) -> None:
    result = scan(document)
    found = [(row["page"], row["value"]) for row in rows(result.stdout)]
    assert found == [("1", "1234"), ("2", "1234"), ("3", "1234")]
    assert result.stderr == "3 pages, 3 fields, 0 to review\n"


def test_pages_are_chosen_and_a_missing_one_is_an_error(document: Path) -> None:
    result = scan(document, "--pages", "2,4")
    assert result.exit_code == 7
    assert [row["page"] for row in rows(result.stdout)] == ["2"]
    error, summary = result.stderr.splitlines()
    assert error == f"error: {document}: there is no page 4: the file has 3 pages"
    assert summary == "1 page, 1 field, 0 to review, 1 failed"


@pytest.mark.parametrize("pages", ["", "x", "0", "3-1"])
def test_a_wrong_choice_of_pages_is_wrong_usage(document: Path, pages: str) -> None:
    result = scan(document, "--pages", pages)
    assert result.exit_code == 2
    assert "--pages" in result.stderr


def test_a_coarse_page_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "coarse.tif"
    drawn = Image.fromarray(blank_page(700, 900))
    drawn.save(path, dpi=(75, 75), save_all=True, append_images=[drawn])
    result = scan(path)
    assert result.exit_code == 0
    assert f"warning: {path}, page 2: the page has 75 dpi" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["--threshold", "2", "x.png"], 2),
        (["--no-such", "x.png"], 2),
        (["--form", "exam", "x.png"], 2),
    ],
)
def test_wrong_usage_exits_2(arguments: list[str], code: int) -> None:
    assert scan(*arguments).exit_code == code


def test_a_dash_reads_a_file_from_stdin(document: Path) -> None:
    result = CliRunner().invoke(
        main, ["scan", "-", "--pages", "2"], input=document.read_bytes()
    )
    assert result.exit_code == 0
    (row,) = rows(result.stdout)
    assert (row["source"], row["page"], row["value"]) == ("-", "2", "1234")


@pytest.mark.parametrize("data", [b"", b"no page at all"])
def test_stdin_that_is_no_page_exits_3_with_a_remedy(data: bytes) -> None:
    result = CliRunner().invoke(main, ["scan", "-"], input=data)
    assert result.exit_code == 3
    assert result.stderr.startswith("error: -: ")


def test_a_stdin_without_an_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formreader.cli.scan._LARGEST_STDIN", 100)
    result = CliRunner().invoke(main, ["scan", "-"], input=bytes(101))
    assert result.exit_code == 3
    assert "save them to a file" in result.stderr


def test_a_folder_is_read_by_content_and_what_is_left_aside_is_named(
    page: Path,
) -> None:
    page.rename(page.with_name("page.scan"))
    (page.parent / "notes.txt").write_text("not a page")
    result = scan(page.parent)
    assert result.exit_code == 0
    assert [row["value"] for row in rows(result.stdout)] == ["1234"]
    aside, summary = result.stderr.splitlines()
    assert aside.startswith(f"left aside: {page.parent / 'notes.txt'}: no image or PDF")
    assert summary.endswith(", 1 other file left aside")


def test_two_pages_on_a_sheet_are_read_as_two(tmp_path: Path) -> None:
    path = tmp_path / "book.png"
    drawn = blank_page(1400, 900)
    for left in (100, 900):
        fill_row(drawn, draw_row(drawn, left, 100, 4), "1234")
    cv2.imwrite(str(path), drawn)
    found = rows(scan(path, "--split").stdout)
    assert [(row["page"], row["value"]) for row in found] == [
        ("1", "1234"),
        ("2", "1234"),
    ]


def test_whatever_reading_raises_costs_its_page_alone(
    document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = FormReader.read_page

    def read(reader: FormReader, page: PageImage) -> PageReading:
        if page.page_index == 1:
            raise cv2.error("(-215:Assertion failed)\n in function 'remap'")
        return real(reader, page)

    monkeypatch.setattr(FormReader, "read_page", read)
    result = scan(document)
    assert result.exit_code == 7
    assert [row["page"] for row in rows(result.stdout)] == ["1", "3"]
    error, summary = result.stderr.splitlines()
    assert error.startswith(
        f"error: {document}, page 2: unexpected error (error: (-215"
    )
    assert "please report it" in error
    assert summary == "2 pages, 2 fields, 0 to review, 1 failed"


@pytest.fixture
def strip(tmp_path: Path) -> Path:
    path = tmp_path / "amount.png"
    pixels = blank_page(220, 80)
    for left in (40, 100, 160):
        cv2.line(pixels, (left, 15), (left, 65), 0, 6)
    cv2.imwrite(str(path), pixels)
    return path


def test_a_strip_is_one_field_with_the_name_given(strip: Path) -> None:
    result = scan(strip, "--strip", "amount")
    assert result.exit_code == 0
    (row,) = rows(result.stdout)
    assert (row["field"], row["value"]) == ("amount", "123")
    assert [row[name] for name in ("left", "top", "width", "height")] == [
        "0",
        "0",
        "220",
        "80",
    ]


def test_a_point_between_digits_is_read_unless_marks_are_ignored(
    strip: Path,
) -> None:
    pixels = cv2.imread(str(strip), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    cv2.circle(pixels, (130, 62), 4, 0, -1)
    cv2.imwrite(str(strip), pixels)
    (read,) = rows(scan(strip, "--strip", "amount").stdout)
    (passed,) = rows(scan(strip, "--strip", "amount", "--ignore-marks").stdout)
    assert (passed["flags"], passed["needs_review"]) == ("", "false")
    assert passed["value"] == read["value"].replace(".", "") == "123"
    assert "." in read["value"]


def test_nothing_is_said_of_the_resolution_of_a_strip(tmp_path: Path) -> None:
    path = tmp_path / "amount.png"
    drawn = blank_page(76, 54)  # the shape of a sheet, and far too small for one
    cv2.imwrite(str(path), drawn)
    assert "warning: " in scan(path).stderr
    assert "dpi" not in scan(path, "--strip", "amount").stderr


def test_a_strip_needs_a_name(strip: Path) -> None:
    assert scan(strip, "--strip", " ").exit_code == 2


def test_excel_safe_csv_of_scan_holds_no_formula(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(page.parent)
    page.rename("=1+1.png")
    assert rows(scan("=1+1.png").stdout)[0]["source"] == "=1+1.png"
    for options in ([], ["--wide"]):
        safe = scan("=1+1.png", "--excel-safe", *options).stdout
        assert rows(safe)[0]["source"] == "'=1+1.png"
    refused = scan("=1+1.png", "--excel-safe", "--format", "json")
    assert refused.exit_code == ExitCode.USAGE
    assert "--excel-safe goes with --format csv alone" in refused.stderr
