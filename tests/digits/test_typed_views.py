"""What a typed field says by its two readings and its picture together."""

from __future__ import annotations

from itertools import pairwise

import pytest
from spelled_pictures import spell

from formreader.digits.typed_views import decide_by_type, is_intact
from formreader.geometry import Box
from formreader.readings import Alternative, DigitReading, FieldReading
from formreader.records import FieldKind, Flag
from formreader.value_types import ValueType


def read(text: str, confidence: float = 0.9, *others: str) -> FieldReading:
    """Make the reading of a box, with others that are a tenth as likely."""
    box = Box(0, 0, 10, 10)
    return FieldReading(
        name="a",
        value=text,
        confidence=confidence,
        flags=(Flag.SEPARATOR,),
        digits=tuple(DigitReading(c, confidence) for c in text),
        box=box,
        outline=box.corners,
        kind=FieldKind.BOX,
        alternatives=tuple(Alternative(o, o, confidence / 10) for o in others),
    )


def decide(
    type_: str, picture: str, one: FieldReading, other: FieldReading | None = None
) -> FieldReading:
    readings = [one] if other is None else [one, other]
    parsed = ValueType.parse(type_)
    assert parsed is not None
    return decide_by_type(one, readings, spell(picture), parsed, most=0.5)


def test_a_point_that_the_picture_and_one_reading_show_is_read() -> None:
    decided = decide("decimal", "26.50", read("2650"), read("26.50"))
    assert decided.raw == "26.50"
    assert decided.confidence > 0.8


def test_a_point_that_the_picture_alone_shows_is_for_a_person() -> None:
    decided = decide("decimal", "26.50", read("2650"), read("2650"))
    assert (decided.raw, decided.confidence) == ("26.50", 0.5)
    assert Flag.SEPARATOR in decided.flags


def test_marks_that_all_views_show_are_in_no_doubt() -> None:
    decided = decide("decimal", "26.50", read("26.50"), read("26.50"))
    assert decided.confidence > 0.95
    assert decided.flags == ()


def test_a_digit_that_two_views_read_otherwise_gives_way_to_them() -> None:
    decided = decide("integer", "20734", read("20794", 0.4), read("20734", 0.8))
    assert decided.value == "20734"


@pytest.mark.parametrize("text", ["07/26/160", "407/26/16"])
def test_a_neighbours_digit_at_the_end_of_a_date_is_none_of_it(text: str) -> None:
    decided = decide("date MM/DD/YY", text, read(text), read(text))
    assert decided.value == "07/26/16"
    assert Flag.CLIPPED in decided.flags


def test_what_is_no_value_of_the_type_stays_where_all_views_show_it() -> None:
    decided = decide("date MM/DD/YY", "990", read("990"), read("990"))
    assert decided.value == "990"


def test_the_likelier_a_picture_finds_a_value_the_surer_it_is() -> None:
    parsed = ValueType.parse("integer")
    assert parsed is not None
    one, sure = read("42"), (0.5, 0.7, 0.9, 0.999)
    decided = [
        decide_by_type(one, [one, one], spell("42", share), parsed, most=0.5)
        for share in sure
    ]
    assert all(a.confidence < b.confidence for a, b in pairwise(decided))


@pytest.mark.parametrize(
    ("type_", "text", "confidence", "rest", "expected"),
    [
        ("decimal", "-701.00", 0.97, "1.00", True),
        ("decimal", "336866", 0.5, "66", False),
        ("date MM/DD/YY", "08-15-25", 0.4, "0-23", True),
        ("date MM/DD/YY", "990", 0.99, "0", False),
        ("", "701", 0.99, "1", False),
    ],
)
def test_a_stroke_is_the_values_own_where_it_reads_surely_or_the_rest_is_none(
    type_: str, text: str, confidence: float, rest: str, expected: bool
) -> None:
    parsed = ValueType.parse(type_)
    assert is_intact(read(text, confidence), read(rest), parsed) is expected
