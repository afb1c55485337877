"""Labelled digits in the MNIST format, as one kind of array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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

    @property
    def normalized(self) -> npt.NDArray[np.float32]:
        """(N, 28, 28) float32 in [0, 1], 1 = ink, as classifiers take them."""
        return self.images.astype(np.float32) / np.float32(255)

    def subset(self, index: npt.NDArray[np.intp]) -> DigitSet:
        """Select digits by position, (M,) intp."""
        return DigitSet(self.images[index], self.labels[index])


def join(sets: Sequence[DigitSet]) -> DigitSet:
    """Put sets behind one another."""
    return DigitSet(
        np.concatenate([digits.images for digits in sets]),
        np.concatenate([digits.labels for digits in sets]),
    )
