"""Reads results and typed truth, and says which line cannot be used."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TextIO

from formreader.errors import InputError, UnreadableFileError
from formreader.export.csv_files import restore
from formreader.records import PAGE, FieldKind

__all__ = ["Area", "ResultRow", "TruthRow", "read_results", "read_truth"]

LARGEST_TABLE = 500_000_000
"""Bytes of a CSV file."""

MOST_TRUTH = 1_000_000
"""Rows of a truth file."""

_LONGEST_VALUE = 1000  # characters
_BOX = ("left", "top", "width", "height")
_DELIMITERS = ",;\t"
_RESULTS_NAME = "fields.csv"


class Area(NamedTuple):
    """A field's bounding box in pixels of the page."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class TruthRow:
    """What a person typed for one field.

    Attributes:
        file: Name of the page's file, perhaps with the folders above it.
        page: 1-based page in the file.
        field: The field's name.
        value: What stands there.
        cells: A character a printed box, or empty if not typed.
        area: Where, or None if not typed.
    """

    file: str
    page: int
    field: str
    value: str
    cells: str = ""
    area: Area | None = None


@dataclass(frozen=True)
class ResultRow:
    """A row of the field CSV.

    Attributes:
        source: The page's file.
        page: 1-based page in the file.
        field: The field's name.
        value: What was read.
        confidence: In [0, 1].
        needs_review: Whether a person must look.
        raw: What was read before any rule, or None if the file does not say.
        area: Where, or None if the file does not say.
        stands_for_page: Whether it is no field, but says something of its page.
        kind: What kind of field it is, or empty if the file does not say.
    """

    source: str
    page: int
    field: str
    value: str
    confidence: float
    needs_review: bool
    raw: str | None = None
    area: Area | None = None
    stands_for_page: bool = False
    kind: str = ""


class _Row:
    """The cells of one line, by column."""

    def __init__(self, cells: dict[str, str], path: Path, line: int) -> None:
        self.cells, self._path, self._line = cells, path, line

    def error(self, message: str) -> InputError:
        return InputError(f"line {self._line}: {message}", path=self._path)

    def name(self, column: str) -> str:
        if not self.cells[column].strip():
            raise self.error(f"`{column}` is empty; say which file the field is in")
        return self.cells[column]

    def text(self, column: str) -> str:
        text = self.cells.get(column, "")
        if len(text) > _LONGEST_VALUE:
            raise self.error(
                f"`{column}` has {len(text)} characters, too many for a field; is a "
                "quotation mark missing?"
            )
        return text

    def page(self) -> int:
        text = self.cells.get("page", "").strip() or "1"
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) == int(text)):
            raise self.error(f"`page` is {text[:20]!r}; pages count from 1")
        return int(text)

    def confidence(self) -> float:
        number = self._number("confidence") or 0.0
        if not 0 <= number <= 1:
            raise self.error(f"`confidence` is {number}; it lies between 0 and 1")
        return number

    def flag(self, column: str) -> bool:
        text = self.cells[column].strip().lower()
        if text not in {"true", "false"}:
            raise self.error(f"`{column}` is {text[:20]!r}; write true or false")
        return text == "true"

    def kind(self) -> str:
        text = self.text("kind")
        if text and text not in set(FieldKind):
            raise self.error(f"`kind` is {text[:20]!r}; it is one of formreader's own")
        return text

    def area(self) -> Area | None:
        numbers = [self._number(column) for column in _BOX]
        known = [number for number in numbers if number is not None]
        return Area(*known) if len(known) == len(_BOX) else None

    def _number(self, column: str) -> float | None:
        text = self.cells.get(column, "").strip()
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise self.error(f"`{column}` is {text[:20]!r}, no number")
        return number


def read_truth(path: Path) -> list[TruthRow]:
    """Read what people typed.

    Args:
        path: A CSV file with the columns `file`, `field` and `value`; `page`, `cells`
            and the box are optional.

    Raises:
        InputError: If the file is missing, is no such CSV, or holds no row.
    """
    rows: list[TruthRow] = []
    for row in _read_rows(path, ("file", "field", "value"), "the truth has"):
        if len(rows) == MOST_TRUTH:
            raise row.error(f"the truth has more than {MOST_TRUTH:,} rows; split it")
        rows.append(
            TruthRow(
                row.name("file"),
                row.page(),
                row.text("field"),
                row.text("value"),
                row.text("cells"),
                row.area(),
            )
        )
    if not rows:
        raise InputError("holds no row; type a row for each field", path=path)
    return rows


def read_results(path: Path) -> Iterator[ResultRow]:
    """Read what formreader wrote, with or without `--excel-safe`, a row at a time.

    Args:
        path: The field CSV in its long form, or a run folder, which has one inside.

    Raises:
        InputError: If the file is missing or is no such CSV.
    """
    if path.is_dir():
        path = path / _RESULTS_NAME
    required = ("source", "field", "value", "confidence", "needs_review")
    origin = "results are what `formreader scan` writes, without --wide; they have"
    for row in _read_rows(path, required, origin):
        yield ResultRow(
            restore(row.name("source")),
            row.page(),
            restore(row.text("field")),
            restore(row.text("value")),
            row.confidence(),
            row.flag("needs_review"),
            restore(row.text("raw")) if "raw" in row.cells else None,
            row.area(),
            row.text("field") == PAGE,
            row.kind(),
        )


def _read_rows(path: Path, required: Sequence[str], origin: str) -> Iterator[_Row]:
    """Read a CSV file line by line.

    Args:
        path: The file; UTF-8, separated by commas, semicolons or tabs.
        required: Columns that it must have.
        origin: What such a file is, for the message if it is another.
    """
    _check_file(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=_find_delimiter(file))
            header = [name.strip().lower() for name in next(reader, [])]
            _check_header(header, required, origin, path)
            for cells in reader:
                if any(cells):
                    yield _make_row(header, cells, path, reader.line_num)
    except UnicodeDecodeError as error:
        raise InputError(
            f"line {_find_undecodable(path)}: not text in UTF-8; save it as "
            '"CSV UTF-8"',
            path=path,
        ) from error
    except csv.Error as error:
        raise InputError(
            f"line {reader.line_num}: no CSV ({error}); is a quotation mark missing?",
            path=path,
        ) from error
    except OSError as error:
        raise _cannot_read(path, error) from error


def _check_file(path: Path) -> None:
    """Refuse what is missing or too large before it is read."""
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise UnreadableFileError(
            "there is no such file; check the path", path=path
        ) from error
    except OSError as error:
        raise _cannot_read(path, error) from error
    if not path.is_file():
        raise UnreadableFileError("not a file; give a CSV file", path=path)
    if size > LARGEST_TABLE:
        raise UnreadableFileError(
            f"larger than {LARGEST_TABLE // 1_000_000} MB; split it", path=path
        )


def _cannot_read(path: Path, error: OSError) -> UnreadableFileError:
    return UnreadableFileError(
        f"cannot read the file ({error.strerror}); check its permissions", path=path
    )


def _find_delimiter(file: TextIO) -> str:
    """Take the separator that the header has most of."""
    header = file.readline()
    file.seek(0)
    return max(_DELIMITERS, key=header.count)


def _check_header(
    header: list[str], required: Sequence[str], origin: str, path: Path
) -> None:
    missing = [name for name in required if name not in header]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        found = ", ".join(header)[:200] or "nothing"
        raise InputError(
            f"line 1: no column {names}; {origin} the columns "
            f"{', '.join(required)}, this has: {found}",
            path=path,
        )
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        raise InputError(
            f"line 1: two columns are called `{twice[0]}`; rename one", path=path
        )


def _make_row(header: list[str], cells: list[str], path: Path, line: int) -> _Row:
    """Join cells with their columns; those left out at the end are empty."""
    row = _Row(dict.fromkeys(header, ""), path, line)
    if any(cells[len(header) :]):
        raise row.error(
            f"{len(cells)} cells, the first line has {len(header)}; put a value with a "
            "comma in quotation marks"
        )
    row.cells.update(zip(header, cells, strict=False))
    return row


def _find_undecodable(path: Path) -> int:
    """Find the first line that is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1
