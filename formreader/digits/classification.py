"""Classify digits: one batch of normalised images in, calibrated probabilities out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.digits.calibration import apply_prior, apply_temperature
from formreader.digits.model import (
    CLASSES,
    DIGITS,
    INPUT_SHAPE,
    Manifest,
    ModelFile,
    find_model,
)
from formreader.digits.runtime import Network, has_litert, open_network
from formreader.errors import ModelError


class DigitClassifier:
    """A digit network with its calibration.

    Attributes:
        manifest: What is known about the model, its default threshold among it.

    Example:
        >>> classifier = DigitClassifier.load()
        >>> classifier.predict(np.zeros((0, 28, 28), dtype=np.float32)).shape
        (0, 12)
    """

    def __init__(self, network: Network, manifest: Manifest) -> None:
        """Join a network with what is known about it.

        Args:
            network: Classifies (N, 28, 28) images into one column for each of
                `manifest.classes`.
            manifest: Class order, polarity and calibration.
        """
        self._network = network
        self.manifest = manifest

    @property
    def knows_letters(self) -> bool:
        """Whether the network has a class for what is no digit."""
        return CLASSES[-1] in self.manifest.classes

    @classmethod
    def load(
        cls, path: str | Path | None = None, *, num_threads: int = 1
    ) -> DigitClassifier:
        """Load a model from disk.

        Args:
            path: A `.tflite`, `.keras` or `.h5` file, or a folder as
                `formreader model train` writes it; None is the model that ships.
            num_threads: Threads that LiteRT may use.

        Raises:
            ModelError: If the model is missing, damaged or of another kind.
        """
        where = None if path is None else Path(path)
        found = find_model(where, suffix=".tflite" if has_litert() else ".keras")
        network, outputs = open_network(found.path, num_threads=num_threads)
        return cls(network, _agreed_manifest(found, outputs))

    def predict(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Classify digits.

        Args:
            images: (N, 28, 28) float32 in [0, 1]; 1 = ink. N may be 0.

        Returns:
            (N, 12) float32, calibrated probabilities in the order of `CLASSES`; a class
            that the model does not know has probability 0.

        Raises:
            ValueError: If `images` is not as described.
        """
        _check_images(images)
        result = np.zeros((len(images), len(CLASSES)), dtype=np.float32)
        if len(images) == 0:
            return result
        inked = images if self.manifest.ink_value == 1 else 1 - images
        columns = [CLASSES.index(name) for name in self.manifest.classes]
        result[:, columns] = apply_temperature(
            self._network(inked), self.manifest.temperature
        )
        return apply_prior(result, self.manifest.non_digit_odds, len(DIGITS))


def _agreed_manifest(found: ModelFile, outputs: int) -> Manifest:
    """Settle which class each output stands for.

    A model without a manifest is taken as ten digits, or all of `CLASSES`.
    """
    manifest = found.manifest or replace(
        Manifest(network="unknown"),
        classes=CLASSES if outputs == len(CLASSES) else DIGITS,
    )
    if outputs != len(manifest.classes):
        raise ModelError(
            f"the network has {outputs} outputs, {len(manifest.classes)} classes are "
            "expected",
            path=found.path,
        )
    return manifest


def _check_images(images: npt.NDArray[np.float32]) -> None:
    """Refuse what `to_mnist` could not have made.

    Raises:
        ValueError: If shape, dtype or range are not those of MNIST images.
    """
    if images.ndim != 3 or images.shape[1:] != INPUT_SHAPE:
        raise ValueError(f"images have shape {images.shape}, not (N, 28, 28)")
    if images.dtype != np.float32:
        raise ValueError(f"images are {images.dtype}, not float32")
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError("images are not in [0, 1]")
