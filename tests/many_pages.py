"""Folders of scans for batches: the samples, each file unlike the others."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


def fill_folder(folder: Path, count: int) -> list[str]:
    """Put JPEG pages into subfolders; returns their names, sorted.

    What follows the end of a JPEG does not matter to its picture, but to its checksum.
    """
    names = []
    for number, sample in zip(
        range(count), cycle(sorted(SAMPLES.glob("*.jpg"))), strict=False
    ):
        name = f"room-{number % 3}/page-{number:04d}.jpg"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sample.read_bytes() + str(number).encode())
        names.append(name)
    return sorted(names)
