from __future__ import annotations

import pytest

from formreader.digits.composition import (
    Placed,
    extract_value,
    insert_marks,
    is_well_formed,
    may_hold_slashes,
    place_point,
)
from formreader.readings import DigitReading


def place(text: str, pitch: int = 10) -> list[Placed]:
    return [
        Placed(pitch * index, pitch * index + 8, DigitReading(character, 0.9))
        for index, character in enumerate(text)
    ]


def mark(character: str, left: float) -> Placed:
    return Placed(left, left + 2, DigitReading(character, 0.9))


def read(placed: list[Placed], marks: list[Placed]) -> str:
    return "".join(digit.character for digit in insert_marks(placed, marks))


def test_a_mark_stands_between_the_digits_beside_it() -> None:
    assert read(place("247"), [mark(".", 18)]) == "24.7"


def test_a_mark_in_an_empty_cell_takes_its_place() -> None:
    assert read(place("24_7"), [mark(",", 23)]) == "24,7"


def test_a_minus_stands_before_the_first_digit() -> None:
    assert read(place("_42"), [mark("-", 2)]) == "-42"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("24.7", "24.7"),
        ("-6", "-6"),
        (".5", ".5"),
        ("05/19/2021", "05/19/2021"),
        ("12:30", "12:30"),
        ("10.000", "10.000"),
        ("200,-", "200"),
        ("__-7", "-7"),
        ("-__7", "-7"),
        ("12.", "12"),
        ("1..2", "12"),
        ("1_.2", ""),
        ("1.?", ""),
        ("-", ""),
        ("_", ""),
    ],
)
def test_the_value_is_the_number_as_written(raw: str, value: str) -> None:
    assert extract_value(raw) == value


@pytest.mark.parametrize(
    ("raw", "is_right"), [("1.2", True), ("1..2", False), ("/12", False), ("12-", True)]
)
def test_marks_that_no_number_has_are_not_well_formed(raw: str, is_right: bool) -> None:
    assert is_well_formed(raw) is is_right


@pytest.mark.parametrize(
    ("raw", "decimals", "value"),
    [("24.7", 1, "24.7"), ("24.7", 2, ""), ("247", 1, ""), ("2,47", 2, "2.47")],
)
def test_a_point_is_placed_only_where_the_decimals_begin(
    raw: str, decimals: int, value: str
) -> None:
    written = [placed.digit for placed in place(raw)]
    bare = "".join(character for character in raw if character.isdigit())
    assert place_point(written, bare, decimals) == value


@pytest.mark.parametrize(
    "value", ["313165", "11124112", "12124/2013", "81112024", "0112912022", "3117120"]
)
def test_digits_that_are_a_date_if_ones_are_slashes_may_hold_slashes(
    value: str,
) -> None:
    assert may_hold_slashes(value)


@pytest.mark.parametrize(
    "value", ["3/3/65", "3131", "123456", "41140165", "3131652", "31316", "012120", ""]
)
def test_other_numbers_hold_no_slashes(value: str) -> None:
    assert not may_hold_slashes(value)
