"""A classifier that answers by rule, for tests of everything around the network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from formreader.digits.classification import DigitClassifier
from formreader.digits.model import CLASSES, Manifest


def answer(classes: Sequence[str], confidence: float = 0.99) -> npt.NDArray[np.float32]:
    """Make rows of probabilities, each sure of one class."""
    rest = (1 - confidence) / (len(CLASSES) - 1)
    rows = np.full((len(classes), len(CLASSES)), rest, dtype=np.float32)
    for row, name in zip(rows, classes, strict=True):
        row[CLASSES.index(name)] = confidence
    return rows


class FakeClassifier(DigitClassifier):
    """Answers with a fixed sequence of classes, then with no digit; counts batches."""

    def __init__(self, classes: Sequence[str] = (), confidence: float = 0.99) -> None:
        manifest = Manifest(network="fake", classes=CLASSES, threshold=0.9)
        super().__init__(lambda images: images, manifest)
        self.classes = classes
        self.confidence = confidence
        self.batches: list[int] = []

    def predict(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        self.batches.append(len(images))
        known = list(self.classes[: len(images)])
        return answer(
            [*known, *["other"] * (len(images) - len(known))], self.confidence
        )
