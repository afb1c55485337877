"""Draws contact sheets into PDF and PNG files."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from formreader.export.contact_sheets import PAPER, Frame, Mark, Picture
from formreader.output import open_binary_output

__all__ = ["part_path", "write_pdf", "write_png"]

SHEETS_A_PDF = 200
"""A PDF is in memory until it is complete; what goes beyond comes into another."""

_DPI = 150
_SCALE = _DPI / 72  # pixels a point


def write_pdf(sheets: Iterable[list[Mark]], path: Path) -> list[Path]:
    """Draw sheets into a PDF, and further ones into more files beside it.

    Returns:
        The files: `path`, and others as `part_path` names them.

    Raises:
        OutputError: If a file cannot be written.
    """
    from reportlab.pdfgen.canvas import Canvas

    written: list[Path] = []
    for part in _parts(sheets, SHEETS_A_PDF):
        target = part_path(path, len(written) + 1)
        with open_binary_output(target) as stream:
            canvas = Canvas(stream, pagesize=PAPER, invariant=True)
            canvas.setTitle(path.stem)
            for sheet in part:
                for mark in sheet:
                    _draw_on_canvas(canvas, mark)
                canvas.showPage()
            canvas.save()
        written.append(target)
    return written


def write_png(sheets: Iterable[list[Mark]], path: Path) -> list[Path]:
    """Draw each sheet into a PNG.

    Returns:
        The files: `path`, and others as `part_path` names them.

    Raises:
        OutputError: If a file cannot be written.
    """
    written: list[Path] = []
    size = (round(PAPER[0] * _SCALE), round(PAPER[1] * _SCALE))
    for sheet in sheets:
        picture = Image.new("RGB", size, "white")
        draw = ImageDraw.Draw(picture)
        for mark in sheet:
            _draw_on_picture(picture, draw, mark)
        target = part_path(path, len(written) + 1)
        with open_binary_output(target) as stream:
            picture.save(stream, "PNG", dpi=(_DPI, _DPI))
        written.append(target)
    return written


def part_path(path: Path, number: int) -> Path:
    """Name one of several files; the first keeps the name as it is.

    Example:
        >>> [part_path(Path("a.png"), number).name for number in (1, 2)]
        ['a.png', 'a-0002.png']
    """
    return path if number == 1 else path.with_stem(f"{path.stem}-{number:04d}")


def _parts(sheets: Iterable[list[Mark]], size: int) -> Iterator[Iterator[list[Mark]]]:
    """Cut a stream of sheets into streams of at most `size`."""
    remaining = iter(sheets)
    for first in remaining:
        yield _chain(first, islice(remaining, size - 1))


def _chain(first: list[Mark], others: Iterator[list[Mark]]) -> Iterator[list[Mark]]:
    yield first
    yield from others


def _draw_on_canvas(canvas: Any, mark: Mark) -> None:
    """Draw a mark with reportlab, which counts from the lower left."""
    from reportlab.lib.utils import ImageReader

    y = PAPER[1] - mark.y
    if isinstance(mark, Picture):
        reader = ImageReader(io.BytesIO(mark.image))
        canvas.drawImage(reader, mark.x, y - mark.height, mark.width, mark.height)
    elif isinstance(mark, Frame):
        canvas.setStrokeColor(mark.colour)
        canvas.setLineWidth(mark.line)
        canvas.rect(mark.x, y - mark.height, mark.width, mark.height)
    else:
        canvas.setFillColor(mark.colour)
        canvas.setFont("Helvetica-Bold" if mark.is_bold else "Helvetica", mark.size)
        canvas.drawString(mark.x, y, mark.text)


def _draw_on_picture(
    picture: Image.Image, draw: ImageDraw.ImageDraw, mark: Mark
) -> None:
    """Draw a mark into an image."""
    x, y = mark.x * _SCALE, mark.y * _SCALE
    if isinstance(mark, Picture):
        size = (max(1, round(mark.width * _SCALE)), max(1, round(mark.height * _SCALE)))
        with Image.open(io.BytesIO(mark.image)) as opened:
            picture.paste(opened.convert("RGB").resize(size), (round(x), round(y)))
    elif isinstance(mark, Frame):
        right, bottom = x + mark.width * _SCALE, y + mark.height * _SCALE
        line = max(1, round(mark.line * _SCALE))
        draw.rectangle((x, y, right, bottom), outline=mark.colour, width=line)
    else:
        font = ImageFont.load_default(mark.size * _SCALE)
        bold = 1 if mark.is_bold else 0
        draw.text(
            (x, y), mark.text, mark.colour, font, anchor="ls", stroke_width=bold * 0.5
        )
