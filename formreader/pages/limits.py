"""How large and how small a page may be."""

from __future__ import annotations

from formreader.errors import UnreadableFileError

MAX_PIXELS = 89_000_000
"""Largest page: A3 at 600 dpi has 70 million pixels. Pillow's own limit lies above."""

MIN_SIDE = 20
"""Smallest page side in pixels; below it not even one digit is legible."""

MAX_SIDE = 32_766
"""Longest page side in pixels; OpenCV counts no further where it turns a page."""

MAX_PAGES = 10_000
"""Most pages of a file; a damaged or hostile one may claim millions."""

_DECODER_BYTES = {"AVIF": 14, "HEIF": 14, "JPEG2000": 24, "WEBP": 20}
"""Most memory that these decoders take for a pixel; the others take up to 8 bytes."""

_MOST_BYTES = 1_000_000_000  # for decoding a page

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
    if max(size) > MAX_SIDE:
        raise UnreadableFileError(
            f"the image has {width} x {height} pixels, more than {MAX_SIDE} on a side; "
            "cut it into pages or scan at a lower resolution"
        )


def check_decoder(kind: str, size: tuple[int, int]) -> None:
    """Refuse a page that its decoder would take too much memory for.

    Args:
        kind: Pillow's name of its format.
        size: (width, height) in pixels.

    Raises:
        UnreadableFileError: If it does; the caller adds the file.
    """
    most = _MOST_BYTES // _DECODER_BYTES.get(kind, 1)
    if size[0] * size[1] > most:
        raise UnreadableFileError(
            f"the image has more than {most // 1_000_000} million pixels, too many for "
            f"a file of its kind ({kind}); scan at a lower resolution or save it as PNG"
        )
