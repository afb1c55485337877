from __future__ import annotations

import io
import zipfile

import pytest

from formreader.export.table_grids import (
    TableGrid,
    draw_csv,
    draw_xlsx,
    find_grids,
    to_grid_frames,
)
from formreader.geometry import Box
from formreader.readings import FieldReading, PageReading
from formreader.records import FieldKind


def make_page(*cells: tuple[str, str, bool]) -> PageReading:
    """Make a page with fields by name, value, and whether a person must look."""
    box = Box(0, 0, 10, 10)
    fields = [
        FieldReading(
            name,
            value,
            0.5,
            (),
            (),
            box,
            box.corners,
            FieldKind.CELL,
            needs_review=doubtful,
        )
        for name, value, doubtful in cells
    ]
    return PageReading("=page.jpg", 0, tuple(fields))


PAGE = make_page(
    ("t2_r01_c02", "5", False),
    ("t1_r02_c02", "0012", False),
    ("field_001", "99", False),
    ("t1_r03_c03", "7", True),
    ("t1_r03_c02", "", True),
    ("t1_r02_c03", "", False),
)


def test_numbers_stand_in_their_rows_and_columns_and_headings_stay_blank() -> None:
    first, second = find_grids(PAGE)
    assert first.rows == (("", "", ""), ("", "0012", ""), ("", "?", "7 ?"))
    assert (second.number, second.rows) == (2, (("", "5"),))


def test_a_page_without_tables_has_none() -> None:
    assert find_grids(make_page(("field_001", "9", False))) == []


def test_a_csv_has_a_line_for_each_row() -> None:
    assert draw_csv(find_grids(PAGE)[0]) == b",,\r\n,0012,\r\n,?,7 ?\r\n"


def test_what_looks_like_a_formula_is_made_safe_where_asked() -> None:
    grid = TableGrid(1, (("-6", "5"),))
    assert draw_csv(grid) == b"-6,5\r\n"
    assert draw_csv(grid, excel_safe=True) == b"'-6,5\r\n"


def test_a_workbook_keeps_leading_zeros() -> None:
    pytest.importorskip("xlsxwriter")
    with zipfile.ZipFile(io.BytesIO(draw_xlsx(find_grids(PAGE)[0]))) as book:
        assert b"0012" in book.read("xl/worksheets/sheet1.xml")


def test_frames_count_rows_and_columns_from_1() -> None:
    frame, _ = to_grid_frames(PAGE)
    assert frame.loc[2, 2] == "0012"
    assert frame.shape == (3, 3)
