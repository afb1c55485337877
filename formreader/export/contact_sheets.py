"""Lays out contact sheets: each field's picture with what was read, many to a page."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from PIL import Image

from formreader.rows import SheetEntry, is_doubtful

__all__ = ["PAPER", "Frame", "Mark", "Picture", "Text", "lay_out"]

PAPER = (595.276, 841.89)
"""Width and height of a sheet in points."""

_MARGIN = 36.0
_HEAD = 22.0  # for the title of a sheet
_COLUMNS, _ROWS = 3, 9
_GAP = 8.0
_PAD = 4.0
_CAPTION = 30.0  # height of the lines under a picture
_VALUE_PT, _SMALL_PT = 11.0, 6.5
_LETTER = 0.56  # mean width of a letter, in sizes
_MOST_PIXELS = 20_000_000  # of a picture

_ACCEPTED, _REVIEW, _BLANK = "#2f7d4f", "#c23b22", "#999999"
_INK, _PALE = "#222222", "#666666"


@dataclass(frozen=True)
class Text:
    """A line of text; `x` and `y` are where its baseline begins."""

    x: float
    y: float
    text: str
    size: float
    colour: str = _INK
    is_bold: bool = False


@dataclass(frozen=True)
class Frame:
    """A rectangle; `x` and `y` are its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    line: float


@dataclass(frozen=True)
class Picture:
    """An encoded image, scaled to a rectangle."""

    x: float
    y: float
    width: float
    height: float
    image: bytes


Mark = Text | Frame | Picture
"""What a sheet is made of; points, counted from the upper left."""


def lay_out(entries: Iterable[SheetEntry], title: str) -> Iterator[list[Mark]]:
    """Place fields on sheets, row by row; only one sheet is held at a time.

    Args:
        entries: The fields, in order.
        title: Stands on every sheet.

    Yields:
        The marks of each sheet; there is at least one.
    """
    width = (PAPER[0] - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) / _COLUMNS
    height = (PAPER[1] - 2 * _MARGIN - _HEAD - (_ROWS - 1) * _GAP) / _ROWS
    number = 0
    for number, chunk in enumerate(_chunks(entries), 1):
        marks = [*_head(title, number)]
        for index, entry in enumerate(chunk):
            row, column = divmod(index, _COLUMNS)
            x = _MARGIN + column * (width + _GAP)
            y = _MARGIN + _HEAD + row * (height + _GAP)
            marks += _place(entry, x, y, width, height)
        yield marks
    if not number:
        nothing = Text(_MARGIN, _MARGIN + 2 * _HEAD, "No field.", _VALUE_PT)
        yield [*_head(title, 1), nothing]


def _head(title: str, number: int) -> Iterator[Mark]:
    """Write the title of a sheet and what its colours mean."""
    width = PAPER[0] - 2 * _MARGIN
    y = _MARGIN + _VALUE_PT
    yield Text(_MARGIN, y, _shorten(title, 0.6 * width, _VALUE_PT), _VALUE_PT)
    x = PAPER[0] - _MARGIN - 150
    legend = (("accepted", _ACCEPTED), ("to review", _REVIEW), ("blank", _BLANK))
    for index, (word, colour) in enumerate(legend):
        yield Text(x + 40 * index, y, word, _SMALL_PT, colour, is_bold=True)
    yield Text(x + 122, y, f"sheet {number}", _SMALL_PT)


def _place(
    entry: SheetEntry, x: float, y: float, width: float, height: float
) -> Iterator[Mark]:
    """Place one field in its rectangle."""
    row = entry.row
    doubtful = is_doubtful(row)
    flags = str(row["flags"])
    colour = _REVIEW if doubtful else _BLANK if "blank" in flags.split() else _ACCEPTED
    yield Frame(x, y, width, height, colour, 1.6 if doubtful else 0.6)
    inner = width - 2 * _PAD
    yield _picture(entry.image, x + _PAD, y + _PAD, inner, height - _CAPTION - 2 * _PAD)
    base = y + height - _CAPTION + _VALUE_PT - 3
    value = str(row["value"] or row["raw"] or "-")
    room = inner - 4 * _SMALL_PT
    value = _shorten(value, room, _VALUE_PT)
    yield Text(x + _PAD, base, value, _VALUE_PT, colour, is_bold=True)
    sure = str(row["confidence"])
    yield Text(x + width - _PAD - 3.6 * _SMALL_PT, base, sure, _SMALL_PT, _PALE)
    said = f"{row['field']}  REVIEW {flags}" if doubtful else str(row["field"])
    base += _SMALL_PT + 2
    yield Text(x + _PAD, base, _shorten(said, inner, _SMALL_PT), _SMALL_PT)
    base += _SMALL_PT + 2
    room = inner - 4 * _SMALL_PT
    source = _shorten(str(row["source"]), room, _SMALL_PT, at_end=False)
    yield Text(x + _PAD, base, f"{source}, page {row['page']}", _SMALL_PT, _PALE)


def _picture(
    image: bytes | None, x: float, y: float, width: float, height: float
) -> Mark:
    """Fit a picture into a rectangle, or say that there is none."""
    size = None if image is None else _read_size(image)
    if image is None or size is None:
        return Text(x, y + _SMALL_PT + 2, "no picture", _SMALL_PT, _PALE)
    scale = min(width / size[0], height / size[1])
    return Picture(x, y, scale * size[0], scale * size[1], image)


def _read_size(image: bytes) -> tuple[int, int] | None:
    """Look at width and height of an image; None if it cannot be drawn."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(image), formats=("JPEG", "PNG")) as opened:
                size = opened.size
                if not 0 < size[0] * size[1] <= _MOST_PIXELS:
                    return None
                opened.load()
                return size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _shorten(text: str, width: float, size: float, *, at_end: bool = True) -> str:
    """Cut a text to about a width in points; what the fonts lack becomes `?`."""
    text = text.encode("cp1252", "replace").decode("cp1252")
    most = max(4, int(width / (_LETTER * size)))
    if len(text) <= most:
        return text
    return f"{text[: most - 3]}..." if at_end else f"...{text[3 - most :]}"


def _chunks(entries: Iterable[SheetEntry]) -> Iterator[list[SheetEntry]]:
    remaining = iter(entries)
    while chunk := list(islice(remaining, _COLUMNS * _ROWS)):
        yield chunk
