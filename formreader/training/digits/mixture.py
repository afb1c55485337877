"""The stream of training crops: sources in balance, non-digits, degradation.

A batch depends on nothing but the data, the seed, the epoch and the step. Batches are
made in a process of their own while the network learns from those before.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from formreader.digits.model import CLASSES, DIGITS
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
from formreader.training.sources import Source, normalize

__all__ = ["BatchStream", "Mixer", "Recipe"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator
Batch = tuple[Gray, Gray]

CROSSED, OTHER = CLASSES.index("crossed"), CLASSES.index("other")
EXPECTED_NON_DIGITS = 0.03
"""Share of non-digits among what stands on forms; in training there are more."""

_AHEAD = 24  # batches made before they are asked for
_TRIES = 50


@dataclass(frozen=True)
class Recipe:
    """What a batch is made of.

    Attributes:
        classes: 10 for digits alone, 12 with non-digits.
        crossed: Share of crossed-out cells.
        other: Share of other non-digits.
        drawn: Share of the digits that come from stroke models.
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
    drawn: float = 0.05
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


class Mixer:
    """Makes batches out of sources.

    Args:
        sources: Digits to learn from.
        recipe: Shares and degradation.
        seed: Seed of what is drawn once.
    """

    def __init__(self, sources: Sequence[Source], recipe: Recipe, seed: int) -> None:
        """Prepare the images that batches are made from."""
        self._recipe = recipe
        self._domains = [_pools(source) for source in sources]
        self._weights = _weigh(sources, recipe)
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
        if self._drawn is not None and rng.random() < recipe.drawn:
            image, label = self._drawn.pick(rng)
        else:
            image, label, stretched = self._digit(rng)
            how = replace(how, stretch=0.25) if stretched else how
        return degrade(image, rng, how), label

    def _digit(self, rng: Rng) -> tuple[Gray, int, bool]:
        """Draw one written digit: first the source, then the digit."""
        domain = self._domains[int(rng.choice(len(self._domains), p=self._weights))]
        pool = domain[int(rng.integers(len(domain)))]
        image, label = pool.pick(rng)
        return image, label, pool.stretched

    def _crossed(self, rng: Rng) -> Gray:
        """Draw an X or a struck-out digit."""
        if self._crosses is not None and rng.random() < 0.5:
            return np.asarray(self._crosses[int(rng.integers(len(self._crosses)))])
        for _ in range(_TRIES):
            struck = strike_out(*self._digit(rng)[:2], rng)
            if struck is not None:
                return struck
        return draw_x(rng)

    def _other(self, rng: Rng) -> Gray:
        """Draw a letter, a mark, or what is left or made of digits."""
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


def _weigh(sources: Sequence[Source], recipe: Recipe) -> npt.NDArray[np.float64]:
    """Say how often each source is drawn from."""
    weights = np.array([len(source) for source in sources], float) ** recipe.balance
    if recipe.last_share is not None:
        others = weights[:-1].sum()
        weights[-1] = others * recipe.last_share / (1 - recipe.last_share)
    return np.asarray(weights / weights.sum())


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


class BatchStream:
    """Serves the batches of a run, made ahead in another process.

    Args:
        sources: Digits to learn from.
        recipe: What a batch is made of.
        seed: Seed of all that is drawn.
        size: Crops a batch.
        calm_from: First epoch of calm batches, 0-based; None has none.
        background: Make batches in another process; else when they are asked for.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        recipe: Recipe,
        *,
        seed: int,
        size: int,
        calm_from: int | None = None,
        background: bool = True,
    ) -> None:
        """Start the process, or prepare the images here."""
        self._key, self._size, self._calm_from = seed, size, calm_from
        self._queue: dict[tuple[int, int], Future[Batch]] = {}
        self._pool: ProcessPoolExecutor | None = None
        self._mixer: Mixer | None = None
        if background:
            self._pool = ProcessPoolExecutor(
                1,
                multiprocessing.get_context("spawn"),
                initializer=_prepare,
                initargs=(sources, recipe, seed),
            )
        else:
            self._mixer = Mixer(sources, recipe, seed)

    def get(self, epoch: int, step: int, steps: int) -> Batch:
        """Get one batch, and have the following ones made.

        Args:
            epoch: 0-based.
            step: 0-based within the epoch.
            steps: How many an epoch has.
        """
        if self._pool is None:
            assert self._mixer is not None
            key = (self._key, 2, epoch, step)
            return self._mixer.batch(self._size, key, calm=self._is_calm(epoch))
        for ahead in range(_AHEAD):
            place = divmod(epoch * steps + step + ahead, steps)
            if place not in self._queue:
                key = (self._key, 2, *place)
                calm = self._is_calm(place[0])
                self._queue[place] = self._pool.submit(_make, self._size, key, calm)
        return self._queue.pop((epoch, step)).result()

    def _is_calm(self, epoch: int) -> bool:
        return self._calm_from is not None and epoch >= self._calm_from

    def close(self) -> None:
        """Stop the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


_prepared: list[Mixer] = []


def _prepare(sources: Sequence[Source], recipe: Recipe, seed: int) -> None:
    """Make the mixer of this process; Ctrl-C is for the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _prepared[:] = [Mixer(sources, recipe, seed)]


def _end_with_parent() -> None:
    """End this process when the parent has been killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(size: int, key: Sequence[int], calm: bool) -> Batch:
    """Make a batch in the process that `_prepare` made ready."""
    return _prepared[0].batch(size, key, calm=calm)
