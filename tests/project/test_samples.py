"""The real model on the sample pages, against what was written on them."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from formreader.geometry import Box
from formreader.pipeline import FormReader
from formreader.readings import FieldReading, PageReading

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def pages() -> dict[str, PageReading]:
    found = [p for p in FormReader().read_many([SAMPLES]) if isinstance(p, PageReading)]
    return {Path(page.source).name: page for page in found}


@pytest.fixture(scope="module")
def truth() -> dict[str, list[dict[str, str]]]:
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (SAMPLES / "expected.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            rows[row["file"]].append(row)
    return rows


def find_field(page: PageReading, row: dict[str, str]) -> FieldReading | None:
    """Find the field that covers most of a truth box, or lies in it mostly."""
    left, top, width, height = (
        int(row[key]) for key in ("left", "top", "width", "height")
    )
    box = Box(left, top, left + width, top + height)
    best = max(page.fields, key=lambda field: field.box.intersection_area(box))
    least = min(box.area, best.box.area)  # a number on a line takes part of its room
    return best if 2 * best.box.intersection_area(box) > least else None


def test_every_sample_page_is_read(
    pages: dict[str, PageReading], truth: dict[str, list[dict[str, str]]]
) -> None:
    assert set(pages) == {*truth, "travel-claim-blank.png"}


def test_nearly_all_sample_numbers_are_right_and_no_error_is_silent(
    pages: dict[str, PageReading], truth: dict[str, list[dict[str, str]]]
) -> None:
    wrong, silent, total = [], [], 0
    for name, rows in truth.items():
        for row in rows:
            total += 1
            field = find_field(pages[name], row)
            if field is None or field.value != row["value"]:
                wrong.append((name, row["field"]))
                if field is not None and not field.needs_review:
                    silent.append((name, row["field"]))
    assert len(wrong) <= 0.02 * total, wrong
    assert not silent


def test_cells_are_read_one_by_one(
    pages: dict[str, PageReading], truth: dict[str, list[dict[str, str]]]
) -> None:
    (row,) = (r for r in truth["exam-cover-3.png"] if r["field"] == "student_number")
    field = find_field(pages["exam-cover-3.png"], row)
    assert field is not None
    assert field.raw == row["cells"]
    assert field.raw.startswith("_")


def test_blank_forms_read_blank(pages: dict[str, PageReading]) -> None:
    blank = {name for name in pages if name.endswith("-blank.png")}
    assert len(blank) == 5
    for name in blank:
        accepted = [f.value for f in pages[name].fields if not f.needs_review]
        assert not any(accepted), name
        if name != "travel-claim-blank.png":  # it has no boxes that could be blank
            assert accepted, name


def test_print_and_signatures_do_not_come_out_as_numbers(
    pages: dict[str, PageReading], truth: dict[str, list[dict[str, str]]]
) -> None:
    for name, page in pages.items():
        expected = [find_field(page, row) for row in truth[name]]
        for field in page.fields:
            if not any(field is known for known in expected):
                assert field.needs_review or not field.value, (name, field.value)
