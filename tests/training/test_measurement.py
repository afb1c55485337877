from __future__ import annotations

import numpy as np
import pytest

from formreader.training.digits.measurement import Measurement
from formreader.training.digits.threshold import choose_threshold, simulate_fields


def measured(labels: list[int], taken: list[int], sure: list[float]) -> Measurement:
    probabilities = np.zeros((len(labels), 12), np.float32)
    for row, (name, confidence) in enumerate(zip(taken, sure, strict=True)):
        probabilities[row] = (1 - confidence) / 11
        probabilities[row, name] = confidence
    return Measurement(np.array(labels, np.uint8), probabilities)


def test_accuracy_counts_either_non_digit_as_right() -> None:
    found = measured([1, 2, 10, 11], [1, 3, 11, 10], [0.9] * 4)
    assert found.accuracy == 0.75
    assert found.per_class == {
        "1": (1, 1),
        "2": (1, 0),
        "crossed": (1, 1),
        "other": (1, 1),
    }
    assert found.confusion[2, 3] == 1


def test_rejects_are_counted_apart_for_digits_and_others() -> None:
    found = measured([1, 2, 3, 4, 10, 11], [1, 11, 3, 4, 11, 5], [0.9] * 6)
    assert found.digits_rejected == 0.25
    assert found.others_rejected == 0.5
    assert measured([1], [1], [0.9]).others_rejected is None


def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    # Ten at 0.95, nine right: a gap of 0.05; ten at 0.5, all right: a gap of 0.5.
    labels = [1] * 20
    taken = [1] * 9 + [2] + [1] * 10
    found = measured(labels, taken, [0.95] * 10 + [0.5] * 10)
    assert found.calibration_error == pytest.approx((0.05 + 0.5) / 2, abs=1e-6)
    assert [count for count, _, _ in found.reliability] == [10, 10]


def test_setting_the_least_certain_aside_leaves_the_errors_among_the_rest() -> None:
    found = measured([1] * 10, [2, 2] + [1] * 8, [0.3, 0.99] + [0.9] * 8)
    assert found.error_after_rejecting(0) == pytest.approx(0.2)
    assert found.error_after_rejecting(0.1) == pytest.approx(1 / 9)
    assert found.error_after_rejecting(1) == 0
    assert found.worst_errors(5).tolist() == [1, 0]


def test_nothing_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="0 labels"):
        Measurement(np.zeros(0, np.uint8), np.zeros((0, 12), np.float32))


def test_the_threshold_shuts_out_the_errors_and_lets_the_rest_pass() -> None:
    # One digit in ten is wrong, at a confidence of 0.7; the others have 0.999.
    found = measured([1] * 100, [2] * 10 + [1] * 90, [0.7] * 10 + [0.999] * 90)
    threshold = choose_threshold([found], fields=4000)
    confidence, wrong = simulate_fields([found], 4000, 0)
    assert np.mean(wrong & (confidence >= threshold)) <= 0.005
    assert 0.65 < threshold <= 0.72


def test_a_model_without_errors_gets_the_least_threshold() -> None:
    found = measured([1] * 20, [1] * 20, [0.9] * 20)
    assert choose_threshold([found], fields=500) == 0.5


def test_a_digit_taken_for_no_digit_is_never_silent() -> None:
    found = measured([1] * 20, [11] * 20, [0.99] * 20)
    assert not simulate_fields([found], 200, 0)[1].any()
