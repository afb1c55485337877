"""Rules between the fields of a form, and rules of a field beside them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruled_fields import Ruled, reading, settle

from formreader.forms.rules.joint import SLIP, Case, weigh_jointly
from formreader.forms.rules.rules import (
    RuledField,
    apply_rules,
    broken_rules,
)
from formreader.forms.templates.entries import FieldTemplate
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import Flag

# Rules between fields

BALLOTS = tuple(Ruled(name) for name in ("total", "valid", "invalid"))
SUM = ("total == valid + invalid",)


def count(
    total: FieldReading, valid: FieldReading, invalid: FieldReading
) -> tuple[FieldReading, FieldReading, FieldReading]:
    named = [
        replace(field, name=template.name)
        for field, template in zip((total, valid, invalid), BALLOTS, strict=True)
    ]
    one, two, three = settle(named, BALLOTS, SUM)
    return one, two, three


def test_a_sum_that_is_right_makes_its_fields_surer() -> None:
    fields = count(
        reading("50", 0.95, ("60", 0.04)), reading("30", 0.95), reading("20", 0.95)
    )
    assert [field.value for field in fields] == ["50", "30", "20"]
    assert all(field.flags == () for field in fields)
    assert fields[0].confidence > 0.97
    assert all(field.confidence > 0.94 for field in fields)


def test_a_sum_repairs_the_doubtful_digit() -> None:
    total, valid, invalid = count(
        reading("50", 0.998), reading("80", 0.6, ("30", 0.398)), reading("20", 0.998)
    )
    assert (total.value, valid.value, invalid.value) == ("50", "30", "20")
    assert valid.flags == (Flag.RULE_CORRECTED,)
    assert valid.raw == "80"
    assert 0.9 < valid.confidence < 0.995
    assert not valid.needs_review
    assert total.flags == invalid.flags == ()


def test_a_sum_repairs_two_digits_together() -> None:
    total, valid, invalid = count(
        reading("56", 0.6, ("50", 0.39)),
        reading("80", 0.6, ("30", 0.39)),
        reading("20", 0.99),
    )
    assert (total.value, valid.value, invalid.value) == ("50", "30", "20")
    assert Flag.RULE_CORRECTED in total.flags
    assert Flag.RULE_CORRECTED in valid.flags


def test_a_sum_that_cannot_be_right_fails_in_all_its_fields() -> None:
    fields = count(reading("51", 0.99), reading("30", 0.99), reading("20", 0.99))
    assert [field.value for field in fields] == ["51", "30", "20"]
    assert all(Flag.RULE_FAILED in field.flags for field in fields)
    assert all(field.confidence < 0.9 for field in fields)
    assert all(field.needs_review for field in fields)


def test_a_sum_does_not_rewrite_what_is_surely_written() -> None:
    fields = count(
        reading("51", 0.998, ("50", 0.001)), reading("30", 0.998), reading("20", 0.998)
    )
    assert fields[0].value == "51"
    assert all(Flag.RULE_FAILED in field.flags for field in fields)


def test_a_sum_that_stays_wrong_changes_nothing() -> None:
    fields = count(
        reading("51", 0.99), reading("30", 0.45, ("80", 0.5)), reading("20", 0.99)
    )
    assert [field.value for field in fields] == ["51", "30", "20"]


def test_repairs_that_are_alike_need_review() -> None:
    fields = count(
        reading("51", 0.55, ("50", 0.44)),
        reading("30", 0.55, ("31", 0.44)),
        reading("20", 0.99),
    )
    assert any(Flag.RULE_CORRECTED in field.flags for field in fields)
    assert fields[0].needs_review
    assert fields[1].needs_review


def test_a_doubtful_field_does_not_make_a_sure_one_doubtful() -> None:
    fields = count(reading("50", 0.999), reading("30", 0.4), reading("20", 0.999))
    assert fields[0].confidence > 0.99
    assert fields[2].confidence > 0.99
    assert fields[1].needs_review


@pytest.mark.parametrize("flag", [Flag.BLANK, Flag.NOT_A_DIGIT])
def test_a_field_without_a_number_silences_the_check(flag: Flag) -> None:
    empty = reading("", 0.99, flags=(flag,))
    fields = count(reading("99", 0.95), reading("30", 0.95), empty)
    assert all(Flag.RULE_FAILED not in field.flags for field in fields)
    assert fields[0].confidence == 0.95


def test_a_field_that_is_not_on_the_page_silences_the_check() -> None:
    field = reading("99", 0.95, name="total")
    assert apply_rules([field], BALLOTS, SUM, 0.9) == (field,)


def test_only_the_checks_that_fail_flag_their_fields() -> None:
    templates = [Ruled(name) for name in "abcd"]
    fields = [reading("1", 0.99, name=name) for name in "abc"]
    fields.append(reading("2", 0.99, name="d"))
    settled = settle(fields, templates, ["a == b", "b == c", "c == d"])
    assert [Flag.RULE_FAILED in field.flags for field in settled] == [
        False, False, True, True,
    ]  # fmt: skip


def test_rules_on_a_field_and_between_fields_work_together() -> None:
    templates = [Ruled("a", max=10), Ruled("b")]
    fields = [
        reading("70", 0.5, ("10", 0.3), ("4", 0.199), name="a"),
        reading("4", 0.99, name="b"),
    ]
    settled = settle(fields, templates, ["a == b"])
    assert [field.value for field in settled] == ["4", "4"]


def test_a_long_column_of_doubtful_numbers_ends_in_time() -> None:
    names = [f"n{index}" for index in range(25)]
    templates = [Ruled(name) for name in (*names, "total")]
    fields = [
        reading("1", 0.4, *((str(d), 0.06) for d in range(2, 10)), name=name)
        for name in names
    ]
    fields.append(reading("99", 0.9, name="total"))
    check = "total == " + " + ".join(names)
    settled = settle(fields, templates, [check])
    assert all(field.needs_review for field in settled)


def test_the_fields_of_a_template_have_rules() -> None:
    field: RuledField = FieldTemplate(name="id", box=Box(0, 0, 9, 9), length=(1, 2))
    assert broken_rules("123", field) == ("length",)


def test_two_forms_at_once_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="one form at a time"):
        apply_rules([reading("1", 0.99)] * 2, [Ruled()], [], 0.9)


# Whatever is read


@st.composite
def readings(draw: st.DrawFn, name: str) -> FieldReading:
    """Make a reading of up to five values whose probabilities sum to 1 at most."""
    values = draw(st.lists(st.sampled_from("0123456789"), min_size=1, unique=True))[:5]
    parts = [draw(st.floats(0.001, 1)) for _ in (*values, "the rest")]
    shares = sorted((part / sum(parts) for part in parts[:-1]), reverse=True)
    first, *others = zip(values, shares, strict=True)
    return reading(*first, *others, name=name)


FORMS = st.tuples(readings("total"), readings("valid"), readings("invalid"))
LIMITED = (Ruled("total", max=7), Ruled("valid", min=2), Ruled("invalid"))


@given(FORMS)
def test_the_outcome_is_a_reading_and_a_distribution(
    form: tuple[FieldReading, ...],
) -> None:
    for before, after in zip(form, settle(form, LIMITED, SUM), strict=True):
        assert after.raw == before.raw
        assert after.value in {before.value, *(a.value for a in before.alternatives)}
        assert (after.value != before.value) is (Flag.RULE_CORRECTED in after.flags)
        assert (after.confidence < 0.9) is (Flag.LOW_CONFIDENCE in after.flags)
        total = after.confidence + sum(a.probability for a in after.alternatives)
        assert 0 <= after.confidence <= 1
        assert total <= 1 + 1e-9


@given(FORMS)
def test_fields_fail_if_and_only_if_a_rule_is_broken(
    form: tuple[FieldReading, ...],
) -> None:
    settled = settle(form, LIMITED, SUM)
    total, valid, invalid = (int(field.value) for field in settled)
    sum_holds = total == valid + invalid
    for field, template in zip(settled, LIMITED, strict=True):
        is_right = sum_holds and not broken_rules(field.value, template)
        assert (Flag.RULE_FAILED in field.flags) is not is_right
        assert is_right or field.needs_review


@given(
    st.lists(
        st.lists(st.floats(0.01, 0.2), min_size=1, max_size=4), min_size=1, max_size=3
    ),
    st.integers(2, 5),
)
def test_the_search_finds_what_trying_all_finds(
    weights: list[list[float]], modulus: int
) -> None:
    cases = [
        Case(tuple(map(str, range(len(row)))), tuple(row), is_sound=False, rest=0.1)
        for row in weights
    ]
    verdict = weigh_jointly(cases, lambda at: sum(at) % modulus == 1)
    combinations = {}
    for at in product(*(range(len(row)) for row in weights)):
        weight = SLIP if sum(at) % modulus != 1 else 1.0
        for row, position in zip(weights, at, strict=True):
            weight *= row[position]
        combinations[at] = weight
    best = max(combinations.values())
    assert combinations[verdict.chosen] == pytest.approx(best, rel=1e-3)
    for posterior, case, scale in zip(
        verdict.posteriors, cases, verdict.scales, strict=True
    ):
        assert sum(posterior) + case.rest * scale == pytest.approx(1, abs=1e-3)
