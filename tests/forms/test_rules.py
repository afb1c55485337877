from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from ruled_fields import Ruled, reading, settle

from formreader.errors import TemplateError
from formreader.forms.rules.checksums import CHECKSUMS, is_checksum_valid
from formreader.forms.rules.joint import SLIP
from formreader.forms.rules.rules import (
    apply_rules,
    broken_rules,
    validate_rules,
)
from formreader.readings import Alternative, FieldReading
from formreader.records import FieldKind, Flag

# A value that keeps the rule, and one a digit away that breaks it.
RULES = {
    "length": (Ruled(length=4), "1234", "123"),
    "range of lengths": (Ruled(length=(2, 3)), "123", "1234"),
    "min": (Ruled(min=20), "25", "15"),
    "max": (Ruled(max=20), "15", "75"),
    "pattern": (Ruled(pattern="[12]0[0-9]{2}"), "2013", "7013"),
    "luhn": (Ruled(checksum="luhn"), "79927398713", "79927398718"),
    "verhoeff": (Ruled(checksum="verhoeff"), "2363", "2368"),
    "damm": (Ruled(checksum="damm"), "5724", "5729"),
    "ean": (Ruled(checksum="ean13"), "4006381333931", "4006381333937"),
    "isbn10": (Ruled(checksum="isbn10"), "0306406152", "0306406157"),
    "isbn13": (Ruled(checksum="isbn13"), "9780306406157", "9780306406152"),
    "mod_97_10": (Ruled(checksum="mod_97_10"), "79444", "79449"),
    "mod_11_2": (Ruled(checksum="mod_11_2"), "07940", "07946"),
    "date": (Ruled(date="%d%m%Y"), "29022024", "29022023"),
    "one_of": (Ruled(one_of=("1001", "1004")), "1001", "1007"),
}
EACH_RULE = pytest.mark.parametrize(
    ("template", "right", "wrong"), RULES.values(), ids=RULES
)


def apply(field: FieldReading, template: Ruled, threshold: float = 0.9) -> FieldReading:
    (settled,) = settle([field], [template], threshold=threshold)
    return settled


# Every rule of a field


@EACH_RULE
def test_a_rule_catches_a_wrong_digit(template: Ruled, right: str, wrong: str) -> None:
    settled = apply(reading(wrong, 0.98), template)
    assert settled.value == wrong
    assert Flag.RULE_FAILED in settled.flags
    assert settled.needs_review
    assert settled.confidence < 0.98


@EACH_RULE
def test_a_rule_repairs_a_wrong_digit(template: Ruled, right: str, wrong: str) -> None:
    settled = apply(reading(wrong, 0.55, (right, 0.44)), template)
    assert settled.value == right
    assert settled.raw == wrong
    assert settled.flags == (Flag.RULE_CORRECTED,)
    assert 0.9 < settled.confidence < 1
    assert not settled.needs_review
    assert settled.alternatives[0].value == wrong


@EACH_RULE
def test_a_rule_does_not_repair_what_is_surely_written(
    template: Ruled, right: str, wrong: str
) -> None:
    settled = apply(reading(wrong, 0.995, (right, 0.004)), template)
    assert settled.value == wrong
    assert Flag.RULE_FAILED in settled.flags
    assert Flag.RULE_CORRECTED not in settled.flags
    assert settled.needs_review


@EACH_RULE
def test_a_rule_leaves_a_right_value_and_is_surer_of_it(
    template: Ruled, right: str, wrong: str
) -> None:
    settled = apply(reading(right, 0.85, (wrong, 0.14)), template)
    assert (settled.value, settled.flags) == (right, ())
    assert settled.confidence > 0.95
    assert not settled.needs_review


# What the confidence says


def test_confidence_counts_what_was_not_listed_as_doubt() -> None:
    settled = apply(reading("15", 0.5, ("25", 0.3)), Ruled(min=20))
    assert settled.value == "25"
    assert settled.confidence == pytest.approx(0.3 / (0.3 + 0.2 + SLIP * 0.5))
    assert settled.needs_review
    assert Flag.LOW_CONFIDENCE in settled.flags


def test_two_repairs_that_are_alike_need_review_at_any_threshold() -> None:
    field = reading("15", 0.5, ("25", 0.3), ("35", 0.2), threshold=0.1)
    settled = apply(field, Ruled(min=20), threshold=0.1)
    assert settled.value == "25"
    assert Flag.RULE_CORRECTED in settled.flags
    assert settled.needs_review


def test_the_most_probable_of_many_repairs_wins() -> None:
    field = reading("15", 0.4, ("16", 0.3), ("35", 0.05), ("25", 0.2))
    assert apply(field, Ruled(min=20)).value == "25"


def test_readings_of_one_number_count_together() -> None:
    field = replace(
        reading("15", 0.5),
        alternatives=(
            Alternative("35", "35", 0.2),
            Alternative("25", "25_", 0.15),
            Alternative("25", "_25", 0.15),
        ),
    )
    assert apply(field, Ruled(min=20)).value == "25"


def test_a_value_that_keeps_all_rules_stays_though_another_is_likelier() -> None:
    halved = reading("25", 0.4, ("26", 0.45))
    assert apply(halved, Ruled(min=20)).value == "25"


def test_probabilities_sum_to_one_at_most() -> None:
    field = reading("15", 0.5, ("25", 0.3), ("", 0.1), ("35", 0.05))
    settled = apply(field, Ruled(min=20))
    total = settled.confidence + sum(a.probability for a in settled.alternatives)
    assert total <= 1
    listed = [a.probability for a in settled.alternatives]
    assert listed == sorted(listed, reverse=True)


def test_a_blank_is_doubt_and_never_the_repair() -> None:
    settled = apply(reading("15", 0.6, ("", 0.39)), Ruled(min=20, when_blank="allow"))
    assert settled.value == "15"
    assert Flag.RULE_FAILED in settled.flags


@pytest.mark.parametrize("flag", [Flag.SEPARATOR, Flag.CLIPPED, Flag.TOUCHING])
def test_a_rule_does_not_remove_other_reasons_for_review(flag: Flag) -> None:
    field = reading("25", 0.85, ("15", 0.149), flags=(flag,))
    settled = apply(field, Ruled(min=20))
    assert settled.confidence > 0.99
    assert flag in settled.flags
    assert settled.needs_review


def test_a_rule_does_not_vouch_for_digits_that_were_cut_apart() -> None:
    touching = reading(
        "25", 0.85, ("15", 0.149), flags=(Flag.TOUCHING,), kind=FieldKind.BOX
    )
    settled = apply(touching, Ruled(min=20))
    assert settled.confidence > 0.99
    assert settled.flags == (Flag.LOW_CONFIDENCE, Flag.TOUCHING)
    assert settled.needs_review
    sure = reading("25", 0.95, flags=(Flag.TOUCHING,), kind=FieldKind.BOX)
    assert not apply(sure, Ruled(min=20)).needs_review


def test_a_wrong_length_is_named() -> None:
    settled = apply(reading("123", 0.99), Ruled(length=4))
    assert Flag.WRONG_LENGTH in settled.flags


def test_a_field_without_rules_stays_as_it_is() -> None:
    field, stranger = reading("15", 0.95), reading("15", 0.95, name="elsewhere")
    assert apply_rules([field, stranger], [Ruled()], [], 0.9) == (field, stranger)


# Blank and unreadable fields


@pytest.mark.parametrize(("blank", "review"), [("allow", False), ("review", True)])
def test_a_blank_field_keeps_every_rule(blank: str, review: bool) -> None:
    field = reading("", 0.99, raw="____", flags=(Flag.BLANK,))
    template = Ruled(length=4, min=1, checksum="luhn", one_of=("1",))
    template = replace(template, when_blank="allow" if blank == "allow" else "review")
    settled = apply(field, template)
    assert settled.flags == (Flag.BLANK,)
    assert settled.needs_review is review


def test_an_unreadable_field_stays_unreadable() -> None:
    flags = (Flag.NOT_A_DIGIT,)
    field = reading("", 0.9, ("18", 0.1), raw="1?", flags=flags)
    assert apply_rules([field], [Ruled(max=20)], [], 0.9) == (field,)


# Numbers, dates, checksums


def test_numbers_are_compared_exactly() -> None:
    assert broken_rules("0.3", Ruled(max=0.3)) == ()
    assert broken_rules("10000000000000000000001", Ruled(max=10**22)) == ("max",)
    assert broken_rules("007", Ruled(min=7, max=7)) == ()
    assert broken_rules("12.5", Ruled(length=3)) == ()


def test_all_broken_rules_are_named() -> None:
    template = Ruled(length=2, min=200, one_of=("7",), checksum="luhn")
    assert broken_rules("123", template) == ("length", "min", "checksum", "one_of")


@pytest.mark.parametrize(
    ("form", "value", "is_date"),
    [
        ("%d%m%Y", "31122025", True),
        ("%d%m%Y", "31112025", False),
        ("%d%m%Y", "1112025", False),
        ("%d%m", "2902", True),
        ("%d%m", "3002", False),
        ("%y%m%d", "230229", False),
        ("%H%M", "2359", True),
        ("%H%M", "2400", False),
        ("%Y%j", "2024366", True),
        ("%Y%j", "2023366", False),
        ("%d%m%Y", "12.12025", False),
    ],
)
def test_dates_are_days_of_the_calendar(form: str, value: str, is_date: bool) -> None:
    assert (broken_rules(value, Ruled(date=form)) == ()) is is_date


def test_every_day_of_a_leap_year_is_a_date() -> None:
    days = [date(2024, 1, 1) + timedelta(n) for n in range(366)]
    for day in days:
        assert broken_rules(f"{day:%d%m%y}", Ruled(date="%d%m%y")) == ()


@pytest.mark.parametrize("name", CHECKSUMS)
def test_a_checksum_catches_each_single_wrong_digit(name: str) -> None:
    length = {"ean8": 8, "isbn10": 10, "imei": 15}.get(name, 13)
    stem = "978030640615729"[: length - 2]
    numbers = (stem + "".join(end) for end in product("0123456789", repeat=2))
    right = next(number for number in numbers if is_checksum_valid(number, name))
    for place in range(length):
        for digit in set("0123456789") - {right[place]}:
            wrong = right[:place] + digit + right[place + 1 :]
            assert not is_checksum_valid(wrong, name), wrong


@pytest.mark.parametrize("number", ["", "x", "12a", "٣", "1.5", "0306406152" * 5])
@pytest.mark.parametrize("name", CHECKSUMS)
def test_what_is_no_number_has_no_checksum(name: str, number: str) -> None:
    if len(number) < 50:
        assert not is_checksum_valid(number, name)
    else:
        is_checksum_valid(number, name)  # long ones raise nothing


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (Ruled("id", checksum="crc"), "field 'id': there is no checksum 'crc'.*luhn"),
        (Ruled("day", date="%d.%m.%Y"), "field 'day': date = '%d.%m.%Y'.*%d"),
        (Ruled("id", pattern="[a-z]"), "field 'id': the pattern .*column 2"),
        (Ruled("n", min=float("nan")), "field 'n': min is no number of"),
        (Ruled("n", max=-(10**400)), "field 'n': max is no number of at most 100"),
    ],
)
def test_a_wrong_rule_is_an_error_of_the_template(
    template: Ruled, message: str
) -> None:
    with pytest.raises(TemplateError, match=message):
        validate_rules([template], [])


def test_a_check_of_an_unknown_field_is_an_error_of_the_template() -> None:
    validate_rules([Ruled("a"), Ruled("b")], ["a == b"])
    with pytest.raises(TemplateError, match="there is no field 'c'"):
        validate_rules([Ruled("a"), Ruled("b")], ["a == c"])
