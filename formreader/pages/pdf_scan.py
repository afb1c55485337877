"""The scan that fills a page of a PDF, and how many pixels of it are read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from formreader.errors import UnreadableFileError
from formreader.pages.limits import MAX_PIXELS, TOO_LARGE

if TYPE_CHECKING:
    import pypdfium2

__all__ = ["POINTS", "PageScan", "choose_reading_dpi", "find_scan"]

POINTS = 72
"""Units of a PDF page in an inch."""

_FULL_PAGE = 0.8  # of the page's area: an image this large is a scan of it
_MAX_OBJECTS = 20_000  # looked at for large images
_SHEET_PIXELS = 2480 * 3508  # A4 at 300 dpi
_ALIKE = 0.9  # times another resolution: as good as the same
_UNEVEN = 1.1  # across by down or the reverse, from which pixels are not square


@dataclass(frozen=True)
class PageScan:
    """An image that fills a page.

    Attributes:
        image: The image.
        size: (width, height) in pixels.
        dpi: Pixels an inch on the page; of the finer side where they differ.
    """

    image: pypdfium2.PdfImage
    size: tuple[int, int]
    dpi: float


def find_scan(page: pypdfium2.PdfPage) -> PageScan | None:
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
            scans.append(PageScan(thing, size, _measure_dpi(thing, size, area)))
    return max(scans, key=lambda scan: scan.dpi, default=None)


def choose_reading_dpi(
    size: tuple[float, float], scan: PageScan | None, drawn_dpi: float
) -> float | None:
    """Choose another resolution than the page is drawn at, to read its scan.

    A scan is read pixel for pixel, as the same image in a file of its own: a coarser
    one always, a finer one as far as that gives no more pixels than A4 has at 300 dpi.
    A fine scan on little paper mostly has a wrong resolution in its file.

    Args:
        size: (width, height) of the page in points.
        scan: What fills it.
        drawn_dpi: What the page is drawn at.

    Returns:
        Pixels an inch; None to read the page as it is drawn.
    """
    if scan is None:
        return None
    area = math.prod(side / POINTS for side in size)
    finest = max(drawn_dpi, math.sqrt(_SHEET_PIXELS / area))
    dpi = min(scan.dpi, finest)
    return None if _ALIKE <= dpi / drawn_dpi <= 1 / _ALIKE else dpi


def _measure_dpi(
    image: pypdfium2.PdfImage, size: tuple[int, int], area: float
) -> float:
    """Measure the pixels an inch of an image, whichever way it is turned."""
    a, b, c, d, _, _ = image.get_matrix().get()
    across, down = math.hypot(a, b), math.hypot(c, d)
    even = math.sqrt(math.prod(size) / area)
    if not (across and down):
        return even * POINTS
    sides = size[0] / across, size[1] / down
    is_uneven = max(sides) > _UNEVEN * min(sides)
    return (max(sides) if is_uneven else even) * POINTS
