"""List the files of a folder that a batch reads, and say which are left aside."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path

from formreader.errors import UnreadableFileError
from formreader.pages.folders import NO_PAGES, is_page, linked_folder, no_page
from formreader.store.records import FoundFile, LeftAside

__all__ = ["Selection", "list_files"]


@dataclass(frozen=True)
class Selection:
    """Which files of a folder are wanted.

    Attributes:
        include: Globs; a file must match one, if there are any.
        exclude: Globs; a file must match none.

    Globs are matched against the path below the folder, with `/`; one without a `/`
    also against the name alone. `*` crosses folders.

    Example:
        >>> wanted = Selection(include=("*.jpg",), exclude=("drafts/*",))
        >>> wanted.wants("a/1.jpg"), wanted.wants("drafts/1.jpg"), wanted.wants("1.png")
        (True, False, False)
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def wants(self, name: str) -> bool:
        """Tell whether a file is wanted."""
        included = not self.include or _matches(name, self.include)
        return included and not _matches(name, self.exclude)


def list_files(
    folder: Path, selection: Selection, run: Path, below: Path | None = None
) -> Iterator[FoundFile | LeftAside]:
    """List the files of a folder tree, in a stable order.

    Hidden files and folders, and the run folder itself, are passed over without a word.

    Args:
        folder: The folder.
        selection: Which files are wanted.
        run: The run folder, which may lie below the folder.
        below: A file or folder in it; only this is looked at, if it is there.

    Raises:
        UnreadableFileError: If there is no such folder.
    """
    if not folder.is_dir():
        raise UnreadableFileError(
            "there is no such folder; check the path", path=folder
        )
    home, own = folder.resolve(), run.resolve()
    for path in _walk(folder, own) if below is None else _enter(folder, below, own):
        name = path.relative_to(folder).as_posix()
        shown = name.encode("utf-8", "backslashreplace").decode()
        if not selection.wants(name):
            continue
        found = _look_at(path, shown, home)
        if found is not None:
            yield found


def _enter(folder: Path, path: Path, own: Path) -> Iterator[Path]:
    """Walk what a path stands for, unless a walk of the folder would pass it over."""
    above = folder
    for part in path.relative_to(folder).parts:
        above /= part
        if part.startswith(".") or _real(above) == own:
            return
    if path.is_dir() and not path.is_symlink():
        yield from _walk(path, own)
    elif os.path.lexists(path):
        yield path


def _walk(folder: Path, own: Path) -> Iterator[Path]:
    """Walk a tree by name; folders that cannot be listed stand for themselves."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
    except OSError:
        yield folder
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if _real(path) != own:
                yield from _walk(path, own)
        else:
            yield path


def _look_at(path: Path, shown: str, home: Path) -> FoundFile | LeftAside | None:
    """Decide about one path that the user wants read."""
    if path.name.lower() in NO_PAGES:
        return None
    try:
        if path.is_dir() and path.is_symlink():
            return linked_folder(shown)
        if path.is_dir():
            problem, remedy = "not allowed to list the folder", "check its permissions"
            return LeftAside(shown, problem, remedy, is_failure=True)
        if path.is_symlink() and not _real(path).is_relative_to(home):
            problem, remedy = "a link out of the folder", "copy the file into it"
            return LeftAside(shown, problem, remedy, is_failure=True)
        if not is_page(path):
            return no_page(shown)
        status = path.stat()
    except OSError as error:
        problem = f"cannot be looked at ({error.strerror})"
        remedy = "check the link or the permissions"
        return LeftAside(shown, problem, remedy, is_failure=True)
    if not _is_unicode(str(path)):
        problem, remedy = "the file's name is not UTF-8", "rename the file"
        return LeftAside(shown, problem, remedy, is_failure=True)
    return FoundFile(shown, status.st_size, status.st_mtime_ns)


def _real(path: Path) -> Path:
    """Follow links; `Path.resolve` has no answer for one that leads to itself."""
    return Path(os.path.realpath(path))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    base = name.rpartition("/")[2]
    return any(
        re.match(translate(glob), name if "/" in glob else base)
        or re.match(translate(glob), name)
        for glob in globs
    )
