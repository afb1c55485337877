from __future__ import annotations

import numpy as np
import pytest

from formreader.training.digits.measurement import Measurement
from formreader.training.reviewed.gate import Comparison, write_comparisons

COUNT = 200


def answer(wrong: range, confidence: float = 0.99) -> Measurement:
    """Answers to `COUNT` digits, all zeros; those in `wrong` are taken for ones."""
    probabilities = np.zeros((COUNT, 12), np.float32)
    probabilities[:, 0], probabilities[:, 1] = confidence, 1 - confidence
    probabilities[list(wrong), :2] = probabilities[list(wrong), 1::-1]
    return Measurement(np.zeros(COUNT, np.uint8), probabilities)


def compare(
    before: range, after: range, *, own: bool = False, confidence: float = 0.99
) -> Comparison:
    return Comparison("digits", answer(before), answer(after, confidence), own)


@pytest.mark.parametrize(
    ("before", "after", "chance"),
    [
        (range(0), range(0), 1.0),
        (range(0), range(1), 1 / 2),
        (range(0), range(5), 1 / 32),
        (range(5), range(0), 1.0),
        (range(1), range(1, 3), 4 / 8),  # two of three, or three: 3 + 1 of 8
    ],
)
def test_chance_is_that_of_coins(before: range, after: range, chance: float) -> None:
    assert compare(before, after).chance == pytest.approx(chance)


def test_a_loss_that_chance_explains_passes_and_one_more_digit_does_not() -> None:
    assert compare(range(0), range(4)).problem is None  # 1 in 16
    problem = compare(range(0), range(5)).problem  # 1 in 32
    assert problem is not None
    assert "97.50% instead of 100.00% of digits are right, by chance 3.1%" in problem


def test_where_it_was_to_become_better_no_loss_passes() -> None:
    assert compare(range(3), range(3), own=True).problem is None
    assert compare(range(3), range(1), own=True).problem is None
    problem = compare(range(3), range(4), own=True).problem
    assert problem is not None
    assert "98.00% instead of 98.50%" in problem


def test_losses_are_weighed_against_gains() -> None:
    found = compare(range(10), range(5, 15))
    assert (found.lost, found.gained) == (5, 5)
    assert found.problem is None


def test_confidence_that_means_less_than_before_is_refused() -> None:
    # 1 % of the digits are wrong: a confidence of 0.99 is honest, one of 0.9 is not.
    assert compare(range(2), range(2), confidence=0.985).problem is None
    problem = compare(range(2), range(2), confidence=0.9).problem
    assert problem is not None
    assert "confidence is off by 9.00% instead of 0.00%" in problem


def test_the_table_has_a_line_a_set() -> None:
    lines = write_comparisons([compare(range(2), range(1, 6))]).splitlines()
    expected = "digits 200 99.00% 97.50% 4 1 0.00% 1.50%"
    assert " ".join(lines[1].split()) == expected
