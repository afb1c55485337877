"""The command line: one module a command group, loaded when it is asked for."""

from __future__ import annotations

import importlib
from typing import Any

import click

from formreader.cli.ending import plain_endings

_COMMANDS = {
    "batch": "formreader.cli.batch",
    "calibrate": "formreader.cli.calibrate",
    "draw": "formreader.cli.draw",
    "evaluate": "formreader.cli.evaluate",
    "export": "formreader.cli.export",
    "model": "formreader.cli.model",
    "review": "formreader.cli.review",
    "scan": "formreader.cli.scan",
    "serve": "formreader.cli.serve",
    "template": "formreader.cli.template",
    "watch": "formreader.cli.watch",
}


class FormReaderGroup(click.Group):
    """A group that loads its commands late and turns errors into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands without importing them."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(_COMMANDS[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the options before the command's name; `--help` writes here."""
        with plain_endings():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what stops it becomes one line and an exit code."""
        with plain_endings():
            return super().invoke(ctx)


@click.group(
    cls=FormReaderGroup, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="formreader")
def main() -> None:
    """Read the hand-written numbers of scanned forms.

    \b
    Examples:
        formreader scan page.jpg
        formreader scan scans/ -o numbers.csv --overlay checked/
        formreader batch scans/ -o run/

    Exit codes: 0 all read, 1 unexpected error, 2 usage, 3 input unusable, 4 template,
    5 model, 6 output, 7 some inputs failed and the rest is written, 130 stopped.
    """
