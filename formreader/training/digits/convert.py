"""Turn a trained network into the model files that formreader reads with."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from formreader.digits.calibration import fit_temperature
from formreader.digits.classification import DigitClassifier
from formreader.digits.model import (
    CLASSES,
    DIGITS,
    MANIFEST_NAME,
    Manifest,
    checksum,
)
from formreader.digits.runtime import open_network, quiet_stderr
from formreader.errors import ModelError
from formreader.training.datasets import DigitSet
from formreader.training.digits.holdout import HeldOut
from formreader.training.digits.measurement import Measurement, measure
from formreader.training.digits.threshold import choose_threshold

if TYPE_CHECKING:
    import keras

PARITY_DIGITS = 6000
LEAST_AGREEMENT = 0.9995
UNDECIDED = 0.1
"""Where the original's best two classes lie closer than this, rounding may decide."""
LARGEST_MEAN_DIFFERENCE = 0.005


@dataclass(frozen=True)
class Origin:
    """Where a model comes from, for its manifest.

    Attributes:
        network: Name of the architecture.
        training: Data, seed and length of the training run.
        non_digit_odds: How the odds of a non-digit on forms compare with those of the
            run.
    """

    network: str
    training: Mapping[str, Any]
    non_digit_odds: float = 1.0


def write_model(
    model: keras.Model,
    folder: Path,
    origin: Origin,
    held_out: HeldOut,
    tests: Mapping[str, DigitSet],
) -> Manifest:
    """Write `digits.keras`, `digits.tflite` and `digits.json`.

    The LiteRT file is compared with the Keras file on real digits, calibrated on
    held-out crops, given a threshold, and measured on the tests.

    Args:
        model: A trained network, (N, 28, 28, 1) to (N, 10) or (N, 12) probabilities.
        folder: Where the files go; made if need be.
        origin: What the manifest says about the training.
        held_out: Crops that were not fitted.
        tests: Digits that nothing was chosen by, by name.

    Returns:
        The manifest as written.

    Raises:
        ModelError: If the converted network does not say what the original says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest_path = folder / MANIFEST_NAME
    keras_path = manifest_path.with_suffix(".keras")
    litert_path = manifest_path.with_suffix(".tflite")
    convert(model, keras_path, litert_path)
    network, classes = open_network(litert_path)
    reference, _ = open_network(keras_path)
    sample = held_out.digits.normalized[:PARITY_DIGITS]
    check_parity(reference(sample), network(sample), litert_path)
    digits = held_out.calibration
    temperature = fit_temperature(network(digits.normalized), digits.labels)
    manifest = Manifest(
        network=origin.network,
        classes=CLASSES if classes == len(CLASSES) else DIGITS,
        temperature=round(temperature, 4),
        non_digit_odds=round(origin.non_digit_odds, 4),
        training=origin.training,
        sha256={path.name: checksum(path) for path in (keras_path, litert_path)},
    )
    manifest = _measured(DigitClassifier(network, manifest), held_out, tests)
    manifest_path.write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _measured(
    classifier: DigitClassifier, held_out: HeldOut, tests: Mapping[str, DigitSet]
) -> Manifest:
    """Add the threshold and the figures to the manifest."""
    sets = {"held out": held_out.digits, "held out, degraded": held_out.degraded}
    measured = {
        name: measure(classifier, digits) for name, digits in {**sets, **tests}.items()
    }
    accuracy = {name: round(found.accuracy, 4) for name, found in measured.items()}
    for name, crops in (
        ("held-out non-digits", held_out.plain_negatives),
        ("held-out non-digits, degraded", held_out.negatives),
    ):
        if crops is not None:
            accuracy[name] = round(measure(classifier, crops).accuracy, 4)
    fields: list[Measurement] = [measured[name] for name in sets]
    return replace(
        classifier.manifest, threshold=choose_threshold(fields), accuracy=accuracy
    )


def convert(model: keras.Model, keras_path: Path, litert_path: Path) -> None:
    """Save a network for inference, in Keras' format and in LiteRT's.

    The LiteRT file has 8-bit weights (dynamic-range quantisation).

    Args:
        model: The network, compiled or not.
        keras_path: Takes the network without the state of its optimizer.
        litert_path: Takes the quantised network.
    """
    import tensorflow as tf

    # Not clone_model, which takes the optimizer along.
    plain = type(model).from_config(model.get_config())
    plain.set_weights(model.get_weights())
    plain.save(keras_path)
    # The converter prints what it does; stdout is for data.
    with redirect_stdout(sys.stderr), quiet_stderr():
        plain.export(
            litert_path,
            format="litert",
            verbose=False,
            optimizations=[tf.lite.Optimize.DEFAULT],
        )


def check_parity(
    reference: npt.NDArray[np.float32],
    converted: npt.NDArray[np.float32],
    path: Path,
    *,
    most: float = LARGEST_MEAN_DIFFERENCE,
) -> None:
    """Compare what two forms of one network say about the same images.

    Args:
        reference: (N, C) probabilities of the original.
        converted: (N, C) probabilities of the converted network.
        path: The converted file, for the error.
        most: Greatest mean of the summed differences.

    Raises:
        ModelError: If they differ by more than quantisation explains.
    """
    best_two = np.sort(reference, axis=1)[:, -2:]
    undecided = best_two[:, 1] - best_two[:, 0] < UNDECIDED
    same = reference.argmax(axis=1) == converted.argmax(axis=1)
    agreement = float(np.mean(same | undecided))
    difference = float(np.mean(np.abs(reference - converted).sum(axis=1)))
    if agreement < LEAST_AGREEMENT or difference > most:
        raise ModelError(
            f"the converted network agrees with the original on {agreement:.2%} of the "
            f"images, with a mean difference of {difference:.4f}; train longer, or "
            "report this with the versions of keras and tensorflow",
            path=path,
        )
