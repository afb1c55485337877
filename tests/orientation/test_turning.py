from __future__ import annotations

import numpy as np
import pytest

from formreader import PageImage
from formreader.errors import RegistrationError
from formreader.geometry import Box
from formreader.orientation.features import SIDES
from formreader.orientation.turning import (
    AS_IT_LIES,
    MIRRORED,
    Side,
    read_or_mirrored,
    read_turned,
    turn_back,
    turn_page,
)
from formreader.readings import DigitReading, FieldReading, PageReading
from formreader.records import FieldKind


def make_field(box: Box, *digits: DigitReading) -> FieldReading:
    return FieldReading("id", "1", 0.9, (), digits, box, box.corners, FieldKind.BOX)


@pytest.mark.parametrize("side", SIDES, ids=str)
def test_places_on_a_turned_page_come_back_to_the_page_as_it_was(side: Side) -> None:
    pixels = np.full((60, 100), 255, dtype=np.uint8)
    place = Box(70, 10, 90, 15)
    pixels[place.slices] = 0
    turned = turn_page(PageImage(pixels, "page"), side)
    rows, columns = np.nonzero(turned.pixels == 0)
    seen = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    digits = DigitReading("1", 0.9, seen), DigitReading("_", 0.9)
    [field] = turn_back([make_field(seen, *digits)], side, pixels.shape)
    assert field.box == place
    assert field.digits[0].box == place
    assert field.digits[1].box is None
    assert sorted(map(tuple, field.outline)) == sorted(map(tuple, place.corners))


@pytest.mark.parametrize("side", SIDES, ids=str)
def test_only_a_page_that_lies_wrongly_is_told_of(side: Side) -> None:
    page = PageImage(np.zeros((20, 30), np.uint8), "page")
    reading = read_turned(page, side, lambda one: PageReading(one.source, 0, ()))
    assert bool(reading.warnings) == (side != AS_IT_LIES)


def test_colours_are_turned_with_the_page() -> None:
    colour = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    page = PageImage(colour[..., 0].copy(), "page", colour=colour)
    turned = turn_page(page, Side(1, mirrored=True))
    assert turned.colour is not None
    assert np.array_equal(turned.colour[..., 0], turned.pixels)


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
