"""Networks that can be trained to classify digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from formreader.errors import ModelError

if TYPE_CHECKING:
    import keras

SIDE = 28
_MOMENTUM = 0.98  # of batch normalisation; Keras takes 0.99


def build_report_network(classes: int = 10) -> keras.Model:
    """Build the network of the original report.

    Two unpadded 3 x 3 convolutions of 64 channels, two of 128 and one of 256, each
    followed by batch normalisation, with pooling and dropout after each block; then
    dense layers of 512 and 256. It has 0.82 million weights.

    Args:
        classes: Number of outputs.

    Returns:
        An uncompiled model from (N, 28, 28, 1) float32 in [0, 1] to (N, classes)
        probabilities.
    """
    import keras
    from keras import layers

    model = keras.Sequential(name="report")
    model.add(keras.Input((SIDE, SIDE, 1)))
    for channels, repeats, dropout in ((64, 2, 0.3), (128, 2, 0.4), (256, 1, 0.5)):
        for _ in range(repeats):
            model.add(layers.Conv2D(channels, 3, activation="relu"))
            model.add(layers.BatchNormalization())
        model.add(layers.MaxPooling2D())
        model.add(layers.Dropout(dropout))
    model.add(layers.Flatten())
    for units in (512, 256):
        model.add(layers.Dense(units, activation="relu"))
        model.add(layers.Dropout(0.3))
    model.add(layers.Dense(classes, activation="softmax"))
    return model


def build_default_network(classes: int = 12) -> keras.Model:
    """Build the network that ships.

    A 5 x 5 convolution of 24 channels at 28 pixels, then stages of 64 and 144 channels
    at 14 and 7 pixels with two 3 x 3 convolutions each, the second around a shortcut.
    One filter a channel weighs the last 7 x 7 places, so that the network knows where
    a stroke lies; a mean over them would not. It has 0.3 million weights.

    Args:
        classes: Number of outputs.

    Returns:
        An uncompiled model from (N, 28, 28, 1) float32 in [0, 1] to (N, classes)
        probabilities.
    """
    import keras
    from keras import layers

    inputs = keras.Input((SIDE, SIDE, 1))
    x = _convolve(inputs, 24, 5)
    for channels in (64, 144):
        x = _convolve(layers.MaxPooling2D()(x), channels)
        x = layers.ReLU()(layers.Add()([x, _convolve(x, channels, relu=False)]))
    x = layers.DepthwiseConv2D(7, use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=_MOMENTUM)(x))
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    outputs = layers.Dense(classes, activation="softmax")(x)
    return keras.Model(inputs, outputs, name="default")


def _convolve(
    x: keras.KerasTensor, channels: int, size: int = 3, *, relu: bool = True
) -> keras.KerasTensor:
    """Add a convolution with batch normalisation."""
    from keras import layers

    x = layers.Conv2D(channels, size, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=_MOMENTUM)(x)
    return layers.ReLU()(x) if relu else x


def find_architecture(name: str) -> Callable[[int], keras.Model]:
    """Find a network by the name that `formreader model train` takes.

    Args:
        name: One of the names in `ARCHITECTURES`.

    Returns:
        Builds the uncompiled network for a number of classes.

    Raises:
        ModelError: If there is no such network.
    """
    try:
        return ARCHITECTURES[name]
    except KeyError:
        raise ModelError(
            f"there is no network {name!r}; there are {', '.join(ARCHITECTURES)}"
        ) from None


ARCHITECTURES: dict[str, Callable[[int], keras.Model]] = {
    "default": build_default_network,
    "report": build_report_network,
}
