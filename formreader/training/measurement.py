"""How well a digit classifier does on labelled digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.digits.classification import DigitClassifier
from formreader.digits.model import CLASSES
from formreader.records import read_only
from formreader.training.datasets import DigitSet


@dataclass(frozen=True, eq=False)
class Measurement:
    """Predictions counted against the truth.

    Attributes:
        confusion: (12, 12) int64, how many digits of class [row] were taken for class
            [column]; read-only.
        mean_confidence: Mean probability of the predicted class; near the accuracy if
            the model is calibrated.
    """

    confusion: npt.NDArray[np.int64]
    mean_confidence: float

    def __post_init__(self) -> None:
        """Make the array read-only."""
        object.__setattr__(self, "confusion", read_only(self.confusion))

    @property
    def accuracy(self) -> float:
        """Share of all digits that were predicted rightly."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def per_class(self) -> dict[str, tuple[int, int]]:
        """How many there are of each class, and how many of them were right."""
        return {
            name: (int(row.sum()), int(row[index]))
            for index, (name, row) in enumerate(
                zip(CLASSES, self.confusion, strict=True)
            )
            if row.any()
        }


def measure(classifier: DigitClassifier, digits: DigitSet) -> Measurement:
    """Classify labelled digits and count what comes out.

    Args:
        classifier: The classifier to measure.
        digits: At least one digit; labels are positions in `CLASSES`.
    """
    probabilities = classifier.predict(digits.normalized)
    confusion = np.zeros((len(CLASSES), len(CLASSES)), dtype=np.int64)
    np.add.at(confusion, (digits.labels, probabilities.argmax(axis=1)), 1)
    return Measurement(confusion, float(probabilities.max(axis=1).mean()))
