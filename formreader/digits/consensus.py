"""Weigh the readings of the lattice against those of the string reader.

Two readers that look at a field in different ways, cut into digits and as a whole,
rarely make the same mistake. Where they agree the reading is as good as certain; where
they do not, that is known.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from formreader.digits.looks import Looks
from formreader.digits.settings import IN_TYPED, SETTINGS, Consensus

__all__ = ["weigh_texts", "weigh_values"]

_SEARCH = SETTINGS.search


def weigh_values(
    lattice: Mapping[str, float],
    seen: Looks,
    weights: Consensus | None = None,
    *,
    closed: bool = False,
) -> dict[str, float]:
    """Give the probability of each value that one of the readers proposes.

    Args:
        lattice: Probabilities in (0, 1] of the values that the lattice proposes.
        seen: What the string reader says.
        weights: What each reader counts.
        closed: No value but those of the lattice is possible.

    Returns:
        Probabilities, the most probable value first; what is missing to 1 is that of
        values which nobody proposed.
    """
    w = weights or SETTINGS.consensus
    likely = sorted(lattice, key=lambda value: -lattice[value])[: _SEARCH.from_lattice]
    chances = dict(zip(likely, seen.weigh(likely), strict=True))
    if not closed and _left_over(chances) > _SEARCH.agreed:
        chances |= seen.find(_SEARCH.from_string)
    if not chances:
        return {}
    scores = {
        value: w.lattice * max(_log(lattice.get(value, 0.0)), w.unknown)
        + w.string * max(chance, _SEARCH.least)
        for value, chance in chances.items()
    }
    others = w.lattice * w.unknown + w.string * _log(_left_over(chances))
    total = np.logaddexp.reduce([*scores.values(), *([] if closed else [others])])
    weighed = {value: float(np.exp(score - total)) for value, score in scores.items()}
    return dict(sorted(weighed.items(), key=lambda item: -item[1]))


def weigh_texts(
    read: Mapping[str, float], seen: Mapping[str, float], forms: Mapping[str, float]
) -> dict[str, float]:
    """Give the probability of each text that was read or that a network sees.

    Args:
        read: Probabilities in [0, 1] of the texts that were read.
        seen: Of all texts, the logarithm of what the network says; not empty.
        forms: Of the same, how likely such a text is before anything is read.

    Returns:
        Probabilities; what is missing to 1 is that of texts which nobody proposed.
    """
    w = IN_TYPED
    scores = {
        text: w.lattice * max(_log(read.get(text, 0.0)), w.unknown)
        + w.string * max(chance, _SEARCH.least)
        + _log(forms[text])
        for text, chance in seen.items()
    }
    others = w.lattice * w.unknown + w.string * _log(_left_over(seen))
    total = np.logaddexp.reduce([*scores.values(), others])
    return {text: float(np.exp(score - total)) for text, score in scores.items()}


def _left_over(chances: Mapping[str, float]) -> float:
    """Say what the string reader leaves to all other values."""
    return 1 - float(np.exp(list(chances.values())).sum())


def _log(probability: float) -> float:
    return float(np.log(max(probability, 1e-12)))
