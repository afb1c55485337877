"""Writes the files of a string reader: the network in both forms, its manifest."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import SYMBOLS
from formreader.digits.model import checksum
from formreader.digits.runtime import open_strip_network, quiet_stderr
from formreader.digits.strings import (
    STRING_MODEL_NAME,
    StringManifest,
    StringReader,
)
from formreader.errors import ModelError
from formreader.training.strings.examples import Example
from formreader.training.strings.fit import read_greedily
from formreader.training.strings.measurement import (
    fit_string_temperature,
    measure_strings,
)
from formreader.training.strings.stream import Batch, make_batch

if TYPE_CHECKING:
    import keras

__all__ = ["write_string_model"]

_LEAST_AGREEMENT = 0.98
_LARGEST_MEAN_DIFFERENCE = 0.01
_SURE = 0.2  # where the original's best two symbols lie closer, rounding may decide


def write_string_model(
    model: keras.Model,
    folder: Path,
    training: Mapping[str, Any],
    calibration: Sequence[Example],
    tests: Mapping[str, Sequence[Example]],
    name: str = STRING_MODEL_NAME,
) -> StringManifest:
    """Write a network as .tflite and .keras, and its manifest.

    The LiteRT file has 8-bit weights (dynamic-range quantisation). It is compared with
    the original, calibrated, and measured.

    Args:
        model: A trained network of `build_string_network`.
        folder: Where the files go; made if need be.
        training: What the manifest says about the training.
        calibration: One strip or more that were not fitted.
        tests: Strips to measure the result on, by name.
        name: File of the LiteRT network; the others have the same before the dot.

    Returns:
        The manifest as written.

    Raises:
        ModelError: If the converted network does not say what the original says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(_convert(model))
    _check_parity(model, path, [make_batch([example]) for example in calibration])
    original = path.with_suffix(".keras")
    model.save(original, include_optimizer=False)
    sha256 = {file.name: checksum(file) for file in (path, original)}
    manifest = StringManifest(
        str(model.name), marks=True, training=training, sha256=sha256
    )
    plain = StringReader(open_strip_network(path), manifest)
    answers = plain.predict([example.strip for example in calibration])
    manifest = replace(
        manifest, temperature=round(fit_string_temperature(answers, calibration), 3)
    )
    reader = StringReader(open_strip_network(path), manifest)
    manifest = replace(manifest, accuracy=_measure(reader, tests))
    path.with_suffix(".json").write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _measure(
    reader: StringReader, tests: Mapping[str, Sequence[Example]]
) -> dict[str, float]:
    """Give the figures of the manifest."""
    figures = {}
    for name, examples in tests.items():
        measured = measure_strings(reader, examples)
        figures[name] = round(measured.accuracy, 4)
        figures[f"{name}, surest 70 %"] = round(measured.accuracy_of_surest(0.7), 4)
        figures[f"{name}, calibration error"] = round(measured.calibration_error, 4)
    return figures


def _convert(model: keras.Model) -> bytes:
    """Convert to LiteRT with 8-bit weights, for strips of any number and width."""
    import tensorflow as tf

    # The converter prints what it does; stdout is for data.
    with redirect_stdout(sys.stderr), quiet_stderr():
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())


def _check_parity(model: keras.Model, path: Path, batches: Sequence[Batch]) -> None:
    """Compare what both forms of the network say about each column.

    Raises:
        ModelError: If they differ by more than quantisation explains.
    """
    converted = open_strip_network(path)
    same, differences = [], []
    for batch in batches:
        inputs = batch.strips.astype(np.float32) / np.float32(255)
        original = np.asarray(model(inputs[..., None], training=False), np.float32)
        first = _softmax(original.reshape(len(inputs), -1, SYMBOLS))
        second = _softmax(converted(inputs))
        best_two = np.sort(first, axis=-1)[..., -2:]
        decided = bool((best_two[..., 1] - best_two[..., 0] > _SURE).all())
        same.append(read_greedily(first) == read_greedily(second) or not decided)
        differences.append(float(np.abs(first - second).sum(axis=-1).mean()))
    agreement, difference = float(np.mean(same)), float(np.mean(differences))
    if agreement < _LEAST_AGREEMENT or difference > _LARGEST_MEAN_DIFFERENCE:
        raise ModelError(
            f"the converted network agrees with the original on {agreement:.2%} of the "
            f"strips, with a mean difference of {difference:.4f}; train longer, or "
            "report this with the versions of keras and tensorflow",
            path=path,
        )


def _softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Turn logits into probabilities along the last axis."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True), np.float32)
