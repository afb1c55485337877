"""Settles what takes all pages of a run to settle, and writes its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formreader.batch.rosters import settle_rosters
from formreader.batch.tables import write_tables
from formreader.store.machine.results import Totals, count_totals

if TYPE_CHECKING:
    from formreader.options import ReadingOptions
    from formreader.store.tables.connection import RunStore

__all__ = ["finish_run"]


def finish_run(
    store: RunStore, options: ReadingOptions, *, excel_safe: bool = False
) -> Totals:
    """Match rosters and write the CSV files; may be done again after more was read.

    Args:
        store: The store.
        options: How its pages were read.
        excel_safe: Keep spreadsheets from taking texts of the files for formulas.

    Returns:
        What the run holds now.

    Raises:
        OutputError: If a file cannot be written.
    """
    with store.write() as connection:
        settle_rosters(connection, options.load_templates(), options.find_policy())
    write_tables(store, excel_safe=excel_safe)
    with store.read() as connection:
        return count_totals(connection)
