"""Writes the files of an upright network: Keras, LiteRT and manifest."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from formreader.digits.model import checksum
from formreader.digits.networks import NetworkManifest
from formreader.digits.runtime import quiet_stderr
from formreader.errors import ModelError
from formreader.orientation.features import FEATURES, turn_features
from formreader.orientation.model import UPRIGHT_MODEL_NAME
from formreader.orientation.runtime import UprightNetwork, open_upright_network

if TYPE_CHECKING:
    import keras

__all__ = ["write_upright_model"]

Values = npt.NDArray[np.float32]

_CHUNK = 500  # windows
_SURE = 0.9
_LARGEST_DIFFERENCE = 0.05  # of the mean probability that a view is upright


def write_upright_model(
    model: keras.Model,
    folder: Path,
    training: Mapping[str, Any],
    watched: Values,
) -> NetworkManifest:
    """Write `upright.keras`, `upright.tflite` and `upright.json`.

    The LiteRT file has 8-bit weights. It is compared with the original and measured.

    Args:
        model: A trained network of `build_upright_network`.
        folder: Where the files go; made if need be.
        training: What the manifest says about the training.
        watched: (N, 512) float32, held-out windows that stand upright.

    Returns:
        The manifest as written.

    Raises:
        ModelError: If the converted network does not say what the original says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    litert_path = folder / UPRIGHT_MODEL_NAME
    keras_path = litert_path.with_suffix(".keras")
    model.save(keras_path)
    litert_path.write_bytes(_convert(model))
    answers = [_weigh_views(open_upright_network(p), watched) for p in _both(folder)]
    difference = float(np.abs(answers[0] - answers[1]).mean())
    if difference > _LARGEST_DIFFERENCE:
        raise ModelError(
            f"the converted network differs from the original by {difference:.3f}; "
            "report this with the versions of keras and tensorflow",
            path=litert_path,
        )
    manifest = NetworkManifest(
        network=str(model.name),
        training=training,
        accuracy=_measure(answers[1]),
        sha256={path.name: checksum(path) for path in _both(folder)},
    )
    path = litert_path.with_suffix(".json")
    path.write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _both(folder: Path) -> tuple[Path, Path]:
    """Give the places of the original and of the converted network."""
    converted = folder / UPRIGHT_MODEL_NAME
    return converted.with_suffix(".keras"), converted


def _measure(views: Values) -> dict[str, float]:
    """Measure how often the upright view of a window is the likeliest.

    Many windows show nothing that has an upper side; a page has many windows.
    """
    best = views.argmax(axis=1) == 0
    sure = views.max(axis=1) > _SURE
    return {
        "windows": round(float(best.mean()), 4),
        "sure windows": round(float(best[sure].mean()), 4) if sure.any() else 0.0,
        "share of sure windows": round(float(sure.mean()), 4),
    }


def _weigh_views(network: UprightNetwork, features: Values) -> Values:
    """Give the probability of each view of windows, (N, 8)."""
    weights = np.empty((0, 8), np.float32)
    for first in range(0, len(features), _CHUNK):
        views = turn_features(features[first : first + _CHUNK])
        scores = network(views.reshape(-1, FEATURES)).reshape(len(views), -1)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights = np.concatenate([weights, scores / scores.sum(axis=1, keepdims=True)])
    return weights


def _convert(model: keras.Model) -> bytes:
    """Convert to LiteRT with 8-bit weights, for any number of windows."""
    import tensorflow as tf

    # The converter prints what it does; stdout is for data.
    with redirect_stdout(sys.stderr), quiet_stderr():
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())
