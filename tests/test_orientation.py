from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from formreader import FormReader, PageImage
from formreader.errors import RegistrationError
from formreader.geometry import Box
from formreader.orientation import (
    MIRRORED,
    Evidence,
    mirror_page,
    read_best_side,
    read_or_mirrored,
    turn_back,
    turn_page,
)
from formreader.pages.loading import load_pages
from formreader.readings import DigitReading, FieldReading, PageReading
from formreader.records import FieldKind

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


def make_field(box: Box, *digits: DigitReading) -> FieldReading:
    return FieldReading("id", "1", 0.9, (), digits, box, box.corners, FieldKind.BOX)


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_places_on_a_turned_page_come_back_to_the_page_as_it_was(
    quarter_turns: int,
) -> None:
    pixels = np.full((60, 100), 255, dtype=np.uint8)
    place = Box(70, 10, 90, 15)
    pixels[place.slices] = 0
    page = PageImage(pixels, "page")
    turned = turn_page(page, quarter_turns)
    rows, columns = np.nonzero(turned.pixels == 0)
    seen = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    [field] = turn_back(
        [make_field(seen, DigitReading("1", 0.9, seen), DigitReading("_", 0.9))],
        quarter_turns,
        pixels.shape,
    )
    assert field.box == place
    assert field.digits[0].box == place
    assert field.digits[1].box is None
    assert sorted(map(tuple, field.outline)) == sorted(map(tuple, place.corners))


def test_the_evidence_is_the_share_of_clear_digits() -> None:
    assert Evidence(marks=4, digits=2.0).purity == 0.5
    assert Evidence(marks=0, digits=0.0).settles
    assert Evidence(marks=9, digits=8.7).settles
    assert not Evidence(marks=9, digits=3.0).settles


def test_of_many_marks_half_as_clear_digits_settle_the_side() -> None:
    assert not Evidence(marks=10, digits=6.0).settles
    assert Evidence(marks=100, digits=60.0).settles
    assert not Evidence(marks=100, digits=45.0).settles


def test_another_side_must_be_far_better() -> None:
    unclear = Evidence(marks=10, digits=6.0)
    assert Evidence(marks=10, digits=9.0).beats(unclear)
    assert not Evidence(marks=10, digits=7.0).beats(unclear)
    assert not Evidence(marks=100, digits=45.0).beats(Evidence(10, -3.0))


def test_a_page_that_makes_sense_is_read_once() -> None:
    seen = []

    def read(page: PageImage) -> tuple[FieldReading, ...]:
        seen.append(page)
        return (make_field(Box(0, 0, 5, 5), DigitReading("1", 0.99)),)

    _, warnings = read_best_side(PageImage(np.zeros((20, 30), np.uint8), "page"), read)
    assert len(seen) == 1
    assert warnings == ()


@pytest.mark.model
@pytest.mark.parametrize("name", ["exam-cover-1.jpg", "meter-reading-2.jpg"])
def test_a_mirrored_page_is_read_from_its_back_with_a_warning(name: str) -> None:
    reader = FormReader()
    page = next(load_pages(SAMPLES / name))
    read = reader.read_page(replace(mirror_page(page), source="mirrored"))
    assert read.warnings == (MIRRORED,)
    width = page.pixels.shape[1]
    seen = {
        (field.value, width - field.box.right, field.box.top) for field in read.fields
    }
    straight = reader.read_page(page)
    assert seen == {(f.value, f.box.left, f.box.top) for f in straight.fields}


def test_a_form_that_shows_only_in_the_mirror_is_read_there() -> None:
    place = Box(10, 20, 40, 30)

    def read(page: PageImage) -> PageReading:
        if page.pixels[0, 0] != 0:
            raise RegistrationError("the page shows none of the forms given")
        return PageReading(page.source, 0, (make_field(place),), form="exam")

    pixels = np.full((60, 100), 255, dtype=np.uint8)
    with pytest.raises(RegistrationError, match="none of the forms"):
        read_or_mirrored(PageImage(pixels, "page"), read)
    pixels[0, -1] = 0
    reading = read_or_mirrored(PageImage(pixels, "page"), read)
    assert reading.warnings == (MIRRORED,)
    assert reading.fields[0].box == Box(60, 20, 90, 30)


@pytest.mark.model
@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
@pytest.mark.parametrize("name", ["exam-cover-1.jpg", "tally-2.jpg"])
def test_a_sample_is_read_from_every_side_and_its_places_are_right(
    name: str, quarter_turns: int
) -> None:
    with (SAMPLES / "expected.csv").open(newline="", encoding="utf-8") as file:
        truth = [row for row in csv.DictReader(file) if row["file"] == name]
    reader = FormReader()
    upright = next(load_pages(SAMPLES / name))
    lying = turn_page(upright, quarter_turns)
    read = reader.read_page(replace(lying, source="lying"))
    assert any("turned to be read" in warning for warning in read.warnings)
    values = {field.value: field.box for field in read.fields}
    assert {row["value"] for row in truth if row["value"]} <= set(values)
    standing = reader.read_page(upright)
    assert standing.warnings == ()
    for field in turn_back(standing.fields, 4 - quarter_turns, lying.pixels.shape):
        if field.value:
            assert field.value in values
            assert values[field.value].intersection_area(field.box) > 0 or (
                [f.value for f in standing.fields].count(field.value) > 1
            )
