"""How much a page may cost, and what is said of one that costs more."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from formreader.errors import InputError

__all__ = ["Loss", "PageLimits", "WorkerLostError", "is_out_of_memory"]

_NO_MEMORY = -4  # OpenCV's StsNoMem
# What libraries end with that can have no more memory: abort, trap, bad instruction,
# and of the loader of Linux, which is asked for more of C++ while that gives up.
_GIVING_UP = {
    -number
    for name in ("SIGABRT", "SIGTRAP", "SIGILL")
    if (number := getattr(signal, name, None)) is not None
} | {127}


@dataclass(frozen=True)
class PageLimits:
    """What a page may take before it is given up.

    Attributes:
        seconds: Time to open a file, or to load and read a page of it.
        memory_mb: Memory in MB (2**20 bytes) beyond that of the loaded models; kept
            where the system can limit it, which is Linux.
    """

    seconds: float = 60.0
    memory_mb: int = 2048


class Loss(StrEnum):
    """Why a page was given up."""

    TIME = "time"
    MEMORY = "memory"
    DEATH = "death"


class WorkerLostError(Exception):
    """A page has cost more than it may, or the life of the process that read it.

    Args:
        loss: Why.
        limits: What the page might take.
        exit_code: What the process ended with, if it did.

    Attributes:
        loss: Why.
        problem: What went wrong.
        remedy: What to do about it.
    """

    def __init__(
        self, loss: Loss, limits: PageLimits, exit_code: int | None = None
    ) -> None:
        """Put it into words."""
        self.loss = loss
        if loss is Loss.TIME:
            self.problem = f"took longer than {limits.seconds:g} s"
            self.remedy = "give it more time with --page-timeout"
        elif loss is Loss.MEMORY:
            self.problem = f"needs more than {limits.memory_mb} MB of memory"
            self.remedy = "scan it at a lower resolution, or raise --page-memory"
        else:
            self.problem = f"the worker process died (exit code {exit_code})"
            self.remedy = "try again; if it stays, report the page"
        super().__init__(self.problem)

    @classmethod
    def of_exit(cls, exit_code: int | None, limits: PageLimits) -> WorkerLostError:
        """Tell by its exit code why a process has ended by itself."""
        loss = Loss.MEMORY if exit_code in _GIVING_UP else Loss.DEATH
        return cls(loss, limits, exit_code)

    def as_error(self, path: Path, page_index: int | None = None) -> InputError:
        """Say it of a file, or of a 0-based page in it."""
        message = f"{self.problem}; {self.remedy}"
        return InputError(message, path=path, page_index=page_index)


def is_out_of_memory(error: BaseException | None) -> bool:
    """Tell whether an exception, or what caused it, is a lack of memory."""
    if error is None:
        return False
    is_opencv = type(error).__module__ == "cv2"
    if isinstance(error, MemoryError) or (
        is_opencv and getattr(error, "code", None) == _NO_MEMORY
    ):
        return True
    return is_out_of_memory(error.__cause__)
