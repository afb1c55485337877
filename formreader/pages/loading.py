"""Open a file page by page; each page whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from formreader.errors import InputError, UnreadableFileError, failed_page
from formreader.pages.contents import FileContent
from formreader.pages.images import ImageDocument
from formreader.pages.pdf import PdfDocument, is_pdf
from formreader.pages.printed_content import PrintedContent
from formreader.pages.selection import PageSelection
from formreader.pages.sheets import split_sheet
from formreader.records import PageImage

Document = ImageDocument | PdfDocument
"""An open file."""


def count_pages(path: Path, *, split: bool = False) -> int:
    """Count the pages of one file, without decoding any.

    Args:
        path: The file.
        split: Each is a sheet of two pages.

    Raises:
        UnreadableFileError: If the file is missing, is of another kind, is encrypted or
            damaged.
    """
    with open_document(path) as document:
        return document.page_count * (2 if split else 1)


def load_page(path: Path, page_index: int, *, split: bool = False) -> PageImage:
    """Load one page of a file.

    Args:
        path: As for `load_pages`.
        page_index: 0-based number of the page.
        split: The file has sheets of two pages each, and pages are counted.

    Raises:
        UnreadableFileError: As `load_pages` does.
    """
    sheet, half = divmod(page_index, 2) if split else (page_index, 0)
    return list(load_pages(path, pages=[sheet + 1], split=split))[half]


def load_printed_content(
    path: Path, page_index: int, size: tuple[int, int]
) -> PrintedContent:
    """Load what a file says of a page besides its pixels; nothing unless it is a PDF.

    Args:
        path: The file.
        page_index: 0-based number of the page.
        size: (width, height) in pixels of the page, in which places are told.

    Raises:
        UnreadableFileError: If the file cannot be opened.
    """
    with open_document(path) as document:
        if isinstance(document, PdfDocument):
            return document.read_content(page_index, size)
    return PrintedContent()


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
    named = FileContent.of(path, source).path
    try:
        document = open_document(path, source)
    except InputError as error:
        yield error
        return
    with document:
        missing = check_selection(pages, document.page_count, named)
        if missing is not None:
            yield missing
        for index in range(document.page_count):
            if pages is None or index + 1 in pages:
                yield from load_sheet(document, index, named, split)


def open_document(path: Path | bytes, source: str | None = None) -> Document:
    """Open a file by what it holds, whatever its name ends in.

    Args:
        path: As for `load_pages`.
        source: The same.

    Raises:
        InputError: If it cannot be opened, whatever the reason.
    """
    content = FileContent.of(path, source)
    name = str(content.path) if source is None else source
    try:
        kind = PdfDocument if is_pdf(content.read_start()) else ImageDocument
        return kind(content, name)
    except InputError:
        raise
    except Exception as error:
        raise _as_input_error(error, content.path, None) from error


def check_selection(
    pages: PageSelection | None, count: int, path: Path
) -> UnreadableFileError | None:
    """Say which page is asked for that a file of `count` pages lacks; None if none."""
    missing = None if pages is None else pages.first_missing(count)
    if missing is None:
        return None
    noun = "page" if count == 1 else "pages"
    return UnreadableFileError(
        f"there is no page {missing}: the file has {count} {noun}", path=path
    )


def load_sheet(
    document: Document, index: int, path: Path, split: bool = False
) -> Iterator[PageImage | InputError]:
    """Load a page, or the two of a sheet; an error in its place, whatever the reason.

    Args:
        document: The file.
        index: 0-based number of the page in it.
        path: Names the file in errors.
        split: The page is a sheet of two.
    """
    try:
        page = document.load(index)
        halves = split_sheet(page) if split else (page,)
    except Exception as error:  # one odd page must not cost the others
        yield _as_input_error(error, path, index if document.page_count > 1 else None)
        return
    yield from halves


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


def _as_input_error(error: Exception, path: Path, page_index: int | None) -> InputError:
    failure = failed_page(error, path, page_index)
    if isinstance(failure, InputError):
        return failure
    return InputError(failure.message, path=path, page_index=page_index)
