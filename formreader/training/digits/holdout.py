"""What is kept from training, to watch it, to calibrate, and to set the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from formreader.digits.model import DIGITS
from formreader.training.datasets import DigitSet, join
from formreader.training.digits.mixture import Mixer, Recipe
from formreader.training.drawing.degradation import degrade
from formreader.training.sources import Source

__all__ = ["HELD_OUT_SHARE", "HeldOut", "hold_out", "split_sources"]

HELD_OUT_SHARE = 12  # one in
_NEGATIVES = 0.15  # of the held-out crops


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
    """Keep the last twelfth of each source from training.

    Sources list one writer after the other, so that most writers held out are unknown.

    Returns:
        The parts to fit, then the parts held out.
    """
    edge = 1 - 1 / HELD_OUT_SHARE
    return (
        [source.part(0, edge) for source in sources],
        [source.part(edge, 1) for source in sources],
    )


def hold_out(sources: Sequence[Source], recipe: Recipe, seed: int) -> HeldOut:
    """Gather held-out digits as they are and degraded, and held-out non-digits.

    Args:
        sources: The parts held out.
        recipe: How training crops are made; non-digits are drawn with another seed.
        seed: Seed of the degradation and of the non-digits.
    """
    digits = join([source.normalize() for source in sources])
    rng = np.random.default_rng([seed, 3])
    images = [degrade(image, rng, recipe.degradation) for image in digits.images]
    negatives, plain = None, None
    if recipe.classes > len(DIGITS):
        count = max(1, round(2 * len(digits) * _NEGATIVES))
        pool = min(recipe.pool, max(8, count // 2))
        mixer = Mixer(sources, replace(recipe, pool=pool), seed + 1)
        negatives = DigitSet(*mixer.negatives(count, (seed, 4)))
        plain = DigitSet(*mixer.negatives(count, (seed, 5), degraded=False))
    degraded = DigitSet(np.stack(images), digits.labels)
    return HeldOut(digits, degraded, negatives, plain)
