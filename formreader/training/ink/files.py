"""Writes the files of an ink network: Keras, LiteRT and manifest."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from formreader.digits.model import checksum
from formreader.digits.runtime import quiet_stderr
from formreader.errors import ModelError
from formreader.ink.model import INK_MODEL_NAME, InkManifest
from formreader.ink.runtime import open_ink_network
from formreader.training.ink.fit import Page
from formreader.training.ink.measurement import measure_classes, to_input
from formreader.training.ink.network import add_softmax, shuffle_network

if TYPE_CHECKING:
    import keras

__all__ = ["write_ink_model"]

_LEAST_AGREEMENT = 0.98
_SURE = 0.6  # where the original is less sure of its answer, rounding may decide
_CALIBRATION_PAGES = 24


def write_ink_model(
    model: keras.Model,
    folder: Path,
    training: Mapping[str, Any],
    pages: Sequence[Page],
) -> InkManifest:
    """Write `ink.keras`, `ink.tflite` and `ink.json`.

    The LiteRT file computes with 8-bit weights and values; its ranges are taken from
    some of the pages. It is compared with the original and measured.

    Args:
        model: A trained network of `build_ink_network`.
        folder: Where the files go; made if need be.
        training: What the manifest says about the training.
        pages: Held-out pages.

    Returns:
        The manifest as written.

    Raises:
        ModelError: If the converted network does not say what the original says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    litert_path = folder / INK_MODEL_NAME
    keras_path = litert_path.with_suffix(".keras")
    complete = add_softmax(_plain(model))
    complete.save(keras_path)
    fast = add_softmax(shuffle_network(model))
    litert_path.write_bytes(_convert(fast, pages[:_CALIBRATION_PAGES]))
    _check_parity(keras_path, litert_path, pages)
    network = open_ink_network(litert_path)
    figures = measure_classes(
        lambda inputs: network(_to_bytes(inputs)).astype(np.float32), pages
    )
    manifest = InkManifest(
        network=str(model.name),
        training=training,
        accuracy={name: round(value, 4) for name, value in figures.items()},
        sha256={path.name: checksum(path) for path in (keras_path, litert_path)},
    )
    path = litert_path.with_suffix(".json")
    path.write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _plain(model: keras.Model) -> keras.Model:
    """Copy a network without its optimizer."""
    plain = type(model).from_config(model.get_config())
    plain.set_weights(model.get_weights())
    return plain


def _convert(model: keras.Model, pages: Sequence[Page]) -> bytes:
    """Convert to LiteRT, 8-bit throughout, for tiles of any size."""
    import tensorflow as tf

    def sample() -> Iterator[list[Any]]:
        for pixels, _ in pages:
            yield [to_input(pixels[None])]

    # The converter prints what it does; stdout is for data.
    with redirect_stdout(sys.stderr), quiet_stderr(), warnings.catch_warnings():
        # It misses ranges that it then takes from the sample.
        warnings.filterwarnings("ignore", "Statistics for quantized inputs")
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = sample
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
        return bytes(converter.convert())


def _check_parity(keras_path: Path, litert_path: Path, pages: Sequence[Page]) -> None:
    """Compare the likeliest class of each pixel where the original is sure.

    Raises:
        ModelError: If the two differ by more than quantisation explains.
    """
    original, converted = open_ink_network(keras_path), open_ink_network(litert_path)
    same = sure = 0
    for pixels, _ in pages[:_CALIBRATION_PAGES]:
        darkness = 255 - pixels[None]
        first, second = original(darkness)[0], converted(darkness)[0]
        # Of paper alone anything would agree.
        decided = (first.max(axis=-1) > 255 * _SURE) & (first.argmax(axis=-1) > 0)
        equal = first.argmax(axis=-1) == second.argmax(axis=-1)
        same += int(np.count_nonzero(equal & decided))
        sure += int(np.count_nonzero(decided))
    if same < _LEAST_AGREEMENT * sure:
        raise ModelError(
            f"the converted network agrees with the original on {same / sure:.2%} of "
            "the ink; train longer, or report this with the versions of keras and "
            "tensorflow",
            path=litert_path,
        )


def _to_bytes(inputs: Any) -> Any:
    """Give inputs in [0, 1] as bytes."""
    return (inputs * 255).round().astype(np.uint8)
