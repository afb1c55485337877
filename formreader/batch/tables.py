"""Writes what a run holds as the CSV files of its folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from formreader.errors import OutputError
from formreader.export import COLUMNS, Table, write_csv
from formreader.output import replace_file
from formreader.rows import type_of
from formreader.store.machine import results
from formreader.store.tables.connection import RunStore

__all__ = ["write_tables"]

_Rows = Iterable[Mapping[str, object]]
_FAILURE = ("source", "page", "error", "remedy")
_SKIPPED = ("source", "reason", "remedy")
_CHUNK = 1000  # rows that are written at once


def write_tables(store: RunStore, *, excel_safe: bool = False) -> None:
    """Write `fields.csv`, `flagged.csv`, `failures.csv` and `skipped.csv`.

    Each takes its name when it is complete.

    Args:
        store: The store.
        excel_safe: Keep spreadsheets from taking texts for formulas.

    Raises:
        OutputError: If one cannot be written.
    """
    for left_over in store.run.glob(".*.csv-*"):  # of a run that was killed
        left_over.unlink(missing_ok=True)
    run = store.run
    with store.read() as transaction:
        tables: tuple[tuple[str, Sequence[str], _Rows], ...] = (
            ("fields.csv", COLUMNS, results.field_rows(transaction)),
            (
                "flagged.csv",
                COLUMNS,
                results.field_rows(transaction, only_flagged=True),
            ),
            ("failures.csv", _FAILURE, results.failures(transaction)),
            ("skipped.csv", _SKIPPED, results.left_aside(transaction)),
        )
        for name, columns, rows in tables:
            _write(run / name, columns, rows, excel_safe=excel_safe)


def _write(
    path: Path, columns: Sequence[str], rows: _Rows, *, excel_safe: bool
) -> None:
    cells = ([row[column] for column in columns] for row in rows)
    table = Table(tuple(columns), tuple(map(type_of, columns)), _in_chunks(cells))
    try:
        with replace_file(path) as stream:
            write_csv(table, stream, excel_safe=excel_safe)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror}); make room, and start the same "
            "command again",
            path=path,
        ) from error


def _in_chunks(rows: Iterator[list[object]]) -> Iterator[list[list[object]]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk
