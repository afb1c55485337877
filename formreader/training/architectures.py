"""Networks that can be trained to classify digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from formreader.errors import ModelError

if TYPE_CHECKING:
    import keras

SIDE = 28


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

    Three stages of 16, 48 and 112 channels at 28, 14 and 7 pixels, two 3 x 3
    convolutions each with batch normalisation, the second around a shortcut; the mean
    over the last 7 x 7 places, dropout, softmax. It has 0.2 million weights.

    Args:
        classes: Number of outputs.

    Returns:
        An uncompiled model from (N, 28, 28, 1) float32 in [0, 1] to (N, classes)
        probabilities.
    """
    import keras
    from keras import layers

    inputs = keras.Input((SIDE, SIDE, 1))
    x = inputs
    for stage, channels in enumerate((16, 48, 112)):
        if stage:
            x = layers.MaxPooling2D()(x)
        x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))
        y = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
        y = layers.BatchNormalization(momentum=0.98)(y)
        x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    outputs = layers.Dense(classes, activation="softmax")(x)
    return keras.Model(inputs, outputs, name="default")


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
