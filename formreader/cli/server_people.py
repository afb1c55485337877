"""Lets people and programs in to a server, from its terminal."""

from __future__ import annotations

from pathlib import Path

import click

from formreader.cli.messages import tell
from formreader.cli.people import ask_password, check_name

__all__ = ["change_people", "change_tokens"]


def change_people(
    folder: Path, added: str | None, removed: str | None, roles: tuple[str, ...]
) -> None:
    """Let somebody in from now on, or no more.

    Args:
        folder: The folder of work.
        added: Who is let in, or given another password.
        removed: Who is not let in any more.
        roles: What is allowed; none leaves those of somebody who is known.

    Raises:
        click.BadParameter: If there is no such name, or the password is too short.
        InputError: If nobody would be left who manages.
    """
    from formreader.server.people.people import People
    from formreader.server.people.roles import Role, read_roles
    from formreader.server.work_folder import WorkFolder
    from formreader.station.door.passwords import Passwords

    WorkFolder(folder).prepare()
    people = People(folder)
    if removed is not None and not people.remove(removed):
        names = ", ".join(person.name for person in people.list_all())
        raise click.BadParameter(
            f"there is no {removed!r}; there are: {names}.", param_hint="--remove-user"
        )
    if added is not None:
        name = check_name(added, "--add-user")
        wanted = read_roles(roles) or people.find_roles(name) or {Role.MANAGE}
        try:
            password_hash = Passwords(people).hash(ask_password(name))
        except ValueError as error:
            raise click.BadParameter(f"{error}.", param_hint="--add-user") from error
        people.put(name, wanted, password_hash)
    known = (
        f"{one.name} ({', '.join(sorted(one.roles))})" for one in people.list_all()
    )
    tell(f"may come in: {', '.join(known) or 'nobody'}")


def change_tokens(
    folder: Path, added: str | None, removed: str | None, roles: tuple[str, ...]
) -> None:
    """Let a program in from now on, or no more.

    Args:
        folder: The folder of work.
        added: What is let in; its token is printed.
        removed: What is not let in any more.
        roles: What is allowed.

    Raises:
        click.BadParameter: If there is no such program.
    """
    from formreader.server.people.roles import PROGRAM_ROLES
    from formreader.server.work_folder import WorkFolder
    from formreader.station.door.programs import Programs

    WorkFolder(folder).prepare()
    programs = Programs(folder)
    if removed is not None and not programs.remove(removed):
        raise click.BadParameter(
            f"there is no {removed!r}; there are: {', '.join(programs.names())}.",
            param_hint="--remove-token",
        )
    if added is not None:
        name = check_name(added, "--add-token")
        tell(programs.add(name, roles or PROGRAM_ROLES), err=False)
