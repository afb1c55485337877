"""What a worker process does: load what it needs, then answer within its limits."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from formreader.errors import FormReaderError
from formreader.workers.limits import PageLimits

__all__ = ["serve"]

_PR_SET_PDEATHSIG = 1
_GRACE_S = 1.0  # that the parent has to end the process before it ends itself
_STATUS = Path("/proc/self/status")  # of Linux


def serve(
    pipe: Connection, make: Callable[[], Callable[[Any], Any]], limits: PageLimits
) -> None:
    """Be a worker process: make what carries out tasks, then answer until nobody asks.

    Args:
        pipe: Brings tasks and takes answers. The first answer, to no task, is None once
            all is loaded, or the error that stopped it.
        make: Loads models and gives the function that carries out a task.
        limits: What one task may take.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks
    _die_with_parent()
    _silence(1)  # what libraries print is none of a command's data
    try:
        carry_out = make()
    except FormReaderError as error:
        pipe.send(error)
        return
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - faulthandler's file
        try:
            pipe.send(None)
            _silence(2)  # what becomes of a page is told by whoever asked
            while True:
                task = pipe.recv()
                with _deadline(limits.seconds + _GRACE_S, nowhere), _memory(limits):
                    answer = carry_out(task)
                pipe.send(answer)
        except (EOFError, OSError):
            return  # whoever asked is gone


def _die_with_parent() -> None:
    """End this process when the one that started it ends, be it by SIGKILL."""
    parent = parent_process()
    assert parent is not None

    def wait_for_end() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait_for_end, daemon=True).start()
    if sys.platform == "linux":  # sure even while a library keeps threads from running
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _silence(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


@contextmanager
def _deadline(seconds: float, nowhere: Any) -> Iterator[None]:
    """End the process if the block takes longer.

    A thread of the interpreter's own does it, one that waits for no Python code: a
    library may not return for hours.
    """
    faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextmanager
def _memory(limits: PageLimits) -> Iterator[None]:
    """Let the block take so much memory and no more, where the system can do that."""
    if sys.platform != "linux":
        yield
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    least = _memory_in_use() + limits.memory_mb * 2**20
    limit = least if most == resource.RLIM_INFINITY else min(least, most)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _memory_in_use() -> int:
    """Give the bytes that count for the limit: what the process may write to."""
    for line in _STATUS.read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0
