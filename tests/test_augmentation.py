from __future__ import annotations

import numpy as np
import pytest
from made_digits import make_digits

from formreader.training.augmentation import Distortion, distort

STILL = Distortion(0, 0, 0, 0, 0, 0)


def test_no_distortion_changes_nothing() -> None:
    digits = make_digits(10)
    result = distort(digits.images, np.random.default_rng(1), STILL)
    np.testing.assert_allclose(result, digits.normalized, atol=1 / 255)


def test_the_result_stays_in_range_and_depends_on_the_seed_alone() -> None:
    images = make_digits(50).images
    once, again, other = (
        distort(images, np.random.default_rng(seed), Distortion()) for seed in (1, 1, 2)
    )
    assert once.dtype == np.float32
    assert once.min() >= 0
    assert once.max() <= 1
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)


def test_a_shift_moves_the_ink_by_no_more_than_asked() -> None:
    square = np.zeros((200, 28, 28), dtype=np.uint8)
    square[:, 10:18, 10:18] = 255
    result = distort(square, np.random.default_rng(1), Distortion(3, 0, 0, 0, 0, 0))
    columns = (result.sum(axis=1) * np.arange(28)).sum(axis=1) / result.sum(axis=(1, 2))
    assert abs(columns - 13.5).max() == pytest.approx(3, abs=0.2)
    np.testing.assert_allclose(result.sum(axis=(1, 2)), 64, rtol=0.02)


def test_a_changed_pen_never_loses_the_digit() -> None:
    thin = np.zeros((100, 28, 28), dtype=np.uint8)
    thin[:, 5:23, 14] = 255
    always = Distortion(0, 0, 0, 0, pen_probability=1, blur_probability=0)
    result = distort(thin, np.random.default_rng(1), always)
    assert result.max(axis=(1, 2)).min() > 0.4
