"""Measures a string reader: whole strings right, and how honest its confidence is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import best_strings, log_probability, without_marks
from formreader.digits.strings import StringReader
from formreader.training.strings.examples import Example

__all__ = ["Reading", "StringMeasurement", "fit_string_temperature", "measure_strings"]

_BINS = 10
_TEMPERATURES = tuple(np.exp(np.linspace(np.log(0.6), np.log(2.5), 25)).tolist())


@dataclass(frozen=True)
class Reading:
    """What was read from one strip.

    Attributes:
        text: Its truth.
        value: The most probable string.
        confidence: The probability of `value`, from 0 to 1.
    """

    text: str
    value: str
    confidence: float


@dataclass(frozen=True)
class StringMeasurement:
    """How well strips were read.

    Attributes:
        readings: One for each strip, in order.
    """

    readings: tuple[Reading, ...]

    @property
    def accuracy(self) -> float:
        """Share of the strips read rightly as a whole."""
        return float(np.mean(self._right)) if self.readings else 0.0

    def accuracy_of_surest(self, share: float) -> float:
        """Measure the accuracy on the most confident strips.

        Args:
            share: How many of all strips, from 0 to 1.
        """
        order = np.argsort(-self._confidence, kind="stable")
        count = max(1, round(share * len(order)))
        return float(np.mean(self._right[order[:count]]))

    @property
    def calibration_error(self) -> float:
        """Expected calibration error over ten bins of equal width."""
        bins = np.minimum((self._confidence * _BINS).astype(int), _BINS - 1)
        gaps = [
            abs(float(np.sum(self._confidence[bins == k] - self._right[bins == k])))
            for k in range(_BINS)
        ]
        return sum(gaps) / max(1, len(self.readings))

    @property
    def _right(self) -> npt.NDArray[np.float64]:
        return np.array([float(one.value == one.text) for one in self.readings])

    @property
    def _confidence(self) -> npt.NDArray[np.float64]:
        return np.array([one.confidence for one in self.readings])


def measure_strings(
    reader: StringReader, examples: Sequence[Example]
) -> StringMeasurement:
    """Read strips whose truth is known.

    Args:
        reader: Reads them.
        examples: The strips; there may be none.
    """
    answers = reader.predict([example.strip for example in examples])
    readings = []
    for example, log_probs in zip(examples, answers, strict=True):
        counted = log_probs if example.marks_known else without_marks(log_probs)
        value, log_confidence = best_strings(counted, 1)[0]
        readings.append(Reading(example.text, value, float(np.exp(log_confidence))))
    return StringMeasurement(tuple(readings))


def fit_string_temperature(
    answers: Sequence[npt.NDArray[np.float32]], examples: Sequence[Example]
) -> float:
    """Find the temperature under which the true strings are most probable.

    A string that the network thinks all but impossible, as a wrong truth is, counts no
    more than one of probability 1 in 10,000.

    Args:
        answers: (T, 16) log-probabilities of strips that were not fitted.
        examples: Their truths.

    Returns:
        The best of 25 temperatures from 0.6 to 2.5.
    """

    def loss(temperature: float) -> float:
        total = 0.0
        for log_probs, example in zip(answers, examples, strict=True):
            scaled = log_probs.astype(np.float64) / temperature
            scaled -= np.logaddexp.reduce(scaled, axis=1, keepdims=True)
            counted = scaled if example.marks_known else without_marks(scaled)
            total -= max(log_probability(counted, example.text), np.log(1e-4))
        return total

    return float(min(_TEMPERATURES, key=loss))
