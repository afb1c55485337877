"""Pages of a PDF, drawn by PDFium as they would be printed.

PDFium knows neither threads nor a time limit: read PDFs in one thread of a process.
"""

from __future__ import annotations

import logging
import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

import numpy as np
import numpy.typing as npt

from formreader.errors import UnreadableFileError
from formreader.pages.contents import FileContent
from formreader.pages.limits import (
    MAX_PIXELS,
    MAX_SIDE,
    MIN_SIDE,
    check_page_count,
    check_size,
)
from formreader.pages.pdf_content import read_content
from formreader.pages.pdf_scan import POINTS, PageScan, choose_reading_dpi, find_scan
from formreader.pages.pdf_typed import find_typed_values
from formreader.pages.pdf_widgets import hide_buttons
from formreader.pages.printed_content import PrintedContent
from formreader.pages.resolution import credible_dpi, describe_low_resolution
from formreader.records import PageImage

if TYPE_CHECKING:
    import pypdfium2

PDF_DPI = 300
"""Pixels an inch at which pages are drawn."""

_INCH_MM = 25.4
_WHITE = 255
_AIR_PX = 0.01
_END = b"%%EOF"
_TAIL_BYTES = 32_768  # in which nearly every file says that it ends
_LONGEST_TAIL_BYTES = 2**27  # more that follows an end is no PDF
_OBJECT = re.compile(rb"[0-9] [0-9]+ obj\b|endobj|endstream")
_SEARCHED_BYTES = 1024  # PDFium looks no further back for the end than a few of these
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_SECURITY_ERROR = 5  # FPDF_ERR_SECURITY: encrypted in a way that PDFium does not know


def is_pdf(start: bytes) -> bool:
    """Tell a PDF by the first 1024 bytes of a file, as other readers do."""
    return b"%PDF-" in start[:1024]


class PdfDocument:
    """An open PDF. Use it as a context manager.

    Args:
        content: The file.
        source: How the pages name the file.

    Raises:
        UnreadableFileError: If the file is encrypted, damaged or cut short.
    """

    def __init__(self, content: FileContent, source: str) -> None:
        """Open the file, without drawing a page."""
        self._path, self._source = content.path, source
        self._data = _read_whole(content)  # PDFium goes on reading from it
        self._pdf = _open(content.path, self._data)
        if self._pdf.get_formtype() in {1, 3}:  # what was typed into fields is drawn
            # It advises to build it anew for XFA; what is drawn is enough here.
            logging.getLogger("pypdfium2").setLevel(logging.ERROR)
            self._pdf.init_forms()

    def __enter__(self) -> Self:
        """Return the document."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._pdf.close()

    @property
    def page_count(self) -> int:
        """How many pages the file has."""
        return len(self._pdf)

    def load(self, index: int) -> PageImage:
        """Draw one page in grey at 300 dpi, or less if it is larger than any paper.

        Args:
            index: The page, from 0.

        Raises:
            UnreadableFileError: If it cannot be drawn, or an image on it is too large.
        """
        page_index = index if self.page_count > 1 else None
        try:
            with self._opened(index) as page:
                return self._draw(page, index)
        except UnreadableFileError as error:
            raise UnreadableFileError(
                error.message, path=self._path, page_index=page_index
            ) from error
        except MemoryError as error:
            raise UnreadableFileError(
                "too little memory to draw the page; scan at a lower resolution",
                path=self._path,
                page_index=page_index,
            ) from error
        except Exception as error:  # PDFium and its binding promise no kind
            raise UnreadableFileError(
                f"the page is damaged ({error}); scan or export the PDF again",
                path=self._path,
                page_index=page_index,
            ) from error

    def read_content(self, index: int, size: tuple[int, int]) -> PrintedContent:
        """Read the words and the form fields of a page that was drawn.

        Args:
            index: The page, from 0.
            size: (width, height) of its pixels, which tell places in it.
        """
        with self._opened(index) as page:
            return read_content(page, size)

    @contextmanager
    def _opened(self, index: int) -> Iterator[pypdfium2.PdfPage]:
        page = self._pdf[index]
        try:
            yield page
        finally:
            page.close()

    def _draw(self, page: pypdfium2.PdfPage, index: int) -> PageImage:
        scan = find_scan(page)
        dpi, warning = _choose_dpi(page.get_size(), scan)
        size = _size_at(page, dpi)
        check_size(size)
        pixels = _render(page, *size)
        if scan is not None and pixels.min() == _WHITE:
            scan.image.get_bitmap().close()  # PDFium passes over what it cannot decode
        if warning is None and scan is not None:
            scan_dpi = credible_dpi(scan.dpi, scan.size)
            warning = describe_low_resolution(scan.size, scan_dpi)
        reading_dpi = choose_reading_dpi(page.get_size(), scan, dpi)
        native = None
        if reading_dpi is not None:
            sides = (max(MIN_SIDE, side) for side in _size_at(page, reading_dpi))
            native = _render(page, *sides)
        typed = find_typed_values(page, size)
        doubts = () if warning is None else (warning,)
        return PageImage(
            pixels,
            self._source,
            index,
            dpi=dpi,
            page_count=self.page_count,
            warnings=doubts,
            scan=native,
            typed=typed,
        )


def _size_at(page: pypdfium2.PdfPage, dpi: float) -> tuple[int, int]:
    """Give the width and height of a page in pixels."""
    width, height = page.get_size()
    return round(width / POINTS * dpi), round(height / POINTS * dpi)


def _read_whole(content: FileContent) -> bytes | None:
    """Refuse a file cut short: PDFium draws what is left, with pieces missing.

    What follows the end is no matter, such as the zeros of a disk's last block, but
    PDFium must not see much of it.

    Returns:
        The bytes up to the end, if PDFium must not read the file itself.

    Raises:
        UnreadableFileError: If it is cut short.
    """
    with content.open() as file:
        size = file.seek(0, os.SEEK_END)
        end = _find_end(file, size)
        if end is None:
            raise UnreadableFileError(
                "the PDF is cut short; copy or scan it again", path=content.path
            )
        if content.data is None and size - end <= _SEARCHED_BYTES:
            return None
        file.seek(0)
        return file.read(end)


def _find_end(file: BinaryIO, size: int) -> int | None:
    """Find where a PDF of some bytes ends; None if objects of it come behind."""
    length = _TAIL_BYTES
    while True:
        start = file.seek(max(0, size - length))
        tail = file.read(length)
        at = tail.rfind(_END)
        if at >= 0:
            return None if _OBJECT.search(tail, at) else start + at + len(_END)
        if start == 0 or length >= _LONGEST_TAIL_BYTES:
            return None
        length *= 8


def _open(path: Path, data: bytes | None) -> pypdfium2.PdfDocument:
    """Open a file, or its bytes, which must stay in memory."""
    import pypdfium2
    from pypdfium2 import raw

    # Opened here, as the binding would expand a ~ in the path, and reports the error of
    # an earlier file for one without pages.
    if data is None:
        handle = raw.FPDF_LoadDocument(os.fsencode(path) + b"\0", None)
    else:
        handle = raw.FPDF_LoadMemDocument64(data, len(data), None)
    if not handle:
        code = raw.FPDF_GetLastError()
        raise UnreadableFileError(_describe(code), path=path)
    document = pypdfium2.PdfDocument(handle)
    try:
        if not len(document):
            raise UnreadableFileError(_describe(None))
        check_page_count(len(document))
    except UnreadableFileError as error:
        document.close()
        raise UnreadableFileError(error.message, path=path) from error
    return document


def _render(page: pypdfium2.PdfPage, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Draw a page on white.

    PDFium stretches an image to all pixels that it touches, be it by a millionth. With
    a hundredth of a pixel of air around the page, a scan comes out pixel for pixel.

    Args:
        page: The page.
        width: Of the result, in pixels.
        height: The same.

    Returns:
        (height, width) uint8, 0 = black.
    """
    import pypdfium2
    from pypdfium2 import raw

    wide, high = page.get_size()
    scale_x, scale_y = (width - 2 * _AIR_PX) / wide, (height - 2 * _AIR_PX) / high
    matrix = raw.FS_MATRIX(scale_x, 0, 0, scale_y, _AIR_PX, _AIR_PX)
    clip = raw.FS_RECTF(0, 0, width, height)
    flags = raw.FPDF_ANNOT | raw.FPDF_GRAYSCALE
    if page.formenv:
        hide_buttons(page)
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, raw.FPDFBitmap_Gray)
    try:
        bitmap.fill_rect((_WHITE,) * 4, 0, 0, width, height)
        raw.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, clip, flags)
        if page.formenv:
            place = (0, 0, width, height, 0)
            raw.FPDF_FFLDraw(page.formenv, bitmap, page, *place, flags)
        return np.array(bitmap.to_numpy(), dtype=np.uint8, order="C")
    finally:
        bitmap.close()


def _describe(code: int | None) -> str:
    if code in {_PASSWORD_ERROR, _SECURITY_ERROR}:
        return "the PDF is encrypted; save a copy without a password"
    return "the PDF is damaged or has no pages; scan or export it again"


def _choose_dpi(
    size: tuple[float, float], scan: PageScan | None
) -> tuple[float, str | None]:
    """Choose the resolution to draw a page at.

    Args:
        size: (width, height) in points.
        scan: The image that fills the page, if any.

    Returns:
        The resolution, and a warning if it is not that of other pages.
    """
    inches = [side / POINTS for side in size]
    area, longest = max(inches[0] * inches[1], 1e-6), max(*inches, 1e-3)
    fitting = math.floor(0.99 * min(math.sqrt(MAX_PIXELS / area), MAX_SIDE / longest))
    if fitting >= PDF_DPI:
        return PDF_DPI, None
    # Mostly a photo whose pixels were taken for points: no finer than it is.
    dpi = fitting if scan is None else min(fitting, scan.dpi)
    width_mm, height_mm = (side * _INCH_MM for side in inches)
    warning = (
        f"the page measures {width_mm:.0f} x {height_mm:.0f} mm, too much for "
        f"{PDF_DPI} dpi; drawn at {dpi:.0f} dpi"
    )
    return dpi, warning
