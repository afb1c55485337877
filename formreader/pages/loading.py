"""Open a file page by page; each page whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from formreader.errors import InputError, UnreadableFileError
from formreader.pages.contents import FileContent
from formreader.pages.images import ImageDocument
from formreader.pages.pdf import PdfDocument, is_pdf
from formreader.pages.selection import PageSelection
from formreader.pages.sheets import split_sheet
from formreader.records import PageImage


def count_pages(path: Path) -> int:
    """Count the pages of one file, without decoding any.

    Raises:
        UnreadableFileError: If the file is missing, is of another kind, is encrypted or
            damaged.
    """
    with _open(FileContent(path), str(path)) as document:
        return document.page_count


def load_pages(
    path: Path | bytes,
    source: str | None = None,
    pages: PageSelection | str | Iterable[int] | None = None,
    *,
    split: bool = False,
) -> Iterator[PageImage]:
    """Load the pages of one file, one at a time.

    Args:
        path: A PDF, TIFF or DCX file, or an image file of another kind, which has one
            page; or the bytes of such a file.
        source: How the result names the file; the path as given by default.
        pages: Which pages, from 1: `"1,3-5"`, or numbers; all by default.
        split: Each is a sheet of two pages; sheet N gives pages 2N - 1 and 2N.

    Yields:
        Each page in the file's order, upright by its orientation, transparency laid on
        white; those of a PDF at 300 dpi. Where that is not how it is best read, as of a
        fax with other pixels across than down, `PageImage.scan` is.

    Raises:
        UnreadableFileError: If the file is missing, is of another kind, is encrypted,
            damaged or cut short, or lacks a page that was asked for; if a page is too
            large or too small.
        ValueError: If `pages` is no selection.
    """
    for page in walk_pages(path, source, pages, split=split):
        if isinstance(page, InputError):
            raise page
        yield page


def walk_pages(
    path: Path | bytes,
    source: str | None = None,
    pages: PageSelection | str | Iterable[int] | None = None,
    *,
    split: bool = False,
) -> Iterator[PageImage | InputError]:
    """Load the pages of one file and go on after one that cannot be loaded.

    Args:
        path: As for `load_pages`.
        source: The same.
        pages: The same.
        split: The same.

    Yields:
        Each page, or an `InputError` in its place; one for the file as a whole if it
        cannot be opened, and one if it lacks a page that was asked for.

    Raises:
        ValueError: If `pages` is no selection.
    """
    if pages is not None and not isinstance(pages, PageSelection):
        pages = PageSelection.of(pages)
    content = FileContent.of(path, source)
    try:
        document = _open(content, str(content.path) if source is None else source)
    except InputError as error:
        yield error
        return
    with document:
        count = document.page_count
        missing = None if pages is None else pages.first_missing(count)
        if missing is not None:
            noun = "page" if count == 1 else "pages"
            yield UnreadableFileError(
                f"there is no page {missing}: the file has {count} {noun}",
                path=content.path,
            )
        for index in range(count):
            if pages is None or index + 1 in pages:
                yield from _load(document, index, split)


def page_from_array(pixels: npt.NDArray[np.uint8], source: str) -> PageImage:
    """Wrap an image that is in memory already.

    Args:
        pixels: (H, W) or (H, W, 3) RGB uint8, 0 = black.
        source: How the result names the image.

    Raises:
        ValueError: If the shape or dtype is another.
    """
    if pixels.dtype != np.uint8 or pixels.ndim not in {2, 3}:
        raise ValueError(f"pixels are {pixels.dtype} {pixels.shape}, not uint8 (H, W)")
    if pixels.ndim == 2:
        return PageImage(pixels, source)
    grey = np.asarray(Image.fromarray(pixels).convert("L"))
    return PageImage(grey, source, colour=pixels)


def _load(
    document: ImageDocument | PdfDocument, index: int, split: bool
) -> Iterator[PageImage | InputError]:
    try:
        page = document.load(index)
        halves = split_sheet(page) if split else (page,)
    except InputError as error:
        yield error
        return
    yield from halves


def _open(content: FileContent, source: str) -> ImageDocument | PdfDocument:
    """Open a file by what it holds, whatever its name ends in."""
    kind = PdfDocument if is_pdf(content.read_start()) else ImageDocument
    return kind(content, source)
