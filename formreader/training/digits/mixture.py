"""The stream of training crops: sources in balance, non-digits, degradation.

A batch depends on nothing but the data, the seed, the epoch and the step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from formreader.digits.model import CLASSES, DIGITS
from formreader.digits.normalization import SIDE
from formreader.training.digits.supplement import PennedDigits, Supplement
from formreader.training.drawing.degradation import Degradation, degrade
from formreader.training.drawing.negatives import (
    DIGIT_KINDS,
    DRAWN_KINDS,
    LARGE,
    draw_drawn_digit,
    draw_x,
    merge_pair,
    strike_out,
    take_half,
    turn_digit,
)
from formreader.training.drawing.pens import choose_nib, slash_zero, write_strokes
from formreader.training.sources import Source, normalize

__all__ = ["Batch", "Mixer", "Recipe"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator
Batch = tuple[Gray, Gray]

CROSSED, OTHER = CLASSES.index("crossed"), CLASSES.index("other")
EXPECTED_NON_DIGITS = 0.03
"""Share of non-digits among what stands on forms; in training there are more."""

_TRIES = 50
_PENNED = 0.15  # of the digits
_OTHER_WITH_LETTERS = 0.25  # of all crops
_LETTERS = 0.65  # of these
_CROSSES = 0.35  # of the crossed-out cells
_REPENNED = 0.15  # of them; the pen was chosen already
_SLASHED = 0.05  # of the zeros written anew; more than one writer in twenty does it
_NOTHING = Supplement()


@dataclass(frozen=True)
class Recipe:
    """What a batch is made of.

    Attributes:
        classes: 10 for digits alone, 12 with non-digits.
        crossed: Share of crossed-out cells.
        other: Share of other non-digits.
        letters: Share of the other non-digits that are real letters and signs.
        crosses: Share of the crossed-out cells that are a real x.
        drawn: Share of the digits that come from stroke models.
        penned: Share of the digits that are written anew from recorded strokes.
        balance: A source counts by its size to this power: 1 draws each digit equally
            often, 0 each source.
        last_share: Share of the written digits that come from the last source, however
            large it is; None lets it count as the others do.
        pool: How many crops of each drawn kind are drawn; each is used many times.
        degradation: What happens to each crop.
        calm: Share of digits that are degraded lightly towards the end of a run, when
            the network settles on digits as most of them are.
    """

    classes: int = len(CLASSES)
    crossed: float = 0.03
    other: float = 0.14
    letters: float = 0.0
    crosses: float = 0.0
    drawn: float = 0.05
    penned: float = 0.0
    balance: float = 0.5
    last_share: float | None = None
    pool: int = 6000
    degradation: Degradation = field(default_factory=Degradation)
    calm: float = 0.85

    @property
    def non_digit_odds(self) -> float:
        """Say how the odds of a non-digit on forms compare with those shown."""
        shown = self.crossed + self.other
        expected = EXPECTED_NON_DIGITS / (1 - EXPECTED_NON_DIGITS)
        return expected / (shown / (1 - shown)) if self.classes > len(DIGITS) else 1.0

    def beside(self, supplement: Supplement) -> Recipe:
        """Make room for what there is beside crops of digits."""
        recipe = self
        if supplement.penned:
            recipe = replace(recipe, penned=_PENNED)
        if self.classes > len(DIGITS) and supplement.of_class("other"):
            other = max(recipe.other, _OTHER_WITH_LETTERS)
            recipe = replace(recipe, other=other, letters=_LETTERS)
        if self.classes > len(DIGITS) and supplement.of_class("crossed"):
            recipe = replace(recipe, crosses=_CROSSES)
        return recipe

    @property
    def mild(self) -> Degradation:
        """What happens to non-digits: a ruined letter may well be a digit."""
        return replace(
            self.degradation,
            lowest_px=14.0,
            shear=0.08,
            gray=0.08,
            dirt=0.08,
            cut=0.02,
            misplaced=0.06,
        )


@dataclass(frozen=True)
class _Pool:
    """Images of one size and kind, with their labels."""

    images: Gray
    labels: npt.NDArray[np.uint8]
    stretched: bool = False

    def pick(self, rng: Rng) -> tuple[Gray, int]:
        """Draw one image and its label."""
        index = int(rng.integers(len(self.labels)))
        return self.images[index], int(self.labels[index])


class _Stock:
    """Images of several sources, in balance."""

    def __init__(self, sources: Sequence[Source], recipe: Recipe) -> None:
        """Prepare the images."""
        self._domains = [_pools(source) for source in sources]
        self._weights = _weigh(
            [s.weight * len(s) ** recipe.balance for s in sources], recipe.last_share
        )

    def __bool__(self) -> bool:
        """Tell whether there is any image."""
        return bool(self._domains)

    def pick(self, rng: Rng) -> tuple[Gray, int, bool]:
        """Draw one image, its label, and whether it is stretched.

        First the source is drawn, then the image.
        """
        domain = self._domains[int(rng.choice(len(self._domains), p=self._weights))]
        pool = domain[int(rng.integers(len(domain)))]
        image, label = pool.pick(rng)
        return image, label, pool.stretched


class Mixer:
    """Makes batches out of sources.

    Args:
        sources: Digits to learn from.
        recipe: Shares and degradation.
        seed: Seed of what is drawn once.
        supplement: Letters and strokes, which the recipe must give a share.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        recipe: Recipe,
        seed: int,
        supplement: Supplement = _NOTHING,
    ) -> None:
        """Prepare the images that batches are made from."""
        self._recipe = recipe
        self._digits = _Stock(sources, recipe)
        evenly = replace(recipe, last_share=None)
        self._letters = _Stock(supplement.of_class("other"), evenly)
        self._exes = _Stock(supplement.of_class("crossed"), evenly)
        self._penned = [found for found in supplement.penned if len(found)]
        self._pens = _weigh([len(p) ** recipe.balance for p in self._penned])
        rng = np.random.default_rng([seed, 1])
        self._drawn = _draw_digits(recipe.pool, rng) if recipe.drawn else None
        self._crosses, self._marks = None, {}
        if recipe.classes > len(DIGITS):
            self._crosses = np.stack([draw_x(rng) for _ in range(recipe.pool // 4)])
            self._marks = {
                name: np.stack(
                    [draw(rng) for _ in range(max(1, round(3 * share * recipe.pool)))]
                )
                for name, (draw, share) in DRAWN_KINDS.items()
            }

    def batch(self, size: int, key: Sequence[int], *, calm: bool = False) -> Batch:
        """Make a batch.

        Args:
            size: How many crops.
            key: Seed, epoch and step, or whatever makes the batch differ from others.
            calm: Degrade more digits lightly.

        Returns:
            (N, 28, 28) uint8 images, 255 = ink, and (N,) labels.
        """
        rng = np.random.default_rng(list(key))
        images = np.empty((size, 28, 28), np.uint8)
        labels = np.empty(size, np.uint8)
        for index in range(size):
            images[index], labels[index] = self._crop(rng, calm)
        return images, labels

    def negatives(
        self, size: int, key: Sequence[int], *, degraded: bool = True
    ) -> Batch:
        """Make a batch of non-digits alone.

        Args:
            size: How many.
            key: As in `batch`.
            degraded: Treat them as `batch` does; else they are only normalised.
        """
        rng = np.random.default_rng(list(key))
        share = self._recipe.crossed / (self._recipe.crossed + self._recipe.other)
        images = np.empty((size, 28, 28), np.uint8)
        labels = np.where(rng.random(size) < share, CROSSED, OTHER).astype(np.uint8)
        for index in range(size):
            image = self._crossed(rng) if labels[index] == CROSSED else self._other(rng)
            images[index] = (
                degrade(image, rng, self._recipe.mild) if degraded else normalize(image)
            )
        return images, labels

    def _crop(self, rng: Rng, calm: bool) -> tuple[Gray, int]:
        """Draw one crop of any class."""
        recipe, how = self._recipe, self._recipe.degradation
        if calm:
            how = replace(how, light=recipe.calm)
        draw = rng.random()
        if recipe.classes > len(DIGITS):
            if draw < recipe.crossed:
                return degrade(self._crossed(rng), rng, recipe.mild), CROSSED
            if draw < recipe.crossed + recipe.other:
                return degrade(self._other(rng), rng, recipe.mild), OTHER
        draw = rng.random()
        if self._drawn is not None and draw < recipe.drawn:
            image, label = self._drawn.pick(rng)
        elif self._penned and draw < recipe.drawn + recipe.penned:
            image, label = self._write(rng)
            how = replace(how, pen=_REPENNED)
        else:
            image, label, stretched = self._digit(rng)
            how = replace(how, stretch=0.25) if stretched else how
        return degrade(image, rng, how), label

    def _digit(self, rng: Rng) -> tuple[Gray, int, bool]:
        """Draw one written digit."""
        return self._digits.pick(rng)

    def _write(self, rng: Rng) -> tuple[Gray, int]:
        """Write a digit anew from its strokes."""
        found = self._penned[int(rng.choice(len(self._penned), p=self._pens))]
        return write_digit(found, int(rng.integers(len(found))), rng)

    def _crossed(self, rng: Rng) -> Gray:
        """Draw an X or a struck-out digit."""
        if self._exes and rng.random() < self._recipe.crosses:
            return self._exes.pick(rng)[0]
        if self._crosses is not None and rng.random() < 0.5:
            return np.asarray(self._crosses[int(rng.integers(len(self._crosses)))])
        for _ in range(_TRIES):
            struck = strike_out(*self._digit(rng)[:2], rng)
            if struck is not None:
                return struck
        return draw_x(rng)

    def _other(self, rng: Rng) -> Gray:
        """Draw a letter, a mark, or what is left or made of digits."""
        if self._letters and rng.random() < self._recipe.letters:
            return self._letters.pick(rng)[0]
        if rng.random() < 0.55:
            shares = [share for _, share in DRAWN_KINDS.values()]
            marks = self._marks[str(rng.choice(list(self._marks), p=shares))]
            return np.asarray(marks[int(rng.integers(len(marks)))])
        kind = str(rng.choice(DIGIT_KINDS, p=(0.5, 0.22, 0.28)))
        for _ in range(_TRIES):
            image, label, _ = self._digit(rng)
            made = _from_digit(kind, image, label, self, rng)
            if made is not None:
                return made
        return np.zeros((LARGE, LARGE), np.uint8)

    def more_digits(self, rng: Rng) -> list[Gray]:
        """Draw two written digits, (S, S) uint8, 255 = ink."""
        return [self._digit(rng)[0] for _ in range(2)]


def _from_digit(
    kind: str, image: Gray, label: int, mixer: Mixer, rng: Rng
) -> Gray | None:
    """Make a non-digit out of a digit."""
    if kind == "half":
        return take_half(image, label, rng)
    if kind == "turned":
        return turn_digit(image, label, rng)
    return merge_pair([image, *mixer.more_digits(rng)], rng)


def write_digit(found: PennedDigits, place: int, rng: Rng) -> tuple[Gray, int]:
    """Write a digit with another pen: large, or small as in MNIST.

    Args:
        found: Recorded strokes.
        place: Which of the digits.
        rng: Source of the pen and its pressure.

    Returns:
        (S, S) uint8, 255 = ink, and the label.
    """
    strokes, label = found.strokes[place], int(found.labels[place])
    if label == 0 and rng.random() < _SLASHED:
        strokes = slash_zero(strokes, rng)
    side = SIDE if rng.random() < 0.5 else LARGE
    return write_strokes(strokes, choose_nib(rng), rng, side), label


def _weigh(
    weights: Sequence[float], last_share: float | None = None
) -> npt.NDArray[np.float64]:
    """Say how often each source is drawn from; the last may have a fixed share."""
    shares = np.array(weights, float)
    if last_share is not None:
        shares[-1] = shares[:-1].sum() * last_share / (1 - last_share)
    return np.asarray(shares / shares.sum()) if len(shares) else shares


def _pools(source: Source) -> list[_Pool]:
    """Prepare the images of a source: as MNIST has them and, if it differs, large."""
    stretched = source.is_stretched
    pools = [_Pool(source.normalize().images, source.labels, stretched)]
    if not source.is_mnist:
        pools.append(_Pool(source.enlarge(LARGE), source.labels, stretched))
    if int(np.median(source.crops.max(axis=(1, 2)))) < 250:
        pale = source.normalize_pale().images
        pools.append(_Pool(pale, source.labels, stretched))
    return pools


def _draw_digits(count: int, rng: Rng) -> _Pool:
    """Draw digits from the stroke models."""
    labels = (np.arange(count) % len(DIGITS)).astype(np.uint8)
    return _Pool(
        np.stack([draw_drawn_digit(int(label), rng) for label in labels]), labels
    )
