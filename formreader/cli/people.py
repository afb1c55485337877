"""Who works at a page that a command serves."""

from __future__ import annotations

import getpass
import sys

import click

__all__ = ["ask_password", "check_name", "login_name"]


def login_name() -> str:
    """Say who runs the command, as the system knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # KeyError before Python 3.13: a user without a name
        return "unknown"


def check_name(user: str, option: str) -> str:
    """Refuse names that would not stand in one cell of a table.

    Raises:
        click.BadParameter: If the name is no such name.
    """
    if not user.strip() or not user.isprintable() or len(user) > 100:
        raise click.BadParameter("a name of up to 100 letters.", param_hint=option)
    return user.strip()


def ask_password(name: str) -> str:
    """Ask for somebody's password, twice; from a pipe, read its first line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt(
        f"Password of {name}", hide_input=True, confirmation_prompt=True, err=True
    )
    return password
