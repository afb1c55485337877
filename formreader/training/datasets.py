"""Digits to train on and to measure with, as one kind of array."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.errors import UnreadableFileError

MNIST_SIDE = 28


@dataclass(frozen=True)
class DigitSet:
    """Labelled digits in the MNIST format.

    Attributes:
        images: (N, 28, 28) uint8, 255 = ink.
        labels: (N,) uint8, the class of each image.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together.

        Raises:
            ValueError: If the shapes are not (N, 28, 28) and (N,).
        """
        expected = (len(self.labels), MNIST_SIDE, MNIST_SIDE)
        if self.images.shape != expected:
            raise ValueError(f"images have shape {self.images.shape}, not {expected}")

    def __len__(self) -> int:
        """Count the digits."""
        return len(self.labels)

    def subset(self, index: npt.NDArray[np.intp]) -> DigitSet:
        """Select digits by position."""
        return DigitSet(self.images[index], self.labels[index])


def load_npz(path: Path) -> DigitSet:
    """Load digits from an npz file with the arrays `x` and `y`.

    Args:
        path: The file; `x` is (N, 28, 28) uint8, 255 = ink, and `y` is (N,).

    Raises:
        UnreadableFileError: If the file is missing, is no npz file, or holds arrays of
            another shape.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            images, labels = arrays["x"], arrays["y"]
    except (OSError, ValueError, KeyError) as error:
        raise UnreadableFileError(
            f"cannot read digits ({error}); an npz file with the arrays x and y is "
            "expected",
            path=path,
        ) from error
    if images.ndim != 3 or images.shape[1:] != (MNIST_SIDE, MNIST_SIDE):
        raise UnreadableFileError(
            f"the digits have shape {images.shape}, not (N, 28, 28)", path=path
        )
    return DigitSet(images.astype(np.uint8), labels.astype(np.uint8))


def load_keras_mnist() -> tuple[DigitSet, DigitSet]:
    """Load the MNIST training and test sets, downloaded once by Keras.

    Returns:
        60,000 digits to train on and 10,000 to measure with.
    """
    from keras.datasets import mnist

    (train_x, train_y), (test_x, test_y) = mnist.load_data()
    return DigitSet(train_x, train_y), DigitSet(test_x, test_y)


def split_held_out(
    digits: DigitSet, count: int, rng: np.random.Generator
) -> tuple[DigitSet, DigitSet]:
    """Split a set at random into a part to fit and a held-out part.

    Args:
        digits: The set to split.
        count: Size of the held-out part.
        rng: Source of the random order.

    Returns:
        The part to fit, then the held-out part.
    """
    order = rng.permutation(len(digits))
    return digits.subset(order[count:]), digits.subset(order[:count])
