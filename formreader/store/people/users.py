"""Who may come in to a run, by name, with the hash of each password."""

from __future__ import annotations

from typing import Any

from formreader.store.errors import DamagedStoreError
from formreader.store.tables.connection import RunStore, read_setting, write_setting

__all__ = ["load_users", "remove_user", "set_user"]

_USERS = "users"


def load_users(store: RunStore) -> dict[str, str]:
    """Give the hash of each password, by name.

    Raises:
        DamagedStoreError: If the store holds something else.
    """
    with store.read() as transaction:
        return _check(read_setting(transaction, _USERS))


def set_user(store: RunStore, name: str, password_hash: str) -> None:
    """Let somebody in from now on, or with another password."""
    with store.write(durable=True) as transaction:
        known = _check(read_setting(transaction, _USERS))
        write_setting(transaction, _USERS, known | {name: password_hash})


def remove_user(store: RunStore, name: str) -> bool:
    """Let somebody in no more; tell whether there was such a name."""
    with store.write(durable=True) as transaction:
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
