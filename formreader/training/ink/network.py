"""The network that tells pen, print and rules apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from formreader.ink.model import CLASSES

if TYPE_CHECKING:
    import keras

_ENTRANCE = 16  # channels at half the resolution
_CHANNELS = (32, 48, 64, 96)  # at a quarter, an eighth, ...
_RESIDUALS = 2  # convolutions around a shortcut at each resolution
_MOMENTUM = 0.98  # of batch normalisation; Keras takes 0.99


def build_ink_network(*, mixed: bool = False, shuffled: bool = False) -> keras.Model:
    """Build the network that gives each pixel its class.

    An encoder of plain 3 x 3 convolutions, each resolution entered by a stride of 2,
    down to 1/32, where a pixel sees some 170 pixels to each side: the pitch of tables.
    The decoder adds the encoder's answer at each resolution on its way up. Nothing is
    computed at full resolution: the last layer makes four pixels of one. It has 0.5
    million weights.

    Args:
        mixed: Compute in bfloat16 where that loses nothing; faster on processors that
            have it, slower on others. Weights are float32 in any case.
        shuffled: Make a pixel into four by moving channels to places, as
            `shuffle_network` needs it.

    Returns:
        An uncompiled model from (N, H, W, 3) float32 in [0, 1], 0 = white, H and W
        multiples of 32, to (N, H, W, 4) logits of `CLASSES`.
    """
    import keras
    from keras import layers

    kind = {"dtype": "mixed_bfloat16" if mixed else "float32"}
    inputs = keras.Input((None, None, 3))
    x = entrance = _convolve(inputs, _ENTRANCE, kind, strides=2)
    levels = []
    for channels in _CHANNELS:
        x = _convolve(x, channels, kind, strides=2)
        for _ in range(_RESIDUALS):
            x = _residual(x, kind)
        levels.append(x)
    for level in reversed(levels[:-1]):
        channels = level.shape[-1]
        if shuffled:
            x = _shuffle(x, channels)
        else:
            x = layers.Conv2D(channels, 1, **kind)(x)
            x = layers.UpSampling2D(interpolation="nearest", **kind)(x)
        level = layers.Conv2D(channels, 1, **kind)(level)
        x = layers.ReLU(**kind)(layers.Add(**kind)([x, level]))
        x = _residual(x, kind)
    x = _quadruple(x, _ENTRANCE, kind, shuffled)
    x = layers.ReLU(**kind)(layers.Add(**kind)([x, entrance]))
    x = _convolve(x, _ENTRANCE, kind)
    logits = _quadruple(x, len(CLASSES), {"dtype": "float32"}, shuffled)
    return keras.Model(inputs, logits, name="ink")


def shuffle_network(model: keras.Model) -> keras.Model:
    """Rebuild a network so that it computes the same on tiles of any size, and faster.

    LiteRT runs transposed convolutions and repeated pixels of an unknown size slowly.
    Both are a convolution of 1 x 1 whose channels are then moved to four pixels.

    Args:
        model: A network of `build_ink_network`.
    """
    shuffled = build_ink_network(shuffled=True)
    weights = []
    for old, new in zip(model.get_weights(), shuffled.get_weights(), strict=True):
        if old.shape == new.shape:
            weights.append(old)
        elif old.ndim == 4 and old.shape[0] == 2:  # of a transposed convolution
            weights.append(old.transpose(3, 0, 1, 2).reshape(new.shape))
        else:
            weights.append(np.concatenate(4 * [old], axis=-1))
    shuffled.set_weights(weights)
    return shuffled


def add_softmax(model: keras.Model) -> keras.Model:
    """Let a network of `build_ink_network` give probabilities instead of logits."""
    import keras
    from keras import layers

    outputs = layers.Softmax()(model.outputs[0])
    return keras.Model(model.inputs[0], outputs, name=model.name)


def _quadruple(
    x: keras.KerasTensor, channels: int, kind: dict[str, str], shuffled: bool
) -> keras.KerasTensor:
    """Make four pixels of one, each with weights of its own."""
    from keras import layers

    if shuffled:
        return _shuffle(x, channels)
    return layers.Conv2DTranspose(channels, 2, strides=2, **kind)(x)


def _shuffle(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """Make four pixels of one by moving channels; for conversion only."""
    import tensorflow as tf
    from keras import layers

    x = layers.Conv2D(4 * channels, 1)(x)
    return layers.Lambda(lambda four: tf.nn.depth_to_space(four, 2))(x)


def _residual(x: keras.KerasTensor, kind: dict[str, str]) -> keras.KerasTensor:
    """Add a convolution around a shortcut."""
    from keras import layers

    inner = _convolve(x, x.shape[-1], kind, relu=False)
    return layers.ReLU(**kind)(layers.Add(**kind)([x, inner]))


def _convolve(
    x: keras.KerasTensor,
    channels: int,
    kind: dict[str, str],
    *,
    relu: bool = True,
    **options: Any,
) -> keras.KerasTensor:
    """Add a 3 x 3 convolution with batch normalisation."""
    from keras import layers

    options = {"padding": "same", "use_bias": False, **options, **kind}
    x = layers.Conv2D(channels, 3, **options)(x)
    x = layers.BatchNormalization(momentum=_MOMENTUM, **kind)(x)
    return layers.ReLU(**kind)(x) if relu else x
