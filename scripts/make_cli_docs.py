"""Write docs/cli.md from what the commands say about themselves.

Run it after a command or an option has changed; a test fails until then:

    python scripts/make_cli_docs.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from formreader.cli import main as formreader

TARGET = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
WIDTH = 80

_INTRODUCTION = """\
# The commands

This page is made from `--help` by `scripts/make_cli_docs.py`: change the commands, not
the page. [output.md](output.md) explains the columns, [errors.md](errors.md) the
messages and exit codes.

stdout carries data only. Progress, warnings and the summary go to stderr.
"""


def main() -> None:
    """Write the page."""
    TARGET.write_text(make_page(), encoding="utf-8")


def make_page() -> str:
    """Compose the page: a section for each command and group."""
    parts = [_INTRODUCTION]
    for context in walk_commands(formreader, "formreader"):
        name = context.command_path
        parts.append(f"## {name}\n\n```text\n{context.get_help().rstrip()}\n```\n")
    return "\n".join(parts)


def walk_commands(
    command: click.Command, name: str, parent: click.Context | None = None
) -> Iterator[click.Context]:
    """Visit a command and everything below it, a group before its commands.

    Args:
        command: Where to begin.
        name: What the user types for it.
        parent: The context of the group that it belongs to.

    Yields:
        A context for each, which knows the command, its path and its help.
    """
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=WIDTH,
        **command.context_settings,
    )
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from walk_commands(found, below, context)


if __name__ == "__main__":
    main()
