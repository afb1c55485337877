"""What is kept from training, to watch it, to calibrate, and to set the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from formreader.digits.model import DIGITS
from formreader.training.datasets import DigitSet, join
from formreader.training.digits.mixture import Mixer, Recipe
from formreader.training.digits.supplement import Supplement
from formreader.training.drawing.degradation import degrade
from formreader.training.sources import Source

__all__ = ["HeldOut", "hold_out", "split_sources"]

_NEGATIVES = 0.15  # of the held-out crops
_NOTHING = Supplement()


@dataclass(frozen=True)
class HeldOut:
    """Crops that are never fitted.

    Attributes:
        digits: Digits as they are, of all sources.
        degraded: The same digits, degraded as in training.
        negatives: Non-digits, made from held-out digits and drawn anew, degraded;
            None for a model of digits alone.
        plain_negatives: Others, as they were drawn.
    """

    digits: DigitSet
    degraded: DigitSet
    negatives: DigitSet | None
    plain_negatives: DigitSet | None

    @property
    def watched(self) -> DigitSet:
        """Every second crop, to stop training by."""
        return self._every_second(0)

    @property
    def calibration(self) -> DigitSet:
        """The other crops, to calibrate on."""
        return self._every_second(1)

    def _every_second(self, first: int) -> DigitSet:
        parts = [self.digits, self.degraded]
        crops = join(parts if self.negatives is None else [*parts, self.negatives])
        return crops.subset(np.arange(first, len(crops), 2))


def split_sources(
    sources: Sequence[Source],
) -> tuple[list[Source], list[Source]]:
    """Keep one writer in ten, or the last twelfth, of each source from training.

    Returns:
        The parts to fit, then the parts held out.
    """
    parts = [source.split() for source in sources]
    return [fitted for fitted, _ in parts], [kept for _, kept in parts]


def hold_out(
    sources: Sequence[Source],
    recipe: Recipe,
    seed: int,
    supplement: Supplement = _NOTHING,
) -> HeldOut:
    """Gather held-out digits as they are and degraded, and held-out non-digits.

    Args:
        sources: The parts held out.
        recipe: How training crops are made; non-digits are drawn with another seed.
        seed: Seed of the degradation and of the non-digits.
        supplement: Letters that are held out, for the non-digits.
    """
    digits = join([source.normalize() for source in sources])
    rng = np.random.default_rng([seed, 3])
    images = [degrade(image, rng, recipe.degradation) for image in digits.images]
    negatives, plain = None, None
    if recipe.classes > len(DIGITS):
        count = max(1, round(2 * len(digits) * _NEGATIVES))
        pool = min(recipe.pool, max(8, count // 2))
        mixer = Mixer(sources, replace(recipe, pool=pool), seed + 1, supplement)
        negatives = DigitSet(*mixer.negatives(count, (seed, 4)))
        plain = DigitSet(*mixer.negatives(count, (seed, 5), degraded=False))
    degraded = DigitSet(np.stack(images), digits.labels)
    return HeldOut(digits, degraded, negatives, plain)
