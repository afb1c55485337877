from __future__ import annotations

from dataclasses import replace

import pytest
from spelled_pictures import spell, spell_look

from formreader.geometry import Box
from formreader.readings import DigitReading, FieldReading
from formreader.reconciliation import Views, reconcile
from formreader.records import FieldKind, Flag
from formreader.value_types import ValueType


def join(
    one: FieldReading, other: FieldReading | None, type_: ValueType | None = None
) -> FieldReading:
    return reconcile(Views(one, other, type_=type_))


def make_reading(
    value: str, confidence: float, kind: FieldKind = FieldKind.BOX
) -> FieldReading:
    box = Box(0, 0, 10, 10)
    return FieldReading(
        name="a",
        value=value,
        confidence=confidence,
        flags=() if value else (Flag.BLANK,),
        digits=tuple(DigitReading(character, confidence) for character in value),
        box=box,
        outline=box.corners,
        kind=kind,
    )


@pytest.mark.parametrize("other", [0.8, 0.99])
def test_two_readings_that_agree_are_as_sure_as_the_layers(other: float) -> None:
    joined = join(make_reading("42", 0.95), make_reading("42", other))
    assert (joined.value, joined.confidence) == ("42", 0.95)


@pytest.mark.parametrize(("one", "other"), [("42", "12"), ("", "7"), ("7", "")])
def test_where_the_two_differ_nobody_is_sure(one: str, other: str) -> None:
    joined = join(make_reading(one, 0.99), make_reading(other, 0.999))
    assert joined.value == one
    assert joined.confidence <= 0.5


@pytest.mark.parametrize(("other", "guess"), [(0.999, "12"), (0.9, "42")])
def test_in_a_row_of_boxes_the_surer_of_the_two_is_the_guess(
    other: float, guess: str
) -> None:
    row = FieldKind.CELLS
    joined = join(make_reading("42", 0.99, row), make_reading("12", other, row))
    assert joined.value == guess
    assert joined.confidence <= 0.5


@pytest.mark.parametrize(("other", "guess"), [(0.75, "12"), (0.65, "42")])
def test_in_a_box_the_other_way_must_be_clearly_surer(other: float, guess: str) -> None:
    joined = join(make_reading("42", 0.5), make_reading("12", other))
    assert joined.value == guess
    assert joined.confidence <= 0.5


def test_a_field_that_geometry_took_for_print_is_what_the_layer_says() -> None:
    reading = make_reading("42", 0.9)
    assert join(reading, None) is reading


def test_two_texts_of_one_value_are_the_same_where_its_type_is_known() -> None:
    readings = make_reading("3,582", 0.95), make_reading("3582", 0.8)
    typed = join(*readings, ValueType.parse("integer"))
    untyped = join(*readings)
    assert (typed.confidence, untyped.confidence) == (0.95, 0.5)


def test_a_mark_in_doubt_in_one_way_is_in_doubt_where_a_type_asks_for_it() -> None:
    other = make_reading("3.5", 0.9).flagged(Flag.SEPARATOR)
    joined = join(make_reading("3.5", 0.95), other, ValueType.parse("decimal"))
    assert Flag.SEPARATOR in joined.flags


@pytest.mark.parametrize(("near", "is_clipped"), [("7", False), ("17", True)])
def test_a_lone_digit_beside_which_its_picture_shows_another_is_cut_off(
    near: str, is_clipped: bool
) -> None:
    lone = make_reading("7", 0.99, FieldKind.LINE)
    picture = replace(spell("7"), near=spell_look(near))
    seen = reconcile(Views(lone, picture=picture, is_found=True))
    assert (Flag.CLIPPED in seen.flags) is is_clipped
