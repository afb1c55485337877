from __future__ import annotations

from math import comb

import pytest

from formreader.promises.bounds import count_needed, luck, upper_bound


@pytest.mark.parametrize(("wrong", "checks"), [(0, 10), (3, 40), (12, 60), (60, 60)])
@pytest.mark.parametrize("share", [0.001, 0.05, 0.3])
def test_luck_is_the_tail_of_a_binomial(wrong: int, checks: int, share: float) -> None:
    tail = sum(
        comb(checks, k) * share**k * (1 - share) ** (checks - k)
        for k in range(wrong + 1)
    )
    assert luck(wrong, checks, share) == pytest.approx(tail, rel=1e-9)


def test_luck_of_many_checks_neither_overflows_nor_vanishes() -> None:
    assert luck(1000, 100_000, 0.01) == pytest.approx(0.508, abs=0.002)
    assert luck(10, 1_000_000, 0.5) == 0.0


@pytest.mark.parametrize(
    ("wrong", "checks", "bound"),
    [(0, 299, 0.00997), (1, 473, 0.00999), (2, 20, 0.28262)],
)
def test_the_upper_bound_is_that_of_clopper_and_pearson(
    wrong: int, checks: int, bound: float
) -> None:
    assert upper_bound(wrong, checks, 0.05) == pytest.approx(bound, abs=2e-5)


def test_of_nothing_checked_anything_may_be_wrong() -> None:
    assert upper_bound(0, 0, 0.05) == 1.0


@pytest.mark.parametrize("wrong_share", [0.0, 0.002, 0.008])
def test_as_many_checks_as_are_needed_are_enough(wrong_share: float) -> None:
    needed = count_needed(0.01, wrong_share, 0.05)
    assert needed is not None
    assert luck(round(wrong_share * needed), needed, 0.01) <= 0.06


def test_no_number_of_checks_proves_what_is_not_so() -> None:
    assert count_needed(0.01, 0.01, 0.05) is None
