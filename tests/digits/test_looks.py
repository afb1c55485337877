from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from formreader.digits.ctc import BLANK, SYMBOLS
from formreader.digits.looks import Looks
from formreader.digits.strip_looks import show_strip

Logs = npt.NDArray[np.float64]


def see(certainties: dict[int, float]) -> Logs:
    """Answer in one column, as sure of each symbol as is said."""
    chances = np.full((1, SYMBOLS), (1 - sum(certainties.values())) / SYMBOLS)
    for symbol, certainty in certainties.items():
        chances[0, symbol] += certainty
    return np.asarray(np.log(chances))


def test_what_most_looks_show_is_the_likeliest() -> None:
    seven, one = see({7: 0.6, 1: 0.3}), see({1: 0.8, 7: 0.1})
    looks = Looks((seven, one, one), least=-10.0)
    assert next(iter(looks.find(2))) == "1"
    assert next(iter(Looks((seven,), least=-10.0).find(2))) == "7"


def test_no_look_alone_makes_a_string_impossible() -> None:
    sure = see({BLANK: 0.999999})
    looks = Looks((see({4: 0.99}), sure), least=-4.0)
    assert looks.weigh(["4"]) == pytest.approx([-2.0], abs=0.05)


def test_a_strip_is_shown_as_it_is_and_changed() -> None:
    ink = np.zeros((40, 90), np.uint8)
    ink[5:35, 44:48] = 255
    looks = show_strip(ink)
    assert np.array_equal(looks[0], ink)
    leaning, other = (
        np.flatnonzero(look[7]).mean() - np.flatnonzero(look[32]).mean()
        for look in looks[1:3]
    )
    assert leaning == pytest.approx(-other, abs=0.5)
    assert abs(leaning) > 2
    assert looks[3].shape[1] > 90 > looks[4].shape[1]
    assert looks[5].shape == (48, 98)
    assert all(look.dtype == np.uint8 for look in looks)
