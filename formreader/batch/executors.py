"""Carry out tasks in worker processes, many at a time, and give back their outcomes.

The runner knows nothing but `Executor`, so that a cluster can stand behind it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, Thread
from types import TracebackType
from typing import Protocol, Self

from formreader.errors import FormReaderError
from formreader.options import ReadingOptions
from formreader.store.records import Failed, Outcome, Task
from formreader.workers.limits import PageLimits, WorkerLostError
from formreader.workers.process import WorkerProcess

__all__ = ["Executor", "ProcessExecutor"]

_AHEAD = 2  # tasks under way for each worker, so that none waits for the runner
_LOOK_S = 0.5  # how long to wait for an outcome before looking whether all is well

_CarryOut = Callable[[Task], Outcome]
_Process = WorkerProcess[Task, Outcome]


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

    A worker that dies, or takes too long or too much memory, costs the task that it was
    at: the task is answered with `Failed`, and a new worker takes its place. Workers
    share nothing, no queue and no lock, so that one that is killed at any moment cannot
    stop another.

    Args:
        options: How pages are read.
        jobs: How many processes.
        limits: What a task may take.
    """

    def __init__(self, options: ReadingOptions, jobs: int, limits: PageLimits) -> None:
        """Start a thread for each process; a process starts with its first task."""
        self._jobs, self._closed = jobs, Event()
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._done: SimpleQueue[Outcome | FormReaderError] = SimpleQueue()
        make = partial(_make_worker, options, limits)
        self._processes = [_Process(make, limits) for _ in range(jobs)]
        self._threads = [
            Thread(target=self._serve, args=[process], daemon=True)
            for process in self._processes
        ]
        for thread in self._threads:
            thread.start()

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
        self._closed.set()
        for process in self._processes:
            self._tasks.put(None)
            process.end()
        for thread in self._threads:
            thread.join()

    @property
    def slots(self) -> int:
        """Tasks that keep every process busy."""
        return self._jobs * _AHEAD

    def submit(self, task: Task) -> None:
        """Take on a task."""
        self._tasks.put(task)

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what is done; wait half a second at most for the first.

        Raises:
            FormReaderError: If no process can be started, or none can read.
        """
        try:
            outcome = self._done.get(timeout=_LOOK_S)
            while True:
                if isinstance(outcome, FormReaderError):
                    raise outcome
                yield outcome
                outcome = self._done.get_nowait()
        except Empty:
            return

    def _serve(self, process: _Process) -> None:
        """Hand tasks to one process, one after the other, until the end."""
        while (task := self._tasks.get()) is not None and not self._closed.is_set():
            try:
                self._done.put(_carry_out(process, task))
            except FormReaderError as error:
                self._done.put(error)
                return
        process.end()


def _carry_out(process: _Process, task: Task) -> Outcome:
    """Let a process carry out a task; what costs too much has failed."""
    try:
        return process.ask(task)
    except WorkerLostError as lost:
        return Failed.of_loss(task, lost)


def _make_worker(options: ReadingOptions, limits: PageLimits) -> _CarryOut:
    """Load the models, in a worker process."""
    from formreader.batch.worker import Worker

    return Worker(options.make_reader(), options, limits).run
