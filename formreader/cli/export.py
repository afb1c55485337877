"""`formreader export`: what a run holds, in the format that is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import UserPath, excel_safe_option, store_option
from formreader.cli.messages import tell
from formreader.cli.wording import tell_written
from formreader.errors import InputError

if TYPE_CHECKING:
    from formreader.export.formats import Content, Format
    from formreader.store.contents import Only
    from formreader.store.tables.connection import Transaction


class _FileOption(click.Option):
    """Names the kinds of file in its help; they are loaded for it alone."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from formreader.export.formats import FORMATS

        self.help = f"The file to write; its ending says the format: {_list(FORMATS)}."
        return super().get_help_record(ctx)


@click.command()
@click.argument("run", type=UserPath(), metavar="RUN")
@click.option(
    "-o",
    "--output",
    required=True,
    type=UserPath(dir_okay=False),
    metavar="OUT",
    cls=_FileOption,
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
    help="Add the columns reviewed_by, reviewed_at and found_by.",
)
@excel_safe_option
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
    kind = _find_format(output, wide, with_reviews, excel_safe)
    if not run.is_dir():
        raise InputError("there is no such run folder; check the path", path=run)
    from formreader.store.contents import Only
    from formreader.store.tables.connection import RunStore

    wanted = None if only is None else Only(only)
    with RunStore.open(run, store_url) as store, store.read() as transaction:
        _warn_of_rest(transaction)
        content = _make_content(transaction, wanted, run.name)
        chosen = replace(
            content, wide=wide, with_reviews=with_reviews, excel_safe=excel_safe
        )
        tell_written(kind.write(chosen, output))


def _find_format(
    output: Path, wide: bool, with_reviews: bool, excel_safe: bool
) -> Format:
    """Look up what an ending stands for, and whether it goes with the options.

    Raises:
        click.UsageError: If it does not.
    """
    from formreader.export.formats import FORMATS

    kind = FORMATS.get(output.suffix.lower())
    if kind is None:
        raise click.UsageError(f"OUT must end in one of {_list(FORMATS)}.")
    if wide and not kind.can_be_wide:
        able = [ending for ending, one in FORMATS.items() if one.can_be_wide]
        raise click.UsageError(f"--wide goes with {_list(able)} alone.")
    if with_reviews and (wide or not kind.has_rows):
        raise click.UsageError("--with-reviews needs a row a field.")
    if excel_safe and not kind.can_be_excel_safe:
        able = [ending for ending, one in FORMATS.items() if one.can_be_excel_safe]
        raise click.UsageError(f"--excel-safe goes with {_list(able)} alone.")
    return kind


def _list(endings: Iterable[str]) -> str:
    return ", ".join(endings)


def _warn_of_rest(transaction: Transaction) -> None:
    """Say on stderr if the run is not done."""
    from formreader.store.machine.results import count_totals

    totals = count_totals(transaction)
    if totals.pages_waiting or totals.files_waiting:
        tell(
            f"warning: {totals.pages_waiting} pages and {totals.files_waiting} files "
            "have not been read yet; go on with `formreader batch`",
        )


def _make_content(transaction: Transaction, only: Only | None, title: str) -> Content:
    """Say where the wanted fields come from; they are fetched as they are written."""
    from formreader.export.formats import Content
    from formreader.store.contents import list_names, read_entries, read_pages

    return Content(
        title,
        lambda: read_pages(transaction, only),
        lambda: list_names(transaction, only),
        lambda: read_entries(transaction, only),
    )
