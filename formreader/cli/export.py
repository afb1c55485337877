"""`formreader export`: what a run holds, in the format that is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import UserPath, store_option
from formreader.errors import InputError
from formreader.output import open_binary_output, open_output

if TYPE_CHECKING:
    from formreader.export import Table
    from formreader.store.contents import Only
    from formreader.store.tables.connection import Transaction

_TABLES = frozenset({".csv", ".parquet", ".xlsx"})
_SHEETS = frozenset({".pdf", ".png"})
_ENDINGS = (".csv", ".json", ".jsonl", ".parquet", ".pdf", ".png", ".xlsx")


@click.command()
@click.argument("run", type=UserPath(), metavar="RUN")
@click.option(
    "-o",
    "--output",
    required=True,
    type=UserPath(dir_okay=False),
    metavar="OUT",
    help=f"The file to write; its ending says the format: {', '.join(_ENDINGS)}.",
)
@click.option(
    "--only",
    type=click.Choice(["flagged", "accepted"]),
    help="Fields that a person must still look at, or those that need no look.",
)
@click.option(
    "--wide", is_flag=True, help="A table with a row a page, a column a field."
)
@click.option(
    "--with-reviews",
    is_flag=True,
    help="Add the columns reviewed_by and reviewed_at.",
)
@click.option(
    "--excel-safe",
    is_flag=True,
    help="CSV: put ' before texts that a spreadsheet would take for a formula.",
)
@store_option
def export(
    run: Path,
    output: Path,
    only: str | None,
    wide: bool,
    with_reviews: bool,
    excel_safe: bool,
    store_url: str | None,
) -> None:
    """Write what a run holds, with the corrections of people in it.

    RUN is the folder of `formreader batch`. A value that a person corrected takes the
    place of what was read; `raw` keeps what was read.

    .pdf and .png are contact sheets: a picture of each field with its value and
    confidence, those to review marked. Further sheets are written beside the first.

    \b
    Examples:
        formreader export run/ -o fields.xlsx
        formreader export run/ -o table.csv --wide --excel-safe
        formreader export run/ -o to-check.pdf --only flagged
        formreader export run/ -o fields.parquet --with-reviews
    """
    ending = output.suffix.lower()
    _check_usage(ending, wide=wide, with_reviews=with_reviews, excel_safe=excel_safe)
    if not run.is_dir():
        raise InputError("there is no such run folder; check the path", path=run)
    from formreader.store.contents import Only
    from formreader.store.tables.connection import RunStore

    wanted = None if only is None else Only(only)
    with RunStore.open(run, store_url) as store, store.read() as transaction:
        _warn_of_rest(transaction)
        if ending in _SHEETS:
            _write_sheets(transaction, wanted, output, run.name)
        elif ending in _TABLES or ending == ".jsonl":
            table = _make_table(transaction, wanted, wide, with_reviews)
            _write_table(table, output, excel_safe)
        else:
            _write_json(transaction, wanted, output, with_reviews)


def _check_usage(
    ending: str, *, wide: bool, with_reviews: bool, excel_safe: bool
) -> None:
    if ending not in _ENDINGS:
        raise click.UsageError(f"OUT must end in one of {', '.join(_ENDINGS)}.")
    if wide and ending not in _TABLES:
        raise click.UsageError(f"--wide goes with {', '.join(sorted(_TABLES))} alone.")
    if with_reviews and (wide or ending in _SHEETS):
        raise click.UsageError("--with-reviews needs a row a field.")
    if excel_safe and ending != ".csv":
        raise click.UsageError("--excel-safe goes with .csv alone.")


def _warn_of_rest(transaction: Transaction) -> None:
    """Say on stderr if the run is not done."""
    from formreader.store.machine.results import count_totals

    totals = count_totals(transaction)
    if totals.pages_waiting or totals.files_waiting:
        click.echo(
            f"warning: {totals.pages_waiting} pages and {totals.files_waiting} files "
            "have not been read yet; go on with `formreader batch`",
            err=True,
        )


def _make_table(
    transaction: Transaction, only: Only | None, wide: bool, with_reviews: bool
) -> Table:
    """Lay out the wanted fields; they are fetched as they are written."""
    from formreader.export import COLUMNS, REVIEW_COLUMNS, long_table, wide_table
    from formreader.store.contents import list_names, read_pages

    pages = read_pages(transaction, only)
    if wide:
        return wide_table(pages, list_names(transaction, only))
    return long_table(pages, (*COLUMNS, *(REVIEW_COLUMNS if with_reviews else ())))


def _write_table(table: Table, output: Path, excel_safe: bool) -> None:
    from formreader.export import write_csv, write_json_lines
    from formreader.export.excel import write_xlsx
    from formreader.export.parquet import write_parquet

    ending = output.suffix.lower()
    if ending in {".csv", ".jsonl"}:
        with open_output(output) as text:
            if ending == ".csv":
                write_csv(table, text, excel_safe=excel_safe)
            else:
                write_json_lines(table, text)
        return
    with open_binary_output(output) as stream:
        (write_xlsx if ending == ".xlsx" else write_parquet)(table, stream)


def _write_json(
    transaction: Transaction, only: Only | None, output: Path, with_reviews: bool
) -> None:
    from formreader.export import COLUMNS, REVIEW_COLUMNS, write_json
    from formreader.store.contents import read_pages

    columns = (*COLUMNS, *(REVIEW_COLUMNS if with_reviews else ()))
    with open_output(output) as stream:
        write_json(read_pages(transaction, only), stream, columns)


def _write_sheets(
    transaction: Transaction, only: Only | None, output: Path, title: str
) -> None:
    from formreader.export.contact_sheets import lay_out
    from formreader.export.sheet_files import write_pdf, write_png
    from formreader.store.contents import read_entries

    sheets = lay_out(read_entries(transaction, only), title)
    write = write_pdf if output.suffix.lower() == ".pdf" else write_png
    written = write(sheets, output)
    if len(written) > 1:
        click.echo(f"{len(written)} files: {written[0]} to {written[-1]}", err=True)
