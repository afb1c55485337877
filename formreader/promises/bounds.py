"""What a sample of checked fields proves about all others: exact binomial bounds.

References:
    Clopper, Pearson, "The use of confidence or fiducial limits illustrated in the case
    of the binomial", Biometrika 26, 1934. doi:10.1093/biomet/26.4.404
"""

from __future__ import annotations

import math

__all__ = ["MOST_CHECKS", "count_needed", "luck", "share_interval", "upper_bound"]

MOST_CHECKS = 10_000_000
"""Checks beyond which nobody is told how many more it would take."""

_PRECISION = 1e-6  # of a share


def luck(wrong: int, checks: int, share: float) -> float:
    """Compute how probable it is to find so few wrong fields by luck.

    Args:
        wrong: How many were.
        checks: How many fields were looked at.
        share: Share of all fields that is wrong, in [0, 1].

    Returns:
        The probability that at most `wrong` of `checks` fields are wrong.

    Example:
        >>> round(luck(0, 299, 0.01), 4), luck(0, 0, 0.01)
        (0.0495, 1.0)
    """
    if wrong >= checks or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    log, rest = checks * math.log1p(-share), math.log(share) - math.log1p(-share)
    total = math.exp(log)
    for number in range(1, wrong + 1):
        log += math.log(checks - number + 1) - math.log(number) + rest
        total += math.exp(log)
    return min(1.0, total)


def upper_bound(wrong: int, checks: int, doubt: float) -> float:
    """Find the share that is wrong at most (Clopper and Pearson).

    Args:
        wrong: How many were.
        checks: How many fields were looked at.
        doubt: Probability that the true share is greater, in (0, 1).

    Example:
        >>> round(upper_bound(0, 299, 0.05), 4)
        0.01
    """
    low, high = 0.0, 1.0
    while high - low > _PRECISION:
        middle = (low + high) / 2
        if luck(wrong, checks, middle) > doubt:
            low = middle
        else:
            high = middle
    return high


def count_needed(share: float, wrong_share: float, doubt: float) -> int | None:
    """Count the checks that prove a share, if so many are wrong as before.

    Args:
        share: What is to be proved, in (0, 1).
        wrong_share: Share of the checks that will be wrong.
        doubt: Probability of proving it by luck, in (0, 1).

    Returns:
        The number; None where no number would do.

    Example:
        >>> count_needed(0.01, 0.0, 0.05), count_needed(0.01, 0.02, 0.05)
        (299, None)
    """

    def is_enough(checks: int) -> bool:
        return luck(math.ceil(wrong_share * checks), checks, share) <= doubt

    if wrong_share >= share:
        return None
    high = 1
    while not is_enough(high):
        high *= 2
        if high > MOST_CHECKS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def share_interval(hits: int, count: int) -> tuple[float, float]:
    """Find between which shares the true one lies, with 95 % confidence, exactly.

    Args:
        hits: How many of those that were looked at.
        count: How many were looked at.

    Returns:
        The ends of the interval in [0, 1]; all of it if nothing was looked at.

    Example:
        >>> [round(end, 3) for end in share_interval(3, 150)]
        [0.004, 0.057]
    """
    low = 1 - upper_bound(count - hits, count, 0.025) if hits else 0.0
    high = upper_bound(hits, count, 0.025) if hits < count else 1.0
    return low, high
