"""Who may come in to a run, by name, with the hash of each password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from formreader.store.errors import DamagedStoreError
from formreader.store.tables.connection import RunStore, read_setting, write_setting

__all__ = ["RunUsers"]

_USERS = "users"


@dataclass(frozen=True)
class RunUsers:
    """The register of a run.

    Attributes:
        store: The run.
    """

    store: RunStore

    def load_hashes(self) -> dict[str, str]:
        """Give the hash of each password, by name.

        Raises:
            DamagedStoreError: If the store holds something else.
        """
        with self.store.read() as transaction:
            return _check(read_setting(transaction, _USERS))

    def set_hash(self, name: str, password_hash: str) -> None:
        """Let somebody in from now on, or with another password."""
        with self.store.write(durable=True) as transaction:
            known = _check(read_setting(transaction, _USERS))
            write_setting(transaction, _USERS, known | {name: password_hash})

    def remove(self, name: str) -> bool:
        """Let somebody in no more; tell whether there was such a name."""
        with self.store.write(durable=True) as transaction:
            known = _check(read_setting(transaction, _USERS))
            found = known.pop(name, None) is not None
            write_setting(transaction, _USERS, known)
        return found


def _check(found: Any) -> dict[str, str]:
    """Refuse what is no table of names and hashes; nothing is an empty one."""
    users = {} if found is None else found
    if not isinstance(users, dict) or not all(
        isinstance(password_hash, str) for password_hash in users.values()
    ):
        raise DamagedStoreError.of("its users are none")
    return users
