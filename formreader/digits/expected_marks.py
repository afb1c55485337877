"""Which components of a field are marks, by their shape and by what is known of it.

The shape of a stroke may leave it open whether it is a slash or a one. Where a date is
asked for, with two marks between its parts, the two likeliest strokes are these marks.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np
import numpy.typing as npt

from formreader.digits.settings import SETTINGS
from formreader.records import MARKS

__all__ = ["ANY_MARKS", "CLASSES", "MARK_CLASSES", "ExpectedMarks"]

Floats = npt.NDArray[np.float64]

CLASSES = (".", ",", "-", "/", ":", "digit", "dirt")
"""What a component may be; a colon has two of its own kind."""

MARK_CLASSES = CLASSES[:5]

_LEAST = 1e-12  # probability of anything that a component may be
_MOST = 12  # components among which a number of marks is sought


@dataclass(frozen=True)
class ExpectedMarks:
    """What is known of the marks of a field before it is read.

    Attributes:
        groups: The marks that it may hold; those of one text mean the same there, so
            that there is no doubt between them.
        count: How many there are at most, and nearly always; None if that is unknown.
        are_likely: Whether there are as many as in the drawn numbers that the network
            was fitted to; else they are as seldom as on forms.
    """

    groups: tuple[str, ...] = tuple(MARKS)
    count: int | None = None
    are_likely: bool = False

    def weigh(self, chances: Floats) -> Floats:
        """Weigh what components may be by what is known.

        Args:
            chances: (N, 7) probabilities of `CLASSES`, by how often there are marks on
                forms.

        Returns:
            The same, with no chance for marks that the field does not hold.
        """
        weighed = np.maximum(chances, _LEAST)
        if self.are_likely:
            weighed[:, : len(MARK_CLASSES)] /= SETTINGS.marks.odds
        allowed = "".join(self.groups)
        absent = [CLASSES.index(mark) for mark in MARK_CLASSES if mark not in allowed]
        weighed[:, absent] = 0.0
        return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))

    def choose(self, chances: Floats) -> list[tuple[str, float]]:
        """Choose which components are marks.

        Args:
            chances: As `weigh` gives them, components from left to right.

        Returns:
            For each component its mark, and how sure that is; an empty text if it is
            none.
        """
        named = [self._name(row) for row in chances]
        if self.count is None:
            return [
                one if row.argmax() < len(MARK_CLASSES) else ("", 0.0)
                for one, row in zip(named, chances, strict=True)
            ]
        places, sure = self._find(chances)
        share = sure ** (1 / max(1, len(places)))
        return [
            (mark, share) if at in places else ("", 0.0)
            for at, (mark, _) in enumerate(named)
        ]

    def _name(self, row: Floats) -> tuple[str, float]:
        """Name the likeliest mark, and how likely it is one that means the same."""
        mark = MARK_CLASSES[int(row[: len(MARK_CLASSES)].argmax())]
        alike = next(group for group in self.groups if mark in group)
        chance = sum(float(row[CLASSES.index(one)]) for one in alike)
        return mark, min(1.0, chance)

    def _find(self, chances: Floats) -> tuple[tuple[int, ...], float]:
        """Find as many marks as there are; fewer, where some hang on a digit.

        Returns:
            The places of the components, and how sure they are.
        """
        count = self.count or 0
        as_mark = chances[:, : len(MARK_CLASSES)].sum(axis=1)
        odds = as_mark / np.maximum(1 - as_mark, _LEAST)
        likeliest = sorted(np.argsort(-odds)[:_MOST].tolist())
        weights = {
            places: prod(float(odds[place]) for place in places)
            * SETTINGS.marks.lost ** (count - found)
            for found in range(count + 1)
            for places in combinations(likeliest, found)
        }
        best = max(weights, key=lambda places: weights[places])
        return best, weights[best] / sum(weights.values())


ANY_MARKS = ExpectedMarks()
"""What is known of a field of which no template speaks: nothing."""
