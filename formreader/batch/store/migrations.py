"""Brings the tables of an older store to what this formreader works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, inspect

from formreader.batch.store.schema import settings

__all__ = ["MIGRATIONS", "has_tables"]

MIGRATIONS: Mapping[int, Callable[[Connection], None]] = {}
"""By version: how to come from it to the next."""


def has_tables(connection: Connection) -> bool:
    """Tell whether a store has been set up."""
    options = connection.get_execution_options()
    schema = options.get("schema_translate_map", {}).get(None)
    return inspect(connection).has_table(settings.name, schema=schema)
