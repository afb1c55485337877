"""What commands tell a person or a program, line by line.

All of it passes here. Names and texts may come from whoever sends files: no line holds
what a terminal would obey, or what would pass for another line.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import click

from formreader.errors import show_text

__all__ = [
    "guarded_stderr",
    "log_json_option",
    "make_json_option",
    "speaks_json",
    "tell",
    "tell_event",
]

Command = Callable[..., Any]

_JSON = "formreader.log_json"
_LONGEST = 10_000  # bytes of a line that a library writes
_PATIENCE_S = 2.0  # for lines still under way at the end


def _set_json(context: click.Context, _: click.Parameter, is_json: bool) -> bool:
    context.meta[_JSON] = is_json
    return is_json


def make_json_option(what: str) -> Callable[[Command], Command]:
    """Make an option with which `tell` writes JSON, for commands that run for long.

    Args:
        what: What there is a line of JSON of.
    """
    return click.option(
        "--log-json",
        is_flag=True,
        is_eager=True,
        callback=_set_json,
        help=f"A line of JSON {what}, and nothing else, on stderr.",
    )


log_json_option = make_json_option("a page")
"""For commands that read pages."""


def speaks_json() -> bool:
    """Tell whether the command that runs was given --log-json."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_JSON))


def tell(text: object, *, err: bool = True) -> None:
    """Write one line, whatever is in it.

    Args:
        text: What the line says.
        err: On stderr; else on stdout.
    """
    if err and speaks_json():
        tell_event({"event": "message", "text": str(text)})
    else:
        click.echo(show_text(text), err=err)


def tell_event(event: dict[str, Any]) -> None:
    """Write a line of JSON on stderr; JSON has escapes of its own."""
    click.echo(json.dumps(event), err=True)


@contextmanager
def guarded_stderr() -> Iterator[None]:
    """Let what libraries written in C say on stderr be lines like all others.

    They, and the worker processes, write to file descriptor 2, and quote files.
    """
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (AttributeError, OSError, ValueError):  # there is no stderr
        yield
        return
    before = sys.stderr
    if _writes_to(before, 2):
        sys.stderr = os.fdopen(
            os.dup(saved), "w", 1, before.encoding, "backslashreplace"
        )
    reading, writing = os.pipe()
    os.dup2(writing, 2)
    os.close(writing)
    passing = Thread(target=_pass_on, args=[reading, speaks_json()], daemon=True)
    passing.start()
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        passing.join(_PATIENCE_S)
        sys.stderr, mine = before, sys.stderr
        if mine is not before:
            mine.close()


def _pass_on(reading: int, is_json: bool) -> None:
    with os.fdopen(reading, "rb") as stream:
        while line := stream.readline(_LONGEST):
            text = line.decode("utf-8", "backslashreplace").rstrip()
            if not text:
                continue
            if is_json:
                tell_event({"event": "library", "text": text})
            else:
                tell(text)


def _writes_to(stream: Any, descriptor: int) -> bool:
    try:
        return bool(stream.fileno() == descriptor)
    except (OSError, ValueError):  # as tests have it
        return False
