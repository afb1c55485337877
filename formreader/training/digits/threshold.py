"""Choose the confidence below which a person must look at a field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from formreader.digits.model import CLASSES
from formreader.training.digits.measurement import Measurement

__all__ = ["SILENT", "choose_threshold", "simulate_fields"]

SILENT = 0.005
"""Share of all fields that may be wrong without a warning."""

_LONGEST = 10
_OTHER = CLASSES.index("other")


def choose_threshold(
    measurements: Sequence[Measurement], *, fields: int = 40_000, seed: int = 0
) -> float:
    """Find the least threshold that keeps silent field errors at `SILENT`.

    Args:
        measurements: Of held-out digits; each field takes its digits from one of them,
            and each of them makes as many fields.
        fields: How many fields to put together.
        seed: Seed of the draws.

    Returns:
        The threshold, rounded up to two decimals.
    """
    confidence, wrong = simulate_fields(measurements, fields, seed)
    order = np.argsort(-confidence)
    allowed = int(SILENT * len(confidence))
    errors = np.cumsum(wrong[order])
    too_many = np.flatnonzero(errors > allowed)
    if len(too_many) == 0:
        return 0.5
    least = float(confidence[order[too_many[0]]])
    return float(min(1.0, max(0.5, np.ceil(least * 100 + 1e-9) / 100)))


def simulate_fields(
    measurements: Sequence[Measurement], fields: int, seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Put digits together to fields of one to ten digits.

    Args:
        measurements: As `choose_threshold` takes them.
        fields: How many fields to put together.
        seed: Seed of the draws.

    Returns:
        (F,) the confidence of each field, and (F,) whether it would be wrong without
        a warning at any threshold below that. A field with a digit that is taken for
        no digit always goes to a person.
    """
    rng = np.random.default_rng(seed)
    confidence = np.empty(fields)
    wrong = np.empty(fields, bool)
    columns = [(m.confidence, m.right, m.predicted == _OTHER) for m in measurements]
    for index in range(fields):
        certain, right, refused = columns[index % len(columns)]
        chosen = rng.integers(len(certain), size=int(rng.integers(1, _LONGEST + 1)))
        confidence[index] = np.prod(certain[chosen], dtype=np.float64)
        wrong[index] = not right[chosen].all() and not refused[chosen].any()
    return confidence, wrong
