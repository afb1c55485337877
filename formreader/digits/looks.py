"""What a reader says of the same writing that was shown to it in several ways.

A network is misled by how much paper is around a number, or how it slants; seldom in
the same way by all that it is shown. The mean of the logarithms of what it says of each
is surer than any of them.

References:
    Hinton, "Products of experts", ICANN 1999. doi:10.1049/cp:19991075
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import best_strings, log_probabilities

__all__ = ["Looks"]

Logs = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Looks:
    """What a reader says of the same writing, shown in several ways.

    Attributes:
        every: For each way (T, 16) or (T, 11) log-probabilities, T as wide as what is
            seen; at least one, and the first as the reader was trained.
        least: What a way says of any string at least; so that none alone can make a
            string impossible.
    """

    every: tuple[Logs, ...]
    least: float

    def find(self, count: int) -> dict[str, float]:
        """Find the strings that are the likeliest as the reader was trained.

        Args:
            count: How many at most.

        Returns:
            The mean log-probability of each string, the likeliest first.
        """
        found = [string for string, _ in best_strings(self.every[0], count)]
        logs = zip(found, self.weigh(found), strict=True)
        return dict(sorted(logs, key=lambda one: -one[1]))

    def weigh(self, strings: Sequence[str]) -> list[float]:
        """Give the mean log-probability of strings."""
        logs = np.array([log_probabilities(look, strings) for look in self.every])
        means: list[float] = np.maximum(logs, self.least).mean(axis=0).tolist()
        return means
