"""Reads where on their pages the numbers of a folder's `truth.csv` stand."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from formreader.geometry import Box

Row = dict[str, str]


def load_places(folder: Path) -> dict[tuple[str, int], list[tuple[Box, Row]]]:
    """Read a folder's `truth.csv`.

    Args:
        folder: Holds pages and their truth.

    Returns:
        By file and 1-based page the place of each number with its row; rows whose
        place is not known, or has no size, are left out.
    """
    found = defaultdict(list)
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            box = _find_place(row)
            if box is not None:
                found[row["file"], int(row["page"] or 1)].append((box, row))
    return dict(sorted(found.items()))


def _find_place(row: Row) -> Box | None:
    if not row["left"]:
        return None
    left, top, width, height = (
        round(float(row[name])) for name in ("left", "top", "width", "height")
    )
    if width <= 0 or height <= 0:  # of a page that lies on its side
        return None
    return Box(left, top, left + width, top + height)
