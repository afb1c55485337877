"""Turn a network's probabilities into ones that are right as often as they say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

TEMPERATURE_RANGE = (0.1, 10.0)
_SMALLEST = np.finfo(np.float32).tiny


def apply_temperature(
    probabilities: npt.NDArray[np.float32], temperature: float
) -> npt.NDArray[np.float32]:
    """Soften or sharpen probabilities by temperature scaling [1].

    The network's logits are known only up to a constant from its softmax, which is all
    that is needed: the logarithms are divided by the temperature and normalised again.

    Args:
        probabilities: (N, C) float32, each row sums to 1.
        temperature: Positive; above 1 softens, below 1 sharpens, 1 changes nothing.

    Returns:
        (N, C) float32, each row sums to 1.

    Raises:
        ValueError: If `temperature` is not positive.

    References:
        [1] Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks",
        ICML 2017. arXiv:1706.04599

    Example:
        >>> sure = np.array([[0.9, 0.1]], dtype=np.float32)
        >>> apply_temperature(sure, 2.0).round(2).tolist() == [[0.75, 0.25]]
        True
    """
    if not temperature > 0:
        raise ValueError(f"a temperature must be positive, not {temperature}")
    scaled = _log(probabilities) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    weights = np.exp(scaled)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights.astype(np.float32)


def apply_prior(
    probabilities: npt.NDArray[np.float32], odds: float, first: int
) -> npt.NDArray[np.float32]:
    """Expect some classes more or less often than they came in training [1].

    Args:
        probabilities: (N, C) float32, each row sums to 1.
        odds: What the odds of the classes from `first` on are multiplied by; positive.
        first: Position of the first of these classes.

    Returns:
        (N, C) float32, each row sums to 1.

    References:
        [1] Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to
        new a priori probabilities", Neural Computation 14(1), 2002.
        doi:10.1162/089976602753284446

    Example:
        >>> unsure = np.array([[0.5, 0.5]], dtype=np.float32)
        >>> bool(np.allclose(apply_prior(unsure, 0.25, first=1), [[0.8, 0.2]]))
        True
    """
    if not odds > 0:
        raise ValueError(f"odds must be positive, not {odds}")
    weights = probabilities.copy()
    weights[:, first:] *= np.float32(odds)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def fit_temperature(
    probabilities: npt.NDArray[np.float32], labels: npt.NDArray[np.integer]
) -> float:
    """Find the temperature under which the true classes are most probable.

    Args:
        probabilities: (N, C) float32 from the network, of digits it was not fitted to.
        labels: (N,) class index of each digit.

    Returns:
        The temperature with the least negative log-likelihood, within
        `TEMPERATURE_RANGE`.

    Raises:
        ValueError: If there are no digits or the lengths differ.
    """
    from scipy.optimize import minimize_scalar

    if len(labels) == 0 or len(labels) != len(probabilities):
        raise ValueError(f"{len(probabilities)} predictions, {len(labels)} labels")
    logs = _log(probabilities)
    rows = np.arange(len(labels))

    def loss(inverse: float) -> float:
        scaled = logs * inverse
        total = np.log(np.exp(scaled).sum(axis=1))
        return float(np.mean(total - scaled[rows, labels]))

    low, high = TEMPERATURE_RANGE
    ends, fine = (1 / high, 1 / low), {"xatol": 1e-5}
    found = minimize_scalar(loss, bounds=ends, method="bounded", options=fine)
    return 1 / float(found.x)


def _log(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Take logarithms; a probability that underflowed to zero stays finite."""
    return np.log(np.maximum(probabilities, _SMALLEST).astype(np.float64))
