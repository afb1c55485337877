"""Names of files that browsers bring, made fit for the folder of a run."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path, PurePosixPath

__all__ = ["clean_name", "find_free_name"]

_MOST_BYTES = 160  # of a name; systems allow 255, and a number may be added
_MOST_FOLDERS = 8
_UNFIT = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def clean_name(name: str) -> PurePosixPath:
    r"""Make a path below a folder of any name that a browser sends.

    Folders stay, as far as they lead down. What a system or a terminal would not take
    as a part of a name becomes `_`; so does the first point of a hidden file, which a
    batch would pass over without a word.

    Example:
        >>> str(clean_name("room 1/a.jpg")), str(clean_name("..\\..\\etc/.passwd\n"))
        ('room 1/a.jpg', 'etc/_passwd_')
    """
    parts = re.split(r"[/\\]", unicodedata.normalize("NFC", name))
    kept = [_clean_part(part) for part in parts if part.strip(". ")]
    return PurePosixPath(*(kept or ["page"])[-_MOST_FOLDERS:])


def find_free_name(folder: Path, name: PurePosixPath) -> Path:
    """Give a path at which nothing lies yet: `a.jpg`, `a-2.jpg`, `a-3.jpg`..."""
    path, number = folder / name, 1
    while path.exists() or path.is_symlink():
        number += 1
        path = folder / name.with_stem(f"{name.stem}-{number}")
    return path


def _clean_part(part: str) -> str:
    """Make a name of one part of a path."""
    printable = "".join(letter if letter.isprintable() else "_" for letter in part)
    fit = _UNFIT.sub("_", printable).strip(" ").rstrip(". ")
    if fit.startswith("."):
        fit = f"_{fit[1:]}"
    if _DEVICE.fullmatch(fit):
        fit = f"_{fit}"
    return _shorten(fit or "_")


def _shorten(name: str) -> str:
    """Shorten a name from the middle: the ending says what the file is."""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = name, "", ""
    while len(f"{stem}{dot}{ending}".encode()) > _MOST_BYTES:
        stem = stem[:-1]
    return f"{stem}{dot}{ending}"
