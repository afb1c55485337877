"""Which writers are kept from training, the same in every training."""

from __future__ import annotations

import csv
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.errors import UnreadableFileError

__all__ = ["HELD_OUT_WRITERS", "Writers", "is_held_out", "load_writers"]

Writers = npt.NDArray[np.int64]
"""(N,) the number of the writer of each item."""

HELD_OUT_WRITERS = 10
"""One writer in so many is kept for measuring."""


def is_held_out(writers: Writers) -> npt.NDArray[np.bool_]:
    """Tell whose items are kept for measuring.

    A writer's number decides, so that who is kept does not depend on who else is there,
    and nobody who is kept in one file is fitted in another with the same numbers.

    Args:
        writers: (N,) the writer of each item.

    Returns:
        (N,) whether the item is kept.
    """
    kept = [
        number
        for number in np.unique(writers).tolist()
        if zlib.crc32(b"%d" % number) % HELD_OUT_WRITERS == 0
    ]
    return np.isin(writers, kept)


def load_writers(path: Path) -> dict[str, tuple[int, ...]]:
    """Read which writers to leave out.

    Args:
        path: A CSV file with the columns `file`, a name without its endings, and
            `writer`.

    Raises:
        UnreadableFileError: If it cannot be read or lacks a column.
    """
    writers: dict[str, tuple[int, ...]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                name = row["file"]
                writers[name] = (*writers.get(name, ()), int(row["writer"]))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise UnreadableFileError(
            f"cannot read writers ({error!r}); expected are the columns file and "
            "writer, a number",
            path=path,
        ) from error
    return writers
