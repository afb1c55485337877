from __future__ import annotations

import operator
import re
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formreader.errors import ExitCode, TemplateError
from formreader.forms.rules.expressions import LONGEST_CHECK, parse_check
from formreader.forms.rules.patterns import LONGEST_VALUE, compile_pattern

NUMBERS = {"a": Fraction(2), "b": Fraction(3), "c": Fraction(5), "d_1": Fraction(1, 10)}


def holds(text: str) -> bool:
    return parse_check(text, NUMBERS).holds(NUMBERS)


@pytest.mark.parametrize(
    "text",
    [
        "c == a + b",
        "c==a+b",
        "\tc  ==  a + b ",
        "a != b",
        "a < b",
        "b <= 3",
        "b > a and c >= 5",
        "a + b * c == 17",
        "(a + b) * c == 25",
        "c - b - a == 0",
        "c - (b - a) == 4",
        "-a == -2",
        "- (a - b) == 1",
        "a * -b == -6",
        "d_1 + d_1 + d_1 == 0.3",
        "3 * d_1 == 0.30",
        "007 == c + a",
        "((((c)))) == 5",
    ],
)
def test_a_true_rule_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text", ["c != a + b", "a > b", "a >= b", "b <= 2.99", "a < b and b < a"]
)
def test_a_false_rule_does_not_hold(text: str) -> None:
    assert not holds(text)


def test_large_numbers_are_exact() -> None:
    check = parse_check("a * a == b", ["a", "b"])
    number = 10**25 + 1
    values = {"a": Fraction(number), "b": Fraction(number**2)}
    assert check.holds(values)
    assert not check.holds(values | {"b": Fraction(number**2 + 1)})


def test_the_fields_of_a_rule_are_named_in_order() -> None:
    assert parse_check("c == b + a + b", NUMBERS).names == ("c", "b", "a")


@pytest.mark.parametrize(
    ("text", "column", "what"),
    [
        ("", 1, "the rule ends where a field, a number or a bracket"),
        ("a", 2, "the rule ends where one of == !="),
        ("a ==", 5, "the rule ends"),
        ("a == b c", 8, "found 'c' where `and` or the end"),
        ("a = b", 3, "'=' has no meaning here"),
        ("a == b or b == c", 8, "found 'or'"),
        ("a == sum", 6, "there is no field 'sum'"),
        ("a == d_2", 6, "did you mean 'd_1'"),
        ("a == (b + c", 12, "the rule ends where a closing bracket"),
        ("a == b)", 7, r"found '\)'"),
        ("a < b < c", 7, "found '<' where `and` or the end"),
        ("(a == b)", 4, "found '==' where a closing bracket"),
        ("a == 1.", 6, "'1' has no meaning here"),
        ("a == 1x", 6, "'1' has no meaning here"),
        ("a == b ** 2", 9, r"found '\*'"),
        ("a == b / c", 8, "'/' has no meaning here"),
        ("and == a", 1, "found 'and'"),
        ("a == __import__('os')", 6, "no field '__import__'|no meaning"),
        ("a. == c", 2, r"'\.' has no meaning here"),
        ("1 == 1", 1, "no field is named"),
        ("a == 1" + "0" * 40, 6, "no meaning here"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_column(
    text: str, column: int, what: str
) -> None:
    with pytest.raises(TemplateError, match=what) as caught:
        parse_check(text, NUMBERS)
    if "__import__" not in text:
        assert f"column {column}:" in str(caught.value)
    assert caught.value.exit_code is ExitCode.TEMPLATE


def test_length_and_depth_are_limited() -> None:
    assert holds("(" * 15 + "c" + ")" * 15 + " == 5")
    with pytest.raises(TemplateError, match="brackets or signs deep"):
        holds("(" * 400 + "c" + ")" * 400 + " == 5")
    with pytest.raises(TemplateError, match="brackets or signs deep"):
        holds("-" * 400 + "c == 5")
    with pytest.raises(TemplateError, match="at most"):
        holds("a == " + "b + " * LONGEST_CHECK + "b")
    assert not holds("a == " + "*".join(["b"] * 450))


LEAVES = st.sampled_from(["a", "b", "c", "d_1", "0", "4", "0.25"])
SUMS = st.recursive(
    LEAVES,
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
        lambda parts: "(" + " ".join(parts) + ")"
    ),
    max_leaves=12,
)


def arithmetic(text: str) -> Fraction:
    """Work out a sum in which every operation has its brackets."""
    stack: list[Fraction | str] = []
    for token in re.findall(r"[()+*-]|[\w.]+", text):
        if token == ")":
            right, sign, left = stack.pop(), stack.pop(), stack.pop()
            stack.pop()
            assert isinstance(left, Fraction) and isinstance(right, Fraction)
            signs = {"+": operator.add, "-": operator.sub, "*": operator.mul}
            stack.append(signs[str(sign)](left, right))
        elif token in "(+-*":
            stack.append(token)
        else:
            stack.append(NUMBERS[token] if token in NUMBERS else Fraction(token))
    (result,) = stack
    assert isinstance(result, Fraction)
    return result


@given(SUMS)
def test_arithmetic_is_that_of_fractions(text: str) -> None:
    check = parse_check(f"{text} == x", [*NUMBERS, "x"])
    assert check.holds(NUMBERS | {"x": arithmetic(text)})


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_an_error_of_the_template(text: str) -> None:
    with suppress(TemplateError):
        parse_check(text, NUMBERS).holds(NUMBERS)


# Patterns

PATTERNS = st.recursive(
    st.sampled_from(["0", "1", "2", r"\d", ".", r"\.", "[01]", "[^1]", "[0-2.]", ""]),
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})")
        | st.tuples(
            inner, st.sampled_from(["?", "*", "+", "{2}", "{1,}", "{0,2}"])
        ).map(lambda two: f"({two[0]}){two[1]}")
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text("012.", max_size=6))
def test_patterns_mean_what_they_mean_in_python(pattern: str, value: str) -> None:
    try:
        matches = compile_pattern(pattern)
    except TemplateError as error:
        assert "groups within" in error.message
        return
    assert matches(value) == (re.fullmatch(pattern, value) is not None)


@pytest.mark.parametrize(
    "pattern", ["(1|11)*2", r"(((\d*)*)*)*\.", r"\d*" * 60 + r"\."]
)
def test_a_pattern_that_explodes_in_python_ends_in_time(pattern: str) -> None:
    assert not compile_pattern(pattern)("1" * LONGEST_VALUE)


def test_what_is_too_long_does_not_match() -> None:
    assert compile_pattern(".*")("1" * LONGEST_VALUE)
    assert not compile_pattern(".*")("1" * (LONGEST_VALUE + 1))


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("abc", "has 'a'.*column 1"),
        ("1(2", "without a"),
        ("1)2", "without a"),
        ("[", "breaks off"),
        ("[9-0]", "counts down"),
        ("1{3,2}", "not a count or a range"),
        ("1{100}", "count up to 99"),
        ("1{}", "count up to 99"),
        ("*", r"has '\*'"),
        ("(?=1)", r"has '\?'"),
        (r"\w", "has"),
        ("1" * 500, "at most 200"),
        ("((((1))))", "groups within"),
    ],
)
def test_a_wrong_pattern_is_an_error_of_the_template(pattern: str, what: str) -> None:
    with pytest.raises(TemplateError, match=what):
        compile_pattern(pattern)


@given(st.text("01[](){}|?*+.,\\d-^", max_size=20))
def test_any_text_is_a_pattern_or_an_error_of_the_template(text: str) -> None:
    with suppress(TemplateError):
        compile_pattern(text)("0101")


def test_names_may_have_dots() -> None:
    check = parse_check("A1.T == A1.L + 2*A1.P", ["A1.T", "A1.L", "A1.P"])
    assert check.names == ("A1.T", "A1.L", "A1.P")
    values = {
        name: Fraction(value)
        for name, value in zip(check.names, (7, 3, 2), strict=True)
    }
    assert check.holds(values)


@pytest.mark.parametrize("rule", ["A1. == 2", ".A1 == 2", "A1..T == 2"])
def test_a_dot_at_the_end_of_a_name_has_no_meaning(rule: str) -> None:
    with pytest.raises(TemplateError, match="has no meaning"):
        parse_check(rule, ["A1", "A1.T"])
