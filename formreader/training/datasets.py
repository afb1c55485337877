"""Digits to train on and to measure with, as one kind of array."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.digits.model import CLASSES
from formreader.errors import UnreadableFileError

MNIST_SIDE = 28

_NOT_NPZ = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile)


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

    @property
    def normalized(self) -> npt.NDArray[np.float32]:
        """(N, 28, 28) float32 in [0, 1], 1 = ink, as classifiers take them."""
        return self.images.astype(np.float32) / np.float32(255)

    def subset(self, index: npt.NDArray[np.intp]) -> DigitSet:
        """Select digits by position."""
        return DigitSet(self.images[index], self.labels[index])


def load_npz(path: Path) -> DigitSet:
    """Load digits from an npz file with the arrays `x` and `y`.

    Args:
        path: The file; `x` is (N, 28, 28) uint8, 255 = ink, and `y` is (N,), positions
            in `formreader.digits.model.CLASSES`.

    Raises:
        UnreadableFileError: If the file is missing, is no npz file, or holds something
            else.
    """
    try:
        # numpy leaves a file open that it opened and cannot read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            images, labels = arrays["x"], arrays["y"]
    except _NOT_NPZ as error:
        raise UnreadableFileError(
            f"cannot read digits ({error}); an npz file with the arrays x and y is "
            "expected",
            path=path,
        ) from error
    if (
        images.shape != (len(labels), MNIST_SIDE, MNIST_SIDE)
        or images.dtype != np.uint8
    ):
        raise UnreadableFileError(
            f"the array x is {images.dtype} {images.shape}, not uint8 "
            f"({len(labels)}, {MNIST_SIDE}, {MNIST_SIDE}) to match y",
            path=path,
        )
    if len(labels) == 0 or not np.isin(labels, range(len(CLASSES))).all():
        raise UnreadableFileError(
            f"the array y must hold labels from 0 to {len(CLASSES) - 1}", path=path
        )
    return DigitSet(images, labels.astype(np.uint8))


def load_all(paths: Sequence[Path]) -> DigitSet:
    """Load digits from npz files and join them.

    Args:
        paths: Files as `load_npz` takes them, and folders of such files.

    Raises:
        UnreadableFileError: If a file cannot be read or a folder has none.
    """
    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.npz")) if path.is_dir() else [path]
        if not found:
            raise UnreadableFileError("the folder has no npz file", path=path)
        files += found
    sets = [load_npz(file) for file in files]
    return DigitSet(
        np.concatenate([digits.images for digits in sets]),
        np.concatenate([digits.labels for digits in sets]),
    )


def load_keras_mnist() -> tuple[DigitSet, DigitSet]:
    """Load the MNIST training and test sets, downloaded once by Keras.

    Returns:
        60,000 digits to train on and 10,000 to measure with.

    Raises:
        UnreadableFileError: If they cannot be downloaded.
    """
    from keras.datasets import mnist

    try:
        with redirect_stdout(sys.stderr):  # Keras draws its progress bar on stdout
            (train_x, train_y), (test_x, test_y) = mnist.load_data()
    except Exception as error:  # Keras raises a bare Exception if the server is away
        raise UnreadableFileError(
            f"MNIST cannot be downloaded ({error}); try again, or give digits of your "
            "own with --data"
        ) from error
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
