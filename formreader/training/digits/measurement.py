"""How well a digit classifier does on labelled crops, and how honest it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from formreader.digits.classification import DigitClassifier
from formreader.digits.model import CLASSES, DIGITS
from formreader.evaluation.outcomes import Outcomes
from formreader.records import read_only
from formreader.training.datasets import DigitSet

__all__ = ["REJECTED", "SURE", "Measurement", "measure"]

SURE = 0.9
"""Confidence of a crop from which on a field is likely to pass without a person."""

REJECTED = 0.1
"""Probability of no digit above which a crop counts as rejected: by itself it takes a
field below any threshold that is in use."""


@dataclass(frozen=True, eq=False)
class Measurement(Outcomes):
    """Predictions beside the truth.

    Attributes:
        labels: (N,) true positions in `CLASSES`; read-only.
        probabilities: (N, 12) calibrated probabilities; read-only.
    """

    labels: npt.NDArray[np.uint8]
    probabilities: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        """Make the arrays read-only.

        Raises:
            ValueError: If there is nothing to measure, or the lengths differ.
        """
        if not 0 < len(self.labels) == len(self.probabilities):
            raise ValueError(
                f"{len(self.labels)} labels, {len(self.probabilities)} predictions"
            )
        for name in ("labels", "probabilities"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def predicted(self) -> npt.NDArray[np.intp]:
        """(N,) the most probable class of each crop."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        """(N,) the probability of the predicted class."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """(N,) whether the prediction is the truth; any non-digit does for another."""
        digits = len(DIGITS)
        both_none = (self.labels >= digits) & (self.predicted >= digits)
        return np.asarray((self.predicted == self.labels) | both_none)

    @property
    def confusion(self) -> npt.NDArray[np.int64]:
        """(12, 12) how many of class [row] were taken for class [column]."""
        counts = np.zeros((len(CLASSES), len(CLASSES)), dtype=np.int64)
        np.add.at(counts, (self.labels, self.predicted), 1)
        return counts

    @property
    def per_class(self) -> dict[str, tuple[int, int]]:
        """How many there are of each class, and how many of them were right."""
        right = self.right
        return {
            name: (int(np.sum(of_class)), int(np.sum(right[of_class])))
            for index, name in enumerate(CLASSES)
            if (of_class := self.labels == index).any()
        }

    @property
    def rejected(self) -> npt.NDArray[np.bool_]:
        """(N,) whether the crop looks enough like no digit to go to a person."""
        doubt = self.probabilities[:, len(DIGITS) :].sum(axis=1)
        return np.asarray(doubt > REJECTED)

    @property
    def surely_wrong(self) -> float:
        """Share that is wrong with at least `SURE`; of letters, surely a digit."""
        return float(np.mean(~self.right & (self.confidence >= SURE)))

    @property
    def digits_rejected(self) -> float | None:
        """Share of the digits that were rejected; None without any."""
        return _share(self.rejected, self.labels < len(DIGITS))

    @property
    def others_rejected(self) -> float | None:
        """Share of the non-digits that were rejected; None without any."""
        return _share(self.rejected, self.labels >= len(DIGITS))

    def summary(self) -> dict[str, Any]:
        """Gather all figures, as JSON holds them."""
        rejected = {
            f"{share:.1%}": round(self.error_after_rejecting(share), 6)
            for share in (0.0, 0.005, 0.01, 0.02, 0.05, 0.1)
        }
        return {
            "count": len(self.labels),
            "accuracy": round(self.accuracy, 6),
            "mean_confidence": round(self.mean_confidence, 6),
            "surely_wrong": round(self.surely_wrong, 6),
            "calibration_error": round(self.calibration_error, 6),
            "digits_rejected": self.digits_rejected,
            "others_rejected": self.others_rejected,
            "error_after_rejecting": rejected,
            "per_class": {
                name: {"count": count, "right": right}
                for name, (count, right) in self.per_class.items()
            },
            "classes": list(CLASSES),
            "confusion": self.confusion.tolist(),
            "reliability": [
                {"count": n, "confidence": round(c, 6), "accuracy": round(a, 6)}
                for n, c, a in self.reliability
            ],
        }


def measure(classifier: DigitClassifier, digits: DigitSet) -> Measurement:
    """Classify labelled crops.

    Args:
        classifier: The classifier to measure.
        digits: At least one crop; labels are positions in `CLASSES`.
    """
    return Measurement(digits.labels, classifier.predict(digits.normalized))


def _share(hits: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> float | None:
    """Compute a share; None of nothing."""
    return float(hits[among].mean()) if among.any() else None
