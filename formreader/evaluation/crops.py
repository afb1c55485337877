"""Cuts fields out of the pages that they were read from."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePath

import cv2
import numpy as np
import numpy.typing as npt

from formreader.errors import InputError
from formreader.evaluation.tables import Area
from formreader.geometry import Box
from formreader.pages.loading import load_pages
from formreader.records import PageImage

__all__ = ["Place", "cut_crops", "find_source"]

Place = tuple[str, int, Area | None]
"""Source, 1-based page, and the box on it if it is known."""

_MARGIN = 0.25  # of a field's height, around it
_LARGEST_PX = (160, 1000)  # height and width of a crop


def cut_crops(
    places: Sequence[Place], folder: Path
) -> list[npt.NDArray[np.uint8] | None]:
    """Cut fields out of their pages; each page is loaded once.

    Args:
        places: Where the fields are.
        folder: Where the sources are; nothing outside it is opened.

    Returns:
        (H, W) uint8 pictures, 0 = black; None where page or box cannot be found.
    """
    crops: list[npt.NDArray[np.uint8] | None] = [None] * len(places)
    by_page: dict[tuple[str, int], list[tuple[int, Area]]] = defaultdict(list)
    for index, (source, number, area) in enumerate(places):
        if area is not None:
            by_page[source, number].append((index, area))
    for (source, number), wanted in by_page.items():
        page = _load(folder, source, number)
        for index, area in wanted if page else ():
            assert page is not None
            crops[index] = _cut(page.pixels, area)
    return crops


def find_source(folder: Path, source: str) -> Path | None:
    """Find a source in a folder.

    Args:
        folder: The folder.
        source: A path of which the folder may hold all, or only the last parts.

    Returns:
        The file with most of these parts; None if there is none in the folder.
    """
    try:
        root = folder.resolve()
        parts = PurePath(source).parts
        for first in range(len(parts)):
            path = Path(os.path.realpath(root.joinpath(*parts[first:])))
            if path.is_relative_to(root) and path.is_file():
                return path
    except (OSError, ValueError, RuntimeError):  # too long, or no name at all
        return None
    return None


def _load(folder: Path, source: str, number: int) -> PageImage | None:
    path = find_source(folder, source)
    if path is None:
        return None
    try:
        return next(load_pages(path, source, [number]), None)
    except InputError:  # the report does without this picture
        return None


def _cut(pixels: npt.NDArray[np.uint8], area: Area) -> npt.NDArray[np.uint8] | None:
    """Cut out a box with a margin, and make it small enough for a report."""
    height, width = pixels.shape
    margin = _MARGIN * area.height
    left, top = max(0.0, area.left - margin), max(0.0, area.top - margin)
    right = min(float(width), area.left + area.width + margin)
    bottom = min(float(height), area.top + area.height + margin)
    if right - left < 1 or bottom - top < 1:
        return None
    box = Box(int(left), int(top), int(right), int(bottom))
    crop = pixels[box.slices]
    scale = min(1.0, _LARGEST_PX[0] / crop.shape[0], _LARGEST_PX[1] / crop.shape[1])
    if scale < 1:
        size = [max(1, round(scale * side)) for side in crop.shape[::-1]]
        crop = np.asarray(
            cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8
        )
    return crop
