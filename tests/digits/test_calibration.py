from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formreader.digits.calibration import apply_temperature, fit_temperature

ROWS = np.array([[0.7, 0.2, 0.1], [0.05, 0.05, 0.9]], dtype=np.float32)


def softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def test_temperature_one_changes_nothing() -> None:
    np.testing.assert_allclose(apply_temperature(ROWS, 1.0), ROWS, rtol=1e-6)


@given(st.floats(0.1, 10))
def test_any_temperature_keeps_the_order_and_the_sum(temperature: float) -> None:
    result = apply_temperature(ROWS, temperature)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.sum(axis=1), 1, rtol=1e-6)
    assert (result.argmax(axis=1) == ROWS.argmax(axis=1)).all()


def test_above_one_softens_and_below_one_sharpens() -> None:
    assert (apply_temperature(ROWS, 2).max(axis=1) < ROWS.max(axis=1)).all()
    assert (apply_temperature(ROWS, 0.5).max(axis=1) > ROWS.max(axis=1)).all()


def test_a_probability_that_underflowed_to_zero_stays_finite() -> None:
    sure = np.array([[1, 0, 0]], dtype=np.float32)
    result = apply_temperature(sure, 1.5)
    assert np.isfinite(result).all()
    assert result[0, 0] > 0.999


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_a_temperature_that_is_not_positive_is_a_mistake(temperature: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        apply_temperature(ROWS, temperature)


@pytest.mark.parametrize("too_sure", [0.5, 1.0, 2.0, 3.0])
def test_the_fit_finds_by_how_much_a_network_is_too_sure(too_sure: float) -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (20_000, 10))
    labels = (softmax(logits).cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)
    found = fit_temperature(softmax(logits * too_sure), labels)
    assert found == pytest.approx(too_sure, rel=0.05)


def test_the_fit_refuses_labels_that_do_not_match() -> None:
    with pytest.raises(ValueError, match="2 predictions, 3 labels"):
        fit_temperature(ROWS, np.array([0, 1, 2]))
    with pytest.raises(ValueError, match="0 labels"):
        fit_temperature(ROWS[:0], np.array([], dtype=np.int64))
