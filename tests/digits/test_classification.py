from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest
from made_digits import make_digits

from formreader.digits.classification import DigitClassifier
from formreader.digits.model import CLASSES, DIGITS, Manifest, shipped_folder

Images = npt.NDArray[np.float32]


class FakeNetwork:
    """Says the same about every image and keeps what it was shown."""

    def __init__(self, row: list[float]) -> None:
        self.row = np.array(row, dtype=np.float32)
        self.shown: list[Images] = []

    def __call__(self, images: Images) -> Images:
        self.shown.append(images)
        return np.tile(self.row, (len(images), 1))


def blank(count: int) -> Images:
    return np.zeros((count, 28, 28), dtype=np.float32)


def test_a_ten_class_model_gives_crossed_and_other_probability_zero() -> None:
    classifier = DigitClassifier(FakeNetwork([0.1] * 10), Manifest("fake"))
    result = classifier.predict(blank(3))
    assert result.shape == (3, 12)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result[:, :10], 0.1, rtol=1e-6)
    assert (result[:, 10:] == 0).all()


def test_columns_follow_the_class_order_of_the_manifest() -> None:
    classes = (*reversed(DIGITS), "other")
    classifier = DigitClassifier(
        FakeNetwork([0.5, *[0.0] * 9, 0.5]), Manifest("fake", classes=classes)
    )
    (row,) = classifier.predict(blank(1))
    assert row[CLASSES.index("9")] == pytest.approx(0.5)
    assert row[CLASSES.index("other")] == pytest.approx(0.5)
    assert row[CLASSES.index("crossed")] == 0


def test_the_temperature_of_the_manifest_is_applied() -> None:
    row = [0.9, 0.1, *[0.0] * 8]
    classifier = DigitClassifier(FakeNetwork(row), Manifest("fake", temperature=2.0))
    assert classifier.predict(blank(1))[0, 0] == pytest.approx(0.75, abs=1e-4)


def test_a_model_of_dark_ink_is_shown_the_negative() -> None:
    network = FakeNetwork([0.1] * 10)
    DigitClassifier(network, Manifest("fake", ink_value=0)).predict(blank(1))
    assert (network.shown[0] == 1).all()


def test_no_images_give_no_rows_and_do_not_reach_the_network() -> None:
    network = FakeNetwork([0.1] * 10)
    assert DigitClassifier(network, Manifest("fake")).predict(blank(0)).shape == (0, 12)
    assert network.shown == []


@pytest.mark.parametrize(
    ("images", "complaint"),
    [
        (np.zeros((28, 28), np.float32), "shape"),
        (np.zeros((1, 28, 28, 1), np.float32), "shape"),
        (np.zeros((1, 20, 20), np.float32), "shape"),
        (np.zeros((1, 28, 28), np.float64), "float64"),
        (np.full((1, 28, 28), 255, np.float32), "in \\[0, 1\\]"),
        (np.full((1, 28, 28), -0.1, np.float32), "in \\[0, 1\\]"),
        (np.full((1, 28, 28), np.nan, np.float32), "in \\[0, 1\\]"),
    ],
)
def test_images_that_to_mnist_does_not_make_are_a_mistake(
    images: Images, complaint: str
) -> None:
    classifier = DigitClassifier(FakeNetwork([0.1] * 10), Manifest("fake"))
    with pytest.raises(ValueError, match=complaint):
        classifier.predict(images)


@pytest.mark.model
def test_the_shipped_model_reads_drawn_digits() -> None:
    digits = make_digits(200)
    found = DigitClassifier.load().predict(digits.normalized).argmax(axis=1)
    assert np.mean(found == digits.labels) >= 0.97


@pytest.mark.model
@pytest.mark.parametrize("count", [1, 31, 32, 33, 70])
def test_probabilities_do_not_depend_on_the_batch(count: int) -> None:
    images = make_digits(count).normalized
    classifier = DigitClassifier.load()
    together = classifier.predict(images)
    alone = np.concatenate([classifier.predict(image[None]) for image in images])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@pytest.mark.model
def test_one_classifier_serves_several_threads() -> None:
    images = make_digits(40).normalized
    classifier = DigitClassifier.load(num_threads=2)
    expected = classifier.predict(images)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(classifier.predict, [images] * 8))
    for result in results:
        np.testing.assert_array_equal(result, expected)


@pytest.mark.model
def test_keras_and_litert_say_the_same() -> None:
    pytest.importorskip("tensorflow")
    images = make_digits(40).normalized
    litert = DigitClassifier.load(shipped_folder() / "digits.tflite")
    keras = DigitClassifier.load(shipped_folder() / "digits.keras")
    np.testing.assert_allclose(litert.predict(images), keras.predict(images), atol=0.05)


@pytest.mark.model
@pytest.mark.parametrize("suffix", [".tflite", ".keras"])
def test_loading_and_predicting_writes_nothing_to_the_terminal(suffix: str) -> None:
    if suffix == ".keras":
        pytest.importorskip("tensorflow")
    program = (
        "import numpy as np\n"
        "from formreader.digits.classification import DigitClassifier\n"
        "from formreader.digits.model import shipped_folder\n"
        f"path = shipped_folder() / 'digits{suffix}'\n"
        "DigitClassifier.load(path).predict(np.zeros((2, 28, 28), np.float32))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.model
def test_without_litert_the_keras_file_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    digits = make_digits(10)
    monkeypatch.setattr("formreader.digits.classification.has_litert", lambda: False)
    found = DigitClassifier.load().predict(digits.normalized).argmax(axis=1)
    assert np.mean(found == digits.labels) >= 0.8
