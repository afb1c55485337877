from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import cv2
import numpy as np
import openpyxl
import pyarrow as pa
import pypdfium2
import pytest
from PIL import Image
from pyarrow import parquet

from formreader.errors import OutputError
from formreader.export import (
    COLUMNS,
    FieldRow,
    PageRows,
    excel,
    field_names,
    long_table,
    sheet_files,
    wide_table,
)
from formreader.export.contact_sheets import Frame, Mark, Picture, Text, lay_out
from formreader.export.excel import write_xlsx
from formreader.export.parquet import write_parquet
from formreader.export.sheet_files import write_pdf, write_png
from formreader.output import open_binary_output
from formreader.rows import SheetEntry
from formreader.value_types import ValueKind, ValueType


def row(value: str = "007", **changes: object) -> dict[str, object]:
    return {
        "source": "a/ä.png",
        "page": 1,
        "field": "total",
        "value": value,
        "confidence": "0.9876",
        "needs_review": "false",
        "flags": "touching clipped",
        "raw": value,
        "digit_confidences": "0.9999 0.5000",
        "left": -3,
        "top": 20,
        "width": 100,
        "height": 40,
        "kind": "cells",
        **changes,
    }


def page(*rows: FieldRow) -> PageRows:
    return PageRows("a/ä.png", 1, rows)


def read_xlsx(stream: io.BytesIO) -> list[list[tuple[object, str]]]:
    """Read value and type of every cell of every sheet."""
    book = openpyxl.load_workbook(stream)
    return [
        [(cell.value, cell.data_type) for cell in line]
        for sheet in book
        for line in sheet
    ]


# Parquet


def test_parquet_has_the_columns_of_the_csv_with_types() -> None:
    stream = io.BytesIO()
    doubtful = row("12", needs_review="true", confidence="0.1000")
    write_parquet(long_table([page(row(), doubtful)]), stream)
    table = parquet.read_table(stream)
    assert table.column_names == list(COLUMNS)
    first, second = table.to_pylist()
    assert first == row() | {"confidence": 0.9876, "needs_review": False}
    assert (second["value"], second["needs_review"]) == ("12", True)
    assert table.schema.field("value").type == pa.string()
    assert table.schema.field("left").type == pa.int32()


def test_parquet_without_a_field_has_its_columns() -> None:
    stream = io.BytesIO()
    write_parquet(long_table([]), stream)
    table = parquet.read_table(stream)
    assert (table.num_rows, table.column_names) == (0, list(COLUMNS))


def test_parquet_is_written_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formreader.export.parquet._GROUP", 3)
    stream = io.BytesIO()
    pages = [page(row(str(n)), row(str(n))) for n in range(5)]
    write_parquet(long_table(pages), stream)
    written = parquet.ParquetFile(stream)
    assert written.metadata.num_row_groups == 3
    values = written.read().column("value").to_pylist()
    assert values == [str(n) for n in range(5) for _ in range(2)]


def test_wide_parquet_has_a_column_a_field() -> None:
    stream = io.BytesIO()
    pages = [page(row("1"), row("02", field="room", needs_review="true"))]
    write_parquet(wide_table(pages, {"total": None, "room": None}), stream)
    (line,) = parquet.read_table(stream).to_pylist()
    assert line == {
        "source": "a/ä.png",
        "page": 1,
        "total": "1",
        "room": "02",
        "needs_review": "room",
    }


# Excel


@pytest.mark.parametrize(
    "text",
    [
        "007",
        "=1+1",
        "{=1+1}",
        "+1",
        "-1",
        "@SUM(1)",
        "http://example.org/",
        "mailto:a@example.org",
        "internal:Sheet1!A1",
        "1e5",
        "a\tb\nc",
        " x ",
        "ä<&>",
    ],
)
def test_every_text_is_a_text_cell_in_excel(text: str) -> None:
    stream = io.BytesIO()
    write_xlsx(long_table([page(row(text, source=text))]), stream)
    header, cells = read_xlsx(stream)
    assert [value for value, _ in header] == list(COLUMNS)
    by_name = dict(zip(COLUMNS, cells, strict=True))
    assert by_name["value"] == by_name["source"] == by_name["raw"] == (text, "s")
    book = openpyxl.load_workbook(stream)
    assert not any(cell.hyperlink for line in book.active for cell in line)


def test_numbers_and_truth_values_are_cells_of_their_kind() -> None:
    stream = io.BytesIO()
    write_xlsx(long_table([page(row(needs_review="true"))]), stream)
    cells = dict(zip(COLUMNS, read_xlsx(stream)[1], strict=True))
    assert cells["page"] == (1, "n")
    assert cells["left"] == (-3, "n")
    assert cells["confidence"] == (0.9876, "n")
    assert cells["needs_review"] == (True, "b")


def test_what_a_sheet_cannot_hold_comes_on_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(excel, "MOST_ROWS", 3)
    stream = io.BytesIO()
    write_xlsx(long_table([page(*(row(str(n)) for n in range(5)))]), stream)
    book = openpyxl.load_workbook(stream)
    assert book.sheetnames == ["fields", "fields 2", "fields 3"]
    values = [[line[3].value for line in sheet] for sheet in book]
    assert values == [["value", "0", "1"], ["value", "2", "3"], ["value", "4"]]


TYPES = {
    "count": ValueType(ValueKind.INTEGER),
    "weight": ValueType(ValueKind.DECIMAL),
    "born": ValueType(ValueKind.DATE, "DD/MM/YYYY"),
    "time": ValueType(ValueKind.TIME),
    "code": None,
}


def make_typed(*values: str) -> PageRows:
    rows = [row(v, field=name) for v, name in zip(values, TYPES, strict=True)]
    types = {name: type_ for name, type_ in TYPES.items() if type_ is not None}
    return PageRows("a.png", 1, tuple(rows), types)


VISIT = make_typed("12", "24.70", "1962-02-11", "09:05", "007")
DOUBTFUL = make_typed("1.5", "1.2.3", "31/02/1962", "", "8")


def test_typed_fields_are_typed_columns_of_parquet() -> None:
    stream = io.BytesIO()
    pages = [VISIT, DOUBTFUL]
    write_parquet(wide_table(pages, field_names(pages)), stream)
    first, second = parquet.read_table(stream).to_pylist()
    assert [first[name] for name in TYPES] == [
        12,
        24.7,
        date(1962, 2, 11),
        time(9, 5),
        "007",
    ]
    assert [second[name] for name in TYPES] == [None, None, None, None, "8"]


def test_typed_fields_are_numbers_and_dates_in_excel() -> None:
    stream = io.BytesIO()
    pages = [VISIT, DOUBTFUL]
    write_xlsx(wide_table(pages, field_names(pages)), stream)
    sheet = openpyxl.load_workbook(stream).active
    assert sheet is not None
    _, first, second = ([cell.value for cell in line[2:7]] for line in sheet)
    assert first == [12, 24.7, datetime(1962, 2, 11), time(9, 5), "007"]
    assert [value or "" for value in second] == ["1.5", "1.2.3", "31/02/1962", "", "8"]


def test_a_day_before_excel_counts_days_is_text() -> None:
    stream = io.BytesIO()
    pages = [make_typed("1", "1", "1899-12-31", "09:05", "1")]
    write_xlsx(wide_table(pages, field_names(pages)), stream)
    sheet = openpyxl.load_workbook(stream).active
    assert sheet is not None
    assert sheet["E2"].value == "1899-12-31"


def test_a_field_of_two_types_is_text() -> None:
    other = PageRows("b.png", 1, (row("1", field="born"),), {})
    assert field_names([VISIT, other])["born"] is None
    assert field_names([VISIT, VISIT])["born"] == TYPES["born"]


def test_what_excel_cannot_hold_is_refused() -> None:
    with pytest.raises(OutputError, match="too long for Excel"):
        write_xlsx(long_table([page(row("1" * 40_000))]), io.BytesIO())
    names = dict.fromkeys(f"f{n}" for n in range(17_000))
    with pytest.raises(OutputError, match="leave --wide out"):
        write_xlsx(wide_table([], names), io.BytesIO())


@pytest.mark.parametrize(
    ("module", "write"),
    [("pyarrow", write_parquet), ("xlsxwriter", write_xlsx)],
)
def test_a_missing_package_is_named_with_its_remedy(
    module: str, write: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert callable(write)
    with pytest.raises(OutputError, match=r"pip install 'formreader\[export\]'"):
        write(long_table([]), io.BytesIO())


# Files


def test_a_binary_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.bin"
    path.write_bytes(b"before")
    with pytest.raises(RuntimeError), open_binary_output(path) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"before"
    with open_binary_output(path) as stream:
        stream.write(b"after")
    assert path.read_bytes() == b"after"
    assert [file.name for file in tmp_path.iterdir()] == ["out.bin"]
    with pytest.raises(OutputError, match="cannot write"):
        open_binary_output(tmp_path / "no" / "out").__enter__()
    with pytest.raises(OutputError, match="not an ordinary file"):
        open_binary_output(tmp_path).__enter__()


# Contact sheets


def picture(width: int = 200, height: int = 40, suffix: str = ".jpg") -> bytes:
    pixels = np.full((height, width), 200, np.uint8)
    return cv2.imencode(suffix, pixels)[1].tobytes()


def entries(count: int) -> Iterator[SheetEntry]:
    for number in range(count):
        yield SheetEntry(row(f"{number:03d}"), picture())


def texts(sheet: list[Mark]) -> list[str]:
    return [mark.text for mark in sheet if isinstance(mark, Text)]


def test_each_field_has_its_picture_value_confidence_and_place() -> None:
    (sheet,) = lay_out(entries(1), "run")
    said = texts(sheet)
    assert said[0] == "run"
    assert said[-4:] == ["000", "0.9876", "total", "a/ä.png, page 1"]
    (shown,) = [mark for mark in sheet if isinstance(mark, Picture)]
    assert shown.width / shown.height == pytest.approx(200 / 40)


def test_a_sheet_holds_27_fields_that_lie_apart_on_the_paper() -> None:
    sheets = list(lay_out(entries(28), "run"))
    frames = [[mark for mark in s if isinstance(mark, Frame)] for s in sheets]
    assert [len(found) for found in frames] == [27, 1]
    for one in frames[0]:
        assert one.x >= 36
        assert one.x + one.width <= 595.3 - 35.9
        assert one.y + one.height <= 841.9 - 35.9
        overlaps = [
            other
            for other in frames[0]
            if abs(other.x - one.x) < one.width and abs(other.y - one.y) < one.height
        ]
        assert overlaps == [one]


def test_flagged_fields_are_marked_in_colour_line_and_word() -> None:
    doubtful = row(needs_review="true", flags="low_confidence")
    blank = row("", raw="__", flags="blank")
    shown = [SheetEntry(one, picture()) for one in (row(), doubtful, blank)]
    (sheet,) = lay_out(shown, "run")
    plain, flagged, empty = (mark for mark in sheet if isinstance(mark, Frame))
    assert len({plain.colour, flagged.colour, empty.colour}) == 3
    assert flagged.line > plain.line
    assert "total  REVIEW low_confidence" in texts(sheet)
    assert "__" in texts(sheet)


@pytest.mark.parametrize("image", [None, b"", b"garbage", picture()[:300]])
def test_a_picture_that_cannot_be_drawn_is_said_to_be_missing(
    image: bytes | None,
) -> None:
    (sheet,) = lay_out([SheetEntry(row(), image)], "run")
    assert "no picture" in texts(sheet)


def test_a_picture_that_would_fill_the_memory_is_not_drawn() -> None:
    stream = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(stream, "PNG")
    (sheet,) = lay_out([SheetEntry(row(), stream.getvalue())], "run")
    assert "no picture" in texts(sheet)


def test_long_and_foreign_names_are_cut_to_what_fits() -> None:
    odd = row("1" * 100, source="scans/" + "x" * 300 + "/頁.png", field="f" * 200)
    (sheet,) = lay_out([SheetEntry(odd, picture())], "run " * 100)
    assert max(len(text) for text in texts(sheet)) < 70
    assert texts(sheet)[-1].startswith("...x")
    assert texts(sheet)[-1].endswith("/?.png, page 1")


def test_no_field_makes_a_sheet_that_says_so() -> None:
    (sheet,) = lay_out([], "run")
    assert "No field." in texts(sheet)


def test_a_pdf_has_every_sheet_with_text_that_can_be_searched(tmp_path: Path) -> None:
    path = tmp_path / "sheets.pdf"
    assert write_pdf(lay_out(entries(30), "run"), path) == [path]
    with pypdfium2.PdfDocument(path) as document:
        assert len(document) == 2
        shown = [document[n].get_textpage().get_text_bounded() for n in range(2)]
    assert "026" in shown[0]
    assert "027" not in shown[0]
    assert "029" in shown[1]
    assert "sheet 2" in shown[1]


def test_a_long_pdf_goes_on_in_further_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_files, "SHEETS_A_PDF", 2)
    written = write_pdf(lay_out(entries(27 * 3), "run"), tmp_path / "sheets.pdf")
    assert [path.name for path in written] == ["sheets.pdf", "sheets-0002.pdf"]
    for path, count in zip(written, (2, 1), strict=True):
        with pypdfium2.PdfDocument(path) as document:
            assert len(document) == count


def test_each_sheet_is_a_png_of_the_same_size(tmp_path: Path) -> None:
    written = write_png(lay_out(entries(28), "run"), tmp_path / "sheets.png")
    assert [path.name for path in written] == ["sheets.png", "sheets-0002.png"]
    for path in written:
        with Image.open(path) as sheet:
            assert sheet.size == (1240, 1754)
            assert sheet.getpixel((5, 5)) == (255, 255, 255)
            # Within the first field's picture, which is grey throughout.
            colour = sheet.getpixel((120, 150))
            assert isinstance(colour, tuple)
            assert all(abs(channel - 200) <= 3 for channel in colour)
