"""Single calls, carried out in a process of their own, within limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from formreader.errors import FormReaderError
from formreader.workers.limits import (
    Loss,
    PageLimits,
    WorkerLostError,
    is_out_of_memory,
)
from formreader.workers.process import WorkerProcess

__all__ = ["LimitedCalls"]

_Answer = TypeVar("_Answer")


class LimitedCalls:
    """Carries out calls in one process; a context manager that ends it.

    For what opens files that nobody has looked into, in a command that reads no pages.

    Args:
        limits: What one call may take.
    """

    def __init__(self, limits: PageLimits) -> None:
        """Start no process yet."""
        self._worker: WorkerProcess[Callable[[], Any], Any]
        self._worker = WorkerProcess(_make_caller, limits)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self.end()

    def end(self) -> None:
        """End the process for good; whoever waits for a call gets an error."""
        self._worker.end()

    def run(self, call: Callable[[], _Answer], path: Path) -> _Answer:
        """Carry out a call.

        Args:
            call: Without arguments, and fit to be sent, as is its answer.
            path: The file that it opens, to name it in an error.

        Raises:
            InputError: If the call takes more than it may, or kills the process.
            FormReaderError: What the call raises.
        """
        try:
            answer: _Answer | FormReaderError | Loss = self._worker.ask(call)
        except WorkerLostError as lost:
            raise lost.as_error(path) from None
        if isinstance(answer, Loss):
            raise WorkerLostError(answer, self._worker.limits).as_error(path)
        if isinstance(answer, FormReaderError):
            raise answer
        return answer


def _make_caller() -> Callable[[Callable[[], Any]], Any]:
    return _call


def _call(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        if is_out_of_memory(error):
            return Loss.MEMORY
        if isinstance(error, FormReaderError):
            return error
        raise
