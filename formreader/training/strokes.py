"""Handwriting as the strokes of a pen, from files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.errors import UnreadableFileError
from formreader.training.ink.pages.tracing import smooth_stroke
from formreader.training.writers import Writers

__all__ = ["Stroke", "StrokeFile", "load_strokes", "scale_strokes"]

Stroke = npt.NDArray[np.float64]
"""(N, 2) points that a pen passes, x and y downwards."""

_FLATTEST = 0.12  # height over width; flatter writing keeps this height
_SMALLEST_STEP = 0.025  # of the height, between two points of a stroke
_SMOOTH = 0.7  # points


@dataclass(frozen=True)
class StrokeFile:
    """What was written, of one file.

    Attributes:
        rows: The strokes of each item, lists of points, in units of their own.
        labels: What each item says.
        writers: (N,) whose each is.
    """

    rows: Sequence[list[list[list[float]]]]
    labels: Sequence[str]
    writers: Writers


def load_strokes(path: Path) -> StrokeFile:
    """Read a file of pen strokes.

    Args:
        path: A list of `[text, writer, .., [[[x, y], ..], ..]]` as .json.gz.

    Raises:
        UnreadableFileError: If it is not what it should be.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = json.load(file)
        writers = np.array([int(row[1]) for row in rows], dtype=np.int64)
        labels = [str(row[0]) for row in rows]
        strokes = [row[-1] for row in rows]
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError) as error:
        raise UnreadableFileError(
            f"cannot read pen strokes ({error}); expected is a list of "
            "[text, writer, .., strokes] as .json.gz",
            path=path,
        ) from error
    return StrokeFile(strokes, labels, writers)


def scale_strokes(rows: list[list[list[float]]]) -> list[Stroke]:
    """Bring strokes to a height of 1 and leave out points that stand still."""
    arrays = [np.array(row, dtype=np.float64)[:, :2] for row in rows if row]
    if not arrays:
        return []
    points = np.vstack(arrays)
    origin, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = 1 / max(size[1], _FLATTEST * size[0], 1e-6)
    strokes = []
    for array in arrays:
        moved = (array - origin) * scale
        kept = [0]
        for place in range(1, len(moved)):
            step = moved[place] - moved[kept[-1]]
            if abs(step[0]) + abs(step[1]) >= _SMALLEST_STEP:
                kept.append(place)
        strokes.append(smooth_stroke(moved[kept], _SMOOTH))
    return strokes
