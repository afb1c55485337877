from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formreader.export import (
    COLUMNS,
    REVIEW_COLUMNS,
    PageRows,
    field_names,
    format_probability,
    long_table,
    page_rows,
    to_frame,
    wide_table,
    write_csv,
    write_json,
    write_json_lines,
)
from formreader.export.csv_files import neutralise
from formreader.geometry import Box
from formreader.readings import DigitReading, FieldReading, PageReading
from formreader.records import FieldKind, Flag


def field(name: str, value: str, *, needs_review: bool = False) -> FieldReading:
    box = Box(10, 20, 110, 60)
    return FieldReading(
        name=name,
        value=value,
        confidence=0.98765,
        needs_review=needs_review,
        flags=(Flag.LOW_CONFIDENCE, Flag.TOUCHING) if needs_review else (),
        digits=tuple(DigitReading(character, 0.99999) for character in value),
        box=box,
        outline=np.asarray(box.corners),
        kind=FieldKind.CELLS,
    )


READINGS = [
    PageReading("a, b.png", 0, (field("one", "007"), field("two", "8"))),
    PageReading("c.png", 1, (field("one", "9", needs_review=True),)),
]
PAGES = [page_rows(reading) for reading in READINGS]


def test_the_long_form_has_a_row_a_field_and_keeps_leading_zeros() -> None:
    stream = io.StringIO(newline="")
    write_csv(long_table(PAGES), stream)
    lines = stream.getvalue().split("\r\n")
    assert lines[0] == ",".join(COLUMNS)
    assert lines[1] == (
        '"a, b.png",1,one,007,0.9876,false,,007,0.9999 0.9999 0.9999,10,20,100,40,cells'
    )
    assert lines[3] == (
        "c.png,2,one,9,0.9876,true,low_confidence touching,9,0.9999,10,20,100,40,cells"
    )
    assert lines[4:] == [""]


def test_the_wide_form_names_doubtful_fields_last() -> None:
    stream = io.StringIO(newline="")
    write_csv(wide_table(PAGES, field_names(PAGES)), stream)
    rows = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert rows == [
        ["source", "page", "one", "two", "needs_review"],
        ["a, b.png", "1", "007", "8", ""],
        ["c.png", "2", "9", "", "one"],
    ]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_json_is_an_array_of_pages_however_many(count: int) -> None:
    stream = io.StringIO()
    write_json(PAGES[:count], stream)
    document = json.loads(stream.getvalue())
    assert [page["source"] for page in document] == ["a, b.png", "c.png"][:count]
    if count:
        first = document[0]["fields"][0]
        assert first["value"] == "007"
        assert set(first) == set(COLUMNS) - {"source", "page"}


def test_probabilities_are_rounded_down() -> None:
    assert format_probability(0.99999) == "0.9999"
    assert format_probability(1.0) == "1.0000"
    assert format_probability(0.0) == "0.0000"


def test_json_lines_have_an_object_a_field_with_types() -> None:
    stream = io.StringIO()
    write_json_lines(long_table(PAGES), stream)
    documents = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [document["value"] for document in documents] == ["007", "8", "9"]
    assert list(documents[0]) == list(COLUMNS)
    last = documents[2]
    assert (last["page"], last["confidence"], last["needs_review"]) == (2, 0.9876, True)
    assert last["flags"] == ["low_confidence", "touching"]
    assert documents[0]["digit_confidences"] == [0.9999] * 3


def test_columns_that_a_row_lacks_are_empty() -> None:
    stream = io.StringIO(newline="")
    write_csv(long_table(PAGES[1:], (*COLUMNS, *REVIEW_COLUMNS)), stream)
    header, row, _ = stream.getvalue().split("\r\n")
    assert header.endswith(",kind,reviewed_by,reviewed_at,found_by,comment")
    assert row.endswith(",100,40,cells,,,,")


def test_a_page_is_written_before_the_next_is_asked_for() -> None:
    stream = io.StringIO(newline="")

    def pages() -> Iterator[PageRows]:
        yield PAGES[0]
        assert "007" in stream.getvalue()
        yield PAGES[1]

    write_csv(long_table(pages()), stream)
    assert "c.png" in stream.getvalue()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1))
def test_any_text_comes_back_from_csv(cells: list[tuple[str, str, str]]) -> None:
    rows = [{"source": a, "field": b, "value": c} for a, b, c in cells]
    columns = ("source", "field", "value")
    stream = io.StringIO(newline="")
    write_csv(long_table([PageRows("", 1, tuple(rows))], columns), stream)
    read = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    assert read == rows


@given(st.lists(TEXT, min_size=1))
def test_no_excel_safe_cell_begins_as_a_formula(cells: list[str]) -> None:
    pages = [PageRows("", 1, tuple({"source": cell, "left": -5} for cell in cells))]
    stream = io.StringIO(newline="")
    write_csv(long_table(pages, ("source", "left")), stream, excel_safe=True)
    read = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))[1:]
    assert all(cell[:1] not in {*"=+-@\t\r"} or not cell for cell, _ in read)
    assert [cell.removeprefix("'") for cell, _ in read] == [
        cell.removeprefix("'") for cell in cells
    ]
    assert {number for _, number in read} == {"-5"}, "numbers stay numbers"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_are_neutralised_in_cells_and_in_the_header(start: str) -> None:
    assert neutralise(f"{start}1") == f"'{start}1"
    stream = io.StringIO(newline="")
    write_csv(wide_table(PAGES, {f"{start}one": None}), stream, excel_safe=True)
    header = next(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert header[2] == f"'{start}one"


def test_a_frame_has_the_same_types_with_and_without_rows() -> None:
    full, empty = to_frame(READINGS), to_frame([])
    assert list(empty.columns) == list(full.columns) == list(COLUMNS)
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert full["value"].tolist() == ["007", "8", "9"]
    assert full["needs_review"].tolist() == [False, False, True]
    assert full["confidence"].tolist() == [0.98765] * 3
    assert full["kind"].tolist() == ["cells"] * 3
