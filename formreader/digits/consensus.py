"""Weigh the readings of the lattice against those of the string reader.

Two readers that look at a field in different ways, cut into digits and as a whole,
rarely make the same mistake. Where they agree the reading is as good as certain; where
they do not, that is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import best_strings, log_probabilities

__all__ = ["IN_CELLS", "ON_PAPER", "Consensus", "weigh_values"]

_FROM_LATTICE = 6  # values of the lattice that take part
_AGREED = (
    0.05  # left for other values; if less, the string reader is not asked for them
)
_BEAM = 6  # readings of the string reader that take part


@dataclass(frozen=True)
class Consensus:
    """What each reader counts, in a log-linear model of the two.

    The defaults are for printed boxes, in which ink is told from paper without doubt.

    Attributes:
        lattice: Weight of the lattice's log-probability.
        string: Weight of the string reader's.
        unknown: Log-probability of a reading that the lattice does not know.
    """

    lattice: float = 0.5
    string: float = 0.8
    unknown: float = -6.0


ON_PAPER = Consensus(lattice=0.5, string=0.9, unknown=-3.0)
"""Where writing stands on any paper, which may hide digits from the lattice. Fitted by
`scripts/fit_lattice.py` on strips that neither reader was fitted to."""

IN_CELLS = Consensus(lattice=1.0, string=0.5)
"""Where cells are printed there is no doubt about cuts, and digits stand apart as the
string reader seldom saw them: it counts half as much."""


def weigh_values(
    lattice: Mapping[str, float],
    log_probs: npt.NDArray[np.floating],
    weights: Consensus | None = None,
    *,
    closed: bool = False,
) -> dict[str, float]:
    """Give the probability of each value that one of the readers proposes.

    Args:
        lattice: Probabilities in (0, 1] of the values that the lattice proposes.
        log_probs: (T, 11) answer of the string reader.
        weights: What each reader counts.
        closed: No value but those of the lattice is possible.

    Returns:
        Probabilities, the most probable value first; what is missing to 1 is that of
        values which nobody proposed.
    """
    w = weights or Consensus()
    likely = sorted(lattice, key=lambda value: -lattice[value])[:_FROM_LATTICE]
    heard = dict(zip(likely, log_probabilities(log_probs, likely), strict=True))
    if not closed and _left_over(heard) > _AGREED:
        heard |= dict(best_strings(log_probs, _BEAM))
    if not heard:
        return {}
    scores = {
        value: w.lattice * max(_log(lattice.get(value, 0.0)), w.unknown)
        + w.string * max(chance, _LEAST)
        for value, chance in heard.items()
    }
    others = w.lattice * w.unknown + w.string * _log(_left_over(heard))
    total = np.logaddexp.reduce([*scores.values(), *([] if closed else [others])])
    weighed = {value: float(np.exp(score - total)) for value, score in scores.items()}
    return dict(sorted(weighed.items(), key=lambda item: -item[1]))


def _left_over(heard: Mapping[str, float]) -> float:
    """Say what the string reader leaves to all other values."""
    return 1 - float(np.exp(list(heard.values())).sum())


_LEAST = -40.0


def _log(probability: float) -> float:
    return float(np.log(max(probability, 1e-12)))
