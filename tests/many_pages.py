"""Folders of scans for batches: parts of samples, each file unlike the others."""

from __future__ import annotations

import io
from functools import cache
from itertools import cycle
from pathlib import Path

from PIL import Image

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
NUMBERS = 400, 550, 1300, 950
"""Where the boxes of an exam cover lie: a whole page takes six times as long."""


@cache
def cut_sample(name: str) -> bytes:
    """Cut the boxes with their numbers out of an exam cover, as JPEG."""
    with Image.open(SAMPLES / name) as page:
        part = page.convert("L").crop(NUMBERS)
    written = io.BytesIO()
    part.save(written, "JPEG", quality=90)
    return written.getvalue()


def fill_folder(folder: Path, count: int) -> list[str]:
    """Put JPEG pages into subfolders; returns their names, sorted.

    What follows the end of a JPEG does not matter to its picture, but to its checksum.
    """
    names = []
    samples = cycle(["exam-cover-1.jpg", "exam-cover-2.jpg", "exam-cover-4.jpg"])
    for number, sample in zip(range(count), samples, strict=False):
        name = f"room-{number % 3}/page-{number:04d}.jpg"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cut_sample(sample) + str(number).encode())
        names.append(name)
    return sorted(names)
