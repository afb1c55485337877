"""Which kinds of file results are written as: an entry for each ending."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from formreader.export.csv_files import write_csv
from formreader.export.json_files import write_json, write_json_lines
from formreader.export.respondents import Respondent, respondent_table
from formreader.export.tables import Table, long_table, wide_table
from formreader.output import open_binary_output, open_output
from formreader.rows import COLUMNS, PICTURE, REVIEW_COLUMNS, PageRows, SheetEntry
from formreader.value_types import ValueType

__all__ = ["FORMATS", "Content", "Format"]


@dataclass(frozen=True)
class Content:
    """What is to be written. What a format does not ask for is never made.

    Attributes:
        title: What it is the content of.
        make_pages: Gives the pages with their rows.
        make_names: Gives the names of all fields, as they first occur, with their
            types.
        make_entries: Gives the fields with their pictures.
        wide: A table has a row a page and a column a field.
        with_reviews: Rows tell who decided about a field and when, who found it, and
            what was written to the supervisor.
        excel_safe: Texts are kept from being taken for formulas.
        with_pictures: Rows say where the picture of a field for text is.
        make_respondents: Joins the pages of each respondent, who has a row then; None
            for a row a page.
    """

    title: str
    make_pages: Callable[[], Iterable[PageRows]]
    make_names: Callable[[], Mapping[str, ValueType | None]]
    make_entries: Callable[[], Iterable[SheetEntry]]
    wide: bool = False
    with_reviews: bool = False
    excel_safe: bool = False
    with_pictures: bool = False
    make_respondents: Callable[[], Sequence[Respondent]] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the long form."""
        pictures = (PICTURE,) if self.with_pictures else ()
        return (*COLUMNS, *(REVIEW_COLUMNS if self.with_reviews else ()), *pictures)

    def make_table(self) -> Table:
        """Lay the rows out; they are made as they are written."""
        if self.make_respondents is not None:
            return respondent_table(self.make_respondents(), self.make_names())
        if self.wide:
            return wide_table(self.make_pages(), self.make_names())
        return long_table(self.make_pages(), self.columns)


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        write: Writes content to a path; gives the files that it wrote.
        has_rows: Whether it has a row a field.
        can_be_wide: Whether it may have a row a page instead.
        can_be_excel_safe: Whether spreadsheets take its texts for formulas.
    """

    write: Callable[[Content, Path], list[Path]]
    has_rows: bool = True
    can_be_wide: bool = False
    can_be_excel_safe: bool = False


def _write_csv(content: Content, path: Path) -> list[Path]:
    with open_output(path) as stream:
        write_csv(content.make_table(), stream, excel_safe=content.excel_safe)
    return [path]


def _write_json(content: Content, path: Path) -> list[Path]:
    with open_output(path) as stream:
        write_json(content.make_pages(), stream, content.columns)
    return [path]


def _write_json_lines(content: Content, path: Path) -> list[Path]:
    with open_output(path) as stream:
        write_json_lines(content.make_table(), stream)
    return [path]


def _write_parquet(content: Content, path: Path) -> list[Path]:
    from formreader.export.parquet import write_parquet

    with open_binary_output(path) as stream:
        write_parquet(content.make_table(), stream)
    return [path]


def _write_xlsx(content: Content, path: Path) -> list[Path]:
    from formreader.export.excel import write_xlsx

    with open_binary_output(path) as stream:
        write_xlsx(content.make_table(), stream)
    return [path]


def _write_pdf(content: Content, path: Path) -> list[Path]:
    from formreader.export.contact_sheets import lay_out
    from formreader.export.sheet_files import write_pdf

    return write_pdf(lay_out(content.make_entries(), content.title), path)


def _write_png(content: Content, path: Path) -> list[Path]:
    from formreader.export.contact_sheets import lay_out
    from formreader.export.sheet_files import write_png

    return write_png(lay_out(content.make_entries(), content.title), path)


FORMATS = {
    ".csv": Format(_write_csv, can_be_wide=True, can_be_excel_safe=True),
    ".json": Format(_write_json),
    ".jsonl": Format(_write_json_lines),
    ".parquet": Format(_write_parquet, can_be_wide=True),
    ".pdf": Format(_write_pdf, has_rows=False),
    ".png": Format(_write_png, has_rows=False),
    ".xlsx": Format(_write_xlsx, can_be_wide=True),
}
"""By the ending of a file's name."""
