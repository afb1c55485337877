"""Tables of a run, written as files to take away."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from formreader.export.formats import FORMATS, Content
from formreader.export.table_books import write_table_book
from formreader.store.contents import (
    has_tables,
    list_names,
    read_entries,
    read_pages,
)
from formreader.store.tables.connection import RunStore, Transaction

__all__ = ["DOWNLOADS", "Download", "list_downloads", "write_download"]


@dataclass(frozen=True)
class Download:
    """A kind of file that can be taken.

    Attributes:
        title: What it is, for people.
        suffix: The ending of its name.
        media: Its type, for browsers.
        is_wide: Whether it has a row a page and a column a field.
        has_tables: Whether it has the tables as they stand on the pages.
        package: The module that writes it; empty for one that is always there.
    """

    title: str
    suffix: str
    media: str
    is_wide: bool = False
    has_tables: bool = False
    package: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether what writes it is there, without loading it."""
        return not self.package or find_spec(self.package) is not None


_EXCEL, _ARROW = "xlsxwriter", "pyarrow"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PARQUET = "application/vnd.apache.parquet"

DOWNLOADS = {
    "csv": Download("CSV, a row a field", ".csv", "text/csv"),
    "wide-csv": Download("CSV, a row a page", ".csv", "text/csv", is_wide=True),
    "xlsx": Download("Excel, a row a field", ".xlsx", _SHEET, package=_EXCEL),
    "wide-xlsx": Download(
        "Excel, a row a page", ".xlsx", _SHEET, is_wide=True, package=_EXCEL
    ),
    "tables": Download(
        "Excel, tables as on paper", ".xlsx", _SHEET, has_tables=True, package=_EXCEL
    ),
    "parquet": Download("Parquet, a row a field", ".parquet", _PARQUET, package=_ARROW),
    "wide-parquet": Download(
        "Parquet, a row a page", ".parquet", _PARQUET, is_wide=True, package=_ARROW
    ),
    "json": Download("JSON", ".json", "application/json"),
    "pdf": Download("Contact sheet (PDF)", ".pdf", "application/pdf"),
}
"""By the last part of their address."""


def write_download(run: Path, kind: Download) -> Path:
    """Write a table of a run into a folder of its own, which the caller removes.

    Args:
        run: The run folder.
        kind: What is wanted.

    Raises:
        FormReaderError: If it cannot be written.
    """
    folder = Path(tempfile.mkdtemp(prefix="formreader-"))
    path = folder / f"{run.name}{kind.suffix}"
    with RunStore.open(run) as store, store.read() as transaction:
        if kind.has_tables:
            write_table_book(read_pages(transaction), path)
        else:
            _write_rows(transaction, run.name, kind, path)
    return path


def list_downloads(run: Path) -> dict[str, Download]:
    """List the kinds of file that can be taken of a run.

    Raises:
        FormReaderError: If nothing has been read yet.
    """
    with RunStore.open(run) as store, store.read() as transaction:
        known = has_tables(transaction)
    return {name: one for name, one in DOWNLOADS.items() if known or not one.has_tables}


def _write_rows(
    transaction: Transaction, title: str, kind: Download, path: Path
) -> None:
    form = FORMATS[kind.suffix]
    content = replace(
        _make_content(transaction, title),
        wide=kind.is_wide,
        with_reviews=form.has_rows and not kind.is_wide,
        excel_safe=form.can_be_excel_safe,
    )
    form.write(content, path)


def _make_content(transaction: Transaction, title: str) -> Content:
    """Say where the fields come from; they are fetched as they are written."""
    return Content(
        title,
        lambda: read_pages(transaction),
        lambda: list_names(transaction),
        lambda: read_entries(transaction),
    )
