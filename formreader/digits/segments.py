"""Classifies the segments of a page's fields, each crop once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
import numpy.typing as npt

from formreader.digits.classification import DigitClassifier
from formreader.digits.normalization import normalize_all
from formreader.records import FieldSegments

__all__ = ["SegmentClassifier"]


class SegmentClassifier:
    """Classifies segments in batches; those of one page that were seen it knows.

    Args:
        classifier: The digit classifier.
    """

    def __init__(self, classifier: DigitClassifier) -> None:
        """Begin a page."""
        self._classifier = classifier
        self._known: dict[tuple[int, bytes], npt.NDArray[np.float32]] = {}

    def predict(self, cuts: Sequence[FieldSegments]) -> list[npt.NDArray[np.float32]]:
        """Classify the segments of several fields in one batch, but for known ones.

        Args:
            cuts: The segments of each field.

        Returns:
            For each field (N, 12) calibrated class probabilities, a row a segment.
        """
        segments = [segment for cut in cuts for segment in cut.segments]
        keys = [(one.box.width, one.ink.tobytes()) for one in segments]
        is_new = [key not in self._known for key in keys]
        new = [one.ink for one in compress(segments, is_new)]
        answers = self._classifier.predict(normalize_all(new))
        fresh = iter(answers)
        rows = [
            next(fresh) if is_fresh else self._known[key]
            for key, is_fresh in zip(keys, is_new, strict=True)
        ]
        self._known.update(zip(compress(keys, is_new), answers, strict=True))
        probabilities = np.stack(rows) if rows else answers
        ends = np.cumsum([len(cut.segments) for cut in cuts])
        return np.split(probabilities, ends[:-1]) if cuts else []
