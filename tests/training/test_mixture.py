from __future__ import annotations

import numpy as np
import pytest
from made_digits import make_source

from formreader.training.digits.mixture import (
    CROSSED,
    OTHER,
    Mixer,
    Recipe,
)
from formreader.training.digits.stream import BatchStream

LARGE, SMALL = make_source(90, 1), make_source(10, 2)
RECIPE = Recipe(pool=12)


@pytest.fixture(scope="module")
def mixer() -> Mixer:
    return Mixer([LARGE, SMALL], RECIPE, seed=1)


def test_a_batch_depends_on_its_key_alone(mixer: Mixer) -> None:
    once, again, other = (mixer.batch(20, key) for key in ((1, 2), (1, 2), (1, 3)))
    np.testing.assert_array_equal(once[0], again[0])
    np.testing.assert_array_equal(once[1], again[1])
    assert (once[0] != other[0]).any()


def test_classes_come_in_the_shares_of_the_recipe(mixer: Mixer) -> None:
    _, labels = mixer.batch(1500, (7,))
    assert np.mean(labels == CROSSED) == pytest.approx(RECIPE.crossed, abs=0.02)
    assert np.mean(labels == OTHER) == pytest.approx(RECIPE.other, abs=0.03)
    digits = np.bincount(labels[labels < 10], minlength=10)
    assert digits.min() > 0.6 * digits.mean()


def test_ten_classes_hold_no_other() -> None:
    _, labels = Mixer([LARGE], Recipe(classes=10, pool=12), 1).batch(200, (1,))
    assert labels.max() <= 9


def test_negatives_are_no_digits(mixer: Mixer) -> None:
    images, labels = mixer.negatives(60, (1,))
    assert images.shape == (60, 28, 28)
    assert set(labels.tolist()) == {CROSSED, OTHER}


def test_the_last_epochs_are_calm_and_those_before_do_not_change() -> None:
    rough, calm = (
        BatchStream([SMALL], RECIPE, seed=1, size=8, calm_from=start, background=False)
        for start in (None, 1)
    )
    for epoch, same in ((0, True), (1, False)):
        before, now = (stream.get(epoch, 0, 2)[0] for stream in (rough, calm))
        assert np.array_equal(before, now) is same


def test_a_process_of_its_own_makes_the_same_batches() -> None:
    streams = [
        BatchStream([SMALL], RECIPE, seed=1, size=4, background=background)
        for background in (False, True)
    ]
    try:
        for place in ((0, 0), (0, 1), (1, 0)):
            here, there = (stream.get(*place, 2) for stream in streams)
            np.testing.assert_array_equal(here[0], there[0])
            np.testing.assert_array_equal(here[1], there[1])
    finally:
        for stream in streams:
            stream.close()
