"""Loads pages from whatever a program has in hand: path, bytes, file, array, image."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from formreader.pages.loading import load_pages, page_from_array
from formreader.pages.selection import PageSelection
from formreader.records import PageImage

__all__ = ["Given", "load_given"]

Given = str | PathLike[str] | bytes | BinaryIO | npt.NDArray[np.uint8] | Image.Image
"""A path, the bytes of a file, a file open in binary mode, (H, W) or (H, W, 3) RGB
uint8 pixels with 0 for black, or an image of Pillow."""

_FILE_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})  # of a PNG


def load_given(
    given: Given,
    name: str | None = None,
    pages: PageSelection | str | Iterable[int] | None = None,
) -> Iterator[PageImage]:
    """Load the pages of what was given, one at a time.

    Args:
        given: What to load.
        name: How readings call it; by default its path, or what kind of thing it is.
        pages: Which pages of a file, from 1: `"1,3-5"`, or numbers; all by default.

    Raises:
        TypeError: If it is none of these.
        ValueError: If an array has another shape or dtype, or `pages` is no selection.
        InputError: When pages are asked for that cannot be loaded.
    """
    if isinstance(given, str | PathLike):
        path = Path(given)
        return load_pages(path, str(path) if name is None else name, pages)
    if isinstance(given, bytes | bytearray | memoryview):
        return load_pages(bytes(given), name or "bytes", pages)
    if isinstance(given, np.ndarray):
        return iter([page_from_array(given, name or "array")])
    if isinstance(given, Image.Image):
        return load_pages(_encode(given), name or "image", pages)
    if hasattr(given, "read"):
        return load_pages(_read_file(given), name or _find_name(given), pages)
    raise TypeError(
        "a path, bytes, a binary file, a NumPy array or a PIL image is expected, not "
        f"{type(given).__name__}"
    )


def _encode(image: Image.Image) -> bytes:
    """Write an image as a file, so that its orientation and transparency count."""
    stream = io.BytesIO()
    whole = image if image.mode in _FILE_MODES else image.convert("RGB")
    exif, dpi = image.getexif(), image.info.get("dpi")
    options = {} if dpi is None else {"dpi": dpi}
    whole.save(stream, "PNG", compress_level=1, exif=exif, **options)
    return stream.getvalue()


def _read_file(file: BinaryIO) -> bytes:
    content = file.read()
    if not isinstance(content, bytes):
        raise TypeError("the file is open as text; open it with mode 'rb'")
    return content


def _find_name(file: BinaryIO) -> str:
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else "file"
