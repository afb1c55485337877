"""Pages of a PDF, drawn by PDFium as they would be printed.

PDFium knows neither threads nor a time limit: read PDFs in one thread of a process.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from formreader.errors import UnreadableFileError
from formreader.pages.limits import (
    MAX_PIXELS,
    MIN_SIDE,
    TOO_LARGE,
    check_page_count,
    check_size,
)
from formreader.pages.resolution import credible_dpi, describe_low_resolution
from formreader.records import PageImage

if TYPE_CHECKING:
    import pypdfium2

PDF_DPI = 300
"""Pixels an inch at which pages are drawn."""

_POINTS = 72  # an inch
_INCH_MM = 25.4
_WHITE = 255
_AIR_PX = 0.01
_FULL_PAGE = 0.8  # of the page's area: an image this large is a scan of it
_COARSER = 0.9  # of the resolution drawn at: such a scan is also drawn as it is
_MAX_OBJECTS = 20_000  # looked at for large images
_TAIL_BYTES = 32_768  # in which a whole file says that it ends
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_SECURITY_ERROR = 5  # FPDF_ERR_SECURITY: encrypted in a way that PDFium does not know


@dataclass(frozen=True)
class _Scan:
    """An image that fills a page.

    Attributes:
        image: The image.
        size: (width, height) in pixels.
        dpi: Pixels an inch on the page.
    """

    image: pypdfium2.PdfImage
    size: tuple[int, int]
    dpi: float


def is_pdf(start: bytes) -> bool:
    """Tell a PDF by the first 1024 bytes of a file, as other readers do."""
    return b"%PDF-" in start[:1024]


class PdfDocument:
    """An open PDF. Use it as a context manager.

    Args:
        path: The file.
        source: How the pages name the file.

    Raises:
        UnreadableFileError: If the file is encrypted, damaged or cut short.
    """

    def __init__(self, path: Path, source: str) -> None:
        """Open the file, without drawing a page."""
        self._path, self._source = path, source
        _check_end(path)
        self._pdf = _open(path)
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
        import pypdfium2

        page_index = index if self.page_count > 1 else None
        try:
            with self._opened(index) as page:
                return self._draw(page, index)
        except UnreadableFileError as error:
            raise UnreadableFileError(
                error.message, path=self._path, page_index=page_index
            ) from error
        except (pypdfium2.PdfiumError, ValueError) as error:
            raise UnreadableFileError(
                f"the page is damaged ({error}); scan or export the PDF again",
                path=self._path,
                page_index=page_index,
            ) from error

    @contextmanager
    def _opened(self, index: int) -> Iterator[pypdfium2.PdfPage]:
        page = self._pdf[index]
        try:
            yield page
        finally:
            page.close()

    def _draw(self, page: pypdfium2.PdfPage, index: int) -> PageImage:
        scan = _find_scan(page)
        dpi, warning = _choose_dpi(page.get_size(), scan)
        width, height = (round(side / _POINTS * dpi) for side in page.get_size())
        check_size((width, height))
        pixels = _render(page, width, height)
        if scan is not None and pixels.min() == _WHITE:
            scan.image.get_bitmap().close()  # PDFium passes over what it cannot decode
        if warning is None and scan is not None:
            scan_dpi = credible_dpi(scan.dpi, scan.size)
            warning = describe_low_resolution(scan.size, scan_dpi)
        doubts = () if warning is None else (warning,)
        native = None
        if scan is not None and scan.dpi < _COARSER * dpi:
            sides = (round(side / _POINTS * scan.dpi) for side in page.get_size())
            native = _render(page, *(max(MIN_SIDE, side) for side in sides))
        return PageImage(
            pixels,
            self._source,
            index,
            dpi=dpi,
            page_count=self.page_count,
            warnings=doubts,
            scan=native,
        )


def _check_end(path: Path) -> None:
    """Refuse a file cut short: PDFium draws what is left, with pieces missing."""
    with path.open("rb") as file:
        length = file.seek(0, 2)
        file.seek(max(0, length - _TAIL_BYTES))
        if b"%%EOF" not in file.read():
            raise UnreadableFileError(
                "the PDF is cut short; copy or scan it again", path=path
            )


def _open(path: Path) -> pypdfium2.PdfDocument:
    import pypdfium2
    from pypdfium2 import raw

    # Opened here, as the binding would expand a ~ in the path, and reports the error of
    # an earlier file for one without pages.
    handle = raw.FPDF_LoadDocument(os.fsencode(path) + b"\0", None)
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


def _find_scan(page: pypdfium2.PdfPage) -> _Scan | None:
    """Find the finest image that fills a page.

    Raises:
        UnreadableFileError: If an image has more pixels than a page may have.
    """
    import pypdfium2

    width, height = page.get_size()
    scans = []
    for thing in islice(page.get_objects(max_depth=2), _MAX_OBJECTS):
        if not isinstance(thing, pypdfium2.PdfImage):
            continue
        size = thing.get_px_size()
        if math.prod(size) > MAX_PIXELS:
            raise UnreadableFileError(TOO_LARGE)
        if not all(size):
            continue
        left, bottom, right, top = thing.get_bounds()
        area = (right - left) * (top - bottom)
        if thing.level == 0 and area >= _FULL_PAGE * width * height > 0:
            dpi = math.sqrt(math.prod(size) / area) * _POINTS
            scans.append(_Scan(thing, size, dpi))
    return max(scans, key=lambda scan: scan.dpi, default=None)


def _choose_dpi(
    size: tuple[float, float], scan: _Scan | None
) -> tuple[float, str | None]:
    """Choose the resolution to draw a page at.

    Args:
        size: (width, height) in points.
        scan: The image that fills the page, if any.

    Returns:
        The resolution, and a warning if it is not that of other pages.
    """
    inches = [side / _POINTS for side in size]
    area = inches[0] * inches[1]
    if area * PDF_DPI**2 <= MAX_PIXELS:
        return PDF_DPI, None
    # Mostly a photo whose pixels were taken for points: no finer than it is.
    fitting = math.floor(math.sqrt(MAX_PIXELS / area) * 0.99)
    dpi = fitting if scan is None else min(fitting, scan.dpi)
    width_mm, height_mm = (side * _INCH_MM for side in inches)
    warning = (
        f"the page measures {width_mm:.0f} x {height_mm:.0f} mm, too much for "
        f"{PDF_DPI} dpi; drawn at {dpi:.0f} dpi"
    )
    return dpi, warning
