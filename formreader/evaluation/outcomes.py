"""How sure readings were and how often they were right, of digits or of fields."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

__all__ = ["BINS", "Outcomes", "wilson_interval"]

BINS = 15
"""Equal-width bins of confidence for the calibration error."""

_DEVIATIONS = 1.96  # of a normal distribution, for 95 %


class Outcomes(ABC):
    """Readings beside the truth: how certain each was, and whether it was right."""

    @property
    @abstractmethod
    def confidence(self) -> npt.NDArray[np.floating]:
        """(N,) confidence in [0, 1]; -1 for what was not found at all."""

    @property
    @abstractmethod
    def right(self) -> npt.NDArray[np.bool_]:
        """(N,) whether the reading is the truth."""

    @property
    def accuracy(self) -> float:
        """Share of all that were read rightly."""
        return float(self.right.mean())

    @property
    def mean_confidence(self) -> float:
        """Mean confidence; near the accuracy if it is calibrated. 0 without any."""
        claimed = self.confidence[self.confidence >= 0]
        return float(claimed.mean()) if len(claimed) else 0.0

    @property
    def reliability(self) -> list[tuple[int, float, float]]:
        """Count, mean confidence and accuracy of each bin of confidence in use."""
        confidence, right = self.confidence, self.right
        bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
        bins[confidence < 0] = -1
        return [
            (
                int(np.sum(chosen)),
                float(confidence[chosen].mean()),
                float(right[chosen].mean()),
            )
            for index in range(BINS)
            if (chosen := bins == index).any()
        ]

    @property
    def calibration_error(self) -> float:
        """Expected calibration error in `BINS` equal-width bins [1]; 0 without any.

        References:
            [1] Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural
            networks", ICML 2017. arXiv:1706.04599
        """
        bins = self.reliability
        gaps = [count * abs(confidence - right) for count, confidence, right in bins]
        return float(sum(gaps) / max(1, sum(count for count, _, _ in bins)))

    def error_after_rejecting(self, share: float) -> float:
        """Measure the error that is left when the least certain are set aside.

        Args:
            share: Share to set aside; of equally certain ones, the last go first.

        Returns:
            Errors among the rest, as a share of the rest.
        """
        order = np.argsort(-self.confidence, kind="stable")
        kept = order[: math.floor((1 - share) * len(order))]
        return float(1 - self.right[kept].mean()) if len(kept) else 0.0

    def worst_errors(self, count: int) -> npt.NDArray[np.intp]:
        """Find the positions of the most confident errors, worst first; (M,) intp."""
        wrong = np.flatnonzero(~self.right)
        order = np.argsort(-self.confidence[wrong], kind="stable")
        return np.asarray(wrong[order[:count]])


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Estimate between which shares the true one lies, with 95 % confidence [1].

    Args:
        hits: How many of those that were looked at.
        count: How many were looked at.

    Returns:
        The ends of the interval in [0, 1]; all of it if nothing was looked at.

    References:
        [1] Wilson, "Probable inference, the law of succession, and statistical
        inference", J. Am. Stat. Assoc. 22, 1927. doi:10.1080/01621459.1927.10502953

    Example:
        >>> [round(end, 3) for end in wilson_interval(18, 18)]
        [0.824, 1.0]
    """
    if not count:
        return 0.0, 1.0
    share, weight = hits / count, _DEVIATIONS**2 / count
    spread = math.sqrt(weight * (share * (1 - share) + weight / 4))
    ends = ((share + weight / 2 + sign * spread) / (1 + weight) for sign in (-1, 1))
    low, high = ends
    return max(0.0, low), min(1.0, high)
