from __future__ import annotations

import numpy as np
import pytest

from formreader.digits.consensus import weigh_values
from formreader.digits.ctc import BLANK, SYMBOLS
from formreader.digits.looks import Looks
from formreader.digits.settings import Consensus

EVEN = Consensus(lattice=1.0, string=1.0, unknown=-6.0)


def hear(value: str, certainty: float) -> Looks:
    """Answer as a CTC network would that is equally sure of every digit."""
    symbols = [s for digit in value for s in (BLANK, int(digit))] + [BLANK]
    rest = (1 - certainty) / (SYMBOLS - 1)
    probabilities = np.full((len(symbols), SYMBOLS), rest)
    probabilities[np.arange(len(symbols)), symbols] = certainty
    return Looks((np.asarray(np.log(probabilities)),), least=-40.0)


def test_where_both_agree_the_value_is_more_certain_than_by_one_alone() -> None:
    weighed = weigh_values({"42": 0.8, "47": 0.2}, hear("42", 0.95), EVEN)
    assert next(iter(weighed)) == "42"
    assert weighed["42"] > 0.9


def test_where_they_differ_nothing_is_certain() -> None:
    weighed = weigh_values({"61": 0.99, "67": 0.01}, hear("67", 0.97), EVEN)
    assert max(weighed.values()) < 0.99
    assert set(weighed) >= {"61", "67"}


def test_a_value_that_the_lattice_does_not_know_can_win() -> None:
    weighed = weigh_values({"1": 0.3, "7": 0.3}, hear("4500", 0.99), EVEN)
    assert next(iter(weighed)) == "4500"


def test_probabilities_fall_and_leave_something_to_other_values() -> None:
    weighed = weigh_values({"12": 0.5, "72": 0.4}, hear("12", 0.7))
    assert 0.5 < sum(weighed.values()) < 1
    assert list(weighed.values()) == sorted(weighed.values(), reverse=True)


def test_no_other_value_counts_where_cells_are_printed() -> None:
    heard = hear("17", 0.9)
    weighed = weigh_values({"12": 0.5, "72": 0.4}, heard, closed=True)
    assert set(weighed) == {"12", "72"}
    assert sum(weighed.values()) == pytest.approx(1.0)


def test_without_a_lattice_the_string_reader_decides() -> None:
    weighed = weigh_values({}, hear("305", 0.99), EVEN)
    assert next(iter(weighed)) == "305"
