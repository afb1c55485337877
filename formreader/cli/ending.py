"""How commands end when they cannot go on, and when they are told to stop."""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import click

from formreader.cli.messages import speaks_json, tell
from formreader.errors import ExitCode, FormReaderError
from formreader.output import send_nowhere

__all__ = ["Stop", "plain_endings", "stopped_by_signals"]

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


@contextmanager
def plain_endings() -> Iterator[None]:
    """Turn what stops a command into one line on stderr and an exit code.

    Raises:
        click.exceptions.Exit: For an error of formreader's own, Ctrl-C, a reader of
            stdout that has gone, and a disk that is full, wherever that shows.
    """
    try:
        yield
    except FormReaderError as error:
        tell(f"error: {error}")
        raise click.exceptions.Exit(error.exit_code) from error
    except click.ClickException as error:  # of wrong usage, which may quote a name
        if error.message.isprintable() and not speaks_json():
            raise
        tell(f"error: {error.format_message()}")
        raise click.exceptions.Exit(error.exit_code) from error
    except (KeyboardInterrupt, click.Abort) as error:
        tell("stopped")
        raise click.exceptions.Exit(ExitCode.STOPPED) from error
    except BrokenPipeError as error:  # as `head` leaves when it has seen enough
        _leave_streams()
        raise click.exceptions.Exit(ExitCode.READER_GONE) from error
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        _leave_streams()
        place = "" if error.filename is None else f"{error.filename}: "
        tell(f"error: {place}cannot write ({error.strerror})")
        raise click.exceptions.Exit(ExitCode.OUTPUT) from error


class Stop(Event):
    """Is set once a command is told to stop.

    Attributes:
        is_service: Whether by SIGTERM, as services are; not by a person's Ctrl-C.
    """

    is_service = False


@contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """Set an event on the first Ctrl-C or SIGTERM; a second one ends at once.

    An exception out of nowhere could leave the pool of workers in a state in which it
    cannot be ended.
    """
    stop = Stop()

    def handle(number: int, _: object) -> None:
        stop.is_service = number == signal.SIGTERM
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield stop
    finally:
        for number in numbers:
            signal.signal(number, before[signal.Signals(number)])


def _leave_streams() -> None:
    """Keep Python from failing once more when it flushes stdout at exit."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except OSError:
            send_nowhere(stream.fileno())
