"""Brings the tables of an older store to what this formreader works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, Connection, inspect
from sqlalchemy.schema import CreateColumn

from formreader.store.tables.schema import (
    audit,
    checks,
    claims,
    decisions,
    digits,
    fields,
    files,
    opinions,
    seconds,
    settings,
)

__all__ = ["MIGRATIONS", "has_tables"]


def has_tables(connection: Connection) -> bool:
    """Tell whether a store has been set up."""
    schema = _find_schema(connection)
    return inspect(connection).has_table(settings.name, schema=schema)


def _let_people_decide(connection: Connection) -> None:
    """Version 2: people decide about fields, and files may be moved away."""
    for column in (files.c.moved_to, fields.c.decision_id, digits.c.check_id):
        _add_column(connection, column)
    for table in (decisions, checks, claims, audit):
        table.create(connection)
    renewed = {"fields_by_doubt", "digits_by_character"}  # only what is open from now
    for index in (*fields.indexes, *digits.indexes):
        if index.name in renewed:
            index.drop(connection)
            index.create(connection)


def _say_kinds(connection: Connection) -> None:
    """Version 3: a field says what kind it is."""
    _add_column(connection, fields.c.kind)


def _say_types(connection: Connection) -> None:
    """Version 4: a field says what type of value it holds."""
    _add_column(connection, fields.c.value_type)


def _name_requests(connection: Connection) -> None:
    """Version 5: a decision carries the id of the request that brought it."""
    if _has_column(connection, decisions.c.request):
        return  # version 2 has made the table as it is now
    _add_column(connection, decisions.c.request)
    for index in decisions.indexes:
        if index.name == "decisions_by_request":
            index.create(connection)


def _say_who_found_fields(connection: Connection) -> None:
    """Version 6: people draw fields, and say where none is."""
    for column in (fields.c.found_by, fields.c.is_there, fields.c.rank):
        _add_column(connection, column)


def _say_overrides(connection: Connection) -> None:
    """Version 7: a decision says which rules it overrides."""
    if not _has_column(connection, decisions.c.override):
        _add_column(connection, decisions.c.override)


def _ask_second_persons(connection: Connection) -> None:
    """Version 8: a share of what people decided is asked of others."""
    for table in (seconds, opinions):
        table.create(connection)


def _keep_comments(connection: Connection) -> None:
    """Version 9: a decision may carry words to the supervisor."""
    if not _has_column(connection, decisions.c.comment):
        _add_column(connection, decisions.c.comment)


MIGRATIONS: Mapping[int, Callable[[Connection], None]] = {
    1: _let_people_decide,
    2: _say_kinds,
    3: _say_types,
    4: _name_requests,
    5: _say_who_found_fields,
    6: _say_overrides,
    7: _ask_second_persons,
    8: _keep_comments,
}
"""By version: how to come from it to the next, within one transaction."""


def _has_column(connection: Connection, column: Column[Any]) -> bool:
    """Tell whether a table of the store has a column already."""
    schema = _find_schema(connection)
    columns = inspect(connection).get_columns(column.table.name, schema=schema)
    return column.name in {found["name"] for found in columns}


def _add_column(connection: Connection, column: Column[Any]) -> None:
    """Add a column that may be NULL, or has a default, to a table of the store."""
    dialect = connection.dialect
    schema = _find_schema(connection)
    quote = dialect.identifier_preparer.quote
    names = [name for name in (schema, column.table.name) if name is not None]
    table = ".".join(quote(name) for name in names)
    added = CreateColumn(column).compile(dialect=dialect)
    connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {added}")


def _find_schema(connection: Connection) -> str | None:
    """Name the namespace of a store in PostgreSQL; None for a file."""
    options = connection.get_execution_options()
    name: str | None = options.get("schema_translate_map", {}).get(None)
    return name
