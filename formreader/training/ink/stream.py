"""Serves crops of drawn pages; the pages are drawn ahead in another process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.training.ink.crops import Batch, draw_crop

__all__ = ["CropStream", "DrawPage", "InkSource", "PoolOptions"]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator
DrawPage = Callable[[Rng, int], tuple[Gray, Gray]]
"""Draws a page of a size: its (S, S, 3) pixels and (S, S) classes."""
InkSource = Callable[[], DrawPage]
"""Loads the handwriting; called once in the process that draws."""

_PAGES, _CROPS = 31, 32  # tell the draws of pages from those of crops
_ONE_TASK = 4  # pages
_TASKS = 3  # waiting at once
_NICENESS = 5  # drawing must not slow the training down
_EMPTY = -1


@dataclass(frozen=True)
class PoolOptions:
    """How many pages are kept, and how fast they are replaced.

    Attributes:
        pages: Pages that crops are taken from, once there are so many.
        first: Pages drawn before the first step.
        fresh: New pages a step.
        page_size: Side of a page in pixels.
        crop_size: Side of a crop, a multiple of 32.
        batch_size: Crops a step.
        background: Draw in another process; else when the pages are needed.
    """

    pages: int = 1500
    first: int = 120
    fresh: float = 0.4
    page_size: int = 512
    crop_size: int = 192
    batch_size: int = 8
    background: bool = True

    def drawn_by(self, step: int) -> int:
        """Count the pages that are drawn before a step is taken."""
        return self.first + int(step * self.fresh)


class CropStream:
    """Serves the batches of a run; the same seed gives the same batches.

    Pages lie in a file, so that a run that is taken up again need not draw them anew.

    Args:
        source: Loads what pages are drawn with.
        folder: Takes the file of pages.
        options: How many pages and crops.
        seed: Seed of all that is drawn.
    """

    def __init__(
        self, source: InkSource, folder: Path, options: PoolOptions, *, seed: int
    ) -> None:
        """Start the process, or load the handwriting here."""
        self._options, self._seed = options, seed
        self._pages, self._held = _open_pool(folder, options)
        self._tasks: dict[int, Future[list[Gray]]] = {}
        self._drawer = _Drawer(source, seed)
        self._pool: ProcessPoolExecutor | None = None
        if options.background:
            self._pool = ProcessPoolExecutor(
                1,
                multiprocessing.get_context("spawn"),
                initializer=_prepare,
                initargs=(self._drawer,),
            )
        self._ahead = ThreadPoolExecutor(1)
        self._next: tuple[int, Future[Batch]] | None = None

    def get(self, step: int) -> Batch:
        """Get one batch, and have the next one made meanwhile.

        Args:
            step: 0-based, over the whole run.
        """
        if self._next is not None and self._next[0] == step:
            batch = self._next[1].result()
        else:
            batch = self._ahead.submit(self._make, step).result()
        self._next = step + 1, self._ahead.submit(self._make, step + 1)
        return batch

    def close(self) -> None:
        """Stop the process."""
        self._ahead.shutdown(wait=True, cancel_futures=True)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _make(self, step: int) -> Batch:
        """Take the crops of a step from the pages that are drawn by then."""
        options = self._options
        last = options.drawn_by(step)
        first = max(0, last - options.pages)
        self._fill(first, last)
        rng = np.random.default_rng([self._seed, _CROPS, step])
        crops = []
        for _ in range(options.batch_size):
            page = self._pages[int(rng.integers(first, last)) % options.pages]
            crops.append(draw_crop(page, options.crop_size, rng))
        pixels, classes = zip(*crops, strict=True)
        return Batch(np.stack(pixels), np.stack(classes))

    def _fill(self, first: int, last: int) -> None:
        """Put the pages from `first` to `last` into the pool."""
        for page in range(first, last):
            if self._held[page % self._options.pages] < page:
                task, place = divmod(page, _ONE_TASK)
                self._pages[page % self._options.pages] = self._draw(task)[place]
                self._held[page % self._options.pages] = page

    def _draw(self, task: int) -> list[Gray]:
        """Draw a few pages, and have the following ones drawn."""
        size = self._options.page_size
        for ahead in range(task, task + _TASKS):
            if ahead not in self._tasks:
                self._tasks[ahead] = self._submit(ahead, size)
        for done in [number for number in self._tasks if number < task]:
            del self._tasks[done]
        return self._tasks[task].result()

    def _submit(self, task: int, size: int) -> Future[list[Gray]]:
        """Have pages drawn in the other process, or draw them here."""
        if self._pool is not None:
            return self._pool.submit(_draw, task, size)
        drawn: Future[list[Gray]] = Future()
        drawn.set_result(self._drawer.draw(task, size))
        return drawn


class _Drawer:
    """Draws pages by their number."""

    def __init__(self, source: InkSource, seed: int) -> None:
        self._source, self._seed = source, seed
        self._draw_page: DrawPage | None = None

    def draw(self, task: int, size: int) -> list[Gray]:
        """Draw the pages of a task, (S, S, 4) each: pixels and classes."""
        if self._draw_page is None:
            self._draw_page = self._source()
        drawn = []
        for number in range(task * _ONE_TASK, (task + 1) * _ONE_TASK):
            rng = np.random.default_rng([self._seed, _PAGES, number])
            pixels, classes = self._draw_page(rng, size)
            drawn.append(np.dstack([pixels, classes]))
        return drawn


def _open_pool(
    folder: Path, options: PoolOptions
) -> tuple[Gray, npt.NDArray[np.int64]]:
    """Open or make the file of pages, and that of which page lies where."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = (options.pages, options.page_size, options.page_size, 4)
    paths = folder / "pages.npy", folder / "numbers.npy"
    if all(path.is_file() for path in paths):
        pages = np.load(paths[0], mmap_mode="r+")
        if pages.shape == shape:
            return pages, np.load(paths[1], mmap_mode="r+")
    pages = np.lib.format.open_memmap(paths[0], "w+", np.uint8, shape)
    held = np.lib.format.open_memmap(paths[1], "w+", np.int64, shape[:1])
    held[:] = _EMPTY
    return pages, held


_prepared: list[_Drawer] = []


def _prepare(drawer: _Drawer) -> None:
    """Make this process ready; Ctrl-C is for the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    _prepared[:] = [drawer]


def _end_with_parent() -> None:
    """End this process when the parent has been killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _draw(task: int, size: int) -> list[Gray]:
    """Draw in the process that `_prepare` made ready."""
    return _prepared[0].draw(task, size)
