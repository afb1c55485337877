"""Kinds of image files, told by their first bytes whatever their names end in."""

from __future__ import annotations

from typing import BinaryIO

from PIL import Image

FORMATS = (
    "AVIF",
    "BMP",
    "DCX",
    "DIB",
    "GIF",
    "HEIC",
    "JPEG",
    "JPEG 2000",
    "PNG",
    "TIFF",
    "WebP",
)
"""The kinds that are read, as people call them."""

IMAGE_SUFFIXES = frozenset(
    {
        ".avif",
        ".bmp",
        ".dcx",
        ".dib",
        ".gif",
        ".heic",
        ".heif",
        ".hif",
        ".j2k",
        ".jfif",
        ".jp2",
        ".jpe",
        ".jpeg",
        ".jpf",
        ".jpg",
        ".jpx",
        ".png",
        ".tif",
        ".tiff",
        ".webp",
    }
)
"""Endings, in lower case, of files that should be such an image."""

_STARTS = {
    b"\xff\xd8\xff": "JPEG",  # a phone's MPO opens as JPEG
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"\xff\x4f\xff\x51": "JPEG2000",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG2000",
    b"\xb1\x68\xde\x3a": "DCX",  # pages of a fax, each a PCX
}
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heim", b"heis", b"heix", b"hevc", b"hevx"), "HEIF"),
}
_SHARED_BRANDS = frozenset({b"mif1", b"msf1"})  # of both
_DIB_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})  # their length in bytes
_DIB_DEPTHS = frozenset({1, 4, 8, 16, 24, 32})


def detect_format(start: bytes) -> str | None:
    r"""Tell by the first 64 bytes of a file what kind of image it is.

    Args:
        start: At least 64 bytes, or all that the file has.

    Returns:
        Pillow's name of a kind that is read here, or None.

    Example:
        >>> detect_format(b"\x89PNG\r\n\x1a\n"), detect_format(b"name,value")
        ('PNG', None)
    """
    for first, name in _STARTS.items():
        if start.startswith(first):
            return name
    if start[:2] == b"BM" and start[6:10] == bytes(4):
        return "BMP"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    if start[4:8] == b"ftyp":
        return _detect_brand(start)
    return "DIB" if _is_dib(start) else None


def open_image(file: BinaryIO, name: str) -> Image.Image:
    """Open an image of a kind that is known, without decoding it.

    Args:
        file: The file, at its beginning.
        name: Its kind, as of `detect_format`.

    Raises:
        Exception: Whatever Pillow raises for a damaged header.
    """
    if name == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    return Image.open(file, formats=(name,))


def _detect_brand(start: bytes) -> str | None:
    """Tell AVIF from HEIC, which share a container, by the brands it claims."""
    length = min(int.from_bytes(start[:4], "big"), len(start))
    claimed = [start[8:12], *(start[at : at + 4] for at in range(16, length, 4))]
    for brand in claimed:
        if brand in _BRANDS:
            return _BRANDS[brand]
    return "HEIF" if _SHARED_BRANDS.intersection(claimed) else None


def _is_dib(start: bytes) -> bool:
    """Tell a bitmap without the header of a file, which has no other mark."""
    length = int.from_bytes(start[:4], "little")
    if length not in _DIB_HEADERS or len(start) < length:
        return False
    at = 8 if length == 12 else 12  # the first kind has sides of two bytes
    planes = int.from_bytes(start[at : at + 2], "little")
    depth = int.from_bytes(start[at + 2 : at + 4], "little")
    return planes == 1 and depth in _DIB_DEPTHS
