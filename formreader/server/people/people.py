"""The people of a server: their names, roles, and the hashes of their passwords."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from filelock import FileLock

from formreader.errors import InputError, OutputError
from formreader.server.people.roles import Role, read_roles
from formreader.station.door.private_file import replace_private_file

__all__ = ["People", "Person"]

_FILE = ".people.json"
_LOCK = ".people.lock"
_MOST = 1000


@dataclass(frozen=True)
class Person:
    """Somebody who may come in.

    Attributes:
        name: The name.
        roles: What is allowed.
        password_hash: Argon2; empty as long as there is no password.
    """

    name: str
    roles: frozenset[Role] = frozenset()
    password_hash: str = field(default="", repr=False)


_UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError)
_Change = Callable[[dict[str, Person]], None]


class People:
    """The people, as a file of the folder of work keeps them.

    It is read again when it has changed, so that what a command says holds at once.
    Its owner alone can read it.

    Args:
        folder: The folder of work.
    """

    def __init__(self, folder: Path) -> None:
        """Read nothing yet."""
        self._path, self._lock = folder / _FILE, FileLock(folder / _LOCK)
        self._seen: tuple[object, dict[str, Person]] = None, {}

    def list_all(self) -> list[Person]:
        """List everybody by name."""
        return sorted(self._load().values(), key=lambda person: person.name)

    def has_manager(self) -> bool:
        """Tell whether somebody with a password manages."""
        return _has_manager(self._load())

    def find_roles(self, name: str) -> frozenset[Role]:
        """Give the roles of somebody; none for a stranger."""
        person = self._load().get(name)
        return frozenset() if person is None else person.roles

    def load_hashes(self) -> Mapping[str, str]:
        """Give the hash of each password, by name."""
        people = self._load().values()
        return {one.name: one.password_hash for one in people if one.password_hash}

    def set_hash(self, name: str, password_hash: str) -> None:
        """Give somebody a password, the roles staying as they are.

        Raises:
            OutputError: If the file cannot be written.
        """

        def change(known: dict[str, Person]) -> None:
            person = known.get(name, Person(name))
            known[name] = replace(person, password_hash=password_hash)

        self._change(change)

    def put(
        self, name: str, roles: Iterable[Role], password_hash: str | None = None
    ) -> None:
        """Give somebody roles in place of those before, and a password.

        Args:
            name: Who; from now on, if there is nobody of the name.
            roles: What is allowed.
            password_hash: None leaves the password as it was.

        Raises:
            InputError: If nobody would be left who manages, or there are too many.
            OutputError: If the file cannot be written.
        """

        def change(known: dict[str, Person]) -> None:
            before = known.get(name, Person(name)).password_hash
            kept = before if password_hash is None else password_hash
            known[name] = Person(name, frozenset(roles), kept)

        self._change(change)

    def remove(self, name: str) -> bool:
        """Let somebody in no more; tell whether there was such a name.

        Raises:
            InputError: If nobody would be left who manages.
            OutputError: If the file cannot be written.
        """
        if name not in self._load():
            return False

        def change(known: dict[str, Person]) -> None:
            known.pop(name, None)

        self._change(change)
        return True

    def _change(self, change: _Change) -> None:
        """Read, change and write, one process at a time."""
        try:
            with self._lock:
                known = dict(self._read())
                had_manager = _has_manager(known)
                change(known)
                if had_manager and not _has_manager(known):
                    raise InputError(
                        "somebody must stay who manages; give another person that "
                        "role first"
                    )
                if len(known) > _MOST:
                    raise InputError(f"there can be {_MOST} people; remove some")
                replace_private_file(self._path, _write(known))
        except _UNREADABLE as error:
            raise OutputError(
                f"the people cannot be read and written ({error}); make room, or put "
                "the file back as it was",
                path=self._path,
            ) from error

    def _load(self) -> dict[str, Person]:
        """Give all; nobody if the file cannot be read."""
        try:
            return self._read()
        except _UNREADABLE:
            return {}

    def _read(self) -> dict[str, Person]:
        """Give all; nobody if there is no file yet."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return {}
        stamp = status.st_mtime_ns, status.st_ino, status.st_size
        if self._seen[0] != stamp:
            self._seen = stamp, _parse(self._path.read_text(encoding="utf-8"))
        return self._seen[1]


def _has_manager(known: Mapping[str, Person]) -> bool:
    return any(
        Role.MANAGE in person.roles and person.password_hash
        for person in known.values()
    )


def _parse(text: str) -> dict[str, Person]:
    return {
        name: Person(name, read_roles(entry["roles"]), str(entry["password"]))
        for name, entry in json.loads(text).items()
    }


def _write(known: Mapping[str, Person]) -> str:
    entries = {
        person.name: {"roles": sorted(person.roles), "password": person.password_hash}
        for person in known.values()
    }
    return json.dumps(entries, indent=1)
