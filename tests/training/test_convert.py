from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_digits import make_digits, make_source
from test_training import build_small_network

from formreader.digits.classification import DigitClassifier
from formreader.errors import ModelError
from formreader.training.digits.convert import (
    Origin,
    check_parity,
    write_model,
)
from formreader.training.digits.fit import FitOptions, fit_network
from formreader.training.digits.holdout import hold_out, split_sources
from formreader.training.digits.mixture import Recipe
from formreader.training.digits.stream import BatchStream

pytestmark = pytest.mark.skipif(
    find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)

if TYPE_CHECKING:
    from formreader.digits.model import Manifest

RECIPE = Recipe(classes=10, drawn=0)
HELD_OUT = hold_out([make_source(100, seed=2)], RECIPE, seed=1)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A small network, trained for a moment and written."""
    folder = tmp_path_factory.mktemp("model")
    network = fit_network(
        build_small_network,
        BatchStream(
            [make_source(160, seed=1)], RECIPE, seed=1, size=32, background=False
        ),
        HELD_OUT.watched,
        folder / "run",
        FitOptions(
            epochs=4, epoch_size=640, batch_size=32, learning_rate=0.02, average=0.8
        ),
    )
    origin = Origin("small", {"data": "drawn", "seed": 1})
    tests = {"drawn test": make_digits(100, seed=3)}
    return folder, write_model(network, folder, origin, HELD_OUT, tests)


def test_the_folder_loads_as_a_model(written: tuple[Path, Manifest]) -> None:
    folder, manifest = written
    classifier = DigitClassifier.load(folder)
    assert classifier.manifest == manifest
    assert manifest.network == "small"
    assert manifest.training == {"data": "drawn", "seed": 1}
    test = make_digits(100, seed=3)
    right = classifier.predict(test.normalized).argmax(axis=1) == test.labels
    assert manifest.accuracy["drawn test"] == pytest.approx(np.mean(right))


def test_both_files_say_the_same(written: tuple[Path, Manifest]) -> None:
    folder, _ = written
    litert, keras = (
        DigitClassifier.load(folder / f"digits{suffix}").predict(
            HELD_OUT.digits.normalized
        )
        for suffix in (".tflite", ".keras")
    )
    np.testing.assert_allclose(litert, keras, atol=0.02)


def test_the_temperature_makes_the_confidence_honest(
    written: tuple[Path, Manifest],
) -> None:
    folder, manifest = written
    digits = HELD_OUT.calibration
    probabilities = DigitClassifier.load(folder).predict(digits.normalized)
    right = probabilities.argmax(axis=1) == digits.labels
    assert manifest.temperature != 1
    assert probabilities.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.1)


def test_the_keras_file_leaves_the_optimizer_out(
    written: tuple[Path, Manifest],
) -> None:
    import keras

    folder, _ = written
    loaded = keras.models.load_model(folder / "digits.keras")
    assert getattr(loaded, "optimizer", None) is None


def test_a_conversion_that_changes_answers_is_refused() -> None:
    reference = np.tile(np.array([0.8, 0.2], np.float32), (1000, 1))
    converted = reference.copy()
    converted[:10] = converted[:10, ::-1]
    with pytest.raises(ModelError, match=r"99\.00%"):
        check_parity(reference, converted, Path("digits.tflite"))


def test_a_conversion_that_changes_probabilities_is_refused() -> None:
    reference = np.tile(np.array([0.8, 0.2], np.float32), (1000, 1))
    converted = np.tile(np.array([0.79, 0.21], np.float32), (1000, 1))
    with pytest.raises(ModelError, match=r"difference of 0\.0200"):
        check_parity(reference, converted, Path("digits.tflite"))


def test_rounding_passes_as_the_same() -> None:
    reference = np.tile(np.array([0.8, 0.2], np.float32), (1000, 1))
    check_parity(reference, reference + np.float32(1e-4), Path("digits.tflite"))


def test_the_manifest_says_the_threshold_and_all_figures(
    written: tuple[Path, Manifest],
) -> None:
    _, manifest = written
    assert 0.5 <= manifest.threshold <= 1
    assert set(manifest.accuracy) == {"held out", "held out, degraded", "drawn test"}


def test_half_of_the_crops_are_watched_and_the_others_calibrate() -> None:
    watched, calibration = HELD_OUT.watched, HELD_OUT.calibration
    assert len(watched) == len(calibration) == 100
    np.testing.assert_array_equal(watched.images[:50], HELD_OUT.digits.images[::2])
    np.testing.assert_array_equal(calibration.images[:50], HELD_OUT.digits.images[1::2])
    changed = (HELD_OUT.degraded.images != HELD_OUT.digits.images).any(axis=(1, 2))
    assert changed.mean() > 0.95


def test_held_out_non_digits_come_with_twelve_classes() -> None:
    recipe = Recipe(pool=12)
    held_out = hold_out([make_source(60, seed=2)], recipe, seed=1)
    assert held_out.negatives is not None
    assert held_out.negatives.labels.min() >= 10
    assert (held_out.calibration.labels >= 10).any()


def test_the_end_of_each_source_is_held_out() -> None:
    sources = [make_source(60, 1), make_source(24, 2)]
    fitted, kept = split_sources(sources)
    assert [len(source) for source in fitted] == [55, 22]
    for source, part in zip(sources, kept, strict=True):
        np.testing.assert_array_equal(part.crops, source.crops[-len(part) :])
