"""Carry out tasks in worker processes, many at a time, and give back their outcomes.

The runner knows nothing but `Executor`, so that a cluster can stand behind it as well.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from multiprocessing import get_context
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol, Self

from pebble import ProcessExpired, ProcessPool

from formreader.batch.options import ReadingOptions
from formreader.batch.tasks import Failed, Outcome, Task

if TYPE_CHECKING:
    from types import TracebackType

    from formreader.batch.worker import Worker

__all__ = ["Executor", "ProcessExecutor"]

_AHEAD = 2  # tasks under way for each worker, so that none waits for the runner
_LOOK_S = 0.5  # how long to wait for an outcome before looking whether all is well


class Executor(Protocol):
    """Anything that carries out tasks."""

    @property
    def slots(self) -> int:
        """How many tasks should be under way to keep every worker busy."""
        ...

    def submit(self, task: Task) -> None:
        """Take on a task.

        Raises:
            OutputError: If no worker can be reached any more.
        """
        ...

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what has been done since the last call; wait for one at the least.

        Every task that was taken on has one outcome in the end, whatever becomes of
        its worker. May come back with none after a while.

        Raises:
            OutputError: If no worker can be reached any more.
        """
        ...


class ProcessExecutor:
    """Worker processes on this machine; a context manager that ends them.

    A worker that dies or takes too long costs the task that it was at: the task is
    answered with `Failed`, and a new worker takes its place.

    Args:
        options: How pages are read.
        jobs: How many processes.
        page_timeout_s: How long a task may take, in seconds.
    """

    def __init__(
        self, options: ReadingOptions, jobs: int, page_timeout_s: float
    ) -> None:
        """Prepare the processes; they start with the first task."""
        self._jobs, self._page_timeout_s = jobs, page_timeout_s
        self._done: SimpleQueue[Outcome] = SimpleQueue()
        # Forked workers would share the locks of OpenCV's and LiteRT's threads.
        self._pool = ProcessPool(
            max_workers=jobs,
            context=get_context("spawn"),
            initializer=_start_worker,
            initargs=[options],
        )

    def __enter__(self) -> Self:
        """Return the executor."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes, whatever they are at."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    @property
    def slots(self) -> int:
        """Tasks that keep every process busy."""
        return self._jobs * _AHEAD

    def submit(self, task: Task) -> None:
        """Take on a task."""
        future = self._pool.schedule(
            _run_task, args=[task], timeout=self._page_timeout_s
        )
        future.add_done_callback(lambda done: self._finish(task, done))

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what is done; wait half a second at most for the first."""
        try:
            yield self._done.get(timeout=_LOOK_S)
            while True:
                yield self._done.get_nowait()
        except Empty:
            return

    def _finish(self, task: Task, done: Future[Outcome]) -> None:
        """Turn the end of a task into an outcome, whichever way it ended."""
        try:
            self._done.put(done.result())
        except CancelledError:
            return  # the pool is being stopped
        except TimeoutError:
            problem = f"took longer than {self._page_timeout_s:g} s"
            remedy = "give it more time with --page-timeout and --retry-failed"
            self._done.put(Failed(task, problem, remedy))
        except ProcessExpired as error:
            problem = f"the worker process died (exit code {error.exitcode})"
            remedy = "try once more with --retry-failed; if it stays, report the page"
            self._done.put(Failed(task, problem, remedy))
        except Exception as error:  # a fault of formreader's own costs one page
            problem = f"unexpected error: {type(error).__name__}: {error}"
            self._done.put(Failed(task, problem, "please report it"))


_worker: Worker | None = None  # of this process


def _start_worker(options: ReadingOptions) -> None:
    """Load the models, once in the life of a worker process."""
    from formreader.batch.worker import Worker

    global _worker
    _silence_stdout()
    _worker = Worker(options.make_reader(), options.strip)


def _run_task(task: Task) -> Outcome:
    assert _worker is not None, "pebble runs the initializer first"
    return _worker.run(task)


def _silence_stdout() -> None:
    """Keep what libraries print out of the data of the command that started it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
