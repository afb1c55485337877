"""Whether a new model may take the place of the one it was made from.

Both read the same digits, so what counts is where they differ. On the pages of the
people who trained it, the new model must not make more errors: there it was to become
better. On other digits it may lose as much as chance explains, and no more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.digits.classification import DigitClassifier
from formreader.evaluation.outcomes import BINS, Outcomes
from formreader.reports import align_rows
from formreader.training.datasets import DigitSet
from formreader.training.digits.measurement import Measurement, measure

__all__ = ["LEAST_CHANCE", "Comparison", "compare", "write_comparisons"]

LEAST_CHANCE = 0.05
"""A loss counts as real if chance would bring it about less often than this."""
CALIBRATION_TOLERANCE = 0.005
"""How much the calibration error may grow; as much as may be wrong silently."""

_RESAMPLES = 500


@dataclass(frozen=True, eq=False)
class Comparison:
    """What two models say about the same digits.

    Attributes:
        name: Of the digits.
        before: The model that is in use.
        after: The new one.
        must_not_lose: Refuse any loss, not only one that is more than chance.
    """

    name: str
    before: Measurement
    after: Measurement
    must_not_lose: bool = False

    @property
    def lost(self) -> int:
        """How many only the old model read rightly."""
        return int(np.sum(self.before.right & ~self.after.right))

    @property
    def gained(self) -> int:
        """How many only the new model read rightly."""
        return int(np.sum(self.after.right & ~self.before.right))

    @property
    def chance(self) -> float:
        """How often chance alone would lose as many: the exact test of McNemar [1].

        One-sided: if both were equally good, each digit that they read differently
        would be lost as likely as gained.

        References:
            [1] McNemar, "Note on the sampling error of the difference between
            correlated proportions", Psychometrika 12, 1947. doi:10.1007/BF02295996
        """
        count = self.lost + self.gained
        as_many = sum(math.comb(count, k) for k in range(self.lost, count + 1))
        return float(as_many / 2**count)

    @property
    def calibration_loss(self) -> float:
        """By how much the calibration error grew at least, with 95 % confidence."""
        return float(np.quantile(_resample(self.before, self.after), LEAST_CHANCE))

    @property
    def problem(self) -> str | None:
        """Why the new model is refused; None if nothing speaks against it."""
        more = self.lost - self.gained
        figures = (
            f"{self.after.accuracy:.2%} instead of {self.before.accuracy:.2%} of "
            f"{self.name} are right"
        )
        if self.must_not_lose and more > 0:
            return f"{figures}, and there it was to become better"
        if more > 0 and self.chance < LEAST_CHANCE:
            return f"{figures}, by chance {self.chance:.1%}"
        if self.calibration_loss > CALIBRATION_TOLERANCE:
            return (
                f"on {self.name} confidence is off by "
                f"{self.after.calibration_error:.2%} instead of "
                f"{self.before.calibration_error:.2%}"
            )
        return None


def compare(
    before: DigitClassifier,
    after: DigitClassifier,
    own: Mapping[str, DigitSet],
    others: Mapping[str, DigitSet],
) -> list[Comparison]:
    """Let two models read the same digits.

    Args:
        before: The model that is in use.
        after: The new one.
        own: Digits of the people who trained it, never fitted, by name.
        others: Further digits, by name.
    """
    return [
        Comparison(name, measure(before, digits), measure(after, digits), is_own)
        for sets, is_own in ((own, True), (others, False))
        for name, digits in sets.items()
    ]


def write_comparisons(comparisons: list[Comparison]) -> str:
    """Write all figures as a table for a terminal."""
    head = ("digits", "count", "before", "after", "lost", "gained", "ECE", "after")
    rows = [
        (
            found.name,
            str(len(found.before.labels)),
            f"{found.before.accuracy:.2%}",
            f"{found.after.accuracy:.2%}",
            str(found.lost),
            str(found.gained),
            f"{found.before.calibration_error:.2%}",
            f"{found.after.calibration_error:.2%}",
        )
        for found in comparisons
    ]
    return "\n".join(align_rows([head, *rows]))


def _resample(before: Outcomes, after: Outcomes) -> npt.NDArray[np.float64]:
    """Draw digits anew, with both models' answers, and see how the errors differ [1].

    Returns:
        (R,) the growth of the calibration error in each resample.

    References:
        [1] Efron, "Bootstrap methods: another look at the jackknife", Annals of
        Statistics 7, 1979. doi:10.1214/aos/1176344552
    """
    rng = np.random.default_rng(0)
    count = len(before.right)
    growth = np.empty(_RESAMPLES)
    both = [_gaps(before), _gaps(after)]
    for index in range(_RESAMPLES):
        chosen = rng.integers(count, size=count)
        errors = [
            np.abs(np.bincount(bins[chosen], gaps[chosen], BINS)).sum() / count
            for bins, gaps in both
        ]
        growth[index] = errors[1] - errors[0]
    return growth


def _gaps(found: Outcomes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Give the bin of each digit, and how far its confidence is from the outcome."""
    bins = np.minimum((found.confidence * BINS).astype(np.intp), BINS - 1)
    return bins, found.confidence.astype(np.float64) - found.right
