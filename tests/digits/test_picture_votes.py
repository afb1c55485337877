from __future__ import annotations

from dataclasses import replace

import pytest
from spelled_pictures import spell

from formreader.digits.picture_votes import heed_picture
from formreader.geometry import Box
from formreader.readings import Alternative, DigitReading, FieldReading
from formreader.records import FieldKind


def read(text: str, confidence: float, kind: FieldKind = FieldKind.BOX) -> FieldReading:
    box = Box(0, 0, 10, 10)
    digits = tuple(DigitReading(each, confidence) for each in text)
    value = text.strip("_")
    return FieldReading("a", value, confidence, (), digits, box, box.corners, kind=kind)


def heed(picture: str, *views: FieldReading) -> FieldReading:
    guess = max(views, key=lambda one: one.confidence)
    capped = replace(guess, confidence=min(guess.confidence, 0.5))
    agreed = len({one.raw for one in views}) == 1
    joined = guess if agreed else capped
    return heed_picture(joined, views, spell(picture), agreed=agreed, most=0.5)


def test_a_picture_that_shows_the_same_makes_a_doubtful_reading_surer() -> None:
    doubtful = read("42", 0.6)
    assert heed("42", doubtful, doubtful).confidence > 0.8


def test_a_picture_that_shows_another_number_makes_a_sure_reading_doubtful() -> None:
    sure = read("42", 0.99)
    assert heed("47", sure, sure).confidence < 0.9


@pytest.mark.parametrize("right", ["42", "47"])
def test_of_two_readings_the_one_that_the_picture_shows_is_taken(right: str) -> None:
    chosen = heed(right, read("42", 0.9), read("47", 0.9))
    assert chosen.value == right
    assert chosen.confidence > 0.5
    other = {"42": "47", "47": "42"}[right]
    assert [one.value for one in chosen.alternatives] == [other]


def test_what_the_picture_alone_shows_is_a_guess_that_nobody_accepts() -> None:
    chosen = heed("42", read("12", 0.4), read("17", 0.3))
    assert chosen.value == "42"
    assert chosen.confidence <= 0.5


def test_in_a_row_of_boxes_the_picture_replaces_nothing() -> None:
    row = FieldKind.CELLS
    chosen = heed("42", read("1_2", 0.4, row), read("1_2", 0.4, row))
    assert chosen.raw == "1_2"
    assert chosen.confidence < 0.5


def test_where_three_say_three_numbers_the_confidences_sum_to_one_at_most() -> None:
    first = replace(read("42", 0.6), alternatives=(Alternative("43", "43", 0.3),))
    chosen = heed("44", first, read("45", 0.7))
    others = sum(one.probability for one in chosen.alternatives)
    assert chosen.confidence + others <= 1.0


def test_a_blank_field_stays_as_it_is_whatever_the_picture_shows() -> None:
    blank = read("_", 0.99)
    assert heed("42", blank) is blank
