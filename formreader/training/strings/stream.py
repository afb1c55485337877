"""Serves batches of strips, made ahead in another process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from formreader.digits.strip_normalization import pad_strip, padded_width
from formreader.training.digits.supplement import PennedDigits
from formreader.training.sources import Source
from formreader.training.strings.examples import (
    Example,
    StripSet,
    draw_example,
    draw_picture,
)
from formreader.training.strings.numbers import PennedNumbers
from formreader.training.strings.stock import DigitStock
from formreader.training.strings.words import LetterStock

__all__ = ["Batch", "StringData", "StripStream", "make_batch"]

_SORTED_TOGETHER = 8  # batches whose strips are sorted by width
_AHEAD = 3  # such groups made before they are asked for


@dataclass(frozen=True)
class Batch:
    """Strips of one width.

    Attributes:
        strips: (N, 32, W) uint8, 255 = ink.
        texts: N strings of digits and marks.
        marks_known: (N,) whether a mark that the text does not have is wrong.
    """

    strips: npt.NDArray[np.uint8]
    texts: tuple[str, ...]
    marks_known: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class StringData:
    """What strips are made of.

    Attributes:
        digits: Labelled crops of digits.
        strips: Labelled strips, one set or more, if there are any.
        penned: Digits as pen strokes.
        numbers: Whole numbers as pen strokes.
        real_share: How often a batch takes a strip rather than compose one.
        writers: How many hands are drawn from the stroke models.
        pictured: Strips are seen as a form shows them, with its lines around.
        letters: Crops of letters; of these, pictures that are no numbers are made.
    """

    digits: Sequence[Source] = field(default=())
    strips: Sequence[StripSet] = field(default=())
    penned: Sequence[PennedDigits] = field(default=())
    numbers: PennedNumbers | None = None
    real_share: float = 0.4
    writers: int = 200
    pictured: bool = False
    letters: Sequence[Source] = ()


def make_batch(examples: Sequence[Example]) -> Batch:
    """Pad strips to the width of the widest.

    Args:
        examples: One or more.
    """
    width = padded_width(max(example.strip.shape[1] for example in examples))
    strips = [pad_strip(example.strip, width) for example in examples]
    return Batch(
        np.stack(strips),
        tuple(example.text for example in examples),
        np.array([example.marks_known for example in examples]),
    )


class _Maker:
    """Makes groups of batches."""

    def __init__(self, data: StringData, seed: int) -> None:
        self._data, self._seed = data, seed
        self._stock = DigitStock(
            data.digits, data.penned, writers=data.writers, seed=seed
        )
        self._letters = LetterStock(data.letters) if data.letters else None

    def group(self, size: int, index: int) -> list[Batch]:
        """Make batches of a size; strips of like width come together."""
        rng = np.random.default_rng([self._seed, 12, index])
        examples = [self._draw(rng) for _ in range(size * _SORTED_TOGETHER)]
        examples.sort(key=lambda example: example.strip.shape[1])
        batches = [
            make_batch(examples[first : first + size])
            for first in range(0, len(examples), size)
        ]
        return [batches[place] for place in rng.permutation(len(batches))]

    def _draw(self, rng: np.random.Generator) -> Example:
        """Draw a strip, or a picture of one."""
        data = self._data
        given = self._stock, data.strips, data.real_share, rng, data.numbers
        if data.pictured:
            return draw_picture(*given, self._letters)
        return draw_example(*given)


class StripStream:
    """Serves the batches of a run; the same seed gives the same batches.

    Args:
        data: What strips are made of.
        seed: Seed of all that is drawn.
        size: Strips a batch.
        background: Make batches in another process; else when they are asked for.
    """

    def __init__(
        self, data: StringData, *, seed: int, size: int, background: bool = True
    ) -> None:
        """Start the process, or prepare the digits here."""
        self._size = size
        self._pool: ProcessPoolExecutor | None = None
        self._maker: _Maker | None = None
        self._queue: dict[int, Future[list[Batch]]] = {}
        self._group: tuple[int, list[Batch]] = (-1, [])
        if background:
            self._pool = ProcessPoolExecutor(
                1,
                multiprocessing.get_context("spawn"),
                initializer=_prepare,
                initargs=(data, seed),
            )
        else:
            self._maker = _Maker(data, seed)

    def get(self, step: int) -> Batch:
        """Get one batch.

        Args:
            step: 0-based, over the whole run.
        """
        index, place = divmod(step, _SORTED_TOGETHER)
        if self._group[0] != index:
            self._group = (index, self._make(index))
        return self._group[1][place]

    def close(self) -> None:
        """Stop the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _make(self, index: int) -> list[Batch]:
        """Make a group, and have the following ones made."""
        if self._pool is None:
            assert self._maker is not None
            return self._maker.group(self._size, index)
        for ahead in range(index, index + _AHEAD):
            if ahead not in self._queue:
                self._queue[ahead] = self._pool.submit(_make, self._size, ahead)
        return self._queue.pop(index).result()


_prepared: list[_Maker] = []


def _prepare(data: StringData, seed: int) -> None:
    """Make the maker of this process; Ctrl-C is for the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _prepared[:] = [_Maker(data, seed)]


def _end_with_parent() -> None:
    """End this process when the parent has been killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(size: int, index: int) -> list[Batch]:
    """Make a group in the process that `_prepare` made ready."""
    return _prepared[0].group(size, index)
