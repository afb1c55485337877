"""What Ctrl-C does to a command that reads for long."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

__all__ = ["stopped_by_signals"]


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """Set an event on the first Ctrl-C or SIGTERM; a second one ends at once.

    An exception out of nowhere could leave the pool of workers in a state in which it
    cannot be ended.
    """
    stop = Event()

    def handle(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield stop
    finally:
        for number in numbers:
            signal.signal(number, before[signal.Signals(number)])
