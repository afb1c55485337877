"""Folders of the computer that runs may read, as far as the server was told."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from formreader.errors import InputError

__all__ = ["find_scan_folder", "list_subfolders"]

_MOST = 500


def find_scan_folder(allowed: Sequence[Path], text: str) -> Path:
    """Find a folder that may be read.

    Args:
        allowed: Folders that may be read with all that is in them.
        text: The folder that is asked for; a relative one lies in the first of them.

    Returns:
        The folder, without links.

    Raises:
        InputError: If it is none, or lies elsewhere; nothing is said of what there is.
    """
    if not allowed:
        raise InputError(
            "no folder of this computer may be read; start the server with "
            "--allow-folder, or bring the scans"
        )
    try:
        # Links are followed before anything is compared: one may lead out.
        path = Path(os.path.realpath(allowed[0] / text))
        homes = [Path(os.path.realpath(home)) for home in allowed]
        if any(path.is_relative_to(home) for home in homes) and path.is_dir():
            return path
    except (OSError, ValueError):  # no path at all
        pass
    names = ", ".join(map(str, allowed))
    raise InputError(f"there is no such folder in {names}; choose one that lies there")


def list_subfolders(allowed: Sequence[Path], text: str) -> list[str]:
    """List the folders in a folder by their paths, by name; at most 500.

    Args:
        allowed: Folders that may be read with all that is in them.
        text: One of them, or a folder in it; empty for those that are allowed.

    Raises:
        InputError: If it may not be read.
    """
    if not text:
        return [os.path.realpath(path) for path in allowed]
    folder = find_scan_folder(allowed, text)
    try:
        with os.scandir(folder) as entries:
            found = [
                entry.path
                for entry in entries
                if not entry.name.startswith(".")
                and entry.is_dir(follow_symlinks=False)
            ]
    except OSError as error:
        raise InputError(
            f"the folder cannot be listed ({error.strerror}); check its permissions"
        ) from error
    return sorted(found)[:_MOST]
