"""Writes files that their owner alone can read."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["replace_private_file"]


def replace_private_file(path: Path, text: str) -> None:
    """Write beside a file, then take its place: whoever is killed leaves a whole one.

    Args:
        path: The file; readable by its owner alone, from the first byte on.
        text: What it is to hold.

    Raises:
        OSError: If it cannot be written.
    """
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)
