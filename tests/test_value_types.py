from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formreader.value_kinds import MOST_DIGITS
from formreader.value_types import ValueKind, ValueType

INTEGER = ValueType(ValueKind.INTEGER)
DECIMAL = ValueType(ValueKind.DECIMAL)
CENTS = ValueType(ValueKind.DECIMAL, decimals=2)
DAY_FIRST = ValueType(ValueKind.DATE, "DD/MM/YYYY")
MONTH_FIRST = ValueType(ValueKind.DATE, "%m/%d/%y")
DIGITS = ValueType(ValueKind.DATE, "DDMMYYYY")
TIME = ValueType(ValueKind.TIME)
SECONDS = ValueType(ValueKind.TIME, "HH:MM:SS")


def read(type_: ValueType, text: str) -> str | None:
    found = type_.canonicalize(text)
    return None if found is None else found.value


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (INTEGER, "1,234", "1234"),
        (INTEGER, "12.345.678", "12345678"),
        (INTEGER, "-42", "-42"),
        (INTEGER, "007", "007"),
        (INTEGER, "12.5", None),
        (INTEGER, "1,234.00", "1234"),
        (INTEGER, "1234,0", "1234"),
        (INTEGER, "1234.000", None),
        (INTEGER, "1,2345", None),
        (INTEGER, "0.123", None),
        (INTEGER, "1/2", None),
        (DECIMAL, "24,7", "24.7"),
        (DECIMAL, "1.234,50", "1234.50"),
        (DECIMAL, "1,234,567", "1234567"),
        (DECIMAL, "1,234,567.5", "1234567.5"),
        (DECIMAL, "-0,5", "-0.5"),
        (DECIMAL, "200", "200"),
        (DECIMAL, "1.2.3", None),
        (DECIMAL, "12,34.5", None),
        (DECIMAL, "1..5", None),
        (DECIMAL, "5.", None),
        (DECIMAL, "-", None),
        (CENTS, "1,234.50", "1234.50"),
        (DAY_FIRST, "05/04/2021", "2021-04-05"),
        (DAY_FIRST, "5.4.2021", "2021-04-05"),
        (DAY_FIRST, "05-04-2021", "2021-04-05"),
        (DAY_FIRST, "5/4/21", None),
        (DAY_FIRST, "29/02/2023", None),
        (DAY_FIRST, "05/04/2921", None),
        (DAY_FIRST, "2021-04-05", "2021-04-05"),
        (DAY_FIRST, "05_04_2021", "2021-04-05"),
        (DAY_FIRST, "05_4_2021", None),
        (DAY_FIRST, "0504/2021", "2021-04-05"),
        (DAY_FIRST, "050/42021", None),
        (MONTH_FIRST, "05/19/21", "2021-05-19"),
        (MONTH_FIRST, "5/19/2021", "2021-05-19"),
        (MONTH_FIRST, "5/19/68", "2068-05-19"),
        (MONTH_FIRST, "5/19/69", "1969-05-19"),
        (MONTH_FIRST, "19/5/21", None),
        (DIGITS, "05042021", "2021-04-05"),
        (DIGITS, "0542021", None),
        (TIME, "9:05", "09:05"),
        (TIME, "12.30", "12:30"),
        (TIME, "1230", "12:30"),
        (TIME, "24:00", None),
        (TIME, "9:5", None),
        (SECONDS, "9:05:07", "09:05:07"),
    ],
)
def test_a_value_as_written_has_one_canonical_form_or_none(
    type_: ValueType, text: str, value: str | None
) -> None:
    assert read(type_, text) == value


@pytest.mark.parametrize(
    ("type_", "text", "is_settled"),
    [
        (DECIMAL, "1,234", False),  # a thousand, or a little more than one
        (DECIMAL, "1,234.5", True),
        (DECIMAL, "6,99725", False),  # 6,997.25 without its point
        (DECIMAL, ".50", False),
        (DECIMAL, "0.50", True),
        (CENTS, "1,234", True),
        (CENTS, "1234", False),  # a point was asked for
        (CENTS, "12.5", False),
        (CENTS, "12.50", True),
        (ValueType(ValueKind.DECIMAL, decimals=3), "1,234", True),
        (INTEGER, "1_234", False),
        (INTEGER, "65.00", False),
    ],
)
def test_a_mark_that_may_mean_another_thing_is_not_settled(
    type_: ValueType, text: str, is_settled: bool
) -> None:
    found = type_.canonicalize(text)
    assert found is not None
    assert found.is_settled is is_settled


@pytest.mark.parametrize(
    ("text", "is_even"),
    [("09/8/24", False), ("9/8/24", True), ("09/08/24", True), ("10/8/24", True)],
)
def test_who_writes_a_zero_before_the_month_writes_one_before_the_day(
    text: str, is_even: bool
) -> None:
    found = MONTH_FIRST.canonicalize(text)
    assert found is not None
    assert found.is_even is is_even


def test_numbers_longer_than_a_spreadsheet_keeps_are_none() -> None:
    assert read(INTEGER, "9" * MOST_DIGITS) is not None
    assert read(INTEGER, "9" * (MOST_DIGITS + 1)) is None
    assert INTEGER.convert("9" * (MOST_DIGITS + 1)) is None


@pytest.mark.parametrize(
    ("type_", "text", "slashed"),
    [
        (MONTH_FIRST, "0511912021", ["05/19/2021"]),
        (MONTH_FIRST, "05/1912021", ["05/19/2021"]),
        (MONTH_FIRST, "111121", ["1/1/21"]),
        (MONTH_FIRST, "05/19/2021", []),
        (MONTH_FIRST, "0513912021", []),
        (DIGITS, "0511912021", []),
        (TIME, "12130", []),
    ],
)
def test_ones_are_read_as_slashes_where_that_makes_a_date(
    type_: ValueType, text: str, slashed: list[str]
) -> None:
    assert list(type_.list_slashed(text)) == slashed


@pytest.mark.parametrize(
    ("kind", "format_"),
    [
        (ValueKind.DATE, ""),
        (ValueKind.DATE, "DD/MM"),
        (ValueKind.DATE, "DD//MM/YYYY"),
        (ValueKind.DATE, "/DD/MM/YYYY"),
        (ValueKind.DATE, "DD/MM/YYYY "),
        (ValueKind.DATE, "DD/MM/DD/YYYY"),
        (ValueKind.DATE, "dd/mm/yyyy"),
        (ValueKind.DATE, "%H:%M"),
        (ValueKind.TIME, "MM:HH"),
        (ValueKind.TIME, "HH"),
        (ValueKind.INTEGER, "DD/MM/YYYY"),
    ],
)
def test_a_format_names_every_part_once(kind: ValueKind, format_: str) -> None:
    with pytest.raises(ValueError, match=r"such as|says nothing"):
        ValueType(kind, format_)


@pytest.mark.parametrize("type_", [INTEGER, CENTS, DAY_FIRST, MONTH_FIRST, TIME])
def test_a_type_is_read_back_from_its_text(type_: ValueType) -> None:
    assert ValueType.parse(str(type_)) == type_


def test_a_value_stands_for_what_files_hold() -> None:
    assert INTEGER.convert("-042") == -42
    assert DECIMAL.convert("24.70") == 24.7
    assert DAY_FIRST.convert("2021-04-05") == date(2021, 4, 5)
    assert TIME.convert("09:05") == time(9, 5)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (INTEGER, "1,234"),
        (DECIMAL, "24,7"),
        (DECIMAL, ""),
        (DAY_FIRST, "05/04/2021"),
        (DAY_FIRST, "2021-02-30"),
        (TIME, "9:05"),
        (TIME, "25:00"),
    ],
)
def test_what_is_not_canonical_stands_for_nothing(type_: ValueType, text: str) -> None:
    assert type_.convert(text) is None


def test_a_person_may_type_either_form_but_nothing_with_two_meanings() -> None:
    assert DECIMAL.take_typed("1.234") == "1.234"
    assert DECIMAL.take_typed("24,7") == "24.7"
    assert DECIMAL.take_typed("1,234") is None
    assert MONTH_FIRST.take_typed("5/19/21") == "2021-05-19"
    assert MONTH_FIRST.take_typed("2021-05-19") == "2021-05-19"
    assert MONTH_FIRST.take_typed("19/5/21") is None


@given(st.dates(date(1800, 1, 1), date(2199, 12, 31)), st.sampled_from("./-"))
def test_every_day_is_read_as_it_is_written(day: date, mark: str) -> None:
    written = f"{day.day}{mark}{day.month:02}{mark}{day.year:04}"
    assert read(DAY_FIRST, written) == day.isoformat()


@given(st.decimals(-99999, 99999, places=2), st.sampled_from(["{:,.2f}", "{:.2f}"]))
def test_every_amount_keeps_its_value(amount: float, form: str) -> None:
    text = form.format(amount)
    assert CENTS.convert(str(read(CENTS, text))) == float(amount)


@given(st.text(alphabet="0123456789.,-/:_?", max_size=12))
def test_what_is_canonical_stays_so(text: str) -> None:
    for type_ in (INTEGER, CENTS, DAY_FIRST, MONTH_FIRST, TIME):
        value = read(type_, text)
        assert value is None or type_.convert(value) is not None
        assert value is None or type_.take_typed(value) == value


def test_a_one_is_no_slash_in_a_date_with_dashes() -> None:
    type_ = ValueType(ValueKind.DATE, "MM/DD/YY")
    assert list(type_.list_slashed("911-94")) == []
    assert list(type_.list_slashed("911/94")) == ["9/1/94"]
