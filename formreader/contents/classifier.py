"""Says what the pictures of fields show, before anybody reads digits into them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.contents.model import Content, find_content_model
from formreader.contents.pictures import HEIGHT, WIDTH, normalize_picture
from formreader.digits.networks import NetworkManifest
from formreader.digits.runtime import Network, has_litert, open_network
from formreader.errors import ModelError

__all__ = ["ContentClassifier"]


class ContentClassifier:
    """Tells written numbers from words, print and marks; safe in several threads.

    Attributes:
        manifest: What is known about its network.

    Example:
        >>> classifier = ContentClassifier.load()
        >>> bare = np.full((40, 90), 230, np.uint8)
        >>> classifier.predict([bare]).shape
        (1, 4)
    """

    def __init__(self, network: Network, manifest: NetworkManifest) -> None:
        """Join a network with what is known about it."""
        self._network, self.manifest = network, manifest

    @classmethod
    def load(cls, path: str | Path | None = None) -> ContentClassifier:
        """Load a model from disk: with LiteRT if it is installed, else with Keras.

        Args:
            path: A folder with `contents.tflite` or `contents.keras`, and
                `contents.json`; None is the model that ships.

        Raises:
            ModelError: If the model is missing, damaged or of another kind, or neither
                runtime is installed.
        """
        folder = None if path is None else Path(path)
        suffix = ".tflite" if has_litert() else ".keras"
        artefact, manifest = find_content_model(folder, suffix=suffix)
        network, count = open_network(artefact, input_shape=(HEIGHT, WIDTH))
        if count != len(Content):
            raise ModelError(
                f"it has {count} outputs, not {len(Content)}", path=artefact
            )
        return cls(network, manifest)

    def predict(
        self, pictures: Sequence[npt.NDArray[np.uint8]]
    ) -> npt.NDArray[np.float32]:
        """Classify pictures of fields.

        Args:
            pictures: (h, w) uint8 each, 0 = black: what was written, on the page
                itself, with a small margin.

        Returns:
            (N, 4) probabilities, in the order of `Content`.
        """
        if not pictures:
            return np.zeros((0, len(Content)), np.float32)
        stack = np.stack([normalize_picture(picture) for picture in pictures])
        return self._network(stack.astype(np.float32) / np.float32(255))
