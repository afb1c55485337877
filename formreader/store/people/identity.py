"""Which run it is: a name that no other run has, whatever its folder is called."""

from __future__ import annotations

import secrets

from formreader.store.tables.connection import RunStore, read_setting, write_setting

__all__ = ["find_identity"]

_IDENTITY = "identity"


def find_identity(store: RunStore, *, read_only: bool = False) -> str:
    """Give the name of a run; a run that has none is given one.

    Browsers keep decisions under it that are not stored yet, so that none goes to
    another run that a station shows at the same address.

    Args:
        store: The run.
        read_only: Give it none; the name is empty then.
    """
    known = store.get_setting(_IDENTITY)
    if known is None and not read_only:
        with store.write(durable=True) as transaction:
            known = read_setting(transaction, _IDENTITY)  # another may have been faster
            if known is None:
                known = secrets.token_hex(16)
                write_setting(transaction, _IDENTITY, known)
    return str(known or "")
