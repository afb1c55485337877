from __future__ import annotations

import json

import pytest
from ruled_fields import Ruled, reading

from formreader.acceptance import AcceptancePolicy
from formreader.forms.rules.breaches import explain_breaches, find_broken_checks
from formreader.forms.rules.expressions import parse_check
from formreader.forms.rules.settlement import settle_form
from formreader.forms.rules.stated import FormRules
from formreader.records import Flag
from formreader.value_types import ValueKind, ValueType

VALUES = {"total": "228", "a": "223", "b": "85", "c": "0.5"}


def explain(check: str) -> list[str]:
    broken = find_broken_checks((parse_check(check, VALUES),), VALUES)
    return [breach.text for breach in explain_breaches("228", None, broken)]


@pytest.mark.parametrize(
    ("check", "text"),
    [
        ("total == a + b", "223 + 85 = 308, not 228"),
        ("a + b == total", "223 + 85 = 308, not 228"),
        ("total >= a + b", "223 + 85 = 308, which is more than 228"),
        ("a <= b", "223 is more than 85"),
        ("total == 100", "228 is not 100"),
        ("a + b == total - c", "223 + 85 = 308, not 228 - 0.5 = 227.5"),
        (
            "-2*(b - a) < 4*c",
            "-2 * (85 - 223) = 276, which is not less than 4 * 0.5 = 2",
        ),
        ("a != b and a > total", "223 is not more than 228"),
    ],
)
def test_a_broken_rule_between_fields_is_named_with_its_numbers(
    check: str, text: str
) -> None:
    assert explain(check) == [text]


def test_a_rule_says_nothing_while_one_of_its_fields_is_no_number() -> None:
    check = parse_check("total == a + b", VALUES)
    assert find_broken_checks((check,), VALUES | {"b": ""}) == {}
    assert find_broken_checks((check,), VALUES | {"total": "308"}) == {}
    assert list(find_broken_checks((check,), VALUES)) == [check]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        (Ruled(length=4), "1", "1 digit, not 4"),
        (Ruled(length=(2, 3)), "1234", "4 digits, not 2 to 3"),
        (Ruled(min=20), "12", "12 is less than 20"),
        (Ruled(max=1.5), "1.6", "1.6 is more than 1.5"),
        (Ruled(max=20), "1/2", "1/2 is no number"),
        (Ruled(pattern="20[0-9]"), "211", "211 does not have the form 20[0-9]"),
        (Ruled(checksum="luhn"), "18", None),
        (Ruled(checksum="luhn"), "19", "the check digit of 19 is wrong (luhn)"),
        (Ruled(date="%d%m%Y"), "31042021", "31042021 is no date DDMMYYYY"),
        (Ruled(one_of=("17", "18")), "19", "19 is not in the list of the form"),
    ],
)
def test_a_broken_rule_of_a_field_is_named_with_its_numbers(
    field: Ruled, value: str, text: str | None
) -> None:
    found = [breach.text for breach in explain_breaches(value, field, {})]
    assert found == ([] if text is None else [text])


def test_more_digits_than_cells_are_a_breach_and_named_once() -> None:
    (breach,) = explain_breaches("123456", None, {}, cells=3)
    assert breach.text == "6 digits in 3 cells"
    assert explain_breaches("12", None, {}, cells=3) == ()
    (breach,) = explain_breaches("123456", Ruled(length=3), {}, cells=3)
    assert breach.rule == "length"


def test_rules_are_the_same_after_they_were_kept_as_json() -> None:
    date = ValueType(ValueKind.DATE, "DD/MM/YYYY")
    stated = [
        Ruled("a", length=(1, 3), min=0.1, one_of=("1", "2"), pattern="[12]"),
        Ruled("b", max=9, checksum="luhn", date="%d%m%y"),
        Ruled("day", value_type=date),
        Ruled("free"),
    ]
    rules = FormRules.of(stated, ["a < b"])
    kept = FormRules.from_json(json.loads(json.dumps(rules.to_json())))
    assert kept.fields == rules.fields
    assert kept.find("free") is None
    assert [check.names for check in kept.checks_of("b")] == [("a", "b")]


def test_a_field_keeps_what_it_is_apart_if_it_breaks_a_rule_between_fields_alone() -> (
    None
):
    names = ("total", "a", "b")
    values = ("228", "223", "85")
    read = [reading(v, 0.99, name=n) for n, v in zip(names, values, strict=True)]
    templates = [Ruled(name, max=227 if name == "total" else None) for name in names]
    policy = AcceptancePolicy(0.9)
    total, a, b = settle_form(read, templates, ["total == a + b"], policy)
    assert all(Flag.RULE_FAILED in field.flags for field in (total, a, b))
    assert total.apart is None  # its own rule is broken as well
    assert a.apart is not None
    assert (a.apart.value, a.apart.flags, a.apart.needs_review) == ("223", (), False)
    assert a.apart.confidence == pytest.approx(0.99)
    free = settle_form(read, templates, ["total != a + b"], policy)
    assert [field.apart for field in free] == [None, None, None]
