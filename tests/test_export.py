from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from formreader.export import (
    COLUMNS,
    format_probability,
    write_csv,
    write_json,
    write_wide_csv,
)
from formreader.geometry import Box
from formreader.records import DigitReading, FieldReading, Flag, PageReading


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
    )


PAGES = [
    PageReading("a, b.png", 0, (field("one", "007"), field("two", "8"))),
    PageReading("c.png", 1, (field("one", "9", needs_review=True),)),
]


def test_the_long_form_has_a_row_a_field_and_keeps_leading_zeros() -> None:
    stream = io.StringIO(newline="")
    write_csv(PAGES, stream)
    lines = stream.getvalue().split("\r\n")
    assert lines[0] == ",".join(COLUMNS)
    assert lines[1] == (
        '"a, b.png",1,one,007,0.9876,false,,007,0.9999 0.9999 0.9999,10,20,100,40'
    )
    assert lines[3] == (
        "c.png,2,one,9,0.9876,true,low_confidence touching,9,0.9999,10,20,100,40"
    )
    assert lines[4:] == [""]


def test_the_wide_form_names_doubtful_fields_last() -> None:
    stream = io.StringIO(newline="")
    write_wide_csv(PAGES, stream)
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
