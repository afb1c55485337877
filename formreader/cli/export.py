"""`formreader export`: what a run holds, in the format that is wanted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import UserPath, excel_safe_option, store_option
from formreader.cli.messages import tell
from formreader.cli.wording import count, tell_written
from formreader.errors import InputError

if TYPE_CHECKING:
    from formreader.export.formats import Content, Format
    from formreader.export.respondents import Joining
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
    help="Add the columns reviewed_by, reviewed_at, found_by and comment.",
)
@click.option(
    "--respondent",
    "joining",
    metavar="HOW",
    callback=lambda context, parameter, text: _parse_joining(text),
    help="With --wide: a row a respondent, whose pages are those of a file (file), so "
    "many in order (2), those of one serial number (code), or those with the same "
    "value in a field (id, or a field a page: id_1,id_2). Pages that lack a partner "
    "are named.",
)
@click.option(
    "--pictures",
    type=UserPath(file_okay=False),
    metavar="DIR",
    help="Write the pictures of fields for text here, and name them in the table.",
)
@excel_safe_option
@store_option
def export(
    run: Path,
    output: Path,
    only: str | None,
    wide: bool,
    with_reviews: bool,
    joining: Joining | None,
    pictures: Path | None,
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
        formreader export run/ -o survey.xlsx --wide --respondent 2 --pictures texts/
    """
    kind = _find_format(output, wide, with_reviews, excel_safe)
    if pictures is not None and not kind.has_rows:
        raise click.UsageError("--pictures needs rows; contact sheets have pictures.")
    if joining is not None and (not wide or only is not None):
        raise click.UsageError("--respondent goes with --wide, and not with --only.")
    if not run.is_dir():
        raise InputError("there is no such run folder; check the path", path=run)
    from formreader.store.contents import Only
    from formreader.store.tables.connection import RunStore

    wanted = None if only is None else Only(only)
    with RunStore.open(run, store_url) as store, store.read() as transaction:
        _warn_of_rest(transaction)
        content = replace(
            _make_content(transaction, wanted, run.name),
            wide=wide,
            with_reviews=with_reviews,
            excel_safe=excel_safe,
        )
        if pictures is not None:
            content = _add_pictures(transaction, wanted, content, pictures, output)
        if joining is not None:
            content = _join(transaction, content, joining)
        tell_written(kind.write(content, output))


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


def _add_pictures(
    transaction: Transaction,
    only: Only | None,
    content: Content,
    folder: Path,
    output: Path,
) -> Content:
    """Write the pictures of fields for text, and let the table name them."""
    from formreader.export.pictures import add_columns, name_pictures, write_pictures
    from formreader.records import FieldKind
    from formreader.store.contents import list_names

    number = write_pictures(content.make_entries(), folder)
    tell(f"written: {count(number, 'picture')} in {folder}")
    beside = Path(os.path.relpath(folder, output.parent)).as_posix()
    is_wide = content.wide
    texts = list_names(transaction, only, FieldKind.TEXT)
    return replace(
        content,
        with_pictures=not is_wide,
        make_pages=lambda: name_pictures(content.make_pages(), beside, wide=is_wide),
        make_names=lambda: (
            add_columns(content.make_names(), texts)
            if is_wide
            else content.make_names()
        ),
    )


def _join(transaction: Transaction, content: Content, joining: Joining) -> Content:
    """Join the pages of each respondent, and say on stderr what is amiss."""
    from formreader.export.respondents import join_pages
    from formreader.store.contents import list_places

    found = join_pages(content.make_pages(), list_places(transaction), joining)
    for one in found:
        if one.problem:
            pages = ", ".join(f"{page.source} page {page.page}" for page in one.pages)
            tell(f"warning: {pages}: {one.problem}")
    tell(count(len(found), "respondent"))
    return replace(content, make_respondents=lambda: found)


def _parse_joining(text: str | None) -> Joining | None:
    """Read how pages are joined.

    Raises:
        click.BadParameter: If it cannot be told.
    """
    if text is None:
        return None
    from formreader.export.respondents import Joining

    try:
        return Joining.parse(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None
