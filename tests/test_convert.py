from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_digits import make_digits
from test_training import build_small_network

from formreader.digits.classification import DigitClassifier
from formreader.errors import ModelError
from formreader.training.convert import (
    Origin,
    calibration_set,
    check_parity,
    write_model,
)
from formreader.training.fit import FitOptions, fit_network

pytest.importorskip("tensorflow")

if TYPE_CHECKING:
    from formreader.digits.model import Manifest

HELD_OUT = make_digits(100, seed=2)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A small network, trained for a moment and written."""
    folder = tmp_path_factory.mktemp("model")
    network = fit_network(
        build_small_network,
        make_digits(160, seed=1),
        HELD_OUT,
        folder / "run",
        FitOptions(epochs=5, batch_size=32, learning_rate=0.01),
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
        DigitClassifier.load(folder / f"digits{suffix}").predict(HELD_OUT.normalized)
        for suffix in (".tflite", ".keras")
    )
    np.testing.assert_allclose(litert, keras, atol=0.02)


def test_the_temperature_makes_the_confidence_honest(
    written: tuple[Path, Manifest],
) -> None:
    folder, manifest = written
    digits = calibration_set(HELD_OUT)
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


def test_calibration_sees_each_digit_clean_and_distorted() -> None:
    digits = calibration_set(HELD_OUT)
    assert len(digits) == 2 * len(HELD_OUT)
    np.testing.assert_array_equal(digits.images[:100], HELD_OUT.images)
    np.testing.assert_array_equal(digits.labels[100:], HELD_OUT.labels)
    changed = (digits.images[100:] != HELD_OUT.images).any(axis=(1, 2))
    assert changed.mean() > 0.95
