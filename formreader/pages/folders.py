"""Search folders for pages, by what files hold, and name what is left aside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from formreader.errors import InputError, UnreadableFileError
from formreader.pages.formats import IMAGE_SUFFIXES, detect_format
from formreader.pages.pdf import is_pdf
from formreader.records import LeftAside

__all__ = [
    "NO_PAGES",
    "PAGE_SUFFIXES",
    "find_inputs",
    "is_page",
    "linked_folder",
    "no_page",
]

PAGE_SUFFIXES = IMAGE_SUFFIXES | {".pdf"}
"""Endings, in lower case, of files that should be pages whatever they hold."""

NO_PAGES = frozenset({"thumbs.db", "desktop.ini"})
"""Names, in lower case, of files that systems put into folders."""

_START_BYTES = 1024


def find_inputs(paths: list[Path]) -> Iterator[Path | InputError | LeftAside]:
    """List the files that the user's paths stand for.

    Args:
        paths: Files, taken as they are, and folders, searched with their subfolders.

    Yields:
        Files in the order given, those of a folder sorted by name; a `LeftAside` in the
        place of what is no page; an `InputError` in the place of a folder that holds no
        page or cannot be listed. Hidden files and folders are passed over.
    """
    for path in paths:
        if not _is_folder(path):
            yield path
            continue
        found = _search(path)
        yield from found
        if all(isinstance(one, LeftAside) for one in found):
            yield UnreadableFileError(
                "the folder holds no image or PDF; check the path", path=path
            )


def is_page(path: Path) -> bool:
    """Tell by its ending, or else by its first bytes, whether a file is for reading.

    Raises:
        OSError: If it cannot be read.
    """
    if path.suffix.lower() in PAGE_SUFFIXES:
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    return is_pdf(start) or detect_format(start) is not None


def no_page(name: str) -> LeftAside:
    """Say of a file that it is no page."""
    remedy = "convert it to PDF, PNG, TIFF or JPEG if it is a scan"
    return LeftAside(name, "no image or PDF", remedy)


def linked_folder(name: str) -> LeftAside:
    """Say of a link to a folder that it is not followed."""
    return LeftAside(name, "a link to a folder", "name that folder instead")


def _search(folder: Path) -> list[Path | InputError | LeftAside]:
    """Search a tree, without following links to folders."""
    found: dict[Path, Path | InputError | LeftAside] = {}

    def report(error: OSError) -> None:
        where = Path(error.filename)
        found[where] = UnreadableFileError(
            f"the folder cannot be listed ({error.strerror}); check its permissions",
            path=where,
        )

    for above, folders, files in os.walk(folder, onerror=report):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(above, name) for name in folders):
            if path.is_symlink():
                found[path] = linked_folder(str(path))
        for path in (Path(above, name) for name in files if not name.startswith(".")):
            if path.name.lower() not in NO_PAGES:
                found[path] = _judge(path)
    return [found[path] for path in sorted(found)]


def _judge(path: Path) -> Path | InputError | LeftAside:
    try:
        return path if is_page(path) else no_page(str(path))
    except OSError as error:
        problem = f"cannot be looked at ({error.strerror})"
        remedy = "check the link or the permissions"
        return UnreadableFileError(f"{problem}; {remedy}", path=path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # not allowed to look, or too long a name: opening it says so
        return False
