"""What a reader says of the picture of a field, seen with several margins around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import best_strings, without_marks
from formreader.digits.looks import Looks
from formreader.digits.picture_settings import VIEWS

__all__ = ["SeenPicture"]

Logs = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class SeenPicture:
    """What a reader says of the picture of a field.

    Attributes:
        looks: For each margin (T, 16) log-probabilities, T as wide as what is seen; the
            first with the margin that the reader was trained with.
        aside: The same of what also shows what stands beside the number; None where
            there is nothing.
        near: The same of what also shows what may stand right beside a lone digit;
            None of others.
    """

    looks: tuple[Logs, ...]
    aside: Logs | None = None
    near: Logs | None = None

    @property
    def plain(self) -> Logs:
        """What is said of the margin that the reader was trained with, (T, 16)."""
        return self.looks[0]

    @property
    def stands_alone(self) -> bool:
        """Whether what stands beside the number reads as nothing."""
        if self.aside is None:
            return False
        seen = (best_strings(look, 1)[0][0] for look in (self.plain, self.aside))
        return len(set(seen)) == 1

    @property
    def goes_on(self) -> bool:
        """Whether other digits are seen as soon as a little more is shown."""
        if self.near is None:
            return False
        seen = (without_marks(look) for look in (self.plain, self.near))
        return len({best_strings(look, 1)[0][0] for look in seen}) > 1

    @cached_property
    def digit_looks(self) -> tuple[Logs, ...]:
        """The looks, (T, 11) each, in which marks count as nothing."""
        return tuple(without_marks(look) for look in self.looks)

    def find_digits(self, count: int) -> dict[str, float]:
        """Find the digits that are the likeliest with the plain margin.

        Args:
            count: How many strings at most.

        Returns:
            The mean log-probability of each string, the likeliest first.
        """
        return Looks(self.digit_looks, VIEWS.unseen).find(count)

    def weigh_digits(self, strings: Sequence[str]) -> list[float]:
        """Give the mean log-probability of digits, whatever their marks."""
        return Looks(self.digit_looks, VIEWS.unseen).weigh(strings)

    def weigh_texts(self, texts: Sequence[str]) -> list[float]:
        """Give the mean log-probability of digits with their marks."""
        return Looks(self.looks, VIEWS.unseen).weigh(texts)
