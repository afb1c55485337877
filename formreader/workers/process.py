"""A process that carries out one task at a time, and is replaced when it ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from threading import Timer
from types import TracebackType
from typing import Generic, Self, TypeVar

from formreader.errors import FormReaderError, OutputError
from formreader.workers.limits import Loss, PageLimits, WorkerLostError
from formreader.workers.serving import serve

__all__ = ["WorkerProcess"]

TaskT = TypeVar("TaskT")
AnswerT = TypeVar("AnswerT")

_START_S = 120.0  # in which a worker must have loaded its models
_STARTS = 3  # in a row that may fail before it is given up


class WorkerProcess(Generic[TaskT, AnswerT]):
    """A worker process; a context manager that ends it.

    It ends with the thread that has started it, or at the latest with its process.

    Args:
        make: Loads models and gives the function that carries out a task; both must be
            fit to be sent. Runs in the process.
        limits: What one task may take.
    """

    def __init__(
        self, make: Callable[[], Callable[[TaskT], AnswerT]], limits: PageLimits
    ) -> None:
        """Prepare it; it starts with its first task, or with `launch`."""
        self._make, self.limits = make, limits
        # A forked process would share the locks of OpenCV's and LiteRT's threads.
        self._context = get_context("spawn")
        self._process = self._context.Process()
        self._pipe: Connection | None = None
        self._is_ready = self._is_over = False

    def __enter__(self) -> Self:
        """Return the worker."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process, whatever it is at."""
        self.end()

    @property
    def is_running(self) -> bool:
        """Whether there is a process, which knows what it was told before."""
        return self._pipe is not None and self._process.is_alive()

    def launch(self) -> None:
        """Start the process, without waiting until it has loaded its models."""
        here, there = self._context.Pipe()
        self._process = self._context.Process(
            target=serve, args=[there, self._make, self.limits], daemon=True
        )
        with _sigint_blocked():
            self._process.start()
        there.close()
        if self._is_over:  # since it began to start
            self.kill()
        self._pipe, self._is_ready = here, False

    def ask(self, task: TaskT) -> AnswerT:
        """Let the process carry out a task; start it, if there is none.

        Raises:
            WorkerLostError: If the task takes more than it may, or kills the process.
            FormReaderError: If a model or template cannot be used.
            OutputError: If no process can be started.
        """
        pipe = self.wait_until_ready()
        limit = _Limit(self.limits.seconds, self.kill)
        try:
            with limit:
                pipe.send(task)
                answer: AnswerT = pipe.recv()
        except (EOFError, OSError):
            self._bury()
            if limit.is_over:
                raise WorkerLostError(Loss.TIME, self.limits) from None
            raise WorkerLostError.of_exit(self._process.exitcode, self.limits) from None
        return answer

    def end(self) -> None:
        """End the process for good."""
        self._is_over = True
        self.kill()

    def kill(self) -> None:
        """End the process, whatever it is at; the next task has a new one."""
        if self._process.pid is not None:
            self._process.kill()

    def wait_until_ready(self) -> Connection:
        """Wait until the process has loaded its models; start it, if there is none.

        Raises:
            FormReaderError: If a model or template cannot be used.
            OutputError: If no process can be started.
        """
        for _ in range(_STARTS):
            if self._is_over:
                break
            if not self.is_running:  # it may have died while nobody asked
                self._bury()
                self.launch()
            pipe = self._pipe
            assert pipe is not None
            if self._is_ready or self._has_loaded(pipe):
                self._is_ready = True
                return pipe
            self._bury()
        raise OutputError(
            f"worker processes cannot be started (exit code {self._process.exitcode}); "
            "free some memory, or use fewer with --jobs, and start again"
        )

    def _has_loaded(self, pipe: Connection) -> bool:
        """Wait for the first word of the process; tell whether it came."""
        try:
            with _Limit(_START_S, self.kill):
                refused: FormReaderError | None = pipe.recv()
        except (EOFError, OSError):
            return False
        if refused is not None:
            raise refused
        return True

    def _bury(self) -> None:
        """Clear away a process that has ended."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
            self._process.join()


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


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Keep Ctrl-C from a process that is started here, from its first moment."""
    if sys.platform == "win32":
        yield
        return
    _start_tracker()  # which would lift the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_tracker() -> None:
    """Start what multiprocessing starts beside its first process, without our stderr.

    It lives as long as this process, and would keep open what stands behind stderr,
    such as the pipe through which a command takes the lines of its workers.
    """
    try:
        saved = os.dup(2)
    except OSError:  # there is no stderr
        resource_tracker.ensure_running()
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        resource_tracker.ensure_running()
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
