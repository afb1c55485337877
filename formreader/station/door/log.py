"""What the station logs: on stderr, in lines of its own making, and not much of it."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

from formreader.errors import show_text

__all__ = ["ScarceHandler", "log_scarcely"]

_BURST = 5  # records that may come at once
_EVERY_S = 300.0  # a further one
_LONGEST = 4000  # characters of one record


class ScarceHandler(logging.Handler):
    """Writes a few records, then one every five minutes, and counts the others.

    What anybody on the network can bring about must not fill a disk.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Owe nothing yet."""
        super().__init__()
        self._clock = clock
        self._credit, self._last = float(_BURST), clock()
        self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, its further lines indented, or count it."""
        now = self._clock()
        self._credit = min(_BURST, self._credit + (now - self._last) / _EVERY_S)
        self._last = now
        if self._credit < 1:
            self._left_out += 1
            return
        self._credit -= 1
        lines = [show_text(line) for line in self.format(record).splitlines()]
        text = "\n  ".join(lines)[:_LONGEST]
        if self._left_out:
            text += f" (and {self._left_out} more since the last line)"
            self._left_out = 0
        if sys.stderr is not None:
            sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
            sys.stderr.flush()


def log_scarcely() -> None:
    """Send what the server and its event loop log through a `ScarceHandler`."""
    handler = ScarceHandler()
    for name in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.ERROR)
