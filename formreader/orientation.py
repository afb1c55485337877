"""Pages that came in upside down, on their side or mirrored: how they are read best.

Boxes look the same from every side, and a 6 upside down is a 9, so a page that lies
wrongly could be read wrongly without a word. What the digits say by themselves tells:
from the right side most marks are clear digits, from any other few are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from formreader.errors import RegistrationError
from formreader.readings import FieldReading, PageReading
from formreader.records import BLANK, PageImage

__all__ = [
    "MIRRORED",
    "Evidence",
    "find_quarter_turns",
    "matrix_back",
    "measure_evidence",
    "mirror_page",
    "read_at_scan",
    "read_best_side",
    "read_or_mirrored",
    "turn_back",
    "turn_page",
]

MIRRORED = "the page is mirrored and was turned over to be read; scan it as it is"
"""The warning about a page that shows its mirror image."""

_CLEAR = 0.7  # purity of a page that lies as it should
_MANY = 50  # marks; of fewer, half may look like clear digits by chance
_CREDIBLE = 0.5  # least purity of another side
_AHEAD = 1.5  # times the weight, that another side must have


@dataclass(frozen=True)
class Evidence:
    """How much speaks for a way to hold a page.

    Attributes:
        marks: Characters that were read, blanks aside.
        digits: How many of them are digits, each counted by how sure it is: 1 for
            certain, 0 for a guess; minus those that are none.
    """

    marks: int
    digits: float

    @property
    def purity(self) -> float:
        """Share of the marks that are clear digits, at most 1."""
        return self.digits / self.marks if self.marks else 0.0

    @property
    def weight(self) -> float:
        """How much there is, tempered by how clear it is."""
        return max(0.0, self.digits) * max(0.0, self.purity)

    @property
    def settles(self) -> bool:
        """Whether no other side need be tried."""
        enough = _CREDIBLE if self.marks >= _MANY else _CLEAR
        return not self.marks or self.purity >= enough

    def beats(self, other: Evidence) -> bool:
        """Tell whether this side is far better than another."""
        return self.purity >= _CREDIBLE and self.weight > _AHEAD * other.weight


def read_best_side(
    page: PageImage, read: Callable[[PageImage], tuple[FieldReading, ...]]
) -> tuple[tuple[FieldReading, ...], tuple[str, ...]]:
    """Read a page as it is and, if that makes little sense, from its other sides.

    Args:
        page: The page.
        read: Reads a page that stands upright.

    Returns:
        The fields from the side that is far better than as it is, or else as it is;
        places are in pixels of the page as given. And warnings.
    """
    fields = read(page)
    warnings: tuple[str, ...] = ()
    first = best = measure_evidence(fields)
    if first.settles:
        return fields, warnings
    for quarter_turns in (1, 2, 3):
        others = read(turn_page(page, quarter_turns))
        found = measure_evidence(others)
        if found.beats(first) and found.weight > best.weight:
            best = found
            fields = tuple(turn_back(others, quarter_turns, page.pixels.shape))
            warnings = (_describe_turn(quarter_turns),)
    if not best.settles:
        others = read(mirror_page(page))
        found = measure_evidence(others)
        if found.beats(first) and found.weight > best.weight:
            fields, warnings = tuple(_mirror_back(others, page)), (MIRRORED,)
    return fields, warnings


def read_at_scan(
    page: PageImage, read: Callable[[PageImage], PageReading]
) -> PageReading:
    """Read a page as it is best read, and say where fields lie on its pixels.

    Args:
        page: The page; one without `scan` is read as it is.
        read: Reads a page by its pixels.
    """
    if page.scan is None:
        return read(page)
    reading = read(replace(page, pixels=page.scan, colour=None, scan=None, typed=()))
    (height, width), (high, wide) = page.pixels.shape, page.scan.shape
    scale = np.diag([width / wide, height / high, 1.0])
    fields = tuple(field.moved(scale) for field in reading.fields)
    return replace(reading, fields=fields)


def read_or_mirrored(
    page: PageImage, read: Callable[[PageImage], PageReading]
) -> PageReading:
    """Read a page by its form, or else its mirror image.

    Args:
        page: The page.
        read: Reads a page that shows the form.

    Returns:
        The reading; places are in pixels of the page as given.

    Raises:
        RegistrationError: If neither shows the form.
    """
    try:
        return read(page)
    except RegistrationError as error:
        try:
            reading = read(mirror_page(page))
        except RegistrationError:
            raise error from None
    fields = tuple(_mirror_back(reading.fields, page))
    return replace(reading, fields=fields, warnings=(*reading.warnings, MIRRORED))


def measure_evidence(fields: Iterable[FieldReading]) -> Evidence:
    """Weigh the digits of a page."""
    marks = [digit for f in fields for digit in f.digits if digit.character != BLANK]
    sure = sum(
        2 * mark.confidence - 1 if mark.character.isdigit() else -1.0 for mark in marks
    )
    return Evidence(len(marks), float(sure))


def turn_page(page: PageImage, quarter_turns: int) -> PageImage:
    """Turn a page counter-clockwise.

    Args:
        page: The page.
        quarter_turns: 1 to 3.
    """
    turned = np.ascontiguousarray(np.rot90(page.pixels, quarter_turns))
    colour = page.colour
    if colour is not None:
        colour = np.ascontiguousarray(np.rot90(colour, quarter_turns))
    return replace(page, pixels=turned, colour=colour)


def mirror_page(page: PageImage) -> PageImage:
    """Swap left and right."""
    mirrored = np.ascontiguousarray(page.pixels[:, ::-1])
    colour = page.colour
    if colour is not None:
        colour = np.ascontiguousarray(colour[:, ::-1])
    return replace(page, pixels=mirrored, colour=colour)


def turn_back(
    fields: Iterable[FieldReading], quarter_turns: int, shape: tuple[int, ...]
) -> Iterator[FieldReading]:
    """Bring what was read on a turned page back to pixels of the page as it was.

    Args:
        fields: What was read.
        quarter_turns: As for `turn_page`.
        shape: (H, W) of the page as it was.
    """
    matrix = matrix_back(quarter_turns, shape)
    for field in fields:
        yield field.moved(matrix)


def _mirror_back(
    fields: Iterable[FieldReading], page: PageImage
) -> Iterator[FieldReading]:
    back = np.array([[-1.0, 0, page.pixels.shape[1]], [0, 1, 0], [0, 0, 1]])
    for field in fields:
        yield field.moved(back)


def _describe_turn(quarter_turns: int) -> str:
    """Say in a warning how a page lay."""
    how = "upside down" if quarter_turns == 2 else "on its side"
    return f"the page lies {how} and was turned to be read; scan it upright"


def find_quarter_turns(fields: Iterable[FieldReading]) -> int:
    """Tell by the outlines of its fields how a page was turned to be read.

    Returns:
        0 to 3 quarter turns counter-clockwise, as `turn_page` takes them; 0 if there
        are no fields.
    """
    ways = [field.outline[1] - field.outline[0] for field in fields]
    if not ways:
        return 0
    x, y = np.sum(ways, axis=0)
    return round(float(np.arctan2(y, x)) / (np.pi / 2)) % 4


def matrix_back(quarter_turns: int, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Map points (x, y) of the turned page to those of the page as it was.

    Args:
        quarter_turns: 0 to 3, as for `turn_page`.
        shape: (H, W) of the page as it was.

    Returns:
        (3, 3) homography.
    """
    height, width = shape[:2]
    rows = {
        0: [[1, 0, 0], [0, 1, 0]],
        1: [[0, -1, width], [1, 0, 0]],
        2: [[-1, 0, width], [0, -1, height]],
        3: [[0, 1, 0], [-1, 0, height]],
    }
    return np.array([*rows[quarter_turns], [0, 0, 1]], dtype=np.float64)
