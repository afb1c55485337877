from __future__ import annotations

import pytest
from spelled_pictures import spell

from formreader.digits.picture_marks import heed_specks, share_of_marks
from formreader.geometry import Box
from formreader.readings import DigitReading, FieldReading
from formreader.records import FieldKind, Flag


def read(text: str, *flags: Flag) -> FieldReading:
    box = Box(0, 0, 10, 10)
    digits = tuple(DigitReading(each, 0.9) for each in text)
    return FieldReading(
        "a", text, 0.9, flags, digits, box, box.corners, kind=FieldKind.CELLS
    )


@pytest.mark.parametrize("text", ["24.7", "-6", "_12:30_", "200,-"])
def test_a_picture_of_the_same_marks_makes_them_probable(text: str) -> None:
    assert share_of_marks(read(text), spell(text.strip("_"))) > 0.9


@pytest.mark.parametrize(("text", "shown"), [("24.7", "381"), ("4_2", "42")])
def test_a_picture_of_other_digits_says_nothing_of_marks(text: str, shown: str) -> None:
    assert share_of_marks(read(text), spell(shown)) == 0.0


def test_a_speck_in_a_row_of_boxes_is_dirt_where_the_picture_shows_no_mark() -> None:
    reading = read("4217__", Flag.SEPARATOR, Flag.TOUCHING)
    heeded = heed_specks(reading, [reading], spell("4217"))
    assert heeded.flags == (Flag.TOUCHING,)


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (("4217", "4217"), "421.7"),  # the picture shows one
        (("4217", "42,17"), "4217"),  # a reading has one
        (("42.17", "42.17"), "42.17"),  # nobody knows what it is for in boxes
    ],
)
def test_a_speck_that_may_be_a_mark_stays_in_doubt(
    texts: tuple[str, str], shown: str
) -> None:
    views = [read(text, Flag.SEPARATOR) for text in texts]
    assert heed_specks(views[0], views, spell(shown)) is views[0]
