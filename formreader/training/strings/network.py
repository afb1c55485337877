"""The network that reads whole strips."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from formreader.digits.ctc import SYMBOLS
from formreader.digits.strip_normalization import HEIGHT
from formreader.errors import ModelError

if TYPE_CHECKING:
    import keras

STEPS_A_COLUMN = 2
"""Symbols that each of the last columns, four pixels wide, may give."""
_MOMENTUM = 0.98  # of batch normalisation; Keras takes 0.99


def build_string_network() -> keras.Model:
    """Build the network that reads strips of any width.

    A 5 x 5 convolution of 32 channels at half the resolution, then stages of 32, 64 and
    96 channels with residual 3 x 3 convolutions; only the last pooling spares the
    width. A filter over the full height leaves one row of 128 channels, over which
    three residual convolutions of 5 columns look at the neighbours. Each column gives
    the symbols of its left and of its right half. It has 0.5 million weights and
    nothing recurrent, so that it converts to LiteRT as it is.

    Returns:
        An uncompiled model from (N, 32, W, 1) float32 in [0, 1], 1 = ink, W a multiple
        of 4, to (N, 1, W / 4, 32) logits.
    """
    import keras
    from keras import layers

    inputs = keras.Input((HEIGHT, None, 1))
    x = _residual(_convolve(inputs, 32, 5, strides=2), 32, 3)
    x = layers.MaxPooling2D(2)(x)
    x = _residual(_convolve(x, 64, 3), 64, 3)
    x = layers.MaxPooling2D((2, 1))(x)
    x = _residual(_convolve(x, 96, 3), 96, 3)
    x = layers.Dropout(0.1)(x)
    x = _convolve(x, 128, (HEIGHT // 8, 1), padding="valid")
    for _ in range(3):
        x = _residual(x, 128, (1, 5))
    x = layers.Dropout(0.2)(x)
    logits = layers.Conv2D(STEPS_A_COLUMN * SYMBOLS, 1)(x)
    return keras.Model(inputs, logits, name="strings")


def open_string_network(path: Path | None = None) -> keras.Model:
    """Open a network that was trained before, or build a new one.

    Args:
        path: A `.keras` file; None builds one.

    Raises:
        ModelError: If the file is missing or damaged, or is no network that reads
            digits and marks.
    """
    if path is None:
        return build_string_network()
    import keras

    try:
        model = keras.models.load_model(path, compile=False)
        channels = model.output_shape[-1]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"cannot go on from this network ({error})", path=path
        ) from error
    if channels != STEPS_A_COLUMN * SYMBOLS:
        raise ModelError(
            f"has {channels} outputs a column, not {STEPS_A_COLUMN * SYMBOLS}: it does "
            "not read digits and marks",
            path=path,
        )
    return model


def _residual(
    x: keras.KerasTensor, channels: int, size: int | tuple[int, int], **options: Any
) -> keras.KerasTensor:
    """Add a convolution around a shortcut."""
    from keras import layers

    inner = _convolve(x, channels, size, relu=False, **options)
    return layers.ReLU()(layers.Add()([x, inner]))


def _convolve(
    x: keras.KerasTensor,
    channels: int,
    size: int | tuple[int, int],
    *,
    relu: bool = True,
    padding: str = "same",
    **options: Any,
) -> keras.KerasTensor:
    """Add a convolution with batch normalisation."""
    from keras import layers

    x = layers.Conv2D(channels, size, padding=padding, use_bias=False, **options)(x)
    x = layers.BatchNormalization(momentum=_MOMENTUM)(x)
    return layers.ReLU()(x) if relu else x
