"""The options that say how much a page may cost, for every command that opens one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from formreader.cli.arguments import FiniteRange
from formreader.workers.limits import PageLimits

__all__ = ["limit_options"]

Command = Callable[..., None]

_OPTIONS = (
    click.option(
        "--page-timeout",
        "page_timeout_s",
        type=FiniteRange(min=0.1),
        default=PageLimits.seconds,
        show_default=True,
        metavar="SECONDS",
        help="A page that takes longer fails, and costs no other page.",
    ),
    click.option(
        "--page-memory",
        "page_memory_mb",
        type=click.IntRange(64, 2**20),
        default=PageLimits.memory_mb,
        show_default=True,
        metavar="MB",
        help="The same for a page that needs more memory (on Linux).",
    ),
)


def limit_options(command: Command) -> Command:
    """Give a command these options; it takes them together, as `limits`."""

    @wraps(command)
    def wrapped(
        *arguments: Any, page_timeout_s: float, page_memory_mb: int, **named: Any
    ) -> None:
        limits = PageLimits(page_timeout_s, page_memory_mb)
        command(*arguments, limits=limits, **named)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped
