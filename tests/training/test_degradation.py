from __future__ import annotations

import numpy as np
import pytest
from made_digits import make_digits

from formreader.training.drawing.degradation import Degradation, degrade
from formreader.training.drawing.negatives import LARGE, frame_ink

DIGITS = make_digits(60)
NOTHING = Degradation(light=1, rotation_deg=0, shear=0, stretch=0, bend=0, misplaced=0)


def test_a_digit_stays_a_digit_in_the_mnist_format() -> None:
    rng = np.random.default_rng(1)
    how = Degradation(misplaced=0)
    for image in DIGITS.images:
        result = degrade(image, rng, how)
        assert result.shape == (28, 28)
        assert result.dtype == np.uint8
        assert result.max() > 60


def test_the_result_depends_on_the_seed_alone() -> None:
    def several(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return np.stack([degrade(image, rng, Degradation()) for image in DIGITS.images])

    np.testing.assert_array_equal(several(1), several(1))
    assert (several(1) != several(2)).any(axis=(1, 2)).mean() > 0.9


def test_without_bending_the_shape_is_kept() -> None:
    rng = np.random.default_rng(3)
    kept = [degrade(image, rng, NOTHING) for image in DIGITS.images]
    same = [
        np.corrcoef(a.ravel(), b.ravel())[0, 1]
        for a, b in zip(kept, DIGITS.images, strict=True)
    ]
    assert np.median(same) > 0.95


@pytest.mark.parametrize("side", [28, LARGE])
def test_empty_paper_stays_empty_or_gets_dirty_but_never_fails(side: int) -> None:
    rng = np.random.default_rng(1)
    empty = np.zeros((side, side), np.uint8)
    for _ in range(20):
        assert degrade(empty, rng, Degradation(dirt=0)).max() == 0
        degrade(empty, rng, Degradation(dirt=1, cut=1, light=0))


def test_a_thin_stroke_never_vanishes() -> None:
    rng = np.random.default_rng(1)
    thin = np.zeros((100, 60), np.uint8)
    thin[:, 29:31] = 255
    how = Degradation(light=0, dirt=0, cut=0, misplaced=0, lowest_px=12)
    for _ in range(50):
        assert degrade(frame_ink(thin), rng, how).any()


def test_a_cut_takes_a_band_and_leaves_most_of_the_ink() -> None:
    square = np.zeros((LARGE, LARGE), np.uint8)
    square[8:48, 8:48] = 255
    still = Degradation(0, 40, 40, 0, 0, 0, 0, pen=0, gray=0, dirt=0, misplaced=0)
    rng = np.random.default_rng(1)
    for _ in range(20):
        image = degrade(square, rng, Degradation(**{**vars(still), "cut": 1.0}))
        assert np.count_nonzero(image > 127) > 0.35 * 400
