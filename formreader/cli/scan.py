"""`formreader scan`: pages in, CSV out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

import click

from formreader.cli.arguments import UserPath, excel_safe_option
from formreader.cli.limits import limit_options
from formreader.cli.messages import guarded_stderr, tell
from formreader.cli.reading import reading_options
from formreader.cli.wording import count, count_empty, tell_promise
from formreader.errors import (
    ExitCode,
    FormReaderError,
    InputError,
    UnreadableFileError,
)
from formreader.output import open_output

if TYPE_CHECKING:
    from formreader.batch.scanning import OpenInput, ReaderProcess, ScannedPage
    from formreader.export.page_folder import PageFolder
    from formreader.options import ReadingOptions
    from formreader.pages.selection import PageSelection
    from formreader.readings import PageReading
    from formreader.records import LeftAside
    from formreader.workers.limits import PageLimits

_LONG_JOB = 5  # inputs
_STDIN = Path("-")
_LARGEST_STDIN = 256 * 2**20  # bytes
_ENDLESS = (
    f"more than {_LARGEST_STDIN // 2**20} MiB come from stdin; save them to a file and "
    "give that"
)


def _parse_pages(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> PageSelection | None:
    from formreader.pages.selection import PageSelection

    if text is None:
        return None
    try:
        return PageSelection.of(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


@dataclass
class _Tally:
    """What the summary line counts."""

    pages: int = 0
    fields: int = 0
    empty: int = 0
    review: int = 0
    failed: int = 0
    aside: int = 0

    def __str__(self) -> str:
        empty = f", {count_empty(self.empty)}" if self.empty else ""
        failed = f", {self.failed} failed" if self.failed else ""
        aside = f", {count(self.aside, 'other file')} left aside" if self.aside else ""
        return (
            f"{count(self.pages, 'page')}, {count(self.fields, 'field')}, "
            f"{self.review} to review{empty}{failed}{aside}"
        )


@click.command()
@click.argument(
    "inputs",
    nargs=-1,
    required=True,
    type=UserPath(),
    metavar="INPUT...",
)
@click.option(
    "-o",
    "--output",
    type=UserPath(dir_okay=False),
    help="Write here instead of to stdout.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "json"]),
    default="csv",
    show_default=True,
    help="What to write.",
)
@click.option("--wide", is_flag=True, help="CSV with a row a page, a column a field.")
@excel_safe_option
@reading_options()
@click.option(
    "--pages",
    metavar="PAGES",
    callback=_parse_pages,
    help="Read these pages of each file, as 1,3-5 or 2-.  [default: all]",
)
@click.option(
    "--overlay",
    type=UserPath(file_okay=False),
    metavar="DIR",
    help="Write each page here as PNG with what was read drawn on it.",
)
@click.option(
    "--explain",
    type=UserPath(file_okay=False),
    metavar="DIR",
    help="Write a PNG of each page here: its lines and cells, and why a box is no "
    "field.",
)
@click.option(
    "--tables",
    type=UserPath(file_okay=False),
    metavar="DIR",
    help="Write each table of a page here, its cells where they stand on the page.",
)
@click.option(
    "--tables-format",
    type=click.Choice(["csv", "xlsx"]),
    default="csv",
    show_default=True,
    help="What --tables writes.",
)
@limit_options
@click.option("-v", "--verbose", is_flag=True, help="Say what is done, on stderr.")
@guarded_stderr()
def scan(
    inputs: tuple[Path, ...],
    output: Path | None,
    file_format: str,
    wide: bool,
    excel_safe: bool,
    options: ReadingOptions,
    pages: PageSelection | None,
    overlay: Path | None,
    explain: Path | None,
    tables: Path | None,
    tables_format: str,
    limits: PageLimits,
    verbose: bool,
) -> None:
    """Read pages and write the numbers found as CSV.

    INPUT is a PDF, an image (JPEG, PNG, TIFF, HEIC, AVIF, WebP, GIF, BMP, JPEG 2000
    and fax files), a folder, which is searched with its subfolders, or - for stdin.
    Files are told by what they hold; those of a folder that are no pages are named.
    Digit fields are found by their printed boxes. The result goes to stdout,
    everything else to stderr.

    \b
    Examples:
        formreader scan page.jpg
        formreader scan scans/ -o numbers.csv --overlay checked/
        formreader scan page.jpg --wide --threshold 0.95
        formreader scan page.jpg --explain why/
        formreader scan marks.jpg --ink-layers --tables tables/
        formreader scan survey.pdf --pages 2-4
        formreader scan book.pdf --split
        scanimage --format=png | formreader scan -
        formreader scan exams/ -t exam.toml -o exams.csv
        formreader scan amounts/ --strip amount --ignore-marks
    """
    if options.strip is not None and explain is not None:
        raise click.UsageError("--strip and --explain exclude each other.")
    for is_given, name in ((wide, "--wide"), (excel_safe, "--excel-safe")):
        if is_given and file_format != "csv":
            raise click.UsageError(f"{name} goes with --format csv alone.")
    from formreader.batch.scanning import ScanOptions, start_reader
    from formreader.pages.folders import find_inputs

    drawn = overlay is not None, explain is not None
    how = ScanOptions(options, pages, *drawn)
    tally = _Tally()
    with open_output(output) as stream, start_reader(how, limits) as worker:
        found = list(find_inputs(list(inputs)))
        worker.wait_until_ready()  # so that nothing is written if a model is missing
        scanned = _scan_inputs(worker, found, tally)
        folders = _open_folders(overlay, explain)
        taken = _take_pages(scanned, folders, tally, verbose)
        readings = _assign(options, taken, tally)
        if tables is not None:
            readings = _write_tables(readings, tables, tables_format, excel_safe)
        if file_format == "json":
            _write_json(readings, stream)
        else:
            _write_csv(readings, stream, wide=wide, excel_safe=excel_safe)
        tell(str(tally))
        tell_promise(options)
        if not tally.pages:
            sys.exit(ExitCode.INPUT)  # and leave an older result where it is
    if tally.failed:
        sys.exit(ExitCode.SOME_FAILED)


def _open_folders(overlay: Path | None, explain: Path | None) -> list[PageFolder]:
    """Name the folders of pictures, in the order in which a page has them."""
    from formreader.export.page_folder import PageFolder

    named = ((overlay, "--overlay"), (explain, "--explain"))
    return [PageFolder(folder, name) for folder, name in named if folder is not None]


def _write_tables(
    pages: Iterable[PageReading], folder: Path, file_format: str, excel_safe: bool
) -> Iterator[PageReading]:
    """Write the tables of each page on its way."""
    from formreader.export.page_folder import PageFolder
    from formreader.export.table_grids import draw_csv, draw_xlsx, find_grids

    files, found = PageFolder(folder, "--tables"), 0
    for page in pages:
        for grid in find_grids(page):
            is_csv = file_format == "csv"
            text = draw_csv(grid, excel_safe=excel_safe) if is_csv else draw_xlsx(grid)
            files.write(page, text, f"-t{grid.number}.{file_format}")
            found += 1
        yield page
    if not found:
        tell(f"warning: no table found, so that nothing was written to {folder}")


def _write_json(pages: Iterable[PageReading], stream: TextIO) -> None:
    from formreader.export import page_rows, write_json

    write_json(map(page_rows, pages), stream)


def _write_csv(
    pages: Iterable[PageReading], stream: TextIO, *, wide: bool, excel_safe: bool
) -> None:
    from formreader.export import (
        field_names,
        long_table,
        page_rows,
        wide_table,
        write_csv,
    )

    rows = map(page_rows, pages)
    if wide:
        kept = list(rows)  # the header needs the fields of all pages
        table = wide_table(kept, field_names(kept))
    else:
        table = long_table(rows)
    write_csv(table, stream, excel_safe=excel_safe)


def _take_pages(
    scanned: Iterable[ScannedPage | FormReaderError],
    folders: list[PageFolder],
    tally: _Tally,
    verbose: bool,
) -> Iterator[PageReading]:
    """Take every page, report those that failed, and count."""
    for page in scanned:
        if isinstance(page, FormReaderError):
            tally.failed += 1
            tell(f"error: {page}")
            continue
        reading = page.reading
        tally.pages += 1
        tally.fields += reading.field_count
        tally.empty += reading.has_no_field
        tally.review += sum(field.needs_review for field in reading.fields)
        _tell(page, verbose)
        for folder, picture in zip(folders, page.pictures, strict=True):
            folder.write(reading, picture)
        yield reading


def _assign(
    options: ReadingOptions, readings: Iterable[PageReading], tally: _Tally
) -> Iterable[PageReading]:
    """Match all pages to rosters and count again, where a template asks for it."""
    if not options.templates:
        return readings
    from formreader.forms.assignment import assign_pages, has_assignment

    templates = options.load_templates()
    if not has_assignment(templates):
        return readings
    pages = assign_pages(list(readings), templates, options.find_policy())
    tally.review = sum(field.needs_review for page in pages for field in page.fields)
    return pages


def _scan_inputs(
    worker: ReaderProcess,
    found: list[Path | InputError | LeftAside],
    tally: _Tally,
) -> Iterator[ScannedPage | FormReaderError]:
    """Read the pages of every input, with an error in the place of what fails."""
    from formreader.batch.scanning import scan_input
    from formreader.records import LeftAside

    for one in _with_progress(found):
        if isinstance(one, LeftAside):
            tally.aside += 1
            tell(f"left aside: {one.name}: {one.problem}; {one.remedy}")
            continue
        task = _take_input(one) if isinstance(one, Path) else one
        if isinstance(task, FormReaderError):
            yield task
        else:
            yield from scan_input(worker, task)


def _take_input(path: Path) -> OpenInput | FormReaderError:
    """Take a file, or all bytes of stdin."""
    from formreader.batch.scanning import OpenInput

    if path != _STDIN:
        return OpenInput(path)
    data = sys.stdin.buffer.read(_LARGEST_STDIN + 1)
    if len(data) > _LARGEST_STDIN:
        return UnreadableFileError(_ENDLESS, path=_STDIN)
    return OpenInput(_STDIN, data)


def _tell(page: ScannedPage, verbose: bool) -> None:
    """Say on stderr what a person should know about a page."""
    reading = page.reading
    name = reading.source
    if page.page_count > 1:
        name += f", page {reading.page_index + 1}"
    if verbose:
        tell(f"{name}: {count(reading.field_count, 'field')}")
    for warning in reading.warnings:
        tell(f"warning: {name}: {warning}")
    if reading.has_no_field:
        tell(f"warning: {name}: no field found")


_Item = TypeVar("_Item")


def _with_progress(items: list[_Item]) -> Iterable[_Item]:
    """Show a progress bar on stderr if a person is watching a long job."""
    if len(items) < _LONG_JOB or not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, "Reading", console=Console(stderr=True), transient=True)
