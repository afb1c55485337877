"""Carry out tasks in worker processes, many at a time, and give back their outcomes.

The runner knows nothing but `Executor`, so that a cluster can stand behind it as well.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from threading import Event, Thread, Timer
from types import TracebackType
from typing import Protocol, Self

from formreader.errors import OutputError
from formreader.options import ReadingOptions
from formreader.output import send_nowhere
from formreader.store.records import Failed, Outcome, Task

__all__ = ["Executor", "ProcessExecutor"]

_AHEAD = 2  # tasks under way for each worker, so that none waits for the runner
_LOOK_S = 0.5  # how long to wait for an outcome before looking whether all is well
_START_S = 120.0  # in which a worker must have loaded its models
_STARTS = 3  # in a row that may fail before the run is given up


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
    answered with `Failed`, and a new worker takes its place. Workers share nothing, no
    queue and no lock, so that one that is killed at any moment cannot stop another.

    Args:
        options: How pages are read.
        jobs: How many processes.
        page_timeout_s: How long a task may take, in seconds.
    """

    def __init__(
        self, options: ReadingOptions, jobs: int, page_timeout_s: float
    ) -> None:
        """Start a thread for each process; a process starts with its first task."""
        self._jobs, self._closed = jobs, Event()
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._done: SimpleQueue[Outcome | OutputError] = SimpleQueue()
        self._processes = [_WorkerProcess(options, page_timeout_s) for _ in range(jobs)]
        self._threads = [
            Thread(target=self._serve, args=[process], daemon=True)
            for process in self._processes
        ]
        if sys.platform != "win32":  # else it would lift the block on SIGINT in _serve
            resource_tracker.ensure_running()
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
            OutputError: If no process can be started.
        """
        try:
            outcome = self._done.get(timeout=_LOOK_S)
            while True:
                if isinstance(outcome, OutputError):
                    raise outcome
                yield outcome
                outcome = self._done.get_nowait()
        except Empty:
            return

    def _serve(self, process: _WorkerProcess) -> None:
        """Hand tasks to one process, one after the other, until the end."""
        if sys.platform != "win32":  # what the process inherits, from its first moment
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        while (task := self._tasks.get()) is not None and not self._closed.is_set():
            try:
                self._done.put(process.carry_out(task))
            except OutputError as error:
                self._done.put(error)
                return
        process.end()


class _WorkerProcess:
    """A process that carries out one task at a time, and is replaced when it ends.

    Args:
        options: How pages are read.
        page_timeout_s: How long a task may take, in seconds.
    """

    def __init__(self, options: ReadingOptions, page_timeout_s: float) -> None:
        """Prepare it; it starts with its first task."""
        self._options, self._page_timeout_s = options, page_timeout_s
        # A forked process would share the locks of OpenCV's and LiteRT's threads.
        self._context = get_context("spawn")
        self._process = self._context.Process()
        self._pipe: Connection | None = None
        self._ended = False

    def carry_out(self, task: Task) -> Outcome:
        """Let the process carry out a task; start it, if there is none.

        Raises:
            OutputError: If it cannot be started.
        """
        pipe = self._pipe or self._start()
        limit = _Limit(self._page_timeout_s, self.kill)
        try:
            with limit:
                pipe.send(task)
                answer: Outcome = pipe.recv()
        except (EOFError, OSError):
            return self._bury(task, limit)
        return answer

    def end(self) -> None:
        """End the process for good."""
        self._ended = True
        self.kill()

    def kill(self) -> None:
        """End the process, whatever it is at; the next task has a new one."""
        if self._process.pid is not None:
            self._process.kill()

    def _start(self) -> Connection:
        """Start the process and wait until it has loaded its models."""
        for _ in range(_STARTS):
            if self._ended:
                break
            here, there = self._context.Pipe()
            self._process = self._context.Process(
                target=_work, args=[there, self._options], daemon=True
            )
            self._process.start()
            there.close()
            try:
                with _Limit(_START_S, self.kill):
                    here.recv()
            except (EOFError, OSError):
                self._process.join()
                continue
            self._pipe = here
            return here
        raise OutputError(
            f"worker processes cannot be started (exit code {self._process.exitcode}); "
            "free some memory, or use fewer with --jobs, and start again"
        )

    def _bury(self, task: Task, limit: _Limit) -> Failed:
        """Clear away a process that has ended; say why, and what to do."""
        assert self._pipe is not None
        self._pipe.close()
        self._pipe = None
        self._process.join()
        if limit.is_over:
            return Failed.of_timeout(task, self._page_timeout_s)
        return Failed.of_death(
            task, f"the worker process died (exit code {self._process.exitcode})"
        )


class _Limit:
    """Does something unless the block ends in time.

    Args:
        seconds: How long the block may take.
        act: What is done else.

    Attributes:
        is_over: Whether it was done.
    """

    def __init__(self, seconds: float, act: Callable[[], None]) -> None:
        self.is_over = False
        self._act = act
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        self._act()


def _work(pipe: Connection, options: ReadingOptions) -> None:
    """Be a worker process: load the models, then answer until nobody asks."""
    from formreader.batch.worker import Worker

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks
    send_nowhere(1)  # what libraries print is no data of the command
    worker = Worker(options.make_reader(), options.strip)
    try:
        pipe.send(None)
        while True:
            pipe.send(worker.run(pipe.recv()))
    except (EOFError, OSError):
        return  # whoever asked is gone
