"""Says where the characters of a reading stand, and puts marks between them.

A reading of the lattice knows the segment of each digit. One that the string reader
alone made is aligned with a reading of the lattice, to find out which segments its
digits are: only so can it be said which digits follow a point.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from formreader.digits.composition import Placed, insert_marks
from formreader.digits.lattice import MARK, Edge
from formreader.geometry import Box, transform_points
from formreader.readings import DigitReading
from formreader.records import ClassifiedField, FieldImage, FieldSegments

__all__ = [
    "align_with",
    "place_digits",
    "place_marks",
]


def place_digits(
    field: FieldImage, cut: FieldSegments, edges: Sequence[Edge]
) -> list[Placed]:
    """Say what was read where, marks left out."""
    written = [edge for edge in edges if edge.character != MARK]
    segments = [None if e.segment is None else cut.segments[e.segment] for e in written]
    inked = [segment.box for segment in segments if segment is not None]
    boxes = iter(_page_boxes(inked, field.to_page))
    placed = []
    for edge, segment in zip(written, segments, strict=True):
        if segment is None:
            cell = field.cells[edge.first] if field.cells else field.frame
            digit = DigitReading(edge.character, cut.blank_confidence)
            placed.append(Placed(cell.left, cell.right, digit))
            continue
        ink = segment.ink
        digit = DigitReading(edge.character, edge.probability, next(boxes), ink)
        placed.append(Placed(segment.box.left, segment.box.right, digit))
    return placed


def place_marks(classified: ClassifiedField) -> list[Placed]:
    """Say which marks stand where."""
    marks = classified.marks
    boxes = _page_boxes([mark.box for mark in marks], classified.image.to_page)
    return [
        Placed(
            mark.box.left,
            mark.box.right,
            DigitReading(mark.character, mark.confidence, box, mark.ink),
        )
        for mark, box in zip(marks, boxes, strict=True)
    ]


def align_with(
    digits: Sequence[DigitReading], marks: Sequence[Placed], known: Sequence[Placed]
) -> tuple[DigitReading, ...] | None:
    """Put marks between digits without a place, by those of another reading.

    Args:
        digits: A reading of the string reader.
        marks: The marks of the field.
        known: A reading of the lattice.

    Returns:
        The digits and marks; None if it cannot be told where a mark belongs.

    Example:
        >>> def read(text):
        ...     return [DigitReading(character, 1.0) for character in text]
        >>> known = [Placed(10 * i, 10 * i + 8, d) for i, d in enumerate(read("?247"))]
        >>> point = Placed(28, 30, DigitReading(".", 1.0))
        >>> "".join(d.character for d in align_with(read("247"), [point], known))
        '24.7'
    """
    text = "".join(digit.character for digit in digits)
    other = "".join(placed.digit.character for placed in known)
    forward = _align(text, other)
    backward = [
        None if at is None else len(other) - 1 - at
        for at in reversed(_align(text[::-1], other[::-1]))
    ]
    written = []
    for places in (forward, backward):
        if None in places:
            return None
        placed = [
            Placed(known[at].left, known[at].right, digit)
            for at, digit in zip(places, digits, strict=True)
            if at is not None
        ]
        written.append(insert_marks(placed, marks))
    return written[0] if written[0] == written[1] else None


def _align(text: str, other: str) -> list[int | None]:
    """Align two texts so that the fewest characters differ.

    Returns:
        For each character of `text` its place in `other`; None where there is none.
        Where several alignments are as good, each stands as far left as it can.
    """
    rows, columns = len(text) + 1, len(other) + 1
    costs: npt.NDArray[np.int64] = np.zeros((rows, columns), np.int64)
    costs[:, 0], costs[0, :] = np.arange(rows), np.arange(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            differs = int(text[i - 1] != other[j - 1])
            costs[i, j] = min(
                costs[i - 1, j - 1] + differs, costs[i - 1, j] + 1, costs[i, j - 1] + 1
            )
    places: list[int | None] = [None] * len(text)
    i, j = len(text), len(other)
    while i and j:
        if costs[i, j] == costs[i, j - 1] + 1:
            j -= 1
        elif costs[i, j] == costs[i - 1, j - 1] + int(text[i - 1] != other[j - 1]):
            i, j = i - 1, j - 1
            places[i] = j
        else:
            i -= 1
    return places


def _page_boxes(boxes: Sequence[Box], to_page: npt.NDArray[np.float64]) -> list[Box]:
    """Give the boxes around boxes of a field, in pixels of the page."""
    if not boxes:
        return []
    corners = np.concatenate([box.corners for box in boxes])
    moved = transform_points(corners, to_page).reshape(-1, 4, 2)
    low = np.floor(moved.min(axis=1)).astype(int)
    high = np.ceil(moved.max(axis=1)).astype(int)
    return [Box(*sides) for sides in np.hstack([low, high]).tolist()]
