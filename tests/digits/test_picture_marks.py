from __future__ import annotations

import pytest
from spelled_pictures import spell

from formreader.digits.picture_marks import heed_marks
from formreader.geometry import Box
from formreader.readings import DigitReading, FieldReading
from formreader.records import FieldKind, Flag


def read(text: str, *flags: Flag) -> FieldReading:
    box = Box(0, 0, 10, 10)
    digits = tuple(DigitReading(each, 0.9) for each in text)
    return FieldReading(
        "a", text, 0.9, flags, digits, box, box.corners, kind=FieldKind.BOX
    )


@pytest.mark.parametrize("text", ["24.7", "-6", "12:30", "24819,13"])
def test_marks_that_the_picture_shows_too_are_sure(text: str) -> None:
    heeded = heed_marks(read(text, Flag.SEPARATOR), spell(text))
    assert heeded.flags == ()
    assert heeded.value == text


@pytest.mark.parametrize("text", ["2,743", "1,234.567"])
def test_a_mark_that_may_part_thousands_stays_in_doubt(text: str) -> None:
    heeded = heed_marks(read(text, Flag.SEPARATOR), spell(text))
    assert Flag.SEPARATOR in heeded.flags


def test_a_mark_that_the_picture_alone_shows_is_given_for_a_person_to_confirm() -> None:
    heeded = heed_marks(read("79850"), spell("798.50"))
    assert heeded.value == "798.50"
    assert Flag.SEPARATOR in heeded.flags


def test_other_digits_in_the_picture_say_nothing_of_the_marks() -> None:
    reading = read("24.7", Flag.SEPARATOR)
    assert heed_marks(reading, spell("381")) is reading


def test_a_mark_that_the_picture_does_not_show_is_doubted() -> None:
    heeded = heed_marks(read("24.7"), spell("247", certainty=0.9))
    assert Flag.SEPARATOR in heeded.flags
