"""Open a file page by page; each page whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from formreader.errors import InputError, UnreadableFileError
from formreader.pages.images import ImageDocument, is_image
from formreader.pages.pdf import PdfDocument, is_pdf
from formreader.pages.selection import PageSelection
from formreader.records import PageImage

PAGE_SUFFIXES = frozenset(
    {".bmp", ".jpeg", ".jpg", ".pdf", ".png", ".tif", ".tiff", ".webp"}
)
"""Endings, in lower case, of the files that a folder is searched for."""


def find_inputs(paths: list[Path]) -> Iterator[Path | InputError]:
    """List the files that the user's paths stand for.

    Args:
        paths: Files, taken as they are, and folders, searched with their subfolders.

    Yields:
        Files in the order given, those of a folder sorted by name; an `InputError` in
        the place of a folder that holds no page or cannot be listed. Hidden files and
        folders are passed over.
    """
    for path in paths:
        if not _is_folder(path):
            yield path
            continue
        found = _search(path)
        if found:
            yield from found
        else:
            yield UnreadableFileError(
                f"the folder holds no image or PDF ({_list_suffixes()})", path=path
            )


def looks_like_page(path: Path) -> bool:
    """Tell by its first bytes whether a file is a PDF or an image, whatever its name.

    Raises:
        OSError: If it cannot be read.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(1024)
    return is_pdf(start) or is_image(start)


def read_start(path: Path) -> bytes:
    """Read the first bytes of a file, enough to tell what it is.

    Raises:
        UnreadableFileError: If there is no such file, or it is empty or cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise UnreadableFileError("not a file; give images or PDFs", path=path)
        with path.open("rb") as file:
            start = file.read(1024)
    except FileNotFoundError as error:
        raise UnreadableFileError(
            "there is no such file; check the path", path=path
        ) from error
    except PermissionError as error:
        raise UnreadableFileError(
            "not allowed to read the file; check its permissions", path=path
        ) from error
    except OSError as error:
        raise UnreadableFileError(
            f"cannot read the file ({error.strerror}); copy it again", path=path
        ) from error
    if not start:
        raise UnreadableFileError("the file is empty; copy or scan it again", path=path)
    return start


def count_pages(path: Path) -> int:
    """Count the pages of one file, without decoding any.

    Raises:
        UnreadableFileError: If the file is missing, is of another kind, is encrypted or
            damaged.
    """
    with _open(path, str(path)) as document:
        return document.page_count


def load_pages(
    path: Path,
    source: str | None = None,
    pages: PageSelection | str | Iterable[int] | None = None,
) -> Iterator[PageImage]:
    """Load the pages of one file, one at a time.

    Args:
        path: A PDF or TIFF file, or a JPEG, PNG, BMP or WebP file, which has one page.
        source: How the result names the file; the path as given by default.
        pages: Which pages, from 1: `"1,3-5"`, or numbers; all by default.

    Yields:
        Each page in the file's order, upright by its orientation, transparency laid on
        white; those of a PDF at 300 dpi.

    Raises:
        UnreadableFileError: If the file is missing, is of another kind, is encrypted,
            damaged or cut short, or lacks a page that was asked for; if a page is too
            large or too small.
        ValueError: If `pages` is no selection.
    """
    for page in walk_pages(path, source, pages):
        if isinstance(page, InputError):
            raise page
        yield page


def walk_pages(
    path: Path,
    source: str | None = None,
    pages: PageSelection | str | Iterable[int] | None = None,
) -> Iterator[PageImage | InputError]:
    """Load the pages of one file and go on after one that cannot be loaded.

    Args:
        path: As for `load_pages`.
        source: The same.
        pages: The same.

    Yields:
        Each page, or an `InputError` in its place; one for the file as a whole if it
        cannot be opened, and one if it lacks a page that was asked for.

    Raises:
        ValueError: If `pages` is no selection.
    """
    if pages is not None and not isinstance(pages, PageSelection):
        pages = PageSelection.of(pages)
    try:
        document = _open(path, str(path) if source is None else source)
    except InputError as error:
        yield error
        return
    with document:
        count = document.page_count
        missing = None if pages is None else pages.first_missing(count)
        if missing is not None:
            noun = "page" if count == 1 else "pages"
            yield UnreadableFileError(
                f"there is no page {missing}: the file has {count} {noun}", path=path
            )
        for index in range(count):
            if pages is None or index + 1 in pages:
                yield _load_or_error(document, index)


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


def _search(folder: Path) -> list[Path | InputError]:
    """Search a tree for pages by their endings, without following links to folders."""
    found: dict[Path, Path | InputError] = {}

    def report(error: OSError) -> None:
        where = Path(error.filename)
        found[where] = UnreadableFileError(
            f"the folder cannot be listed ({error.strerror}); check its permissions",
            path=where,
        )

    for above, folders, files in os.walk(folder, onerror=report):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for file in (Path(above, name) for name in files if not name.startswith(".")):
            if file.suffix.lower() in PAGE_SUFFIXES:
                found[file] = file
    return [found[path] for path in sorted(found)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # not allowed to look, or too long a name: opening it says so
        return False


def _load_or_error(
    document: ImageDocument | PdfDocument, index: int
) -> PageImage | InputError:
    try:
        return document.load(index)
    except InputError as error:
        return error


def _open(path: Path, source: str) -> ImageDocument | PdfDocument:
    """Open a file by what it holds, whatever its name ends in."""
    kind = PdfDocument if is_pdf(read_start(path)) else ImageDocument
    return kind(path, source)


def _list_suffixes() -> str:
    return ", ".join(sorted(suffix[1:] for suffix in PAGE_SUFFIXES))
