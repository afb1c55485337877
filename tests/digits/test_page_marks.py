from __future__ import annotations

import numpy as np
import pytest
from spelled_pictures import spell

from formreader.digits.page_marks import add_page, settle_marks, weigh_alone
from formreader.digits.picture_settings import MARKS_ALONE, MARKS_ON_PAGE
from formreader.digits.seen_marks import EVIDENCE, SeenMarks, see_marks
from formreader.digits.seen_pictures import SeenPicture
from formreader.geometry import Box
from formreader.readings import DigitReading, FieldReading
from formreader.records import FieldKind, Flag


def read(text: str, *flags: Flag, confidence: float = 0.99) -> FieldReading:
    box = Box(0, 0, 10, 10)
    digits = tuple(DigitReading(each, 0.9) for each in text)
    return FieldReading(
        "a", text, confidence, flags, digits, box, box.corners, kind=FieldKind.BOX
    )


def look(reading: FieldReading, *pictures: SeenPicture) -> SeenMarks:
    looks = tuple(look for picture in pictures for look in picture.looks)
    seen = see_marks(reading, [reading], SeenPicture(looks))
    assert seen is not None
    return seen


def settle(reading: FieldReading, *pictures: SeenPicture) -> FieldReading:
    (settled,) = settle_marks([reading], [look(reading, *pictures)])
    return settled


@pytest.mark.parametrize("text", ["24.7", "-6", "12:30", "24819,13", "1,234.50", "42"])
def test_marks_that_the_picture_shows_too_are_sure(text: str) -> None:
    settled = settle(read(text, Flag.SEPARATOR), spell(text))
    assert settled.flags == ()
    assert (settled.value, settled.confidence) == (text, 0.99)


@pytest.mark.parametrize("text", ["2,743", "313165"])
def test_what_may_mean_two_things_stays_in_doubt(text: str) -> None:
    assert settle(read(text, Flag.SEPARATOR), spell(text)).flags == (Flag.SEPARATOR,)
    assert settle(read(text), spell(text)).flags == ()


@pytest.mark.parametrize("text", ["3/1/198", "1.2.3.4"])
def test_what_no_number_is_written_like_is_doubted(text: str) -> None:
    assert Flag.SEPARATOR in settle(read(text), spell(text)).flags


def test_a_mark_that_the_picture_surely_shows_is_given_and_lowers_confidence() -> None:
    settled = settle(read("79850", Flag.SEPARATOR), spell("798.50"))
    assert (settled.value, settled.raw) == ("798.50", "798.50")
    assert settled.confidence < 0.99


def test_a_slash_that_was_read_as_a_1_is_given_as_a_slash() -> None:
    settled = settle(read("12112/18", Flag.SEPARATOR), spell("12/12/18"))
    assert settled.value == "12/12/18"


def test_marks_that_are_seen_in_different_ways_are_doubted_and_both_offered() -> None:
    pictures = spell("24.7", 0.9), spell("247", 0.9)
    settled = settle(read("247"), *pictures)
    assert Flag.SEPARATOR in settled.flags
    values = {settled.value, *(other.value for other in settled.alternatives)}
    assert {"24.7", "247"} <= values


def test_the_other_numbers_of_a_page_tell_a_comma_from_a_point() -> None:
    pictures = spell("634,73", 0.9), spell("634.73", 0.9)
    alone = settle(read("634.73"), *pictures)
    readings = [read("634.73"), *[read(f"51{n},2{n}") for n in range(8)]]
    seen = [look(readings[0], *pictures)]
    seen += [look(one, spell(one.raw)) for one in readings[1:]]
    among, *others = settle_marks(readings, seen)
    assert among.value == "634,73"
    assert alone.value == "634.73"
    assert all(other.flags == () for other in others)


def test_what_no_view_shows_the_page_alone_does_not_make_sure() -> None:
    pictures = spell(".5", 0.9), spell("5", 0.9), spell("5", 0.9)
    readings = [read(".5"), *[read(f"{n}") for n in range(10, 60)]]
    seen = [look(readings[0], *pictures)]
    seen += [look(one, spell(one.raw)) for one in readings[1:]]
    settled = settle_marks(readings, seen)[0]
    assert settled.value == "5"
    assert Flag.SEPARATOR in settled.flags


@pytest.mark.parametrize("text", ["", "4?2", "4_2", "X42", "-"])
def test_what_is_no_number_has_no_marks(text: str) -> None:
    reading = read(text)
    assert see_marks(reading, [reading], spell("42")) is None
    assert settle_marks([reading], [None]) == [reading]


def test_evidence_and_weights_belong_together() -> None:
    seen = look(read("24.7"), spell("24.7"))
    (row,) = add_page([seen], [weigh_alone(seen)])
    assert seen.texts[0] == "24.7"
    assert seen.evidence.shape == (len(seen.texts), len(EVIDENCE))
    assert row.shape[1] == len(MARKS_ON_PAGE) == len(MARKS_ALONE) + 2
    assert np.isfinite(row).all()
