"""The batches of a run, made ahead in a process of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor

from formreader.training.digits.mixture import Batch, Mixer, Recipe
from formreader.training.digits.supplement import Supplement
from formreader.training.sources import Source

__all__ = ["BatchStream"]

_AHEAD = 24  # batches made before they are asked for
_NOTHING = Supplement()


class BatchStream:
    """Serves the batches of a run, made ahead in another process.

    Args:
        sources: Digits to learn from.
        recipe: What a batch is made of.
        seed: Seed of all that is drawn.
        size: Crops a batch.
        calm_from: First epoch of calm batches, 0-based; None has none.
        background: Make batches in another process; else when they are asked for.
        supplement: Letters and strokes beside the digits.
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
        supplement: Supplement = _NOTHING,
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
                initargs=(sources, recipe, seed, supplement),
            )
        else:
            self._mixer = Mixer(sources, recipe, seed, supplement)

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


def _prepare(
    sources: Sequence[Source], recipe: Recipe, seed: int, supplement: Supplement
) -> None:
    """Make the mixer of this process; Ctrl-C is for the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _prepared[:] = [Mixer(sources, recipe, seed, supplement)]


def _end_with_parent() -> None:
    """End this process when the parent has been killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(size: int, key: Sequence[int], calm: bool) -> Batch:
    """Make a batch in the process that `_prepare` made ready."""
    return _prepared[0].batch(size, key, calm=calm)
