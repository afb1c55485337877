"""How large and how small a page may be."""

from __future__ import annotations

from formreader.errors import UnreadableFileError

MAX_PIXELS = 89_000_000
"""Largest page: A3 at 600 dpi has 70 million pixels. Pillow's own limit lies above."""

MIN_SIDE = 20
"""Smallest page side in pixels; below it not even one digit is legible."""

MAX_PAGES = 10_000
"""Most pages of a file; a damaged or hostile one may claim millions."""

TOO_LARGE = (
    f"the image has more than {MAX_PIXELS // 1_000_000} million pixels; scan at a "
    "lower resolution (300 dpi is enough) or cut it into pages"
)


def check_page_count(count: int) -> None:
    """Refuse a file by its number of pages.

    Raises:
        UnreadableFileError: If there are too many; the caller adds the file.
    """
    if count > MAX_PAGES:
        raise UnreadableFileError(
            f"the file has more than {MAX_PAGES} pages; split it into smaller ones"
        )


def check_size(size: tuple[int, int]) -> None:
    """Refuse a page by its size, before memory is taken for its pixels.

    Args:
        size: (width, height) in pixels.

    Raises:
        UnreadableFileError: If it is too large or too small; the caller adds the file.
    """
    width, height = size
    if width * height > MAX_PIXELS:
        raise UnreadableFileError(TOO_LARGE)
    if min(size) < MIN_SIDE:
        raise UnreadableFileError(
            f"the image has {width} x {height} pixels, too few to hold a digit; "
            "scan at 150 dpi or more"
        )
